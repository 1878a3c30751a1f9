"""What a service knew on a day, worked out from the rows delivered before it, one household at a time."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

END = 10**6


class Row(NamedTuple):
    """One delivered row: of a household or a person, days as whole numbers, in the order of the file."""

    who: str
    code: str
    fact: str
    event: int
    known: int
    value: float
    retracted: int | None


class Member(NamedTuple):
    person: str
    household: str
    start: int
    end: int | None
    known: int


class Fact(NamedTuple):
    household: str
    code: str
    event: int
    value: float | None


@dataclass
class Version:
    row: Row
    household: str
    end: int = END


def linked(row: Row, members: list[Member]) -> tuple[str, int] | None:
    """Return the household of a person's fact and from when on it is known, None where nothing tells."""
    there = [m for m in members if m.start <= row.event <= (END if m.end is None else m.end)]
    then = [m for m in there if m.known <= row.known]
    if then:
        best = min(then, key=lambda m: (-m.known, -m.start, m.household))
        return best.household, row.known
    if there:
        best = min(there, key=lambda m: (m.known, -m.start, m.household))
        return best.household, best.known
    return None


def known_on(day: int, rows: list[Row], members: list[Member] | None, roll_up: dict[str, str]) -> Counter[Fact]:
    """Return the facts that stand on the morning of a day."""
    told: dict[str, list[Member]] = defaultdict(list)
    for member in members or ():
        if member.known < day:
            told[member.person].append(member)
    facts: dict[tuple[str, str, int, str], list[tuple[int, int, Row, str]]] = defaultdict(list)
    for place, row in enumerate(rows):
        link = (row.who, row.known) if members is None else linked(row, told[row.who])
        if link is not None and row.event < day and link[1] < day:
            facts[row.who, row.code, row.event, row.fact].append((link[1], place, row, link[0]))
    standing = [found for copies in facts.values() if (found := last_version(sorted(copies))) and found.end >= day]
    plain = Counter(Fact(v.household, v.row.code, v.row.event, v.row.value) for v in standing)
    return plain if members is None else rolled(standing, roll_up)


def last_version(copies: list[tuple[int, int, Row, str]]) -> Version:
    """Return the version that was told last, and when it ends; of one day, the first row speaks."""
    version: Version | None = None
    day = -1
    for known, _, row, household in copies:
        if version is None or (known != day and row.value != version.row.value):
            version = Version(row, household)
        if row.retracted is not None:
            version.end = min(version.end, max(row.retracted, known))
        day = known
    assert version is not None
    return version


def rolled(standing: list[Version], roll_up: dict[str, str]) -> Counter[Fact]:
    """Return the facts of households out of those of their people."""
    together: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    facts: Counter[Fact] = Counter()
    for v in standing:
        if v.row.code in roll_up:
            together[v.household, v.row.code, v.row.event].append(v.row.value)
        else:
            facts[Fact(v.household, v.row.code, v.row.event, v.row.value)] += 1
    rules = {"any": lambda values: None, "sum": sum, "max": max}
    for key, values in together.items():
        facts[Fact(*key, rules[roll_up[key[1]]](values))] += 1
    return facts


def history(rng: random.Random, name: str, codes: list[str], people: int) -> tuple[list[Row], list[Member]]:
    """Return a random history: facts sent again, corrected and retracted; people who move, merge and split."""
    whos = [f"{name}p{k}" for k in range(people)] if people else [name]
    rows = []
    for k in range(rng.randrange(1, 4)):
        who, code, event = rng.choice(whos), rng.choice(codes), rng.randrange(0, 12)
        known = event + rng.randrange(0, 6)
        for _ in range(rng.randrange(1, 5)):
            retracted = known + rng.randrange(-2, 8) if rng.random() < 0.2 else None
            rows.append(Row(who, code, f"{name}f{k % 2}", event, known, float(rng.randrange(1, 4)), retracted))
            known += rng.randrange(0, 5)
    members = []
    for who in whos if people else []:
        for _ in range(rng.randrange(0, 4)):
            start = rng.randrange(0, 12)
            end = rng.choice([None, start + rng.randrange(0, 9)])
            members.append(Member(who, f"{name}h{rng.randrange(2)}", start, end, rng.randrange(0, 16)))
    rng.shuffle(rows)
    return rows, list(dict.fromkeys(members))
