"""Events, delivered states and readings out of long and wide sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import named
from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD, Span
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.cell_sql import is_number
from riskmodel.records.sources.day_columns import NO_LAG, lag_of, read_day, read_known_day
from riskmodel.records.sources.entry_rules import OWNER_KEYS
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.sources.wide_cells import (
    CELL,
    COLUMN_OF,
    NAME_OF,
    columns_named,
    columns_of_few,
)
from riskmodel.records.staging.stager import Stager
from riskmodel.records.staging.wide_rows import keep_wide_rows

_STAGED = (
    "household_id, person_id, dwelling_id, code, event_date, known_date, value, detail, "
    "retracted_date, fact, is_none"
)
_CATALOGUE_LAG = "to_days(coalesce(lag_days, 0)) + to_months(coalesce(lag_months, 0))"
_CODES = pa.schema(
    [
        ("indicator", pa.string()),
        ("kind", pa.string()),
        ("minimum", pa.float64()),
        ("maximum", pa.float64()),
        ("lag_days", pa.int32()),
        ("lag_months", pa.int32()),
    ]
)


def stage_events(stager: Stager, catalogue: Catalogue, *, closed: bool) -> None:
    """Read all sources of events into the engine, each row or cell checked.

    Parameters
    ----------
    stager : Stager
    catalogue : Catalogue
    closed : bool
        Whether a code outside the catalogue is refused.
    """
    stager.con.register("codes", _codes(catalogue))
    for columns in stager.open("events"):
        owner = columns.entry.owner_key
        for key in OWNER_KEYS:
            columns.identity(key, needed=key == owner)
        read_day(columns, "event_date")
        read_day(columns, "retracted_date", needed=False)
        read_known_day(columns)
        columns.words("detail")
        columns.joined("fact_id", "fact")
        if columns.entry["values"] is None:
            named = _read_long(columns, catalogue, closed=closed)
        else:
            named = _read_wide(stager, columns, catalogue, closed=closed)
        stager.amend(codes=tuple(sorted(named)))
        columns.fail(
            "value < minimum OR value > maximum", row_checks.OUT_OF_RANGE, '"blamed value"'
        )
        columns.fail_copies()
        drop = "kind = 'reading' AND value IS NULL"
        stager.stage("events", columns, _STAGED, rows=_with_catalogue(columns), drop=drop)
        if owner != HOUSEHOLD:
            stager.amend(owner_column=columns.source.require(columns.name(owner)))


def _codes(catalogue: Catalogue) -> pa.Table:
    rows = []
    for indicator in catalogue.values():
        lag = Span.parse(indicator.lag)
        rows.append(
            {
                "indicator": indicator.code,
                "kind": indicator.kind,
                "minimum": indicator.minimum,
                "maximum": indicator.maximum,
                "lag_days": lag.count if lag.unit == "D" else 0,
                "lag_months": lag.count if lag.unit == "M" else 0,
            }
        )
    return pa.Table.from_pylist(rows, _CODES)


def _read_long(columns: Columns, catalogue: Catalogue, *, closed: bool) -> set[str]:
    """Read code and value of each row, and return the codes that the entry names."""
    code, value = columns.entry["code"], columns.entry["value"]
    if not isinstance(code, Mapping) and closed:
        catalogue.require(str(code))
    columns.constant("code", known=catalogue)
    columns.number("value")
    columns.read["blamed value"] = "NULL" if value is None else columns.blamed("value")
    if not isinstance(code, Mapping):
        return {str(code)}
    is_unknown = "code IS NULL OR kind IS NULL" if closed else "code IS NULL"
    columns.fail(is_unknown, row_checks.UNKNOWN_CODE, columns.blamed("code"))
    return set()


def _read_wide(stager: Stager, columns: Columns, catalogue: Catalogue, *, closed: bool) -> set[str]:
    """Read code and value of each cell, and return the codes that the entry names."""
    named = columns_named(columns.source, columns.entry["values"], "values")
    codes = {code for _, code in named}
    if closed:
        _check_known(stager, columns, codes, catalogue)
    numbers = all(is_number(columns.source.types[column]) for column, _ in named)
    zeros = keep_wide_rows(stager, columns, named, catalogue, numbers=numbers)
    stager.read_cells(columns, named, numbers=numbers, left_out=zeros)
    columns.read |= {"code": NAME_OF, "blamed value": COLUMN_OF}
    columns.number_in("value", CELL, "DOUBLE" if numbers else "VARCHAR", '"blamed value"')
    return codes


def _check_known(
    stager: Stager, columns: Columns, codes: Iterable[str], catalogue: Catalogue
) -> None:
    """Refuse codes that the catalogue does not hold; headings of few households are counted."""
    unknown = sorted(code for code in codes if code not in catalogue)
    if not unknown:
        return
    source, is_written = columns.source, columns.entry.codes is not None
    owner = columns.name(columns.entry.owner_key)
    rare = set() if is_written else columns_of_few(stager.con, source, owner, unknown)
    advice = "add them to the catalogue, or leave their columns out of values"
    shown = [code for code in unknown if code not in rare]
    told = [*shown[:5], *named(unknown, rare, "column")[len(shown) :]]
    near = did_you_mean(shown[0], catalogue) if shown else advice
    raise ConfigError(
        f"indicators that the catalogue does not hold: {', '.join(told)}",
        place=f"{columns.entry.place}.values, {source.title}",
        code="catalogue.unknown",
        allowed=list(catalogue),
        next_step=near if "'" in near else advice,
    )


def _with_catalogue(columns: Columns) -> str:
    """Return the SQL of the rows, each with its code's catalogue entry and its known date."""
    lag = lag_of(columns.entry)
    if columns.entry["known_date"] is None:
        lag = _CATALOGUE_LAG
    is_none = "FALSE"
    if columns.entry["values"] is not None:
        is_none = "coalesce(kind, 'event') <> 'reading' AND value = 0"
    known = "c.known_date" if lag == NO_LAG else f"(c.event_date + {lag})::DATE"
    return f"""
        SELECT c.* REPLACE ({known} AS known_date), k.*, {is_none} AS is_none
        FROM ({columns.sql()}) AS c
        LEFT JOIN codes AS k ON k.indicator = c.code
    """
