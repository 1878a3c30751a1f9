"""Events, delivered states and readings out of long and wide sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD, Span
from riskmodel.records.sources import checks
from riskmodel.records.sources.cells import CELL, COLUMN_OF, NAME_OF, columns_named
from riskmodel.records.sources.checks import is_number
from riskmodel.records.sources.columns import Columns
from riskmodel.records.sources.entry_rules import WHOSE
from riskmodel.records.staging.sift import Sieve
from riskmodel.records.staging.wide import remember_wide

_STAGED = (
    "household_id, person_id, dwelling_id, code, event_date, known_date, value, detail, "
    "retracted_date, fact, is_none"
)


def stage_events(sieve: Sieve) -> None:
    """Read all sources of events into the engine, each row or cell judged."""
    sieve.con.register("codes", _codes(sieve.manifest.catalogue))
    for columns in sieve.open("events"):
        whose = columns.entry.whose
        for key in WHOSE:
            columns.identity(key, needed=key == whose)
        columns.day("event_date")
        columns.day("retracted_date", needed=False)
        columns.words("detail")
        columns.joined("fact_id", "fact")
        sieve.named |= (
            _long(sieve, columns) if columns.entry["values"] is None else _wide(sieve, columns)
        )
        columns.fail("value < minimum OR value > maximum", checks.OUT_OF_RANGE, '"blamed value"')
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        sieve.stage(
            "events",
            columns,
            _STAGED,
            rows=_timed(columns),
            drop="kind = 'reading' AND value IS NULL",
        )
        if whose != HOUSEHOLD:
            sieve.to_be_linked(columns.source.require(columns.name(whose)))


def _codes(catalogue: Catalogue) -> pa.Table:
    rows = [
        {
            "indicator": i.code,
            "kind": i.kind,
            "minimum": i.minimum,
            "maximum": i.maximum,
            "lag_days": lag.count if lag.unit == "D" else 0,
            "lag_months": lag.count if lag.unit == "M" else 0,
        }
        for i in catalogue.values()
        for lag in [Span.parse(i.lag)]
    ]
    fields = {
        "indicator": pa.string(),
        "kind": pa.string(),
        "minimum": pa.float64(),
        "maximum": pa.float64(),
    }
    return pa.Table.from_pylist(
        rows, pa.schema(fields | {"lag_days": pa.int32(), "lag_months": pa.int32()})
    )


def _long(sieve: Sieve, columns: Columns) -> set[str]:
    written, manifest = columns.entry["code"], sieve.manifest
    constant = not isinstance(written, Mapping)
    if constant and manifest.closed:
        manifest.catalogue.require(str(written))
    columns.constant("code", known=manifest.catalogue)
    columns.number("value")
    columns.read["blamed value"] = (
        "NULL" if columns.entry["value"] is None else columns.blamed("value")
    )
    if not constant:
        unknown = "code IS NULL OR kind IS NULL" if manifest.closed else "code IS NULL"
        columns.fail(unknown, checks.UNKNOWN_CODE, columns.blamed("code"))
    return {str(written)} if constant else set()


def _wide(sieve: Sieve, columns: Columns) -> set[str]:
    named = columns_named(columns.source, columns.entry["values"], "values")
    codes = {code for _, code in named}
    if sieve.manifest.closed:
        _check_known(columns, codes, sieve.manifest.catalogue)
    numbers = all(is_number(columns.source.types[column]) for column, _ in named)
    zeros = remember_wide(sieve, columns, named, numbers=numbers)
    sieve.read_cells(columns, named, numbers=numbers, left_out=zeros)
    columns.read |= {"code": NAME_OF, "blamed value": COLUMN_OF}
    columns.number_in("value", CELL, "DOUBLE" if numbers else "VARCHAR", '"blamed value"')
    return codes


def _check_known(columns: Columns, codes: Iterable[str], catalogue: Catalogue) -> None:
    unknown = sorted(code for code in codes if code not in catalogue)
    if unknown:
        near = did_you_mean(unknown[0], catalogue)
        raise ConfigError(
            f"indicators that the catalogue does not hold: {', '.join(unknown[:5])}",
            place=f"{columns.entry.place}.values, {columns.source.title}",
            code="catalogue.unknown",
            allowed=list(catalogue),
            next_step=near
            if "'" in near
            else "add them to the catalogue, or leave their columns out of values",
        )


def _timed(columns: Columns) -> str:
    """Add what the catalogue says of each code, and the known date where no column holds it."""
    lag = columns.lag()
    if columns.entry["known_date"] is not None and lag is None:
        columns.day("known_date")
        known = ""
    else:
        wait = lag or "to_days(coalesce(lag_days, 0)) + to_months(coalesce(lag_months, 0))"
        known = f", (event_date + {wait})::DATE AS known_date"
    none = (
        "FALSE"
        if columns.entry["values"] is None
        else "coalesce(kind, 'event') <> 'reading' AND value = 0"
    )
    return f"""SELECT c.*, k.*{known}, {none} AS is_none
               FROM ({columns.sql()}) AS c LEFT JOIN codes AS k ON k.indicator = c.code"""
