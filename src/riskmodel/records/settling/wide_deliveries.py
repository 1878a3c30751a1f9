"""Deliveries seen in wide tables: which feeds came where, and which households were not matched.

A delivery without any fact leaves no event. In a wide table it is a column of zeros, and a column
blank throughout, or throughout an area, is one that was not delivered. Where a column writes zeros,
a single blank says that the household was not matched.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from riskmodel.keys import Span, as_days
from riskmodel.records.engine import identifier, literal, number_of
from riskmodel.records.settling.declared_deliveries import DELIVERIES, as_deliveries
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.staging.staged_source import StagedSource, wide_table
from riskmodel.records.staging.wide_rows import cell_name
from riskmodel.records.table_schemas import SCHEMAS

logger = logging.getLogger("riskmodel")

UNMATCHED = SCHEMAS["unmatched"].names
_DAYS = {"event_date": "datetime64[us]", "known_date": "datetime64[us]"}


class WideDeliveries(NamedTuple):
    """What wide tables show: deliveries come or not, and the households that one did not match."""

    deliveries: pd.DataFrame
    unmatched: pd.DataFrame


class Bounds(NamedTuple):
    """The event dates that records hold: from `since`, if given, to the day before `today`."""

    since: np.datetime64 | None
    today: np.datetime64


def wide_deliveries(rows: StagedRows, bounds: Bounds, area: str | None) -> WideDeliveries:
    """Return the deliveries that wide tables show.

    Parameters
    ----------
    rows : StagedRows
        With attributes settled.
    bounds : Bounds
    area : str, optional
        The attribute that is the area.
    """
    deliveries, unmatched = [as_deliveries([])], []
    for number, source in enumerate(rows.sources):
        if source.wide_lags:
            lags = {code: Span.parse(lag) for code, lag in source.wide_lags.items()}
            placed = _place(rows, number, bounds, area)
            counts = _count_cells(rows.con, placed, list(lags))
            deliveries.append(_deliveries(counts, lags))
            unmatched += _all_unmatched(rows.con, placed, counts, lags)
            if not (source.corrects or _is_replaced(rows, number)):
                _warn_of_other_values(rows.con, placed, counts, source)
    filled = [frame for frame in unmatched if len(frame)]
    blanks = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=UNMATCHED)
    return WideDeliveries(pd.concat(deliveries, ignore_index=True), _first_of_each(blanks))


def _is_replaced(rows: StagedRows, number: int) -> bool:
    return any(file.source == number for file in rows.replaced)


def _dated_rows(rows: StagedRows, number: int) -> str:
    """Return the SQL of a wide source's rows, and until when each stands.

    What a file says that came again is known from its next delivery at the earliest, and what it
    said before stands until then.
    """
    table = identifier(wide_table(number))
    if not _is_replaced(rows, number):
        return f"SELECT *, NULL::DATE AS replaced_on FROM {table}"
    return f"""
        SELECT
            w.* REPLACE (greatest(w.known_date, n.next_day::DATE) AS known_date),
            o.next_day::DATE AS replaced_on
        FROM {table} AS w
        LEFT JOIN "replaced files" AS n
            ON n.source = {number} AND w.file = n.file AND w.batch = n.next_batch
        LEFT JOIN "replaced files" AS o
            ON o.source = {number} AND w.file = o.file AND w.batch = o.batch
    """


def _place(rows: StagedRows, number: int, bounds: Bounds, area: str | None) -> str:
    """Return the name of a wide source's rows in bounds, each with its area as then known."""
    table = wide_table(number)
    placed, in_bounds = identifier(f"placed {table}"), identifier(f"bounded {table}")
    since = "-infinity" if bounds.since is None else bounds.since
    rows.con.execute(
        f"""
        CREATE TEMP VIEW {in_bounds} AS
        SELECT *
        FROM ({_dated_rows(rows, number)})
        WHERE event_date >= DATE '{since}' AND event_date < DATE '{bounds.today}'
        """
    )
    if area is None or "attributes" not in rows.tables:
        rows.con.execute(
            f"CREATE TEMP VIEW {placed} AS SELECT *, NULL::VARCHAR AS area FROM {in_bounds}"
        )
        return placed
    rows.con.execute(
        f"""
        CREATE TEMP TABLE {placed} AS
        WITH areas AS (
            SELECT household_id, coalesce(known_date, DATE '0001-01-01') AS known_date, text
            FROM "good attributes"
            WHERE name = {literal(area)} AND NOT is_repeated
        )
        SELECT w.*, a.text AS area
        FROM {in_bounds} AS w
        ASOF LEFT JOIN areas AS a
            ON w.household_id = a.household_id AND w.known_date > a.known_date
        """
    )
    return placed


def _count_cells(con: duckdb.DuckDBPyConnection, placed: str, codes: Sequence[str]) -> pd.DataFrame:
    """Return for each feed, area and delivery how many households it lists and how it is filled.

    Returns
    -------
    DataFrame
        ``feed, event_date, known_date, area, listed, filled, has_zeros``.
    """
    cells = [identifier(cell_name(code)) for code in codes]
    filled = ", ".join(f"count({cell})" for cell in cells)
    has_zeros = ", ".join(f"coalesce(bool_or({cell} = 0), FALSE)" for cell in cells)
    counted = con.execute(
        f"""
        SELECT
            event_date,
            known_date,
            area,
            count(household_id) AS listed,
            [{filled}] AS filled,
            [{has_zeros}] AS has_zeros
        FROM {placed}
        GROUP BY event_date, known_date, area
        ORDER BY event_date, known_date, area
        """
    ).fetchall()
    parts = [
        pd.DataFrame(counted, columns=[*_DAYS, "area", "listed", "filled", "has_zeros"]).assign(
            feed=code,
            filled=[row[4][place] for row in counted],
            has_zeros=[row[5][place] for row in counted],
        )
        for place, code in enumerate(codes)
    ]
    return pd.concat(parts, ignore_index=True).astype({**_DAYS, "area": object})


