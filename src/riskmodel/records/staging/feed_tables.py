"""Tables that describe feeds: periods of coverage, and logs of deliveries."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.indicators import Catalogue
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.day_columns import lag_of, read_day, read_known_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.staging.stager import Stager
from riskmodel.records.staging.told_words import read_told


def stage_coverage(stager: Stager, catalogue: Catalogue, *, closed: bool) -> None:
    """Read all tables of coverage, one row per feed, area and period."""
    for columns in stager.open("coverage"):
        _read_feed_and_area(columns, catalogue, closed=closed)
        read_day(columns, "from", needed=False, first=True)
        columns.read["to is a month"] = read_day(columns, "to", needed=False)
        columns.fail('"from" > "to"', row_checks.NO_PERIOD, columns.blamed("to"))
        columns.fail_copies()
        # a month is dated on its last day, which the period still holds
        after = 'CASE WHEN "to is a month" THEN 1 ELSE 0 END'
        names = f'feed, area, "from" AS from_date, ("to" + {after})::DATE AS to_date'
        stager.stage("coverage", columns, names)


def stage_deliveries(stager: Stager, catalogue: Catalogue, *, closed: bool) -> None:
    """Read all tables of deliveries, one row per feed, area and day.

    A delivery without a known date and without a lag is dated once the feed's usual lag is known.
    """
    for columns in stager.open("deliveries"):
        _read_feed_and_area(columns, catalogue, closed=closed)
        read_day(columns, "event_date")
        read_known_day(columns)
        delivered = _read_delivered(columns)
        columns.fail_copies()
        known = f"{_known_date(columns)} AS known_date"
        names = f"feed, area, event_date, {known}, {delivered} AS delivered"
        stager.stage("deliveries", columns, names)


def stage_unmatched(stager: Stager, catalogue: Catalogue, *, closed: bool) -> None:
    """Read the households that deliveries did not match, one row per household, feed and day."""
    for columns in stager.open("unmatched"):
        columns.identity("household_id")
        _read_feed_and_area(columns, catalogue, closed=closed)
        read_day(columns, "event_date")
        read_known_day(columns)
        read_day(columns, "matched_date", needed=False)
        columns.fail_copies()
        known = f"{_known_date(columns)} AS known_date"
        stager.stage("unmatched", columns, f"household_id, feed, event_date, {known}, matched_date")


def _known_date(columns: Columns) -> str:
    return f"coalesce(known_date, (event_date + {lag_of(columns.entry)})::DATE)"


def _read_feed_and_area(columns: Columns, catalogue: Catalogue, *, closed: bool) -> None:
    columns.constant("feed", known=catalogue)
    columns.constant("area")
    if isinstance(columns.entry["feed"], Mapping):
        is_unknown = "feed IS NULL"
        if closed:
            is_unknown += " OR feed NOT IN (SELECT indicator FROM codes)"
        columns.fail(is_unknown, row_checks.UNKNOWN_CODE, columns.blamed("feed"))


def _read_delivered(columns: Columns) -> str:
    """Read whether each delivery came, and return its SQL."""
    if columns.entry["delivered"] is None:
        return "TRUE"
    return read_told(columns, "delivered", "whether a delivery came", row_checks.UNKNOWN_DELIVERED)
