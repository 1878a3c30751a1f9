"""Deliveries that the manifest or its tables declare, and days of facts that prove one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.records.settling.declared_days import read_day, settled_frame
from riskmodel.records.settling.lags import Lags, stated_lag
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources.entries import Entry
from riskmodel.records.table_schemas import SCHEMAS

DELIVERIES = SCHEMAS["deliveries"].names
_TYPES = {"feed": object, "area": object, "delivered": bool} | {
    name: "datetime64[us]" for name in DELIVERIES if name.endswith("_date")
}


class Delivery(NamedTuple):
    """One day's data of a feed: due, and come or not."""

    feed: str
    area: str | None
    event_date: pd.Timestamp
    known_date: pd.Timestamp
    delivered: bool


def as_deliveries(rows: Iterable[Delivery] | pd.DataFrame) -> pd.DataFrame:
    """Return deliveries as a frame with the columns and types of their table."""
    listed = rows if isinstance(rows, pd.DataFrame) else list(rows)
    return pd.DataFrame(listed, columns=DELIVERIES).astype(_TYPES)


def declared_deliveries(rows: StagedRows, entries: Sequence[Entry], lags: Lags) -> pd.DataFrame:
    """Return the declared deliveries, written out or in tables."""
    written = [
        delivery
        for entry in entries
        if entry.table == "deliveries" and not entry.is_read
        for delivery in _written_out(entry, lags)
    ]
    in_tables = settled_frame(rows, "deliveries")
    return pd.concat([as_deliveries(written), as_deliveries(in_tables)], ignore_index=True)


def _written_out(entry: Entry, lags: Lags) -> Iterator[Delivery]:
    for day in _days(entry):
        yield Delivery(
            entry["feed"],
            entry["area"],
            pd.Timestamp(day),
            pd.Timestamp(_known_date(entry, day, lags)),
            entry["delivered"] is not False,
        )


def _known_date(entry: Entry, day: np.datetime64, lags: Lags) -> np.datetime64:
    written = entry["known_date"]
    if written is None or stated_lag(written) is not None:
        return np.datetime64(lags.of_delivery(entry).after(day))
    return read_day(entry, written)


def _days(entry: Entry) -> list[np.datetime64]:
    written = entry["event_date"]
    if written is None:
        return []
    listed = written if isinstance(written, (list, tuple)) else [written]
    return [read_day(entry, day) for day in listed]


def days_of_facts(
    rows: StagedRows, entries: Sequence[Entry], deliveries: pd.DataFrame
) -> pd.DataFrame:
    """Return the days with facts of the feeds whose rhythm is declared: each is a delivery.

    A fact does not say of which area its delivery was. So days of facts do not count for a feed
    that `deliveries` list area by area.
    """
    by_area = set(deliveries.loc[deliveries["area"].notna(), "feed"])
    rhythmic = {
        entry["feed"] for entry in entries if entry.table == "deliveries" and entry["every"]
    }
    if not rhythmic - by_area:
        return as_deliveries([])
    days = rows.con.execute(
        """
        SELECT
            code AS feed,
            NULL AS area,
            event_date,
            min(known_date) AS known_date,
            TRUE AS delivered
        FROM good_events
        WHERE in_bounds AND NOT is_none AND list_contains($feeds, code)
        GROUP BY ALL
        ORDER BY ALL
        """,
        {"feeds": sorted(rhythmic - by_area)},
    ).fetchall()
    return as_deliveries(Delivery(*day) for day in days)
