"""The SQL that reads the cells of a column: as trimmed texts, ids and numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection

from riskmodel.characters import BLANKS, FOLDED, INVISIBLE, STYLED, any_of, ranges_of
from riskmodel.no_ids import BLANKS_IN_WORDS, NO_IDS, ONLY_ZEROS
from riskmodel.records.engine import literal
from riskmodel.records.sources.folded_sql import BY_CODE, folded
from riskmodel.texts import (
    MARKED,
    MARKED_AS_TEXT,
    OVERFLOWN,
    QUOTED,
    QUOTES,
    ROUNDED,
    SPACES,
    TEXT_MARKS,
    WRAPPED,
)

MOMENT = "TIMESTAMP WITH TIME ZONE"
_FLOATS = ("FLOAT", "DOUBLE")
# beyond, a type does not hold every whole number
_WHOLE_BELOW = {"FLOAT": 2**24, "DOUBLE": 2**53}
_NS_OF_DAY = 24 * 60 * 60 * 10**9
_NUMBERS = (*_FLOATS, "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBER = r"[+-]?(\d+|[1-9]\d{0,2}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?"


_INVISIBLE, _BLANKS, _STYLED = (any_of(r, BY_CODE) for r in (INVISIBLE, BLANKS, STYLED))
_QUOTES = QUOTES.replace("'", "''")
_OTHERS = any_of((*INVISIBLE, *BLANKS, *ranges_of(FOLDED)), BY_CODE)


def is_number(kind: str) -> bool:
    """Tell whether a type of the engine holds numbers."""
    return kind == "BOOLEAN" or (
        kind.removeprefix("U").startswith(_NUMBERS) and not kind.endswith("]")
    )


def whole_below(kind: str) -> int:
    """Return the number below which a type's whole numbers have all their digits as a double."""
    return _WHOLE_BELOW.get(kind, _WHOLE_BELOW["DOUBLE"])


def text(column: str, kind: str) -> str:
    """Return the SQL of a trimmed text, NULL where blank; whole numbers carry no decimals.

    A float beyond the whole numbers that its type holds is written as programs write a number that
    they rounded.
    """
    if kind.startswith("DECIMAL"):
        return f"regexp_replace(({column})::VARCHAR, '\\.0+$', '')"
    if kind.startswith(_FLOATS):
        return _text_of_float(f"({column})::DOUBLE", column, whole_below(kind))
    if is_number(kind):
        return f"({column})::VARCHAR"
    written = column if kind == "VARCHAR" else f"({column})::VARCHAR"
    is_untidy = f"regexp_matches({written}, '^[{SPACES}{_QUOTES}]|[{SPACES}]$| {{2}}')"
    return f"nullif(CASE WHEN {is_untidy} THEN {_tidy(written)} ELSE {written} END, '')"


def _tidy(text: str) -> str:
    """Return the SQL of a word without quotes and blanks around it, and with single blanks."""
    text = f"trim({text}, '{SPACES}')"
    for quoted in QUOTED:
        text = f"regexp_replace({text}, {literal(quoted)}, '\\1')"
    return f"trim(regexp_replace({text}, ' {{2,}}', ' ', 'g'), '{SPACES}')"


def _text_of_float(value: str, column: str, limit: int) -> str:
    written = f"format('{{:.16e}}', {value})"
    rounded = f"CASE WHEN isinf({value}) THEN '{OVERFLOWN}' ELSE {written} END"
    return f"""CASE
        WHEN isnan({value}) THEN NULL
        WHEN abs({value}) >= {limit} THEN {rounded}
        WHEN {value} = trunc({value}) THEN {value}::BIGINT::VARCHAR
        ELSE ({column})::VARCHAR END"""


def is_moment(kind: str) -> bool:
    """Tell whether a type of the engine holds instants, whose day depends on the time zone."""
    return kind in (MOMENT, "TIMESTAMPTZ_NS")


def day(column: str, kind: str) -> str:
    """Return the SQL of the day in which a moment lies."""
    if kind.endswith("_NS"):
        return f"DATE '1970-01-01' + ({_floored(f'epoch_ns({column})', _NS_OF_DAY)})::INTEGER"
    return f"({column})::DATE"


def moment(column: str, kind: str) -> str:
    """Return the SQL of a day or a moment as a moment in microseconds, never of the next day."""
    if kind.endswith("_NS"):
        return f"make_timestamp({_floored(f'epoch_ns({column})', 1000)})"
    return f"({column})::TIMESTAMP"


