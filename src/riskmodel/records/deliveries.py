"""Which deliveries of which feeds there were: found in wide tables, and declared in the manifest.

A delivery in which nobody was leaves no event. In a wide table it is a column of zeros, and a column blank throughout,
or throughout an area, is one that was not delivered. Where a column writes zeros, a single blank says that the
household was not matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import Span, as_days
from riskmodel.records.checks import literal
from riskmodel.records.ledger import Ledger
from riskmodel.records.manifest import Entry, Manifest

COLUMNS = ["feed", "area", "event_date", "known_date", "delivered"]
UNMATCHED = ["household_id", "feed", "event_date", "known_date", "matched_date"]
_BATCH = "source, file, event_date, batch"


def all_deliveries(
    ledger: Ledger, manifest: Manifest, catalogue: Catalogue, named: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every delivery known of, found and declared, and whom the wide ones could not tell of.

    Parameters
    ----------
    ledger : Ledger
        Its events and attributes settled.
    manifest : Manifest
    catalogue : Catalogue
        Of all codes of the records.
    named : iterable of str
        Those that the manifest names, which a message may show.

    Raises
    ------
    ConfigError
        For a delivery declared of a feed that the records do not know.
    """
    said = sorted({*manifest.catalogue, *named})
    entries = [_checked(entry, catalogue, said) for entry in manifest.of("deliveries")]
    found, unmatched = _found(ledger, catalogue, manifest.area)
    days = [row for entry in entries for row in _declared(entry, catalogue)]
    whole = pd.concat([found, _frame(days), _of_facts(ledger, entries)], ignore_index=True)
    late = [row for entry in entries if entry["every"] for row in _overdue(entry, manifest, whole)]
    whole = pd.concat([whole, _frame(late)], ignore_index=True).drop_duplicates()
    return whole.sort_values(COLUMNS, na_position="first", ignore_index=True), unmatched


def _frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    days = {name: "datetime64[us]" for name in COLUMNS if name.endswith("_date")}
    return pd.DataFrame(rows, columns=COLUMNS).astype({"feed": object, "area": object, "delivered": bool, **days})


