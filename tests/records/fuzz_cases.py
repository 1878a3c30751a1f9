"""Generated manifests and files, and the outcome of every row by rules that are written twice."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.records.sources import row_checks

SECRET = "비밀칠칠호"
TODAY, SINCE = date(2025, 1, 1), date(2020, 1, 1)
CATALOGUE: dict[str, Any] = {
    "화재": {"minimum": 0, "maximum": 5000},
    "단전": {"kind": "state"},
    "소득": {"kind": "reading", "minimum": -10},
}
FATES = ("read", "used", "excluded", "out_of_bounds", "quarantined", "repeated")
# A cell as it is written, and what it means; None for nothing, BAD for what cannot be read.
BAD = object()
IDS = [
    ("h1", "h1"),
    (" 0012 ", "0012"),
    ("0012", "0012"),
    ("7.0", "7"),
    ("7", "7"),
    ("세대9", "세대9"),
    ("", None),
]
IDS += [("null", None), ("  ", None)]
NUMBERS = [
    ("1", 1.0),
    ("1.0", 1.0),
    ("1,000", 1000.0),
    ("", None),
    ("9,999", 9999.0),
    ("-5", -5.0),
    ("0", 0.0),
]
NUMBERS += [(SECRET, BAD), ("1,00", BAD), ("3원", BAD)]
CODES = [
    ("화재", "화재"),
    ("화재 ", "화재"),
    ("단전", "단전"),
    ("소득", "소득"),
    ("", BAD),
    (SECRET, BAD),
]
DAYS: dict[str | None, list[tuple[str, Any]]] = {
    None: [
        ("2024-03-01", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("2024.3.2", date(2024, 3, 2)),
        ("202402", date(2024, 2, 29)),
        ("2023", date(2023, 12, 31)),
        ("1999-12-31", date(1999, 12, 31)),
        ("2030-01-01", date(2030, 1, 1)),
    ],
    "YYYYMM": [
        ("202401", date(2024, 1, 31)),
        ("202402", date(2024, 2, 29)),
        ("201912", date(2019, 12, 31)),
    ],
    "YYYYMMDD": [
        ("20240105", date(2024, 1, 5)),
        ("20240229", date(2024, 2, 29)),
        ("20301231", date(2030, 12, 31)),
    ],
    "%m/%d/%Y": [("03/01/2024", date(2024, 3, 1)), ("12/31/2019", date(2019, 12, 31))],
}
NO_DAYS = [("00000000", None), ("99991231", None), ("", None), (SECRET, BAD), ("2024-02-31", BAD)]
RESULTS = [
    ("위기", "need_confirmed"),
    ("no_need", "no_need"),
    ("부재", "not_reached"),
    ("", None),
    (SECRET, BAD),
]
CAME = [("1", True), ("Y", True), ("no", False), ("누락", False), ("", BAD), (SECRET, BAD)]
CHANCES = [("1", 1.0), ("0.25", 0.25), ("0", 0.0), ("1.5", 1.5), ("", None), (SECRET, BAD)]
PICKED = [("1", True), ("선정", True), ("no", False), ("", BAD), (SECRET, BAD)]
# Months and years begin on their first day and end on their last one.
ENDS: dict[str, list[tuple[str, Any]]] = {
    "부터": [
        ("2024-03-01", date(2024, 3, 1)),
        ("202402", date(2024, 2, 1)),
        ("2023", date(2023, 1, 1)),
        *NO_DAYS,
    ],
    "까지": [
        ("2024-03-01", date(2024, 3, 1)),
        ("202402", date(2024, 2, 29)),
        ("2023", date(2023, 12, 31)),
        *NO_DAYS,
    ],
}
# The end of coverage is the day from which nothing is covered, which a month or year ends before.
UNTIL = {date(2024, 2, 29): date(2024, 3, 1), date(2023, 12, 31): date(2024, 1, 1)}
ROUNDS = [("202401", date(2024, 1, 15)), ("202403", date(2024, 3, 15)), ("202402", None)]

Row = tuple[str, ...]


@dataclass
class Case:
    """One manifest with its files, and the outcome expected: a code, or counts and reasons.

    Attributes
    ----------
    manifest : dict or str
        Keys, or the text of a YAML file.
    files : mapping of str to bytes
    code : str, optional
    counts : mapping of str to Counter
        Of each source, rows by fate.
    reasons : Counter
        Of (column, reason).
    facts : list of tuple
        The sources of events, as `add` takes them: two of them may tell of one fact.
    """

    manifest: Any
    files: dict[str, bytes] = field(default_factory=dict)
    code: str | None = None
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    facts: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass
class Unit:
    """A row or a cell on its way: where it stands, and what its columns mean."""

    place: tuple[str, int]
    means: dict[str, Any]
    reason: tuple[str | None, str] | None = None
    fate: str = "used"


class Table:
    """One generated source: columns, files, rows, and what is expected of them."""

    def __init__(
        self, rng: random.Random, columns: dict[str, list[tuple[str, Any]]], size: int
    ) -> None:
        self.rng = rng
        self.name_of = {key: f"{key}{rng.choice(['', '번호', ' 값', '_x'])}" for key in columns}
        self.columns = columns
        self.files = [f"{rng.choice('가나다abc')}{k}" for k in range(rng.choice([1, 1, 2]))]
        self.rows: dict[str, list[Row]] = {}
        for file in self.files:
            rows = [
                tuple(rng.choice(cells)[0] for cells in columns.values())
                for _ in range(rng.randrange(1, size))
            ]
            self.rows[file] = rows + [rng.choice(rows) for _ in range(rng.choice([0, 0, 1, 2]))]
        self.files.sort()
        self.ragged: list[str] = []

    def meanings(self, file: str) -> Iterable[tuple[int, Row, dict[str, Any]]]:
        """Yield row number, cells and meanings of the rows of a file."""
        meaning = {key: dict(cells) for key, cells in self.columns.items()}
        for number, row in enumerate(self.rows[file], start=1):
            yield (
                number,
                row,
                {key: meaning[key][cell] for key, cell in zip(self.columns, row, strict=True)},
            )

    def _is_written_in(self, encoding: str) -> bool:
        """Tell whether an encoding has all characters of the cells."""
        text = "".join(cell for rows in self.rows.values() for row in rows for cell in row)
        return text.encode(encoding, errors="ignore").decode(encoding) == text

    def write(
        self, folder: str, case: Case, *, texts: bool = True, offices: bool = False
    ) -> dict[str, Any]:
        """Write the files into the case and return the entry's keys for them."""
        kinds = ["csv", "csv", "csv", "gz", "parquet"] + ["xlsx"] * offices
        kind = self.rng.choice(kinds) if texts else "csv"
        encoding = self.rng.choice([None, None, "cp949"])
        if encoding and not self._is_written_in(encoding):
            encoding = None
        separator = self.rng.choice(",,\t;|")
        for file in self.files:
            header = list(self.name_of.values())
            if kind == "parquet":
                case.files[f"{folder}/{file}.parquet"] = _parquet(header, self.rows[file])
                continue
            if kind == "xlsx":
                case.files[f"{folder}/{file}.xlsx"] = _workbook(header, self.rows[file])
                continue
            lines: list[list[str]] = [header, *map(list, self.rows[file])]
            if kind == "csv" and self.rng.random() < 0.3:
                lines.append([SECRET] * self.rng.choice([len(header) - 1, len(header) + 1]))
                self.ragged.append(file)
            content = _csv(lines, separator).encode(
                encoding or self.rng.choice(["utf-8", "utf-8-sig"])
            )
            name = f"{folder}/{file}.csv"
            case.files[name + (".gz" if kind == "gz" else "")] = (
                gzip.compress(content) if kind == "gz" else content
            )
        keys = {
            "file": f"{folder}/*"
            if len(self.files) > 1
            else next(n for n in case.files if n.startswith(folder))
        }
        is_text = kind in ("csv", "gz")
        return keys | ({"encoding": encoding} if encoding and is_text else {})