def _floored(number: str, unit: int) -> str:
    return f"({number} // {unit} - ({number} % {unit} < 0)::BIGINT)"


def plain(column: str) -> str:
    """Return the SQL of a text by the rule of `texts.plain_text`."""
    seen = f"regexp_replace({folded(column)}, '{_INVISIBLE}', '', 'g')"
    return f"nfc_normalize(regexp_replace({seen}, '{_BLANKS}', ' ', 'g'))"


def is_plain(column: str) -> str:
    """Return the SQL that tells whether `plain` leaves a text as it is; quick where it is ASCII."""
    other = f"nfc_normalize({column}) <> {column} OR regexp_matches({column}, '{_OTHERS}')"
    return f"CASE WHEN strlen({column}) > length({column}) THEN NOT ({other}) ELSE TRUE END"


def is_rounded(identity: str) -> str:
    """Return the SQL that tells whether an id or code is a number that a program rounded."""
    return f"coalesce(regexp_full_match({identity}, '{ROUNDED}'), FALSE)"


def is_marked(identity: str) -> str:
    """Return the SQL that tells whether an id or code is a number with marks of thousands."""
    return f"coalesce(regexp_full_match({identity}, '{MARKED}'), FALSE)"


def is_styled(identity: str) -> str:
    """Return the SQL that tells whether an id or code holds styled characters, such as ①."""
    return f"coalesce(regexp_matches({identity}, '{_STYLED}'), FALSE)"


def identity(text: str) -> str:
    """Return the SQL of an id or a code out of a trimmed text.

    30790.0 is 30790, ``="007"`` and ``'007`` are 007, and words such as nan, #N/A and 미상 are
    none, nor are zeros alone.
    """
    return _identity(text, _or_none)


def label(text: str) -> str:
    """Return the SQL of an area or another label, read as an id is; it may be 미상 or 00."""
    return _identity(text, lambda bare: _unless_said(bare, BLANKS_IN_WORDS))


def _identity(text: str, bare_or_none: Callable[[str], str]) -> str:
    is_protected = " OR ".join(f"prefix({text}, {literal(mark)})" for mark in ("=", *TEXT_MARKS))
    bare, other = bare_or_none(_bare(text)), bare_or_none(text)
    return f"CASE WHEN {is_protected} THEN {bare} ELSE {other} END"


def _bare(text: str) -> str:
    """Return the SQL of an id without the marks by which a spreadsheet keeps its zeros."""
    unmarked = f"regexp_replace({text}, {literal(MARKED_AS_TEXT)}, '\\1')"
    return f"trim(regexp_replace({unmarked}, '^{WRAPPED}$', '\\1'), '{SPACES}')"


def _or_none(text: str) -> str:
    is_zeros = f"prefix({text}, '00') AND regexp_full_match({text}, '{ONLY_ZEROS}')"
    return f"CASE WHEN {is_zeros} THEN NULL ELSE {_unless_said(text, NO_IDS)} END"


def _unless_said(text: str, words: Collection[str]) -> str:
    """Return the SQL of a text without a decimal, NULL where it is one of the words."""
    said, longest = ", ".join(map(literal, words)), max(map(len, words))
    is_other = f"length({text}) > {longest} OR lower({text}) NOT IN ({said})"
    return f"""CASE WHEN suffix({text}, '.0') THEN regexp_replace({text}, '^(\\d+)\\.0$', '\\1')
        WHEN {is_other} THEN {text} END"""


def is_infinite(column: str, kind: str) -> str:
    """Return the SQL that tells whether a number is infinite."""
    return f"coalesce(isinf({column}), FALSE)" if kind in _FLOATS else "FALSE"


def is_written_number(text: str) -> str:
    """Return the SQL that tells whether a text writes a number with a decimal point."""
    return f"regexp_full_match({text}, '{_NUMBER}')"


def with_point(column: str) -> str:
    """Return the SQL of a text in which decimal commas are points, and points commas."""
    return f"translate(({column})::VARCHAR, '.,', ',.')"


def number(column: str, kind: str) -> str:
    """Return the SQL of a number out of a number or a trimmed text, with or without commas.

    A text true or false, in any case, is 1 or 0 as a truth value of a frame is.
    """
    if not is_number(kind):
        written = is_written_number(column)
        column = f"""CASE
            WHEN {written} THEN try_cast(replace({column}, ',', '') AS DOUBLE)
            WHEN lower({column}) = 'true' THEN 1
            WHEN lower({column}) = 'false' THEN 0 END"""
    value = f"({column})::DOUBLE"
    return f"CASE WHEN isfinite({value}) THEN {value} END"
