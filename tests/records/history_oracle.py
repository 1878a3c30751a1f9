"""What a service knew on a day, worked out per household from the rows delivered before it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

END = 10**6


class Row(NamedTuple):
    """One delivered row of a household or person; days are whole numbers, in the file's order."""

    who: str
    code: str
    fact: str
    event: int
    known: int
    value: float
    retracted: int | None
    delivered: int = 0


class Member(NamedTuple):
    person: str
    household: str
    start: int
    end: int | None
    known: int
    dwelling: str
    delivered: int = 0


class Fact(NamedTuple):
    household: str
    code: str
    event: int
    value: float | None


Told = TypeVar("Told", Row, Member)


@dataclass
class Version:
    row: Row
    household: str
    start: int
    end: int = END


def contradicted(rows: list[Row]) -> set[Row]:
    """Return the rows to whose fact their own delivery gives another value, known on that day."""
    values: dict[tuple[object, ...], set[float]] = defaultdict(set)
    for row in rows:
        values[(*row[:5], row.delivered)].add(row.value)
    return {row for row in rows if len(values[(*row[:5], row.delivered)]) > 1}


def stays_told(members: list[Member]) -> list[Member]:
    """Return the rows of members from the day on which each counts, but for those that never do."""
    ends: dict[tuple[object, ...], set[tuple[object, ...]]] = defaultdict(set)
    by_stay: dict[tuple[object, ...], list[Member]] = defaultdict(list)
    for m in members:
        ends[m.person, m.household, m.start, m.known, m.delivered].add((m.end, m.dwelling))
    for m in members:
        if len(ends[m.person, m.household, m.start, m.known, m.delivered]) == 1:
            by_stay[m.person, m.household, m.start].append(m)
    told: list[Member] = []
    for own in by_stay.values():
        last: Member | None = None
        for member, start in in_order([(m, m.known) for m in own]):
            if last is None or member != last._replace(delivered=member.delivered):
                told.append(member._replace(known=start))
            last = member
    return told


def in_order(rows: list[tuple[Told, int]]) -> list[tuple[Told, int]]:
    """Return rows by known date and delivery, each with the day from which it counts.

    Of one known date, a later delivery counts from its own day. A row that counts no earlier than
    a newer one is left out.
    """
    first: dict[int, int] = {}
    for row, _ in rows:
        first[row.known] = min(row.delivered, first.get(row.known, END))
    counted: list[tuple[Told, int]] = []
    for row, known in sorted(rows, key=lambda pair: (pair[0].known, pair[0].delivered)):
        start = known if row.delivered == first[row.known] else max(known, row.delivered)
        while counted and counted[-1][1] >= start and not is_same(counted[-1][0], row):
            counted.pop()
        counted.append((row, start))
    return counted


def is_same(one: Row | Member, other: Row | Member) -> bool:
    """Tell whether two rows are of one known date and delivery."""
    return (one.known, one.delivered) == (other.known, other.delivered)


def linked(row: Row, members: list[Member]) -> tuple[str, int] | None:
    """Return the household of a person's or dwelling's fact, and the day from which it is known.

    None where no stay covers the fact.
    """
    then = stays([m for m in members if m.known <= row.known], row.event)
    if here := [m for m in then if row.who in (m.person, m.dwelling)]:
        best = min(here, key=lambda m: (-m.known, -m.start, m.household))
        return best.household, row.known
    later = [
        m
        for m in members
        if m.known > row.known and row.who in (m.person, m.dwelling) and covers(m, row.event)
    ]
    if later:
        best = min(later, key=lambda m: (m.known, -m.start, m.household))
        return best.household, best.known
    return None


def covers(member: Member, day: int) -> bool:
    return member.start <= day <= (END if member.end is None else member.end)