def _csv(lines: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(lines)
    return out.getvalue()


def _parquet(header: list[str], rows: list[Row]) -> bytes:
    out = io.BytesIO()
    columns = {name: [row[k] or None for row in rows] for k, name in enumerate(header)}
    pd.DataFrame(columns, dtype="object").astype(
        "str" if pd.__version__ >= "3" else "object"
    ).to_parquet(out)
    return out.getvalue()


def _workbook(header: list[str], rows: list[Row]) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(rows, columns=header).to_excel(out, index=False)
    return out.getvalue()


def add(
    case: Case,
    table: Table,
    entry: dict[str, Any],
    name: str,
    units: list[Unit],
    read: int,
    limit: float,
) -> None:
    """Add a source and its expected account to a case."""
    reasons = Counter(unit.reason for unit in units if unit.reason)
    reasons.update({(None, row_checks.RAGGED): len(table.ragged)} if table.ragged else {})
    fates = Counter(unit.fate for unit in units if not unit.reason)
    bad, staged = sum(reasons.values()), len(units) - fates["excluded"] + len(table.ragged)
    # Rows that `where` leaves out are no units; those of nothing are, and are not staged.
    if bad > limit * staged:
        case.code = "records.quarantined"
    read += len(table.ragged)
    known = bad + fates["used"] + fates["repeated"] + fates["out_of_bounds"]
    case.counts[name] = Counter(
        {**fates, "read": read, "quarantined": bad, "excluded": read - known}
    )
    case.reasons.update(reasons)
    case.manifest.setdefault(name.split(":")[0], []).append(entry)


def first(*found: tuple[bool, tuple[str | None, str]]) -> tuple[str | None, str] | None:
    """Return the first reason whose condition holds."""
    return next((reason for holds, reason in found if holds), None)


def long_events(rng: random.Random, case: Case, limit: float) -> None:
    """Add a long source: one event a row."""
    date_format = rng.choice(list(DAYS))
    columns = {
        "세대": rng.sample(IDS, 6),
        "일자": DAYS[date_format] + rng.sample(NO_DAYS, 3),
        "코드": CODES,
        "값": rng.sample(NUMBERS, 6),
        "거름": [("y", True), ("y", True), ("n", False), ("", False)],
        "건": [("건1", "건1"), ("건2", "건2"), ("", "")],
        "알림": [("2024-04-01", date(2024, 4, 1)), ("2024-05-01", date(2024, 5, 1))],
    }
    table = Table(rng, columns, 14)
    with_where, with_fact, with_known = (rng.random() < 0.5 for _ in range(3))
    name = table.name_of
    entry = table.write("long", case) | {
        "household_id": name["세대"],
        "event_date": name["일자"],
        "code": {"column": name["코드"]},
        "value": name["값"],
        "decimal": ".",
    }
    entry |= {"date_format": date_format} if date_format else {}
    entry |= {"where": f"\"{name['거름']}\" = 'y'"} if with_where else {}
    entry |= {"fact_id": name["건"]} if with_fact else {}
    entry |= (
        {"known_date": {"column": name["알림"], "date_format": "%Y-%m-%d"}} if with_known else {}
    )
    units, read = [], 0
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            read += 1
            if with_where and not means["거름"]:
                continue
            number_of = means["값"]
            bounds = CATALOGUE.get(means["코드"], {}) if isinstance(means["코드"], str) else {}
            is_number = isinstance(number_of, float)
            low, high = bounds.get("minimum"), bounds.get("maximum")
            outside = is_number and (
                (low is not None and number_of < low) or (high is not None and number_of > high)
            )
            why = first(
                (means["세대"] is None, (name["세대"], row_checks.NO_ID)),
                (not isinstance(means["일자"], date), (name["일자"], row_checks.NO_DATE)),
                (means["코드"] is BAD, (name["코드"], row_checks.UNKNOWN_CODE)),
                (number_of is BAD, (name["값"], row_checks.NO_NUMBER)),
                (outside, (name["값"], row_checks.OUT_OF_RANGE)),
                (row in seen, (None, row_checks.DUPLICATE)),
            )
            seen.add(row)
            means |= {
                "known": means["알림"] if with_known else means["일자"],
                "fact": with_fact and means["건"],
            }
            unit = Unit((file, number), means, why)
            if (
                why is None
                and CATALOGUE[means["코드"]].get("kind") == "reading"
                and number_of is None
            ):
                unit.fate = "excluded"
            units.append(unit)
    case.facts.append((table, entry, f"events: {entry['file']}", units, read, limit))


def settle(sources: list[list[Unit]]) -> None:
    """Mark every good fact as out of bounds, repeated or used (a correction is used).

    All sources are one delivery: where it gives a fact two values on one day, the rows are bad.
    """
    contradict([unit for units in sources for unit in units], fact_of, "값")
    earlier: dict[tuple[Any, ...], tuple[date, float | None]] = {}
    good = [
        (unit.means["known"], source, unit.place, unit)
        for source, units in enumerate(sources)
        for unit in units
        if unit.reason is None and unit.fate == "used"
    ]
    for *_, unit in sorted(good, key=lambda known: known[:-1]):
        means = unit.means
        if not SINCE <= means["일자"] < TODAY:
            unit.fate = "out_of_bounds"
            continue
        if means.get("none"):  # a row without a fact repeats none
            continue
        fact = means.get("fact", False)
        what = means["값"] if fact is False else fact
        key = (means["세대"], means["코드"], means["일자"], fact is False, what)
        if key in earlier and (earlier[key][0] == means["known"] or earlier[key][1] == means["값"]):
            unit.fate = "repeated"
        else:
            earlier[key] = (means["known"], means["값"])


def fact_of(means: dict[str, Any]) -> Any:
    """Return which fact a row with a number of its own corrects, known on which day."""
    fact = means.get("fact", False)
    if fact is False or means.get("none"):
        return None
    return means["세대"], means["코드"], means["일자"], fact, means["known"]


def contradict(
    units: list[Unit],
    thing_of: Callable[[dict[str, Any]], Any],
    what: str,
    reason: str = row_checks.CONTRADICTED,
) -> None:
    """Make good rows bad that give one thing several values."""
    good = [unit for unit in units if unit.reason is None and unit.fate == "used"]
    values: dict[Any, set[Any]] = {}
    for unit in good:
        values.setdefault(thing_of(unit.means), set()).add(unit.means[what])
    for unit in good:
        thing = thing_of(unit.means)
        if thing is not None and len(values[thing]) > 1:
            unit.reason = (None, reason)


def wide_events(rng: random.Random, case: Case, limit: float) -> None:
    """Add a wide source: one row per household and round, one cell per indicator."""
    cells = {"화재": rng.sample(NUMBERS, 6), "단전": rng.sample(NUMBERS, 6), "소득": NUMBERS}
    columns = {"세대": rng.sample(IDS, 6), "월": DAYS["YYYYMM"] + rng.sample(NO_DAYS, 3), **cells}
    table = Table(rng, columns, 10)
    name = table.name_of
    entry = table.write("wide", case) | {
        "household_id": name["세대"],
        "event_date": name["월"],
        "date_format": "YYYYMM",
        "values": {name[code]: code for code in cells},
        "decimal": ".",
    }
    units, read = [], 0
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            for code in cells:
                value = means[code]
                if value is None:
                    continue
                read += 1
                bounds = CATALOGUE[code]
                low, high = bounds.get("minimum", -1e9), bounds.get("maximum", 1e9)
                why = first(
                    (means["세대"] is None, (name["세대"], row_checks.NO_ID)),
                    (not isinstance(means["월"], date), (name["월"], row_checks.NO_DATE)),
                    (value is BAD, (name[code], row_checks.NO_NUMBER)),
                    (
                        value is not BAD and not low <= value <= high,
                        (name[code], row_checks.OUT_OF_RANGE),
                    ),
                    (row in seen, (None, row_checks.DUPLICATE)),
                )
                whole = {
                    "세대": means["세대"],
                    "일자": means["월"],
                    "코드": code,
                    "값": value,
                    "known": means["월"],
                }
                whole["none"] = value == 0 and bounds.get("kind") != "reading"
                units.append(Unit((file, number), whole, why))
            seen.add(row)
    case.facts.append((table, entry, f"events: {entry['file']} (cells)", units, read, limit))


def attributes(rng: random.Random, case: Case, limit: float) -> None:
    """Add a source of attributes: a text and a number of a household."""
    columns = {
        "세대": rng.sample(IDS, 6),
        "알림": DAYS[None][:3] + rng.sample(NO_DAYS, 3),
        "동": [("역삼동", "역삼동"), (" 역삼동", "역삼동"), ("삼성동", "삼성동"), ("", None)],
        "평": rng.sample(NUMBERS, 6),
    }
    table = Table(rng, columns, 10)
    name = table.name_of
    entry = table.write("homes", case) | {"household_id": name["세대"], "known_date": name["알림"]}
    entry |= {"columns": {"동": name["동"]}, "numbers": {"평": name["평"]}, "decimal": "."}
    units = []
    for file in table.files:
        for number, _, means in table.meanings(file):
            for key in ("동", "평"):
                if means[key] is not None:
                    why = first(
                        (means["세대"] is None, (name["세대"], row_checks.NO_ID)),
                        (not isinstance(means["알림"], date), (name["알림"], row_checks.NO_DATE)),
                        (means[key] is BAD, (name["평"], row_checks.NO_NUMBER)),
                    )
                    units.append(
                        Unit((file, number), {**means, "key": key, "what": means[key]}, why)
                    )
    contradict(units, lambda means: (means["세대"], means["key"], means["알림"]), "what")
    good = [unit for unit in units if unit.reason is None]
    last: dict[tuple[str, str], Any] = {}
    for unit in sorted(
        good, key=lambda u: (u.means["알림"], str(u.means["key"]), u.means["what"], u.place)
    ):
        key = (unit.means["세대"], unit.means["key"])
        unit.fate = "repeated" if last.get(key) == unit.means["what"] else "used"
        last[key] = unit.means["what"]
    add(case, table, entry, f"attributes: {entry['file']} (cells)", units, len(units), limit)


def contacts(rng: random.Random, case: Case, limit: float) -> None:
    """Add a source of contacts, their rounds given as months."""
    columns = {"세대": rng.sample(IDS, 6), "차수": ROUNDS, "결과": RESULTS}
    table = Table(rng, columns, 12)
    name = table.name_of
    given = {"위기": "need_confirmed", "부재": "not_reached"}
    entry = table.write("contacts", case) | {
        "household_id": name["세대"],
        "as_of_date": name["차수"],
        "channel": "visit",
        "result": {"column": name["결과"], "map": given},
    }
    case.manifest["rounds"] = ["2024-01-15", "2024-03-15", "2024-05-15"]
    units, read = [], 0
    facts: set[tuple[Any, ...]] = set()
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            read += 1
            why = first(
                (means["세대"] is None, (name["세대"], row_checks.NO_ID)),
                (means["결과"] is BAD, (name["결과"], row_checks.UNKNOWN_RESULT)),
                (means["차수"] is None, (name["차수"], row_checks.NO_ROUND)),
                (row in seen, (None, row_checks.DUPLICATE)),
            )
            seen.add(row)
            unit = Unit((file, number), means, why)
            if why is None and means["결과"] is None:
                unit.fate = "excluded"
            units.append(unit)
    contradict(units, lambda means: (means["세대"], means["차수"]), "결과")
    for unit in units:
        fact = (unit.means["세대"], unit.means["차수"], unit.means["결과"])
        if unit.reason is None and unit.fate == "used":
            unit.fate = "repeated" if fact in facts else "used"
            facts.add(fact)
    add(case, table, entry, f"contacts: {entry['file']}", units, read, limit)


def lists(rng: random.Random, case: Case, limit: float) -> None:
    """Add a source of lists: whose chance was what, and who was drawn."""
    columns = {"세대": rng.sample(IDS, 6), "차수": ROUNDS, "확률": CHANCES, "선정": PICKED}
    table = Table(rng, columns, 12)
    name = table.name_of
    entry = table.write("lists", case) | {
        "household_id": name["세대"],
        "as_of_date": name["차수"],
        "list": "발굴",
        "probability": name["확률"],
        "drawn": {"column": name["선정"], "map": {"선정": True}},
        "decimal": ".",
    }
    case.manifest["rounds"] = ["2024-01-15", "2024-03-15", "2024-05-15"]
    units = checked_rows(
        table,
        lambda means: (
            (means["세대"] is None, (name["세대"], row_checks.NO_ID)),
            (means["차수"] is None, (name["차수"], row_checks.NO_ROUND)),
            (means["선정"] is BAD, (name["선정"], row_checks.UNKNOWN_DRAWN)),
            (means["확률"] is BAD, (name["확률"], row_checks.NO_NUMBER)),
            (means["확률"] == 1.5, (name["확률"], row_checks.NO_CHANCE)),
            (means["선정"] and means["확률"] is None, (name["확률"], row_checks.CHANCE_UNTOLD)),
            (means["선정"] and means["확률"] == 0, (name["확률"], row_checks.CHANCE_OF_0)),
            (not means["선정"] and means["확률"] == 1, (name["확률"], row_checks.CHANCE_OF_1)),
        ),
        ("세대", "차수"),
        ("확률", "선정"),
        row_checks.TWICE_IN_LIST,
    )
    add(case, table, entry, f"lists: {entry['file']}", units, len(units), limit)


def people(rng: random.Random, case: Case, limit: float) -> None:
    """Add people who live in households, and facts of them or of their dwellings."""
    whose, kind = rng.choice([("사람", "person"), ("집", "dwelling")])
    named = {"사람": [("p1", "p1"), ("p2", "p2"), ("p3", "p3")], "집": [("d1", "d1"), ("d2", "d2")]}
    homes = Table(rng, {**named, "세대": IDS[:6]}, 6)
    homes.files, homes.rows = (
        homes.files[:1],
        {homes.files[0]: sorted(set(homes.rows[homes.files[0]]))},
    )
    keys = homes.write("members", case, texts=False)
    members = [Unit((homes.files[0], n), means) for n, _, means in homes.meanings(homes.files[0])]
    earlier: set[tuple[str, ...]] = set()
    for unit in members:
        row = tuple(unit.means.values())
        unit.fate = "repeated" if row in earlier else "used"
        earlier.add(row)
    columns = {"person_id": "사람", "household_id": "세대", "dwelling_id": "집"}
    entry = keys | {key: homes.name_of[column] for key, column in columns.items()}
    add(case, homes, entry, f"members: {keys['file']}", members, len(members), limit)
    lives = {unit.means[whose] for unit in members}
    who = [*named[whose][:2], ("x9", "x9"), ("", None)]
    table = Table(rng, {"누구": who, "일자": DAYS[None][:2] + NO_DAYS[:4]}, 10)
    name = table.name_of
    facts = table.write("people", case) | {
        f"{kind}_id": name["누구"],
        "code": "화재",
        "event_date": name["일자"],
    }
    homeless = row_checks.NO_HOUSEHOLD if kind == "person" else row_checks.NO_RESIDENT
    units, read = [], 0
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            read += 1
            why = first(
                (means["누구"] is None, (name["누구"], row_checks.NO_ID)),
                (not isinstance(means["일자"], date), (name["일자"], row_checks.NO_DATE)),
                (row in seen, (None, row_checks.DUPLICATE)),
                (means["누구"] not in lives, (name["누구"], homeless)),
            )
            seen.add(row)
            whole = {
                "세대": (kind, means["누구"]),
                "코드": "화재",
                "일자": means["일자"],
                "값": None,
                "known": means["일자"],
            }
            units.append(Unit((file, number), whole, why))
    case.facts.append((table, facts, f"events: {facts['file']}", units, read, limit))


def log_of_deliveries(rng: random.Random, case: Case, limit: float) -> None:
    """Add a table of deliveries, received or not."""
    table = Table(
        rng, {"지표": CODES, "일자": DAYS[None] + rng.sample(NO_DAYS, 2), "수신": CAME}, 12
    )
    name = table.name_of
    entry = table.write("log", case) | {
        "feed": {"column": name["지표"]},
        "event_date": name["일자"],
        "delivered": {"column": name["수신"], "map": {"누락": False}},
    }
    entry |= rng.choice([{}, {"known_date": {"lag": "10D"}}, {"known_date": name["일자"]}])
    units = checked_rows(
        table,
        lambda means: (
            (not isinstance(means["일자"], date), (name["일자"], row_checks.NO_DATE)),
            (means["지표"] is BAD, (name["지표"], row_checks.UNKNOWN_CODE)),
            (means["수신"] is BAD, (name["수신"], row_checks.UNKNOWN_DELIVERED)),
        ),
        ("지표", "일자"),
        ("수신",),
    )
    add(case, table, entry, f"deliveries: {entry['file']}", units, len(units), limit)


def periods_of_coverage(rng: random.Random, case: Case, limit: float) -> None:
    """Add a table of coverage, a period a row."""
    table = Table(rng, {"지표": CODES, **ENDS}, 12)
    name = table.name_of
    entry = table.write("periods", case)
    entry |= {"feed": {"column": name["지표"]}, "from": name["부터"], "to": name["까지"]}

    def ends_first(means: dict[str, Any]) -> bool:
        days = [day for day in (means["부터"], means["까지"]) if isinstance(day, date)]
        return len(days) == 2 and days[0] > days[1]

    units = checked_rows(
        table,
        lambda means: (
            (means["부터"] is BAD, (name["부터"], row_checks.NO_DATE)),
            (means["까지"] is BAD, (name["까지"], row_checks.NO_DATE)),
            (means["지표"] is BAD, (name["지표"], row_checks.UNKNOWN_CODE)),
            (ends_first(means), (name["까지"], row_checks.NO_PERIOD)),
        ),
        ("지표", "부터"),
        ("까지",),
        until="까지",
    )
    add(case, table, entry, f"coverage: {entry['file']}", units, len(units), limit)


def checked_rows(
    table: Table,
    why: Callable[[dict[str, Any]], Any],
    thing: tuple[str, str],
    what: tuple[str, ...],
    doubtful: str = row_checks.CONTRADICTED,
    until: str | None = None,
) -> list[Unit]:
    """Return the rows of a table; rows that mean what an earlier one does are repeated."""
    units = []
    for file in table.files:
        seen: set[Row] = set()
        for number, row, means in table.meanings(file):
            reason = first(*why(means), (row in seen, (None, row_checks.DUPLICATE)))
            if until is not None:
                means[until] = UNTIL.get(means[until], means[until])
            units.append(Unit((file, number), means, reason))
            seen.add(row)
    for unit in units:
        unit.means["what"] = tuple(unit.means[key] for key in what)
    contradict(units, lambda means: tuple(means[key] for key in thing), "what", doubtful)

    earlier = set()
    for unit in units:
        if unit.reason is None:
            unit.fate = "repeated" if tuple(unit.means.values()) in earlier else "used"
            earlier.add(tuple(unit.means.values()))
    return units


SOURCES: list[Callable[[random.Random, Case, float], None]] = [
    wide_events,
    attributes,
    contacts,
    lists,
    people,
    log_of_deliveries,
    periods_of_coverage,
]


def dirty(rng: random.Random, sources: list[Callable[[random.Random, Case, float], None]]) -> Case:
    """Return a valid manifest over dirty files: some rows are bad, and each has its reason."""
    limit = rng.choice([1.0, 1.0, 1.0, 0.6, 0.3, 0.0])
    case = Case(
        {
            "name": "더미",
            "today": str(TODAY),
            "since": str(SINCE),
            "catalogue": CATALOGUE,
            "events": [],
        }
    )
    case.manifest["max_quarantined"] = limit
    for add_source in [long_events, *rng.sample(sources, rng.choice([0, 1, 1, 2]))]:
        add_source(rng, case, limit)
    settle([units for _, _, _, units, *_ in case.facts])
    for source in case.facts:
        add(case, *source)
    return case


def write_files(case: Case, folder: Path) -> None:
    """Write the files of a case."""
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
