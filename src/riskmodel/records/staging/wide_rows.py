"""The rows of wide tables beside their cells: blanks stay known, zeros are only counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.cell_sql import number
from riskmodel.records.sources.day_columns import has_lag, lag_of, read_day, read_known_day
from riskmodel.records.sources.files import COPY
from riskmodel.records.sources.row_checks import FAULTS_OF_IDS
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.sources.wide_cells import NamedColumn, cell_of
from riskmodel.records.staging.stager import Stager

_GOOD = "row is good"


def keep_wide_rows(
    stager: Stager,
    columns: Columns,
    named: Sequence[NamedColumn],
    catalogue: Catalogue,
    *,
    numbers: bool,
) -> Mapping[str, str]:
    """Keep a wide source's good rows as numbers, with the cells of events and states only.

    Nearly all of these cells are zeros. Where a zero says nothing more than that (the source
    corrects no fact, and its facts need not be linked to a household), zeros are counted by day and
    not staged one by one. `columns` then marks the good rows.

    Returns
    -------
    mapping of str to str
        For each column whose zeros are counted, the SQL of which cells they are.
    """
    kept = [own for own in named if not _is_reading(catalogue, own.name)]
    if not kept:
        return {}
    rows = _read_rows(columns)
    types = columns.source.types
    for column, code in kept:
        cell = columns.source.cell(column)
        rows.number_in(cell_name(code), cell, types[column], literal(column))
    counted = [
        own
        for own in kept
        if _is_plain(columns)
        and _may_be_zero(catalogue, own.name)
        # among texts the engine's booleans are no numbers
        and (numbers or types[own.column] != "BOOLEAN")
    ]
    stager.keep_wide(
        _rows_sql(rows, [cell_name(code) for _, code in kept]),
        _lags(columns, kept, catalogue),
        [cell_name(code) for _, code in counted],
    )
    columns.relation = f"({rows.marked(rows.read['is_good'], _GOOD)})"
    return {
        column: f"{identifier(_GOOD)} AND {_is_zero(columns, column, numbers=numbers)}"
        for column, _ in counted
    }


def cell_name(code: str) -> str:
    """Return the name that a feed's cells have among a wide source's rows."""
    return f"cell {code}"


def _is_reading(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue and catalogue[code].kind == "reading"


def _is_plain(columns: Columns) -> bool:
    return columns.entry.owner_key == HOUSEHOLD and columns.entry["fact_id"] is None


def _may_be_zero(catalogue: Catalogue, code: str) -> bool:
    if code not in catalogue:
        return True
    least, most = catalogue[code].minimum, catalogue[code].maximum
    return (least is None or least <= 0) and (most is None or most >= 0)


def _lags(columns: Columns, kept: Sequence[NamedColumn], catalogue: Catalogue) -> dict[str, str]:
    """Return the lag that the catalogue adds to the known date of each row."""
    if columns.entry["known_date"] is not None:
        return {code: "0D" for _, code in kept}
    return {code: catalogue[code].lag if code in catalogue else "0D" for _, code in kept}


def _read_rows(columns: Columns) -> Columns:
    """Read the owner of each row, its days, and whether it is good."""
    rows = Columns(columns.source, columns.relation)
    owner = columns.entry.owner_key
    rows.identity(owner)
    read_day(rows, "event_date")
    read_known_day(rows)
    needed = [owner, "event_date"]
    if columns.entry["known_date"] is not None and not has_lag(rows.entry):
        needed.append("known_date")
    are_there = [f"({rows.read[key]}) IS NOT NULL" for key in needed]
    faults = [has_fault(rows.read[owner]) for has_fault, _ in FAULTS_OF_IDS]
    are_not = [f"NOT {fault}" for fault in (identifier(COPY), *faults)]
    rows.read["is_good"] = " AND ".join([*are_not, *are_there])
    if owner != HOUSEHOLD:
        rows.read[HOUSEHOLD] = "NULL::VARCHAR"
    return rows


def _rows_sql(rows: Columns, cells: Sequence[str]) -> str:
    lag = lag_of(rows.entry) if has_lag(rows.entry) else "INTERVAL 0 DAY"
    return f"""
        SELECT
            file,
            household_id,
            event_date,
            coalesce(known_date, event_date + {lag})::DATE AS known_date,
            {", ".join(map(identifier, cells))}
        FROM ({rows.sql()})
        WHERE is_good
    """


def _is_zero(columns: Columns, column: str, *, numbers: bool) -> str:
    cell = cell_of(columns.source, column, numbers=numbers)
    if numbers:
        return f"coalesce({cell} = 0, FALSE)"
    is_zero = f"CASE WHEN {cell} = '0' THEN TRUE ELSE {number(cell, 'VARCHAR')} = 0 END"
    return f"coalesce({is_zero}, FALSE)"
