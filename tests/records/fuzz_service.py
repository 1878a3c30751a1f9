"""Generated requests, referrals, cases and signs, and what their rows say by a second rule."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from fuzz_cases import BAD, DAYS, ENDS, IDS, NO_DAYS, SECRET, Case, Row, Table, Unit, add, first

from riskmodel.records.sources import row_checks

SOON = [
    ("2024-03-01", date(2024, 3, 1)),
    ("2024.3.2", date(2024, 3, 2)),
    ("2024-03-05", date(2024, 3, 5)),
]
# a month is its last day, and where something begins its first
CAME = [*SOON, ("202402", date(2024, 2, 29)), *DAYS[None][-2:]]
BEGAN = [*SOON, ("202402", date(2024, 2, 1))]
LATER = [
    ("2024-03-02", date(2024, 3, 2)),
    ("2024-03-09", date(2024, 3, 9)),
    ("202403", date(2024, 3, 31)),
    ("2024-01-01", date(2024, 1, 1)),
    ("", None),
    ("", None),
]
KNOWN = [
    ("2024-03-06", date(2024, 3, 6)),
    ("2024-04-01", date(2024, 4, 1)),
    ("2024-05-20", date(2024, 5, 20)),
    ("", None),
]
RETRACTED = [("2024-04-15", date(2024, 4, 15)), ("2024-01-02", date(2024, 1, 2)), *[("", None)] * 6]
OWN_IDS = [("r1", "r1"), (" R-2", "R-2"), ("0012", "0012"), ("7.0", "7"), ("", None), ("nan", None)]
NAMES = [("중앙동", "중앙동"), (" 북동", "북동"), ("미상", "미상"), ("", None)]
PSEUDONYMS = [("담당-1", "담당-1"), ("", None)]
DUE = {"objection": 10, "refusal": 10, "explanation": 10, "number_notice": 30}


class Words(NamedTuple):
    """A column of a few words.

    Attributes
    ----------
    own : dict of str to str
        Words of the office's own, and what they are mapped to.
    words : tuple of str
        Some of the package's words.
    needed : bool
        Whether a row without one is bad.
    may_be_one : bool
        Whether one word may stand for all rows.
    """

    own: dict[str, str]
    words: tuple[str, ...]
    needed: bool = False
    may_be_one: bool = False

    def cells(self, rng: random.Random) -> list[tuple[str, Any]]:
        """Return cells as offices write them, with what they mean."""
        found: list[tuple[str, Any]] = [(SECRET, BAD), ("", BAD if self.needed else None)]
        found.append(("None", BAD if self.needed else None))
        for written, meant in [*self.own.items(), *zip(self.words, self.words, strict=True)]:
            found.append((rng.choice(FORMS)(written), None if meant == "none" else meant))
        return found


# A word in other forms that mean the same.
FORMS: list[Callable[[str], str]] = [
    str,
    str,
    str.upper,
    lambda word: f" {word} ",
    lambda word: f"{word[:1]}\u200b{word[1:]}",
    lambda word: f"\u00a0{word}",
    lambda word: word.translate({ord("a"): "\uff41", ord("e"): "\uff45"}),
]


@dataclass(frozen=True)
class Kind:
    """One of the four tables.

    Attributes
    ----------
    came : str
        The key of the day on which a row's matter came, or began.
    words : dict of str to Words
    thing : tuple of str
        What makes two rows without an id of their own versions of one thing.
    later : tuple of str
        Keys of days that cannot lie before the first.
    others : dict
        Further columns: their cells.
    """

    came: str
    words: dict[str, Words]
    thing: tuple[str, ...]
    later: tuple[str, ...]
    others: dict[str, list[tuple[str, Any]]]


KINDS = {
    "requests": Kind(
        "received",
        {
            "kind": Words(
                {"이의": "objection", "번호안내": "number_notice"},
                ("refusal", "explanation"),
                needed=True,
                may_be_one=True,
            ),
            "outcome": Words({"인용": "upheld"}, ("rejected", "withdrawn", "answered")),
            "effect": Words({"명단제외": "not_listed", "없음": "none"}, ("by_human", "no_ai_call")),
        },
        ("household_id", "kind", "received"),
        ("due", "decided"),
        {"by": PSEUDONYMS},
    ),
    "referrals": Kind(
        "received",
        {
            "referred_by": Words(
                {"본인": "self"}, ("family", "council_member"), needed=True, may_be_one=True
            )
        },
        ("household_id", "referred_by", "received"),
        ("answered",),
        {"area": NAMES},
    ),
    "cases": Kind(
        "from",
        {"kind": Words({"사례": "public_care"}, ("other_service",), needed=True, may_be_one=True)},
        ("household_id", "kind", "service", "from_date"),
        (),
        {"service": NAMES},
    ),
    "signs": Kind(
        "seen",
        {
            "sign": Words({"쌓임": "piled_up_mail", "이상없음": "none"}, ("fire", "no_light")),
            "seen_by": Words({"집배원": "carrier", "모름": "none"}, ("officer",), may_be_one=True),
        },
        ("household_id", "sign", "seen", "seen_by"),
        ("answered",),
        {},
    ),
}


class Held(NamedTuple):
    """What a row that counts says: the columns of its table, and from when until when it stands."""

    says: tuple[tuple[str, Any], ...]
    known: date
    retracted: date | None


def service_table(
    rng: random.Random, case: Case, limit: float, name: str
) -> tuple[list[Unit], list[Held]]:
    """Add a source of one of the four tables; return its rows, and what is held of them."""
    kind = KINDS[name]
    columns: dict[str, list[tuple[str, Any]]] = {
        "household_id": rng.sample(IDS, 5),
        kind.came: (BEGAN if kind.came == "from" else CAME) + rng.sample(NO_DAYS, 1),
    }
    one_word: dict[str, tuple[str, Any]] = {}
    for key, words in kind.words.items():
        if words.may_be_one and rng.random() < 0.4:
            word = rng.choice(words.words)
            one_word[key] = (word.title(), word)
        elif words.needed or key == "sign" or rng.random() < 0.7:
            columns[key] = words.cells(rng)
    own_id = f"{name[:-1]}_id"
    optional = {key: [*LATER, *rng.sample(NO_DAYS, 1)] for key in kind.later} | kind.others
    optional |= {"to": ENDS["까지"]} if name == "cases" else {}
    optional |= {own_id: OWN_IDS, "known_date": KNOWN, "retracted_date": RETRACTED}
    columns |= {key: cells for key, cells in optional.items() if rng.random() < 0.5}

    table = Table(rng, columns, 14)
    entry = table.write(name, case, offices=True)
    for key in columns:
        entry[key] = table.name_of[key]
        if key in kind.words:
            entry[key] = {"column": table.name_of[key], "map": kind.words[key].own}
        if key in ("service", "area"):
            entry[key] = {"column": table.name_of[key]}
    entry |= {key: written for key, (written, _) in one_word.items()}
    lag = 0
    if "known_date" not in columns and rng.random() < 0.3:
        lag, entry["known_date"] = 3, {"lag": "3D"}

    units = []
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            means |= {key: meant for key, (_, meant) in one_word.items()}
            why = _fault(name, means, table.name_of) or first(
                (row in seen, (None, row_checks.DUPLICATE))
            )
            seen.add(row)
            unit = Unit((file, number), _settled(name, means, lag, own_id), why)
            if why is None and name == "signs" and means["sign"] is None:
                unit.fate = "excluded"
            units.append(unit)
    held = _versions(units)
    add(case, table, entry, f"{name}: {entry['file']}", units, len(units), limit)
    return units, held


def _fault(
    name: str, means: dict[str, Any], name_of: dict[str, str]
) -> tuple[str | None, str] | None:
    """Return why a row is bad by itself."""
    kind = KINDS[name]
    came = means[kind.came]
    days = [
        kind.came,
        "retracted_date",
        "known_date",
        *kind.later,
        *(("to",) if name == "cases" else ()),
    ]
    found = [(means["household_id"] is None, (name_of["household_id"], row_checks.NO_ID))]
    for key in days:
        if key in means:
            bad = means[key] is BAD or (key == kind.came and means[key] is None)
            found.append((bad, (name_of[key], row_checks.NO_DATE)))
    found += [
        (means[key] is BAD, (name_of[key], row_checks.unknown_word(name, key)))
        for key in kind.words
        if key in name_of
    ]
    late = {"to": row_checks.NO_PERIOD} | dict.fromkeys(kind.later, row_checks.BEFORE_IT_CAME)
    for key, reason in late.items():
        days_of = [day for day in (means.get(key), came) if isinstance(day, date)]
        found.append((len(days_of) == 2 and days_of[0] < days_of[1], (name_of.get(key), reason)))
    return first(*found)


def _settled(name: str, means: dict[str, Any], lag: int, own_id: str) -> dict[str, Any]:
    """Return the columns of a row as they are held."""
    kind = KINDS[name]
    came = means[kind.came]
    keys = [*kind.words, kind.came, *kind.later, *kind.others, "household_id", own_id]
    row = {key: means.get(key) for key in keys}
    if name == "cases":
        row["from_date"], row["to_date"] = row.pop("from"), means.get("to")
    is_good = isinstance(came, date)
    if name == "requests" and is_good and row["due"] is None and row["kind"] in DUE:
        row["due"] = came + timedelta(DUE[row["kind"]])
    known = means.get("known_date")
    row["known"] = known or (came + timedelta(lag) if is_good else None)
    row["retracted"] = means.get("retracted_date")
    own = row[own_id]
    row["thing"] = (own,) if own is not None else tuple(row[key] for key in kind.thing)
    row["says"] = tuple(
        (key, row[key]) for key in sorted(row) if key not in ("known", "retracted", "thing")
    )
    return row


def _versions(units: list[Unit]) -> list[Held]:
    """Settle the good rows of one delivery; return what is held of them."""
    good = [unit for unit in units if unit.reason is None and unit.fate == "used"]
    things: dict[Any, list[Unit]] = {}
    for unit in good:
        things.setdefault((len(unit.means["thing"]), unit.means["thing"]), []).append(unit)
    held = []
    for rows in things.values():
        said = Counter((unit.means["known"], unit.means["says"]) for unit in rows)
        told = Counter(known for known, _ in said)
        for unit in rows:
            if told[unit.means["known"]] > 1:
                unit.reason = (None, row_checks.CONTRADICTED)
        held += _standing([unit for unit in rows if unit.reason is None])
    return held


def _standing(rows: list[Unit]) -> list[Held]:
    """Mark what repeats what was known before; return from when until when each version stands."""
    if not rows:
        return []
    if len(rows) == 1:
        means = rows[0].means
        return [Held(means["says"], means["known"], means["retracted"])]
    versions: list[list[Any]] = []
    for known in sorted({unit.means["known"] for unit in rows}):
        state = [unit for unit in rows if unit.means["known"] == known]
        ends = [max(u.means["retracted"], known) for u in state if u.means["retracted"]]
        until = min(ends, default=None)
        says = state[0].means["says"]
        last = versions[-1] if versions else None
        goes_on = last is not None and last[0] == says and (last[2] is None or last[2] >= known)
        for unit in state[0 if goes_on else 1 :]:
            unit.fate = "repeated"
        if goes_on:
            last[2] = until
        else:
            versions.append([says, known, until])
    following = [version[1] for version in versions[1:]] + [None]
    return [
        Held(says, known, min((day for day in (until, after) if day), default=None))
        for (says, known, until), after in zip(versions, following, strict=True)
    ]


def _source(name: str) -> Callable[[random.Random, Case, float], None]:
    def source(rng: random.Random, case: Case, limit: float) -> None:
        service_table(rng, case, limit, name)

    return source


SERVICE = [_source(name) for name in KINDS]
