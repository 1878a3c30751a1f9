"""Generated YAML manifests and tables as offices write them, each with what its rows mean.

A row is made from its meaning, so that the outcome needs no rule of the library: a household, a day
and an amount are drawn first, and then written in one of the forms in which offices write them.
"""

from __future__ import annotations

import csv
import io
import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from riskmodel.records.sources import row_checks

FIRST_DAY = date(2024, 1, 1)
HOUSEHOLDS = ("가-1", "나-2", "세대9", "é-7", "0012", "12E3", "30790", "A b")
ROUNDED = ("1.23457E+11", "9.90122E+12", "1,23457E+11", "1.2e+05")
NOTHING = ("", " ", "nan", "null")
# codes that a reader of YAML might take for something else
CODES = ("010", "no", "1e3", "0x10", "12:30", "2024-01-01", "1_000", "화재", "true", "3.0")
NAMES = ("화재", "cost ${amount}", "${HOME} and ${oc.env:USER}", "no", "007")
SEPARATORS = (",", ";", "\t", "|")
ZONES = ("Asia/Seoul", "America/New_York", "UTC", "Pacific/Auckland")
OFFSETS = ("+09:00", "-05:00", "Z", "+00:00", "+13:00")
# Amounts as written where the decimal mark is a point or a comma, and what they mean.
POINT = (
    ("1.5", 1.5),
    ("0.25", 0.25),
    ("12", 12.0),
    ("-3.75", -3.75),
    ("1,234.5", 1234.5),
    ("1,234,567", 1234567.0),
    ("1,234", 1234.0),
    ("1.234", 1.234),
)
COMMA = (
    ("1,5", 1.5),
    ("0,250", 0.25),
    ("12", 12.0),
    ("-3,75", -3.75),
    ("1.234,5", 1234.5),
    ("1.234.567", 1234567.0),
    ("1.234", 1234.0),
    ("1,234", 1.234),
)
# These two leave no doubt about the mark of the whole column.
CERTAIN = {".": (("1.5", 1.5), ("1,234.5", 1234.5)), ",": (("1,5", 1.5), ("0,250", 0.25))}
WHOLE = (("12", 12.0), ("7", 7.0), ("", None), ("-3", -3.0))
IN_DOUBT = ("1,234", "21,500", "-3,125")

Fact = tuple[str, str, date, float | None]
Rows = list[dict[str, Any]]


@dataclass
class Written:
    """A manifest and its table, and what is expected of them.

    Attributes
    ----------
    keys : dict
        The manifest.
    text : str
        The same as YAML; empty where the table is a frame.
    files : dict of str to bytes
    refusal : str, optional
        A part of the code of the refusal, where the whole is refused.
    line : int, optional
        The line that the refusal names.
    facts, bad : Counter
        The facts to be held, and (column, reason) of the bad rows.
    """

    keys: dict[str, Any]
    text: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    refusal: str | None = None
    line: int | None = None
    facts: Counter[Fact] = field(default_factory=Counter)
    bad: Counter[tuple[str, str]] = field(default_factory=Counter)


def other_form(rng: random.Random, text: str) -> str:
    """Return a text that looks the same."""
    at = rng.randrange(len(text) + 1)
    forms: list[Callable[[], str]] = [
        lambda: text,
        lambda: unicodedata.normalize("NFD", text),
        lambda: f"{text[:at]}\u200b{text[at:]}",
        lambda: f"{text[:at]}\u00ad{text[at:]}",
        lambda: f"\ufeff{text}",
        lambda: text.replace(" ", "\u00a0"),
        lambda: f"{unicodedata.normalize('NFD', text)}\u2060",
    ]
    return rng.choice(forms)()