def _of_facts(ledger: Ledger, entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the days with facts of the feeds whose rhythm is declared: each is a delivery."""
    feeds = ", ".join(literal(entry["feed"]) for entry in entries if entry["every"])
    if not feeds:
        return _frame([])
    found = ledger.con.execute(
        f"""SELECT code AS feed, NULL AS area, event_date, min(known_date) AS known_date, TRUE AS delivered
            FROM good_events WHERE in_bounds AND NOT is_none AND code IN ({feeds}) GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    return _frame(found)


def _found(ledger: Ledger, catalogue: Catalogue, area: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the cells of wide tables show: the deliveries of each feed, and whom they could not tell of."""
    wide = [
        str(number) for number, account in enumerate(ledger.accounts) if account.cells and account.table == "events"
    ]
    if not wide:
        return _frame([]), pd.DataFrame(columns=UNMATCHED)
    readings = ", ".join(literal(code) for code, i in catalogue.items() if i.kind == "reading")
    # Where all cells of a row become known together, one file may hold several deliveries of a day.
    ledger.con.execute(
        f"""CREATE TEMP TABLE cells AS
            SELECT *, CASE WHEN min(apart) OVER (PARTITION BY source) = 0 THEN known_date ELSE DATE '0001-01-01' END
                AS batch
            FROM (SELECT source, file, row, household_id, code, event_date, known_date, is_none, area,
                    (min(known_date) OVER of_row <> max(known_date) OVER of_row)::INTEGER * -1 AS apart
                FROM ({_placed(ledger, area)}) WHERE in_bounds AND source IN ({", ".join(wide)})
                WINDOW of_row AS (PARTITION BY source, file, row))"""
    )
    # What each file could have told on its date: in every area, every feed that the source ever tells of.
    ledger.con.execute(
        f"""CREATE TEMP TABLE told AS
            SELECT {_BATCH}, area, code, coalesce(own.known_date, whole.known_date) AS known_date,
                coalesce(filled, FALSE) AS filled
            FROM (SELECT DISTINCT {_BATCH}, area FROM cells)
            JOIN (SELECT {_BATCH}, max(known_date) AS known_date FROM cells GROUP BY ALL) AS whole USING ({_BATCH})
            JOIN (SELECT DISTINCT source, code FROM cells WHERE NOT list_contains([{readings}]::VARCHAR[], code))
                USING (source)
            LEFT JOIN (SELECT {_BATCH}, code, min(known_date) AS known_date FROM cells GROUP BY ALL) AS own
                USING ({_BATCH}, code)
            LEFT JOIN (SELECT DISTINCT {_BATCH}, area, code, TRUE AS filled FROM cells) USING ({_BATCH}, area, code)"""
    )
    counts = ledger.con.execute(
        """SELECT code AS feed, nullif(area, '') AS area, event_date, known_date, bool_or(filled) AS filled
           FROM told GROUP BY ALL ORDER BY ALL"""
    ).df()
    return _told(counts), ledger.con.execute(_BLANKS).df()


def _placed(ledger: Ledger, area: str | None) -> str:
    """Return the SQL of the good events with the area of each household, as it was known when the row was."""
    if area is None or "attributes" not in ledger.staged:
        return "SELECT *, '' AS area FROM good_events"
    return f"""SELECT e.*, coalesce(a.text, '') AS area FROM good_events AS e ASOF LEFT JOIN (
                SELECT household_id, coalesce(known_date, DATE '0001-01-01') AS since, text FROM "good attributes"
                WHERE name = {literal(area)} AND NOT is_repeated) AS a
            ON e.household_id = a.household_id AND e.known_date > a.since"""


_BLANKS = f"""
    WITH zeros AS (SELECT source, code, min(known_date) AS since FROM cells WHERE is_none GROUP BY ALL),
    rows AS (SELECT DISTINCT {_BATCH}, area, row, household_id FROM cells WHERE household_id IS NOT NULL),
    blank AS (
        SELECT household_id, code AS feed, event_date, min(known_date) AS known_date
        FROM rows JOIN told USING ({_BATCH}, area) JOIN zeros USING (source, code)
        ANTI JOIN cells USING ({_BATCH}, row, code)
        WHERE filled AND since <= known_date GROUP BY ALL),
    found AS (
        SELECT household_id, code AS feed, event_date, min(known_date) AS matched_date FROM cells GROUP BY ALL)
    SELECT household_id, feed, event_date, known_date, matched_date
    FROM blank LEFT JOIN found USING (household_id, feed, event_date)
    WHERE matched_date IS NULL OR matched_date > known_date ORDER BY ALL"""


def _told(counts: pd.DataFrame) -> pd.DataFrame:
    """Return one row a delivery that is the same everywhere, else one row for each area."""
    one = ["feed", "event_date", "known_date"]
    whole = counts.groupby(one)["filled"].agg(["any", "all"]).reset_index()
    alike = whole["any"] == whole["all"]
    everywhere = whole[alike].rename(columns={"any": "delivered"}).assign(area=None)
    parted = counts.merge(whole.loc[~alike, one]).rename(columns={"filled": "delivered"})
    listed = [*everywhere[COLUMNS].itertuples(index=False)]
    listed += [*parted.loc[parted["area"].notna(), COLUMNS].itertuples(index=False)]
    return _frame(listed)


def _checked(entry: Entry, known: Iterable[str], said: list[str]) -> Entry:
    if entry["feed"] not in known:
        raise ConfigError(
            f"unknown feed {entry['feed']!r}",
            place=entry.place,
            code="manifest.deliveries",
            allowed=said,
            next_step=did_you_mean(str(entry["feed"]), said),
        )
    return entry


def _declared(entry: Entry, catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    for day in _days(entry["event_date"]):
        wait = entry["known_date"]
        known = _lag(entry, catalogue).after(day) if wait is None or isinstance(wait, Mapping) else as_days(wait)
        yield entry["feed"], entry["area"], pd.Timestamp(day), pd.Timestamp(known), entry["delivered"] is not False


def _days(written: Any) -> list[np.datetime64]:
    listed = [] if written is None else written if isinstance(written, (list, tuple)) else [written]
    return [as_days(day) for day in listed]


def _lag(entry: Entry, catalogue: Catalogue) -> Span:
    wait, feed = entry["known_date"], entry["feed"]
    if isinstance(wait, Mapping) and "lag" in wait:
        return Span.parse(wait["lag"])
    return Span.parse(catalogue[feed].lag if feed in catalogue else "0D")


def _overdue(entry: Entry, manifest: Manifest, deliveries: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield the deliveries due by a feed's rhythm that had not come when they should have been known."""
    every, lag, area = Span.parse(entry["every"]), _lag(entry, manifest.catalogue), entry["area"]
    here = deliveries["area"].isna() | (deliveries["area"] == area)
    came = deliveries[(deliveries["feed"] == entry["feed"]) & here & deliveries["delivered"]]
    first = came.groupby("event_date")["known_date"].min()
    days, known = list(as_days(first.index)), list(as_days(first))
    for (day, following), arrived in zip(pairwise([*days, manifest.today]), [*known[1:], manifest.today], strict=True):
        late_on = lag.after(every.after(day))
        if late_on < arrived:
            # Dated no later than the delivery that came in the end, so that this one stands over it.
            due = min(every.after(day), following)
            yield entry["feed"], area, pd.Timestamp(due), pd.Timestamp(late_on), False
