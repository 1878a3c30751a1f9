"""Checks that the feeds and areas of coverage and deliveries are known."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.settling.lags import Lags
from riskmodel.records.settling.staged_rows import StagedRows, good_table
from riskmodel.records.settling.table_versions import settle_versions
from riskmodel.records.sources.day_columns import interval
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.entry_rules import FEED_TABLES

logger = logging.getLogger("riskmodel")


def settle_feed_tables(rows: StagedRows, entries: Sequence[Entry], lags: Lags) -> list[str]:
    """Settle the tables of coverage and deliveries; return the feeds that their columns name.

    Parameters
    ----------
    rows : StagedRows
    entries : sequence of Entry
    lags : Lags
        By which a delivery is known whose row does not say when.
    """
    feeds: set[str] = set()
    if "deliveries" in rows.tables:
        _date_deliveries(rows.con, lags)
    for table in FEED_TABLES:
        settle_versions(rows, table)
        if table in rows.tables:
            named = rows.con.execute(f'SELECT DISTINCT feed FROM "{good_table(table)}"').fetchall()
            feeds |= {feed for (feed,) in named} - _constant_feeds(entries, table)
    return sorted(feeds)


def _date_deliveries(con: duckdb.DuckDBPyConnection, lags: Lags) -> None:
    """Date the deliveries whose rows do not say when they were known."""
    undated = con.execute(
        'SELECT DISTINCT feed FROM "staged deliveries" WHERE reason IS NULL AND known_date IS NULL'
    ).fetchall()
    for (feed,) in undated:
        con.execute(
            f"""
            UPDATE "staged deliveries"
            SET known_date = (event_date + {interval(lags.usual(feed))})::DATE
            WHERE feed = $feed AND reason IS NULL AND known_date IS NULL
            """,
            {"feed": feed},
        )


def _constant_feeds(entries: Sequence[Entry], table: str) -> set[str]:
    feeds = [entry["feed"] for entry in entries if entry.table == table]
    return {feed for feed in feeds if isinstance(feed, str)}


def check_feeds(
    entries: Sequence[Entry],
    area: str | None,
    codes: Iterable[str],
    named: Iterable[str],
) -> None:
    """Refuse coverage and deliveries of unknown feeds, or by area where there are no areas.

    Parameters
    ----------
    entries : sequence of Entry
    area : str, optional
        The attribute that is the area.
    codes : iterable of str
        All codes of the records.
    named : iterable of str
        Those that the manifest names, which a message may show.

    Raises
    ------
    ConfigError
    """
    known, shown = set(codes), sorted(named)
    for entry in entries:
        if entry.table in FEED_TABLES:
            _check_feed(entry, known, shown)
            _check_area(entry, area)


def _check_feed(entry: Entry, known: set[str], shown: Sequence[str]) -> None:
    feed = entry["feed"]
    if not isinstance(feed, Mapping) and feed not in known:
        raise ConfigError(
            f"unknown feed {feed!r}",
            place=entry.place,
            code=f"manifest.{entry.table}",
            allowed=shown,
            next_step=did_you_mean(str(feed), shown),
        )


def _check_area(entry: Entry, area: str | None) -> None:
    if entry["area"] is not None and area is None:
        raise ConfigError(
            "an area is given, and nothing states which attribute is the area",
            place=entry.place,
            code="manifest.area",
            allowed="area: NAME of an attribute",
            next_step="add area: with the name of the attribute, or take the areas out here",
        )


def warn_of_empty_areas(
    rows: StagedRows, area: str | None, described: Mapping[str, pd.DataFrame]
) -> None:
    """Log how many areas that coverage or deliveries name hold no household."""
    if area is None:
        return
    homes: set[str] = set()
    if "attributes" in rows.tables:
        texts = rows.con.execute(
            'SELECT DISTINCT text FROM "good attributes" WHERE name = $area', {"area": area}
        )
        homes = {text for (text,) in texts.fetchall()}
    for table, frame in described.items():
        empty = set(frame["area"].dropna()) - homes
        if empty:
            logger.warning(
                "%s names areas (%s of %s) in which no household is known; check that they are "
                "written as in %s",
                table,
                f"{len(empty):,}",
                f"{frame['area'].nunique():,}",
                area,
            )