def household(rng: random.Random) -> tuple[str, str | None, str | None]:
    """Return an id as written, what it means, and why it is bad."""
    kind = rng.random()
    if kind < 0.08:
        return rng.choice(ROUNDED), None, row_checks.ROUNDED_ID
    if kind < 0.14:
        return rng.choice(NOTHING), None, row_checks.NO_ID
    meant = rng.choice(HOUSEHOLDS)
    if meant == "30790" and rng.random() < 0.5:
        return "30790.0", meant, None
    return other_form(rng, meant), meant, None


def day_text(rng: random.Random, day: date) -> str:
    """Return a day as written; where it has a zone, the day is that of the zone itself."""
    clock = rng.choice(["00:30:00", "23:59:59", "12:00"])
    return rng.choice(
        [
            day.isoformat(),
            day.strftime("%Y%m%d"),
            day.strftime("%Y.%m.%d"),
            f"{day.isoformat()} {clock}",
            f"{day.isoformat()}T{clock}{rng.choice(OFFSETS)}",
            f"{day.isoformat()} {clock}{rng.choice(OFFSETS)}",
        ]
    )


def written(rng: random.Random) -> Written:
    """Return one manifest with one table."""
    names = {"i": "세대", "d": "일자", "v": "금액"}
    code = rng.choice(CODES)
    door = rng.choice(["csv", "csv", "csv", "parquet", "frame"])
    separator = rng.choice(SEPARATORS)
    decimal, declared, amounts = _amounts(rng, door, separator)
    rows = _rows(rng, amounts)
    case = Written(keys={})
    for row in rows:
        _expect(case, row, names, code)

    entry: dict[str, Any] = {
        "household_id": other_form(rng, names["i"]),
        "event_date": other_form(rng, names["d"]),
        "value": other_form(rng, names["v"]),
        "code": code,
    }
    if declared:
        entry["decimal"] = decimal
    case.keys = {
        "name": rng.choice(NAMES),
        "today": "2025-01-01",
        "max_quarantined": 0.99,
        "events": [entry],
    }
    if decimal == "?":
        case.refusal = "decimal"
    headings = {key: other_form(rng, name) for key, name in names.items()}
    _store(rng, case, entry, door, separator, headings, rows)
    if door != "frame":
        case.text = _as_yaml(rng, case.keys)
        if rng.random() < 0.2:
            _repeat_a_key(rng, case)
    return case


def _amounts(
    rng: random.Random, door: str, separator: str
) -> tuple[str, bool, Sequence[tuple[str, float | None]]]:
    """Return the decimal mark, whether it is declared, and the amounts to draw from.

    The mark is ``"?"`` where the cells allow both and nothing declares it.
    """
    mark = rng.choice(".,")
    if door != "csv" or rng.random() < 0.3:
        return ".", False, WHOLE
    cells = POINT if mark == "." else COMMA
    if rng.random() < 0.4:
        return mark, True, (*cells, *WHOLE)
    if separator == ";" and rng.random() < 0.3:
        return "?", False, [*((text, None) for text in IN_DOUBT), *WHOLE]
    return mark, False, (*cells, *WHOLE)


def _rows(rng: random.Random, amounts: Sequence[tuple[str, float | None]]) -> Rows:
    """Return rows of which the first is good; each has a day of its own."""
    rows: Rows = []
    certain = [cell for cells in CERTAIN.values() for cell in cells if cell in amounts]
    doubtful = [cell for cell in amounts if cell[0] in IN_DOUBT and cell[1] is None]
    for number in range(rng.randrange(3, 12)):
        identity, meant, why = household(rng)
        if number == 0:
            identity, meant, why = "0012", "0012", None
        amount = rng.choice(certain or doubtful or amounts) if number == 0 else rng.choice(amounts)
        day = FIRST_DAY + timedelta(days=3 * number)
        rows.append(
            {
                "id": identity,
                "meant": meant,
                "why": why,
                "day": day,
                "day_text": day_text(rng, day),
                "clock": rng.choice([0, 1, 12, 23]),
                "amount": amount[0],
                "value": amount[1],
            }
        )
        if rng.random() < 0.06 and number:
            rows[-1].update(amount="3원", value=None, why=why or row_checks.NO_NUMBER)
    return rows


