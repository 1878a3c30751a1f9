"""Tables that tell of feeds: periods of coverage, and logs of deliveries."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import ConfigError
from riskmodel.records.engine import literal
from riskmodel.records.sources import checks
from riskmodel.records.sources.columns import Columns
from riskmodel.records.sources.entries import Entry
from riskmodel.records.staging.sift import Sieve

_CAME = {
    "1": True,
    "true": True,
    "y": True,
    "yes": True,
    "0": False,
    "false": False,
    "n": False,
    "no": False,
}


def stage_coverage(sieve: Sieve) -> None:
    """Read all tables of coverage, one row a feed, area and period."""
    for columns in sieve.open("coverage"):
        _feed_and_area(sieve, columns)
        columns.day("from", needed=False, first=True)
        month = columns.day("to", needed=False)
        columns.read["to is a month"] = month
        columns.fail('"from" > "to"', checks.NO_PERIOD, columns.blamed("to"))
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        sieve.stage(
            "coverage",
            columns,
            'feed, area, "from" AS from_date, ("to" + CASE WHEN "to is a month" THEN 1 ELSE 0 END)::DATE AS to_date',
        )


def stage_deliveries(sieve: Sieve) -> None:
    """Read all tables of deliveries, one row a feed, area and day; what waits for a lag is dated later."""
    for columns in sieve.open("deliveries"):
        _feed_and_area(sieve, columns)
        columns.day("event_date")
        lag = columns.lag()
        if lag is None and columns.entry["known_date"] is not None:
            columns.day("known_date")
        else:
            columns.read["known_date"] = "NULL::DATE"
        written = columns.entry["delivered"]
        came = "FALSE" if written is False else "TRUE"
        if written is not None and not isinstance(written, bool):
            columns.words("delivered")
            came = _came(columns.entry)
            columns.fail(f"{came} IS NULL", checks.UNKNOWN_WORD, columns.blamed("delivered"))
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        known = "known_date" if lag is None else f"(event_date + {lag})::DATE AS known_date"
        sieve.stage("deliveries", columns, f"feed, area, event_date, {known}, {came} AS delivered")


def _feed_and_area(sieve: Sieve, columns: Columns) -> None:
    feed, manifest = columns.entry["feed"], sieve.manifest
    columns.constant("feed", known=manifest.catalogue)
    columns.constant("area")
    if isinstance(feed, Mapping):
        known = " OR feed NOT IN (SELECT indicator FROM codes)" if manifest.closed else ""
        columns.fail(f"feed IS NULL{known}", checks.UNKNOWN_CODE, columns.blamed("feed"))


def _came(entry: Entry) -> str:
    """Return the SQL of whether a delivery came, NULL where no word says so."""
    written = entry["delivered"]
    given = written.get("map") or {} if isinstance(written, Mapping) else {}
    for word in given.values():
        if not isinstance(word, bool):
            raise ConfigError(
                f"{word!r} does not say whether a delivery came",
                place=f"{entry.place}.delivered.map",
                code="manifest.delivered",
                allowed="true or false",
                next_step="write map: {received: true, missed: false}, with the column's own words",
            )
    words = _CAME | {str(word).lower(): came for word, came in given.items()}
    return f"MAP {{{', '.join(f'{literal(word)}: {came}' for word, came in words.items())}}}[lower(delivered)]"
