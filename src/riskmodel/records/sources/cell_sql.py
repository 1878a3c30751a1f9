"""The SQL that reads the cells of a column: as trimmed texts, ids and numbers."""

from __future__ import annotations

from riskmodel.texts import BLANKS, INVISIBLE, NO_IDS, ROUNDED, SPACES, CodePoints

_FLOATS = ("FLOAT", "DOUBLE")
_NUMBERS = (*_FLOATS, "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBER = r"[+-]?(\d+|[1-9]\d{0,2}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?"
_NOTHING = ", ".join(f"'{word}'" for word in NO_IDS)


def _any_of(ranges: CodePoints) -> str:
    return "[" + "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in ranges) + "]"


_OTHERS = _any_of((*INVISIBLE, *BLANKS))


def is_number(kind: str) -> bool:
    """Tell whether a type of the engine holds numbers."""
    return kind == "BOOLEAN" or (
        kind.removeprefix("U").startswith(_NUMBERS) and not kind.endswith("]")
    )


def text(column: str, kind: str) -> str:
    """Return the SQL of a trimmed text, NULL where blank; whole numbers carry no decimals."""
    if kind.startswith("DECIMAL"):
        return f"regexp_replace(({column})::VARCHAR, '\\.0+$', '')"
    if kind.startswith(_FLOATS):
        value = f"({column})::DOUBLE"
        whole = f"isfinite({value}) AND {value} = trunc({value}) AND abs({value}) < 1e15"
        return f"""CASE WHEN {whole} THEN {value}::BIGINT::VARCHAR
            WHEN NOT isnan({value}) THEN ({column})::VARCHAR END"""
    if is_number(kind):
        return f"({column})::VARCHAR"
    written = column if kind == "VARCHAR" else f"({column})::VARCHAR"
    edges = f"regexp_matches({written}, '^[{SPACES}]|[{SPACES}]$')"
    return f"nullif(CASE WHEN {edges} THEN trim({written}, '{SPACES}') ELSE {written} END, '')"


def plain(column: str) -> str:
    """Return the SQL of a text by the rule of `texts.plain_text`."""
    seen = f"regexp_replace({column}, '{_any_of(INVISIBLE)}', '', 'g')"
    return f"nfc_normalize(regexp_replace({seen}, '{_any_of(BLANKS)}', ' ', 'g'))"


def is_plain(column: str) -> str:
    """Return the SQL that tells whether `plain` leaves a text as it is; quick where it is ASCII."""
    other = f"nfc_normalize({column}) <> {column} OR regexp_matches({column}, '{_OTHERS}')"
    return f"CASE WHEN strlen({column}) > length({column}) THEN NOT ({other}) ELSE TRUE END"


def is_rounded(identity: str) -> str:
    """Return the SQL that tells whether an id or code is a number that a program rounded."""
    return f"coalesce(regexp_full_match({identity}, '{ROUNDED}'), FALSE)"


def identity(text: str) -> str:
    """Return the SQL of an id or a code out of a trimmed text.

    30790.0 is 30790, and words such as nan and null are none.
    """
    return f"""CASE WHEN suffix({text}, '.0') THEN regexp_replace({text}, '^(\\d+)\\.0$', '\\1')
        WHEN length({text}) > 4 OR lower({text}) NOT IN ({_NOTHING}) THEN {text} END"""


def is_written_number(text: str) -> str:
    """Return the SQL that tells whether a text writes a number with a decimal point."""
    return f"regexp_full_match({text}, '{_NUMBER}')"


def with_point(column: str) -> str:
    """Return the SQL of a text in which decimal commas are points, and points commas."""
    return f"translate(({column})::VARCHAR, '.,', ',.')"


def number(column: str, kind: str) -> str:
    """Return the SQL of a number out of a number or a trimmed text, with or without commas."""
    if not is_number(kind):
        written = is_written_number(column)
        column = f"CASE WHEN {written} THEN try_cast(replace({column}, ',', '') AS DOUBLE) END"
    value = f"({column})::DOUBLE"
    return f"CASE WHEN isfinite({value}) THEN {value} END"
