"""Columns of Korean registration or phone numbers are refused by name before anything is used."""

from __future__ import annotations

import duckdb

from riskmodel.errors import RecordsError
from riskmodel.records.engine import identifier
from riskmodel.records.sources.cell_sql import is_number
from riskmodel.records.sources.files import shown
from riskmodel.records.sources.source import Source

SHARE = 0.2
# A date of birth, then a digit for sex and century; since October 2020 the other six are random.
# Numbers with a masked half count.
_BORN = (
    r"\d{2}((0[13578]|1[02])(0[1-9]|[12]\d|3[01])|(0[469]|11)(0[1-9]|[12]\d|30)|02(0[1-9]|[12]\d))"
)
_MASK = "*xX●○＊"
_TAIL = rf"[1-8]([\d{_MASK}]{{6}}|[{_MASK}]{{3,5}})"
_REGISTRATION = rf"^({_BORN}([- ]?{_TAIL}|-[{_MASK}]{{7}})|[{_MASK}]{{6}}-?[1-8]\d{{6}})$"
# Without separators, running numbers such as 1000000001 and 01000000001 must pass.
_MOBILE = (
    r"^(\+?82[- ]?\(?0?\)?|0)1[016789]([1-9]\d{6,7}|[-. ]\d{3,4}[-. ]\d{4})$"
    r"|^10([1-9]\d{7}|-\d{4}-\d{4})$"
)
_LANDLINE = r"^(\+82[- ]?|\(?0)(2|[3-7]\d)[-.) ]+\d{3,4}[-. ]\d{4}$"


def refuse_personal_numbers(
    con: duckdb.DuckDBPyConnection, source: Source, cleared: set[tuple[str, str]]
) -> None:
    """Refuse a source one of whose columns holds registration or phone numbers.

    Parameters
    ----------
    con : DuckDBPyConnection
    source : Source
    cleared : set of (relation, column)
        What was looked at before, and is added to.

    Raises
    ------
    RecordsError
        Naming the column; `allow_personal_numbers: [column]` in the entry lets it through.
    """
    allowed = source.entry["allow_personal_numbers"] or ()
    skipped = [allowed] if isinstance(allowed, str) else list(allowed)
    looked = [
        name
        for name in source.types
        if name not in skipped and (source.relation, name) not in cleared
    ]
    tests = [
        (name, what, test)
        for name in looked
        for what, matches in (("registration", _is_registration), ("phone", _is_phone))
        if (test := matches(identifier(name), source.types[name]))
    ]
    any_match = ", ".join(["bool_or(FALSE)", *(f"bool_or({test})" for *_, test in tests)])
    (hits,) = con.execute(f"SELECT {any_match} FROM {source.relation}").fetchall()
    for (name, what, test), hit in zip(tests, hits[1:], strict=True):
        if hit and _share(con, source.relation, identifier(name), test) > SHARE:
            _refuse(source, name, what)
    cleared |= {(source.relation, name) for name in looked}


def _is_registration(column: str, kind: str) -> str:
    digits = _digits(column, kind, 10, 14)
    # Spreadsheets drop leading zeros, so that those born since 2000 have 11 or 12 digits.
    is_short = f"regexp_full_match({digits}, '[1-9]\\d{{10,11}}')"
    whole = f"CASE WHEN {is_short} THEN lpad({digits}, 13, '0') ELSE {digits} END"
    return digits and f"regexp_matches({whole}, '{_REGISTRATION}')"


def _is_phone(column: str, kind: str) -> str:
    digits = _digits(column, kind, 10, 18)
    return digits and f"regexp_matches({digits}, '{_MOBILE}|{_LANDLINE}')"


def _digits(column: str, kind: str, shortest: int, longest: int) -> str:
    if kind == "VARCHAR" or kind.startswith("ENUM"):
        plain = f"trim({column}::VARCHAR)"
        return f"CASE WHEN length({plain}) BETWEEN {shortest} AND {longest} THEN {plain} END"
    if not is_number(kind):
        return ""
    whole = f"try_cast({column} AS BIGINT)"
    least = 10 ** (shortest - 1)
    return f"CASE WHEN {whole} BETWEEN {least} AND 9999999999999 THEN {whole}::VARCHAR END"


def _share(con: duckdb.DuckDBPyConnection, relation: str, column: str, test: str) -> float:
    ((share,),) = con.execute(
        f"""
        SELECT count(*) FILTER ({test}) / count(*)
        FROM (
            SELECT DISTINCT {column}
            FROM {relation}
            WHERE {column} IS NOT NULL AND trim({column}::VARCHAR) <> ''
        )
        """
    ).fetchall()
    return float(share)


def _refuse(source: Source, column: str, what: str) -> None:
    # Without a header, a column's name is a cell.
    place = list(source.types).index(column) + 1
    name = f"column {column!r}" if shown([column]) else f"column no. {place}"
    raise RecordsError(
        f"{name} looks like {what} numbers",
        place=f"{source.entry.place}, {source.title}",
        code="records.personal_numbers",
        allowed="ids that cannot be read back, such as keyed hashes",
        next_step="drop or replace the column; if it holds none, add "
        "allow_personal_numbers: [its name] to the entry",
    )