def _expect(case: Written, row: dict[str, Any], names: dict[str, str], code: str) -> None:
    """Add a row to what is expected."""
    if row["why"] is None:
        case.facts[row["meant"], code, row["day"], row["value"]] += 1
    else:
        column = names["v"] if row["why"] == row_checks.NO_NUMBER else names["i"]
        case.bad[column, row["why"]] += 1


def _store(
    rng: random.Random,
    case: Written,
    entry: dict[str, Any],
    door: str,
    separator: str,
    headings: dict[str, str],
    rows: Rows,
) -> None:
    """Put the rows into a frame or a file."""
    if door == "csv":
        name = "사건.csv"
        case.files[other_form(rng, name).replace("\ufeff", "")] = _csv(
            rng, entry, separator, headings, rows
        )
        entry["file"] = name
        return
    zone = rng.choice([None, None, *ZONES])
    frame = _frame(headings, rows, zone)
    if door == "frame":
        entry["frame"] = frame
        return
    out = io.BytesIO()
    frame.to_parquet(out)
    case.files["e.parquet"] = out.getvalue()
    entry["file"] = "e.parquet"


def _frame(headings: dict[str, str], rows: Rows, zone: str | None) -> pd.DataFrame:
    """Return the rows as a frame; its days are texts, or moments of a zone."""
    days: Any = [row["day_text"] for row in rows]
    if zone:
        moments = [datetime.combine(row["day"], datetime.min.time()) for row in rows]
        hours = pd.to_timedelta([row["clock"] for row in rows], unit="h")
        days = (pd.DatetimeIndex(moments) + hours).tz_localize(zone)
    amounts = [row["amount"] for row in rows]
    return pd.DataFrame(
        {headings["i"]: [row["id"] for row in rows], headings["d"]: days, headings["v"]: amounts}
    )


def _csv(
    rng: random.Random,
    entry: dict[str, Any],
    separator: str,
    headings: dict[str, str],
    rows: Rows,
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=rng.choice(["\n", "\r\n"]))
    writer.writerow(headings.values())
    writer.writerows([row["id"], row["day_text"], row["amount"]] for row in rows)
    text = out.getvalue()
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp949"])
    if rng.random() < 0.2:
        text = f"sep={separator}\n{text}"
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")
    if encoding == "cp949":
        entry["encoding"] = "cp949"
    return content


def _as_yaml(rng: random.Random, keys: dict[str, Any]) -> str:
    """Return a manifest as YAML; its scalars stand without quotes where YAML allows it."""
    (entry,) = keys["events"]
    top = [f"{key}: {value}" for key, value in keys.items() if key != "events"]
    items = [f"{key}: {_scalar(rng, value)}" for key, value in entry.items()]
    rng.shuffle(top)
    rng.shuffle(items)
    lines = ["events:", f"  - {items[0]}", *(f"    {item}" for item in items[1:])]
    return "\n".join([*lines, *top] if rng.random() < 0.5 else [*top, *lines]) + "\n"


def _scalar(rng: random.Random, value: str) -> str:
    needs_quotes = value in (".", ",") or value != value.strip("\ufeff ")
    if needs_quotes or rng.random() < 0.3:
        return f"'{value}'"
    return value


def _repeat_a_key(rng: random.Random, case: Written) -> None:
    """Write one key of the manifest twice, the second time in a form that looks the same."""
    lines = case.text.splitlines()
    at = rng.choice([number for number, line in enumerate(lines) if line != "events:"])
    again = lines[at].replace("- ", "  ")
    key, value = again.split(": ", 1)
    spelled = rng.choice([key, f"{key.split(key.strip())[0]}\u200b{key.strip()}"])
    lines.insert(at + 1, f"{spelled}: {value}")
    case.text = "\n".join(lines) + "\n"
    case.refusal, case.line = "yaml.repeated_key", at + 2
