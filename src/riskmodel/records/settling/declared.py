"""What is said of feeds: coverage and deliveries, written out in the manifest or standing in tables of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.keys import Span, as_days
from riskmodel.records.engine import literal
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.entry_rules import OF_FEEDS
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.tables import SCHEMAS

logger = logging.getLogger("riskmodel")

COVERAGE, DELIVERIES = SCHEMAS["coverage"].names, SCHEMAS["deliveries"].names


def settle_tables(ledger: Ledger, manifest: Manifest) -> list[str]:
    """Settle the tables of coverage and of deliveries, and return the feeds that their columns name."""
    feeds: set[str] = set()
    for table in OF_FEEDS:
        ledger.settle(table)
        if table in ledger.staged:
            found = ledger.con.execute(f'SELECT DISTINCT feed FROM "good {table}"').fetchall()
            words = {
                entry["feed"] for entry in manifest.of(table) if isinstance(entry["feed"], str)
            }
            feeds |= {feed for (feed,) in found} - words
    return sorted(feeds)


def check_declared(manifest: Manifest, codes: Iterable[str], named: Iterable[str]) -> None:
    """Refuse what is said of a feed that the records do not know, or of areas where there are none.

    Parameters
    ----------
    manifest : Manifest
    codes : iterable of str
        All codes of the records.
    named : iterable of str
        Those that the manifest names, which a message may show.

    Raises
    ------
    ConfigError
    """
    known, said = set(codes), sorted({*manifest.catalogue, *named})
    for entry in (entry for table in OF_FEEDS for entry in manifest.of(table)):
        feed = entry["feed"]
        if not isinstance(feed, Mapping) and feed not in known:
            raise ConfigError(
                f"unknown feed {feed!r}",
                place=entry.place,
                code=f"manifest.{entry.table}",
                allowed=said,
                next_step=did_you_mean(str(feed), said),
            )
        if entry["area"] is not None and manifest.area is None:
            raise ConfigError(
                "areas are told apart, and the manifest does not say which attribute is the area",
                place=entry.place,
                code="manifest.area",
                allowed="area: NAME of an attribute",
                next_step="add area: to the manifest, or take it out here",
            )


def coverage(ledger: Ledger, manifest: Manifest) -> pd.DataFrame:
    """Return the declared coverage, written out or in tables.

    Raises
    ------
    ConfigError
        For a period that ends before it begins.
    """
    written = pd.DataFrame(
        [_period(entry) for entry in _written(manifest, "coverage")], columns=COVERAGE
    )
    days = {"from_date": "datetime64[us]", "to_date": "datetime64[us]"}
    return pd.concat(
        [written.astype(days), _settled(ledger, "coverage").astype(days)], ignore_index=True
    )


def _period(entry: Entry) -> tuple[Any, ...]:
    start, end = (
        None if entry[key] is None else pd.Timestamp(_day(entry, entry[key]))
        for key in ("from", "to")
    )
    if start is not None and end is not None and start > end:
        raise ConfigError(
            f"the period from {start.date()} to {end.date()} ends before it begins",
            place=entry.place,
            code="manifest.coverage",
            allowed="from: a day, to: the same or a later one",
            next_step="exchange them, if they were mixed up",
        )
    return entry["feed"], entry["area"], start, end


def deliveries(ledger: Ledger, manifest: Manifest) -> pd.DataFrame:
    """Return the deliveries declared, written out or in tables."""
    written = [
        row for entry in _written(manifest, "deliveries") for row in _on_days(entry, manifest)
    ]
    tabled = _settled(ledger, "deliveries")
    for feed in tabled.loc[tabled["known_date"].isna(), "feed"].unique():
        chosen = (tabled["feed"] == feed) & tabled["known_date"].isna()
        known = usual_lag(feed, manifest).after(as_days(tabled.loc[chosen, "event_date"]))
        tabled.loc[chosen, "known_date"] = pd.Series(
            known.astype("datetime64[us]"), index=tabled.index[chosen]
        )
    return pd.concat([as_deliveries(written), as_deliveries(tabled)], ignore_index=True)


def as_deliveries(rows: Sequence[tuple[Any, ...]] | pd.DataFrame) -> pd.DataFrame:
    """Return rows as a frame of deliveries."""
    days = {name: "datetime64[us]" for name in DELIVERIES if name.endswith("_date")}
    return pd.DataFrame(rows, columns=DELIVERIES).astype(
        {"feed": object, "area": object, "delivered": bool, **days}
    )


def _settled(ledger: Ledger, table: str) -> pd.DataFrame:
    if table not in ledger.staged:
        return pd.DataFrame(columns=SCHEMAS[table].names)
    found = ledger.con.execute(ledger.settled_rows(table)).df()
    return found.assign(area=found["area"].astype(object).where(found["area"].notna(), None))


def _written(manifest: Manifest, table: str) -> Iterator[Entry]:
    return (entry for entry in manifest.of(table) if not entry.is_read)


def _on_days(entry: Entry, manifest: Manifest) -> Iterator[tuple[Any, ...]]:
    for day in _days(entry):
        wait = entry["known_date"]
        known = (
            _lag(entry, manifest).after(day)
            if wait is None or isinstance(wait, Mapping)
            else _day(entry, wait)
        )
        yield (
            entry["feed"],
            entry["area"],
            pd.Timestamp(day),
            pd.Timestamp(known),
            entry["delivered"] is not False,
        )


def _days(entry: Entry) -> list[np.datetime64]:
    written = entry["event_date"]
    listed = [] if written is None else written if isinstance(written, (list, tuple)) else [written]
    return [_day(entry, day) for day in listed]


def _day(entry: Entry, written: Any) -> np.datetime64:
    try:
        return np.datetime64(
            as_days(written if isinstance(written, (date, np.datetime64)) else str(written))
        )
    except ConfigError:
        raise ConfigError(
            f"{written!r} is not a date",
            place=entry.place,
            code="keys.date",
            allowed="a day such as 2024-05-01",
            next_step="write the date as YYYY-MM-DD",
        ) from None


def days_of_facts(ledger: Ledger, manifest: Manifest, told: pd.DataFrame) -> pd.DataFrame:
    """Return the days with facts of the feeds whose rhythm is declared: each is a delivery.

    Facts do not tell of which area a delivery was: of a feed told area by area only what is `told` counts.
    """
    apart = set(told.loc[told["area"].notna(), "feed"])
    rhythms = {entry["feed"] for entry in manifest.of("deliveries") if entry["every"]}
    feeds = ", ".join(literal(feed) for feed in sorted(rhythms - apart))
    if not feeds:
        return as_deliveries([])
    found = ledger.con.execute(
        f"""SELECT code AS feed, NULL AS area, event_date, min(known_date) AS known_date, TRUE AS delivered
            FROM good_events WHERE in_bounds AND NOT is_none AND code IN ({feeds}) GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    return as_deliveries(found)


