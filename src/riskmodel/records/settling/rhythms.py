"""Deliveries that were due by the rhythm of their feed and did not come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from riskmodel.keys import Span, as_days
from riskmodel.records.settling.declared_deliveries import Delivery, as_deliveries
from riskmodel.records.settling.lags import Lags
from riskmodel.records.sources.entries import Entry

_ONE_DAY = np.timedelta64(1, "D")


def overdue(
    entries: Sequence[Entry], came: pd.DataFrame, lags: Lags, today: np.datetime64
) -> pd.DataFrame:
    """Return the deliveries due by a rhythm that had not come when they should have been known.

    Parameters
    ----------
    entries : sequence of Entry
    came : DataFrame
        All known deliveries.
    lags : Lags
    today : datetime64[D]
    """
    missed: list[Delivery] = []
    for entry in entries:
        if entry.table == "deliveries" and entry["every"]:
            own = came[(came["feed"] == entry["feed"]) & came["delivered"]]
            for area in _areas(entry, own):
                here = own[own["area"].isna() | (own["area"] == area)]
                missed += _overdue(entry, area, here, lags.of_delivery(entry), today)
    return as_deliveries(missed)


def _areas(entry: Entry, came: pd.DataFrame) -> list[str | None]:
    """Return the areas in which a rhythm is checked; None means everywhere."""
    if entry["area"] is not None:
        return [entry["area"]]
    everywhere: list[str | None] = [None] if came["area"].isna().any() else []
    return [*everywhere, *sorted(came["area"].dropna().unique())]


def _overdue(
    entry: Entry, area: str | None, came: pd.DataFrame, lag: Span, today: np.datetime64
) -> Iterator[Delivery]:
    every = Span.parse(entry["every"])
    first_known = came.groupby("event_date")["known_date"].min()
    days = [*as_days(first_known.index), today]
    known = [*as_days(first_known), today]

    for (day, following), following_known in zip(pairwise(days), known[1:], strict=True):
        due = _next(day, every)
        while (late_on := lag.after(due)) < following_known:
            # Dated no later than the delivery that came in the end, so that this one overrides it.
            dated = pd.Timestamp(min(due, following))
            yield Delivery(entry["feed"], area, dated, pd.Timestamp(late_on), delivered=False)
            if due >= following:
                break
            due = _next(due, every)


def _next(day: np.datetime64, every: Span) -> np.datetime64:
    """Return the day of the next delivery; after the last day of a month, the last day of one."""
    day_after = day + _ONE_DAY
    ends_month = day_after == day_after.astype("datetime64[M]")
    if every.unit == "M" and ends_month:
        return every.after(day_after) - _ONE_DAY
    return every.after(day)
