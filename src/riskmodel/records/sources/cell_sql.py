"""The SQL that reads the cells of a column: as trimmed texts, ids and numbers."""

from __future__ import annotations

_SPACES = " \t\r\n\u00a0\u3000\ufeff"
_FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")
_NUMBERS = (*_FLOATS, "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBER = r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?"
_NOTHING = "('nan', 'nat', 'null', 'none', '<na>')"


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
        return f"""CASE WHEN {whole} THEN {value}::BIGINT::VARCHAR
            WHEN NOT isnan({value}) THEN ({column})::VARCHAR END"""
    if is_number(kind):
        return f"({column})::VARCHAR"
    plain = column if kind == "VARCHAR" else f"({column})::VARCHAR"
    edges = f"regexp_matches({plain}, '^[{_SPACES}]|[{_SPACES}]$')"
    return f"nullif(CASE WHEN {edges} THEN trim({plain}, '{_SPACES}') ELSE {plain} END, '')"


def identity(text: str) -> str:
    """Return the SQL of an id or a code out of a trimmed text.

    30790.0 is 30790, and words such as nan and null are none.
    """
    return f"""CASE WHEN suffix({text}, '.0') THEN regexp_replace({text}, '^(\\d+)\\.0$', '\\1')
        WHEN length({text}) > 4 OR lower({text}) NOT IN {_NOTHING} THEN {text} END"""


def number(column: str, kind: str) -> str:
    """Return the SQL of a number out of a number or a trimmed text, with or without commas."""
    if not is_number(kind):
        written = f"regexp_full_match({column}, '{_NUMBER}')"
        column = f"CASE WHEN {written} THEN try_cast(replace({column}, ',', '') AS DOUBLE) END"
    value = f"({column})::DOUBLE"
    return f"CASE WHEN isfinite({value}) THEN {value} END"
