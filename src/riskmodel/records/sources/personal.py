"""Columns of registration or phone numbers or e-mail addresses are refused by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb
import pyarrow as pa

from riskmodel.errors import RecordsError
from riskmodel.records.engine import identifier, query
from riskmodel.records.sources.cell_sql import is_number
from riskmodel.records.sources.source import Source
from riskmodel.schema.personal_patterns import EMAIL, PHONE, REGISTRATION

SHARE = 0.2


class PersonalNumbers(NamedTuple):
    """What values of a column look like, and how many of its distinct values do.

    Examples
    --------
    >>> str(PersonalNumbers("phone numbers", 2, 3))
    'phone numbers (2 of 3 values)'
    """

    what: str
    alike: int
    distinct: int

    def __str__(self) -> str:
        return f"{self.what} ({self.alike:,} of {self.distinct:,} values)"


def personal_numbers_in(texts: Iterable[str | None]) -> PersonalNumbers | None:
    """Return what more than a fifth of a column's distinct texts look like, None if nothing.

    Examples
    --------
    >>> personal_numbers_in(["010-1234-5678", "A-1", None]).what
    'phone numbers'
    """
    distinct = sorted({text for text in texts if text is not None and text.strip()})
    table = pa.table({"value": pa.array(distinct, pa.string())})
    for what, matches in KINDS.items():
        test = matches("value", "VARCHAR")
        alike = int(query(table, f"SELECT count(*) FILTER ({test}) AS n FROM source")["n"].iloc[0])
        if alike > SHARE * len(distinct):
            return PersonalNumbers(what, alike, len(distinct))
    return None


def refuse_personal_numbers(
    con: duckdb.DuckDBPyConnection, source: Source, cleared: set[tuple[str, str]]
) -> None:
    """Refuse a source one of whose columns holds registration or phone numbers or e-mail addresses.

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
        for what, matches in KINDS.items()
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
    return digits and f"regexp_full_match({whole}, '{REGISTRATION}')"


def _is_phone(column: str, kind: str) -> str:
    digits = _digits(column, kind, 10, 18)
    return digits and f"regexp_full_match({digits}, '{PHONE}')"


def _is_email(column: str, kind: str) -> str:
    return f"regexp_full_match(trim({column}::VARCHAR), '{EMAIL}')" if _is_text(kind) else ""


KINDS = {
    "registration numbers": _is_registration,
    "phone numbers": _is_phone,
    "e-mail addresses": _is_email,
}


def _is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")


def _digits(column: str, kind: str, shortest: int, longest: int) -> str:
    if _is_text(kind):
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
    name = f"column {column!r}" if column in source.shown_columns else f"column no. {place}"
    raise RecordsError(
        f"{name} looks like {what}",
        place=f"{source.entry.place}, {source.title}",
        code="records.personal_numbers",
        allowed="ids that cannot be read back, such as keyed hashes",
        next_step="drop or replace the column; if it holds none, name it in allow_personal_numbers",
    )