def _deliveries(counts: pd.DataFrame, lags: Mapping[str, Span]) -> pd.DataFrame:
    """Return one row per delivery that is the same everywhere, else one row per area."""
    one = ["feed", "event_date", "known_date"]
    by_area = (counts.groupby([*one, "area"], dropna=False)["filled"].sum() > 0).reset_index()
    whole = by_area.groupby(one)["filled"].agg(["any", "all"]).reset_index()
    is_same = whole["any"] == whole["all"]
    everywhere = whole[is_same].rename(columns={"any": "delivered"}).assign(area=None)
    parted = by_area.merge(whole.loc[~is_same, one]).rename(columns={"filled": "delivered"})
    parted = parted[parted["area"].notna()]
    deliveries = pd.concat([everywhere[DELIVERIES], parted[DELIVERIES]], ignore_index=True)
    for code, lag in lags.items():
        own = deliveries["feed"] == code
        deliveries.loc[own, "known_date"] = _later(deliveries.loc[own, "known_date"], lag)
    return deliveries


def _all_unmatched(
    con: duckdb.DuckDBPyConnection, placed: str, counts: pd.DataFrame, lags: Mapping[str, Span]
) -> list[pd.DataFrame]:
    parts = []
    for code, lag in lags.items():
        own = counts[counts["feed"] == code]
        parts.append(_unmatched(con, placed, own, code, lag).assign(feed=code))
    return parts


def _unmatched(
    con: duckdb.DuckDBPyConnection, placed: str, counts: pd.DataFrame, code: str, lag: Span
) -> pd.DataFrame:
    """Return the households blank in a delivery with other cells filled.

    Only deliveries from the first one in which the column writes a zero count.
    """
    since = counts.loc[counts["has_zeros"], "known_date"].min()
    is_partly_filled = (counts["filled"] > 0) & (counts["filled"] < counts["listed"])
    partly = counts[is_partly_filled & (counts["known_date"] >= since)]
    if not len(partly):
        return pd.DataFrame(columns=UNMATCHED)
    con.register("partly filled", partly[[*_DAYS, "area"]])
    blanks = con.execute(_unmatched_sql(placed, identifier(cell_name(code)))).df()
    con.unregister("partly filled")
    known, matched = (_later(blanks[name], lag) for name in ("known_date", "matched_date"))
    return blanks.assign(known_date=known, matched_date=matched)


def _unmatched_sql(placed: str, cell: str) -> str:
    return f"""
        WITH blanks AS (
            SELECT household_id, p.event_date, min(p.known_date) AS known_date
            FROM {placed} AS p
            JOIN "partly filled" AS d
                ON p.event_date = d.event_date
                AND p.known_date = d.known_date
                AND p.area IS NOT DISTINCT FROM d.area
            WHERE household_id IS NOT NULL AND {cell} IS NULL
            GROUP BY ALL
        )
        SELECT b.household_id, b.event_date, b.known_date, min(p.known_date) AS matched_date
        FROM blanks AS b
        LEFT JOIN {placed} AS p
            ON p.household_id = b.household_id
            AND p.event_date = b.event_date
            AND {cell} IS NOT NULL
            AND (p.replaced_on IS NULL OR p.replaced_on > b.known_date)
        GROUP BY ALL
        ORDER BY ALL
    """


def _warn_of_other_values(
    con: duckdb.DuckDBPyConnection, placed: str, counts: pd.DataFrame, source: StagedSource
) -> None:
    """Log that days are delivered again with other values, and that both stand."""
    known = counts.groupby("event_date")["known_date"].nunique()
    again: list[Any] = [day.date() for day in known.index[known > 1]]
    if not again:
        return
    cells = [identifier(cell_name(code)) for code in source.wide_lags]
    differs = " OR ".join(f"min({cell}) <> max({cell})" for cell in cells)
    n = number_of(
        con,
        f"""
        SELECT count(*)
        FROM (
            SELECT household_id
            FROM {placed}
            WHERE household_id IS NOT NULL AND list_contains($again, event_date)
            GROUP BY household_id, event_date
            HAVING {differs}
        )
        """,
        again=again,
    )
    if n:
        logger.warning(
            "%s: %s rows of a household and day are delivered again with other values, and both "
            "stand; name fact_id if the later delivery corrects the earlier one",
            source.title,
            f"{n:,}",
        )


def _later(days: pd.Series, lag: Span) -> pd.Series:
    return pd.Series(lag.after(as_days(days)).astype("datetime64[us]"), index=days.index)


def _first_of_each(blanks: pd.DataFrame) -> pd.DataFrame:
    """Return one row per household, feed and day, though several sources hold it."""
    keys = ["household_id", "feed", "event_date"]
    if not blanks.duplicated(keys).any():
        return blanks
    return blanks.groupby(keys, as_index=False)[["known_date", "matched_date"]].min()
