"""The rows of wide tables beside their cells: who was blank in which delivery, and zeros counted instead of staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.cells import cell_of
from riskmodel.records.sources.checks import number
from riskmodel.records.sources.columns import Columns
from riskmodel.records.sources.files import COPY
from riskmodel.records.staging.sift import Sieve

_GOOD = "row is good"


def remember_wide(
    sieve: Sieve, columns: Columns, named: Sequence[tuple[str, str]], *, numbers: bool
) -> Mapping[str, str]:
    """Keep a wide source's good rows as numbers, cells of events and states only, until the areas are known.

    Nearly all of these cells are zeros. Where nothing else is to be learnt of each (it corrects no fact, and nobody has
    to be found), they are counted by day and need not be staged one by one: for these columns the SQL that tells which
    cells they are is returned, and `columns` marks the good rows.
    """
    catalogue, entry = sieve.manifest.catalogue, columns.entry
    kept = [
        (column, code)
        for column, code in named
        if code not in catalogue or catalogue[code].kind != "reading"
    ]
    if not kept:
        return {}
    types = columns.source.types
    rows, good = _rows(columns, entry.whose)
    for column, code in kept:
        rows.number_in(cell(code), identifier(column), types[column], literal(column))
    cells = ", ".join(identifier(cell(code)) for _, code in kept)
    waits, plain = (
        entry["known_date"] is None,
        entry.whose == HOUSEHOLD and entry["fact_id"] is None,
    )
    # among texts the engine's booleans are no numbers
    counted = [
        (column, code)
        for column, code in kept
        if plain and _may_be_zero(catalogue, code) and (numbers or types[column] != "BOOLEAN")
    ]
    sieve.keep_wide(
        f"""SELECT {HOUSEHOLD if entry.whose == HOUSEHOLD else "NULL::VARCHAR"} AS household_id, event_date,
                coalesce(known_date, event_date + {rows.lag() or "INTERVAL 0 DAY"})::DATE AS known_date, {cells}
            FROM ({rows.sql()}) WHERE is_good""",
        {code: catalogue[code].lag if waits and code in catalogue else "0D" for _, code in kept},
        [cell(code) for _, code in counted],
    )
    columns.relation = f"({rows.marked(good, _GOOD)})"
    return {
        column: f"{identifier(_GOOD)} AND {_is_zero(columns, column, numbers=numbers)}"
        for column, _ in counted
    }


def _rows(columns: Columns, whose: str) -> tuple[Columns, str]:
    """Read whose each row is and its days, and return the SQL that tells which rows are good."""
    rows = Columns(columns.source, columns.relation)
    needed = [whose, "event_date"]
    rows.identity(whose)
    rows.day("event_date")
    rows.read["known_date"] = "NULL::DATE"
    if rows.entry["known_date"] is not None and rows.lag() is None:
        rows.day("known_date")
        needed.append("known_date")
    good = " AND ".join(
        [f"NOT {identifier(COPY)}", *(f"({rows.read[key]}) IS NOT NULL" for key in needed)]
    )
    rows.read["is_good"] = good
    return rows, good


def _may_be_zero(catalogue: Catalogue, code: str) -> bool:
    low, high = (
        (catalogue[code].minimum, catalogue[code].maximum) if code in catalogue else (None, None)
    )
    return (low is None or low <= 0) and (high is None or high >= 0)


def _is_zero(columns: Columns, column: str, *, numbers: bool) -> str:
    kind = columns.source.types[column]
    cell = cell_of(column, kind, numbers=numbers)
    zero = (
        f"{cell} = 0"
        if numbers
        else f"CASE WHEN {cell} = '0' THEN TRUE ELSE {number(cell, 'VARCHAR')} = 0 END"
    )
    return f"coalesce({zero}, FALSE)"


def cell(code: str) -> str:
    """Return the name that a feed's cells have among a wide source's rows."""
    return f"cell {code}"