def stays(delivered: list[Member], day: int) -> list[Member]:
    """Return who was where on a day.

    The last row of a stay counts; a person's next stay ends an open one.
    """
    last: dict[tuple[str, str, int], Member] = {}
    for member in sorted(delivered, key=lambda m: m.known):
        last[member.person, member.household, member.start] = member
    there = [member for member in last.values() if covers(member, day)]
    return [
        m
        for m in there
        if m.end is not None or not any(o.person == m.person and o.start > m.start for o in there)
    ]


def known_on(
    day: int, rows: list[Row], members: list[Member] | None, roll_up: dict[str, str]
) -> Counter[Fact]:
    """Return the facts that stand on the morning of a day."""
    delivered: dict[str, list[Member]] = defaultdict(list)
    for member in stays_told(members or []):
        if member.known < day:
            delivered[kin(member.person)].append(member)
    facts: dict[tuple[str, str, int, str], list[tuple[Row, int, str]]] = defaultdict(list)
    bad = contradicted(rows)
    for row in rows:
        if row in bad:
            continue
        link = (row.who, row.known) if members is None else linked(row, delivered[kin(row.who)])
        if link is not None and row.event < day and link[1] < day:
            facts[row.who, row.code, row.event, row.fact].append((row, link[1], link[0]))
    standing = [
        found
        for copies in facts.values()
        if (found := last_version(copies, day)) and found.end >= day
    ]
    plain = Counter(Fact(v.household, v.row.code, v.row.event, v.row.value) for v in standing)
    return plain if members is None else rolled(standing, roll_up)


def kin(who: str) -> str:
    """Return the history that a person or dwelling belongs to."""
    return who[:-2]


def last_version(copies: list[tuple[Row, int, str]], day: int) -> Version | None:
    """Return the version that was told last before a day, and when it ends.

    What was retracted before it is told again is a version of its own.
    """
    households = {(row, known): household for row, known, household in copies}
    known_of = {row: known for row, known, _ in copies}
    version: Version | None = None
    last: Row | None = None
    for row, start in in_order([(row, known) for row, known, _ in copies]):
        if start >= day:
            continue
        end = END if row.retracted is None else max(row.retracted, start)
        if last is not None and version is not None and is_same(last, row):
            version.end = min(version.end, end)
        elif version is not None and version.row.value == row.value and version.end >= start:
            version.end = end
        else:
            version = Version(row, households[row, known_of[row]], start, end)
        last = row
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


def history(
    rng: random.Random,
    name: str,
    codes: list[str],
    people: int,
    *,
    of_dwellings: bool = False,
    days: tuple[int, ...] = (0,),
) -> tuple[list[Row], list[Member]]:
    """Return a random history.

    Facts are sent again, corrected and retracted, in deliveries of some `days`; people move, merge
    and split.
    """
    persons, dwellings = ([f"{name}{kind}{k}" for k in range(people)] for kind in "pd")
    whos = (dwellings if of_dwellings else persons) or [name]
    rows = []
    for k in range(rng.randrange(1, 4)):
        who, code, event = rng.choice(whos), rng.choice(codes), rng.randrange(0, 12)
        known = event + rng.randrange(0, 6)
        for _ in range(rng.randrange(1, 5)):
            retracted = known + rng.randrange(-2, 8) if rng.random() < 0.2 else None
            rows.append(
                Row(
                    who,
                    code,
                    f"{name}f{k % 2}",
                    event,
                    known,
                    float(rng.randrange(1, 4)),
                    retracted,
                    rng.choice(days),
                )
            )
            known += rng.randrange(0, 5)
    members = []
    for who in persons:
        for _ in range(rng.randrange(0, 4)):
            start, known = rng.randrange(0, 12), rng.randrange(0, 16)
            household, dwelling = f"{name}h{rng.randrange(2)}", rng.choice(dwellings)
            for _ in range(
                rng.choice([1, 1, 2])
            ):  # an open stay is often delivered again when it ends
                end = rng.choice([None, start + rng.randrange(0, 9)])
                members.append(
                    Member(who, household, start, end, known, dwelling, rng.choice(days))
                )
                known += rng.randrange(0, 8)
    rng.shuffle(rows)
    return rows, list(dict.fromkeys(members))