def overdue(manifest: Manifest, came: pd.DataFrame) -> pd.DataFrame:
    """Return the deliveries due by the rhythm of their feed that had not come when they should have been known.

    Parameters
    ----------
    manifest : Manifest
    came : DataFrame
        All deliveries known of.
    """
    rows: list[tuple[Any, ...]] = []
    for entry in (entry for entry in manifest.of("deliveries") if entry["every"]):
        here = came[(came["feed"] == entry["feed"]) & came["delivered"]]
        apart = sorted(here["area"].dropna().unique())
        everywhere = [None] if here["area"].isna().any() else []
        for area in [*everywhere, *apart] if entry["area"] is None else [entry["area"]]:
            rows += _overdue(
                entry, manifest, here[here["area"].isna() | (here["area"] == area)], area
            )
    return as_deliveries(rows)


def _overdue(
    entry: Entry, manifest: Manifest, came: pd.DataFrame, area: str | None
) -> Iterator[tuple[Any, ...]]:
    every, lag = Span.parse(entry["every"]), _lag(entry, manifest)
    first = came.groupby("event_date")["known_date"].min()
    days, known = list(as_days(first.index)), list(as_days(first))
    for (day, following), arrived in zip(
        pairwise([*days, manifest.today]), [*known, manifest.today][1:], strict=True
    ):
        due = _next(day, every)
        while (late_on := lag.after(due)) < arrived:
            # Dated no later than the delivery that came in the end, so that this one stands over it.
            yield (
                entry["feed"],
                area,
                pd.Timestamp(min(due, following)),
                pd.Timestamp(late_on),
                False,
            )
            if due >= following:
                break
            due = _next(due, every)


