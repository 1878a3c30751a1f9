"""What a cell must be: the SQL that reads texts, ids and numbers, and the reasons that keep a row out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from riskmodel.records.engine import literal

NO_ID = "no id"
NO_DATE = "no usable date"
NO_HOUSEHOLD = "person in no known household on that day"
NO_RESIDENT = "dwelling of no known household on that day"
UNKNOWN_CODE = "unknown code"
UNKNOWN_RESULT = "result without a word for it"
NO_ROUND = "month without exactly one round"
UNKNOWN_WORD = "no word for delivered or not"
NO_PERIOD = "period that ends before it begins"
NO_NUMBER = "text for a number"
OUT_OF_RANGE = "value outside the catalogue's range"
DUPLICATE = "equal to another row in all columns"
RAGGED = "more or fewer cells than the header"
REASONS = (
    NO_ID,
    NO_DATE,
    UNKNOWN_CODE,
    UNKNOWN_RESULT,
    NO_ROUND,
    UNKNOWN_WORD,
    NO_PERIOD,
    NO_NUMBER,
    OUT_OF_RANGE,
    DUPLICATE,
    NO_HOUSEHOLD,
    NO_RESIDENT,
    RAGGED,
)

_SPACES = " \t\r\n\u00a0\u3000\ufeff"
_FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")
_NUMBERS = (*_FLOATS, "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBER = r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?"


@dataclass(frozen=True)
class Check:
    """One way for a row to be bad: when (SQL), why, and the name of the column to blame (SQL)."""

    fails: str
    reason: str
    blamed: str


def is_number(kind: str) -> bool:
    """Tell whether a type of the engine holds numbers."""
    return kind == "BOOLEAN" or (
        kind.removeprefix("U").startswith(_NUMBERS) and not kind.endswith("]")
    )


def text(column: str, kind: str) -> str:
    """Return the SQL of a trimmed text, NULL where blank; whole numbers carry no decimals."""
    if kind.startswith(_FLOATS):
        value = f"({column})::DOUBLE"
        whole = f"isfinite({value}) AND {value} = trunc({value}) AND abs({value}) < 1e15"
        return f"CASE WHEN {whole} THEN {value}::BIGINT::VARCHAR WHEN NOT isnan({value}) THEN ({column})::VARCHAR END"
    if is_number(kind):
        return f"({column})::VARCHAR"
    plain = column if kind == "VARCHAR" else f"({column})::VARCHAR"
    edges = f"regexp_matches({plain}, '^[{_SPACES}]|[{_SPACES}]$')"
    return f"nullif(CASE WHEN {edges} THEN trim({plain}, '{_SPACES}') ELSE {plain} END, '')"


def identity(text: str) -> str:
    """Return the SQL of an id or a code out of a trimmed text: 30790.0 is 30790, the words for nothing are none."""
    return f"""CASE WHEN suffix({text}, '.0') THEN regexp_replace({text}, '^(\\d+)\\.0$', '\\1')
        WHEN length({text}) > 4 OR lower({text}) NOT IN ('nan', 'nat', 'null', 'none', '<na>') THEN {text} END"""


def number(column: str, kind: str) -> str:
    """Return the SQL of a number out of a number, or out of a trimmed text with or without thousands commas."""
    if not is_number(kind):
        written = f"regexp_full_match({column}, '{_NUMBER}')"
        column = f"CASE WHEN {written} THEN try_cast(replace({column}, ',', '') AS DOUBLE) END"
    value = f"({column})::DOUBLE"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def verdict(found: Iterable[Check]) -> str:
    """Return the SQL of the columns `reason` and `blamed`: of several reasons the first of `REASONS` speaks."""
    listed = sorted(found, key=lambda check: REASONS.index(check.reason))
    reason = " ".join(f"WHEN {c.fails} THEN {literal(c.reason)}" for c in listed)
    blamed = " ".join(f"WHEN {c.fails} THEN {c.blamed}" for c in listed)
    return f"CASE {reason} END AS reason, CASE {blamed} END::VARCHAR AS blamed"
