"""Events, delivered states and readings out of long and wide sources."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.keys import Span
from riskmodel.records import checks
from riskmodel.records.cells import CELL, COLUMN_OF, NAME_OF, columns_named
from riskmodel.records.checks import is_number
from riskmodel.records.columns import Columns
from riskmodel.records.deliveries import remember_wide
from riskmodel.records.sift import Sieve
from riskmodel.records.tables import SCHEMAS, TOTAL_ORDER

_STAGED = "household_id, code, event_date, known_date, value, detail, retracted_date, fact, is_none"
# What makes two rows one fact: the entry's fact_id, else value and detail.
_FACT = """household_id, code, event_date, fact,
           CASE WHEN fact IS NULL THEN value END, CASE WHEN fact IS NULL THEN detail END"""


def stage_events(sieve: Sieve) -> set[str]:
    """Read all sources of events into the engine, each row or cell judged; return the codes that they name."""
    sieve.con.register("codes", _codes(sieve.manifest.catalogue))
    named: set[str] = set()
    for columns in sieve.open("events"):
        columns.identity("person_id" if columns.entry["household_id"] is None else "household_id")
        columns.day("event_date")
        columns.day("retracted_date", needed=False)
        columns.words("detail")
        columns.joined("fact_id", "fact")
        named |= _long(sieve, columns) if columns.entry["values"] is None else _wide(sieve, columns)
        columns.fail("value < minimum OR value > maximum", checks.OUT_OF_RANGE, '"blamed value"')
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        rows = _timed(columns)
        if columns.entry["household_id"] is None:
            rows = _housed(sieve, columns, rows)
        sieve.stage("events", columns, _STAGED, rows=rows, drop="kind = 'reading' AND value IS NULL")
    return named


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
    fields = {"indicator": pa.string(), "kind": pa.string(), "minimum": pa.float64(), "maximum": pa.float64()}
    return pa.Table.from_pylist(rows, pa.schema(fields | {"lag_days": pa.int32(), "lag_months": pa.int32()}))


def _long(sieve: Sieve, columns: Columns) -> set[str]:
    written, manifest = columns.entry["code"], sieve.manifest
    constant = not isinstance(written, Mapping)
    if constant and manifest.closed:
        manifest.catalogue.require(str(written))
    columns.constant("code", known=manifest.catalogue)
    columns.number("value")
    columns.read["blamed value"] = "NULL" if columns.entry["value"] is None else columns.blamed("value")
    if not constant:
        unknown = "code IS NULL OR kind IS NULL" if manifest.closed else "code IS NULL"
        columns.fail(unknown, checks.UNKNOWN_CODE, columns.blamed("code"))
    return {str(written)} if constant else set()


def _wide(sieve: Sieve, columns: Columns) -> set[str]:
    named = columns_named(columns.source, columns.entry["values"], "values")
    codes = {code for _, code in named}
    for code in codes if sieve.manifest.closed else ():
        sieve.manifest.catalogue.require(code)
    remember_wide(sieve, columns, named)
    numbers = all(is_number(columns.source.types[column]) for column, _ in named)
    sieve.read_cells(columns, named, numbers=numbers)
    columns.read |= {"code": NAME_OF, "blamed value": COLUMN_OF}
    columns.number_in("value", CELL, "DOUBLE" if numbers else "VARCHAR", '"blamed value"')
    return codes


def _timed(columns: Columns) -> str:
    """Add what the catalogue says of each code, and the known date where no column holds it."""
    lag = columns.lag()
    if columns.entry["known_date"] is not None and lag is None:
        columns.day("known_date")
        known = ""
    else:
        wait = lag or "to_days(coalesce(lag_days, 0)) + to_months(coalesce(lag_months, 0))"
        known = f", (event_date + {wait})::DATE AS known_date"
    none = "FALSE" if columns.entry["values"] is None else "coalesce(kind, 'event') <> 'reading' AND value = 0"
    return f"""SELECT c.*, k.*{known}, {none} AS is_none
               FROM ({columns.sql()}) AS c LEFT JOIN codes AS k ON k.indicator = c.code"""


def _housed(sieve: Sieve, columns: Columns, rows: str) -> str:
    """Give each person's fact to the household in which the person was known to live when the fact became known.

    Where nothing was known by then, the fact becomes known with the first membership that tells.
    """
    if "members" not in sieve.staged:
        raise ConfigError(
            "person_id needs to know who lives where",
            place=columns.entry.place,
            code="manifest.members",
            next_step="name a source under members:, or write household_id",
        )
    columns.fail("household_id IS NULL", checks.NO_ID, columns.blamed("person_id"))
    return f"""SELECT r.* EXCLUDE (known_date), m.household_id, greatest(r.known_date, m.known_date) AS known_date
        FROM ({rows}) AS r LEFT JOIN (SELECT * FROM "staged members" WHERE reason IS NULL) AS m
            ON m.person_id = r.person_id AND coalesce(m.from_date <= r.event_date, TRUE)
                AND coalesce(r.event_date <= m.to_date, TRUE)
        QUALIFY row_number() OVER (
            PARTITION BY r.file, r.row, r."blamed value"
            ORDER BY coalesce(m.known_date <= r.known_date, FALSE) DESC,
                CASE WHEN m.known_date <= r.known_date THEN m.known_date END DESC, m.known_date, m.from_date DESC,
                m.household_id) = 1"""


def settle_events(sieve: Sieve) -> None:
    """Find facts out of bounds and facts delivered again."""
    since = "" if sieve.manifest.since is None else f"event_date >= DATE '{sieve.manifest.since}' AND "
    sieve.con.execute(
        f"""CREATE TEMP VIEW good_events AS SELECT *, rowid AS id,
                {since}event_date < DATE '{sieve.manifest.today}' AS in_bounds
            FROM "staged events" WHERE reason IS NULL"""
    )
    # Hashes find the few candidates; the fact kept is the one known first.
    sieve.con.execute(
        f"""CREATE TEMP TABLE again AS
            SELECT id, row_number() OVER (PARTITION BY {_FACT} ORDER BY known_date, source, file, row) AS copy,
                min(retracted_date) OVER (PARTITION BY {_FACT}) AS retracted
            FROM good_events WHERE in_bounds AND hash({_FACT}) IN (
                SELECT hash({_FACT}) FROM good_events WHERE in_bounds GROUP BY 1 HAVING count(*) > 1)"""
    )
    sieve.settled(
        """SELECT source, count(*) AS n, CASE WHEN NOT in_bounds THEN 'out_of_bounds'
               WHEN copy > 1 THEN 'repeated' ELSE 'used' END AS fate
           FROM good_events LEFT JOIN again USING (id) GROUP BY ALL"""
    )


def events_table(sieve: Sieve) -> pa.Table:
    """Return the events that are used, in the total order."""
    names = ", ".join(name for name in SCHEMAS["events"].names if name != "retracted_date")
    return sieve.table(
        f"""SELECT {names}, coalesce(retracted, retracted_date) AS retracted_date
            FROM good_events LEFT JOIN again USING (id)
            WHERE in_bounds AND coalesce(copy, 1) = 1 AND NOT is_none ORDER BY {", ".join(TOTAL_ORDER)}""",
        "events",
    )