def _next(day: np.datetime64, every: Span) -> np.datetime64:
    """Return the day of the delivery after one; where months are told on their last day, the next is, too."""
    morrow = day + np.timedelta64(1, "D")
    ends_month = every.unit == "M" and morrow == morrow.astype("datetime64[M]")
    return np.datetime64(
        every.after(morrow) - np.timedelta64(1, "D") if ends_month else every.after(day)
    )


def _lag(entry: Entry, manifest: Manifest) -> Span:
    """Return how long after its day a delivery written out is known: as declared, else as is usual."""
    wait, feed = entry["known_date"], entry["feed"]
    if isinstance(wait, Mapping) and "lag" in wait:
        return Span.parse(wait["lag"])
    usual = usual_lag(feed, manifest)
    by_column = any(day is not None and _span(day) is None for day in _waits(feed, manifest))
    if by_column and entry["every"] and Span.parse(_of_catalogue(feed, manifest)).count == 0:
        raise ConfigError(
            f"how late deliveries of {feed!r} may come is not said: their known dates stand in a column",
            place=entry.place,
            code="manifest.deliveries",
            allowed="known_date: {lag: SPAN}",
            next_step="add known_date: {lag: 20D} for a delivery that is known within 20 days of its day",
        )
    return usual


def usual_lag(feed: str, manifest: Manifest) -> Span:
    """Return how long after their day facts of a feed are known: as their sources say, else as the catalogue says."""
    lags = [span for span in map(_span, _waits(feed, manifest)) if span is not None]
    return max(
        lags,
        key=lambda lag: lag.after("2024-01-01"),
        default=Span.parse(_of_catalogue(feed, manifest)),
    )


def _waits(feed: str, manifest: Manifest) -> list[Any]:
    """Return what the sources of a feed say of its known dates."""
    sources = list(manifest.of("events"))
    return [s["known_date"] for s in sources if s.names(feed)] or [
        s["known_date"] for s in sources if isinstance(s["code"], Mapping)
    ]


def _span(written: Any) -> Span | None:
    return Span.parse(written["lag"]) if isinstance(written, Mapping) and "lag" in written else None


def _of_catalogue(feed: str, manifest: Manifest) -> str:
    return manifest.catalogue[feed].lag if feed in manifest.catalogue else "0D"


def warn_of_areas(ledger: Ledger, manifest: Manifest, told: Mapping[str, pd.DataFrame]) -> None:
    """Say aloud how many areas that coverage or deliveries name hold no household."""
    if manifest.area is None:
        return
    homes: set[str] = set()
    if "attributes" in ledger.staged:
        sql = f'SELECT DISTINCT text FROM "good attributes" WHERE name = {literal(manifest.area)}'
        homes = {area for (area,) in ledger.con.execute(sql).fetchall()}
    for table, frame in told.items():
        empty = set(frame["area"].dropna()) - homes
        if empty:
            logger.warning(
                "%s tells of areas (%s of %s) in which no household is known; check that they are written as in %s",
                table,
                f"{len(empty):,}",
                f"{frame['area'].nunique():,}",
                manifest.area,
            )
