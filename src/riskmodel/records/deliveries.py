"""Which deliveries of which feeds there were: found in wide tables, and declared in the manifest.

A delivery in which nobody was leaves no event. In a wide table it is a column of zeros, and a column blank throughout,
or throughout an area, is one that was not delivered. Where a column writes zeros, a single blank says that the
household was not matched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.keys import Span, as_days
from riskmodel.records.checks import literal, quoted
from riskmodel.records.entries import Entry
from riskmodel.records.ledger import Account, Ledger, wide_table
from riskmodel.records.manifest import Manifest
from riskmodel.records.wide import cell

logger = logging.getLogger("riskmodel")

COLUMNS = ["feed", "area", "event_date", "known_date", "delivered"]
_DELIVERY = ["event_date", "known_date", "area"]
UNMATCHED = ["household_id", "feed", "event_date", "known_date", "matched_date"]


def all_deliveries(
    ledger: Ledger, manifest: Manifest, codes: Iterable[str], named: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every delivery known of, found and declared, and whom the wide ones could not tell of.

    Parameters
    ----------
    ledger : Ledger
        Its events settled.
    manifest : Manifest
    codes : iterable of str
        All codes of the records.
    named : iterable of str
        Those that the manifest names, which a message may show.

    Raises
    ------
    ConfigError
        For a delivery declared of a feed that the records do not know.
    """
    known = list(codes)
    said = sorted({*manifest.catalogue, *named})
    entries = [_checked(entry, known, said) for entry in manifest.of("deliveries")]
    found, unmatched = _found(ledger, manifest)
    days = [row for entry in entries for row in _declared(entry, manifest)]
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


def _found(ledger: Ledger, manifest: Manifest) -> tuple[pd.DataFrame, pd.DataFrame]:
    deliveries, unmatched = [_frame([])], []
    for place, account in enumerate(ledger.accounts):
        if account.wide:
            lags = {code: Span.parse(lag) for code, lag in account.wide.items()}
            placed = _placed(ledger, manifest, wide_table(place))
            counts = _counts(ledger, placed, list(lags))
            deliveries.append(_told(counts, lags))
            if not account.corrects:
                _warn_of_other_values(ledger, placed, counts, account)
            unmatched += [
                _blanks(ledger, placed, counts[counts["feed"] == code], code, lag).assign(feed=code)
                for code, lag in lags.items()
            ]
    filled = [frame for frame in unmatched if len(frame)]
    blanks = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=[*UNMATCHED])
    return pd.concat(deliveries, ignore_index=True), _first_of_each(blanks)


def _warn_of_other_values(ledger: Ledger, placed: str, counts: pd.DataFrame, account: Account) -> None:
    """Say aloud that days are told again with other values, and that both stand."""
    known = counts.groupby("event_date")["known_date"].nunique()
    again = ", ".join(f"DATE '{day.date()}'" for day in known.index[known > 1])
    if not again:
        return
    differs = " OR ".join(f"min({c}) <> max({c})" for c in (quoted(cell(code)) for code in account.wide))
    n = ledger.one(
        f"""SELECT count(*) FROM (
            SELECT household_id FROM {placed} WHERE household_id IS NOT NULL AND event_date IN ({again})
            GROUP BY household_id, event_date HAVING {differs})"""
    )
    if n:
        logger.warning(
            "%s: %s rows of a household and day are told again with other values, and both stand; name fact_id if what "
            "is told later corrects what was told before",
            account.title,
            f"{n:,}",
        )


def _placed(ledger: Ledger, manifest: Manifest, table: str) -> str:
    """Return the name of a wide source's rows in bounds, each with its area as known when the delivery came."""
    area, placed = manifest.area, quoted(f"placed {table}")
    after = "" if manifest.since is None else f" AND event_date >= DATE '{manifest.since}'"
    rows = f"(SELECT * FROM {quoted(table)} WHERE event_date < DATE '{manifest.today}'{after})"
    if area is None or "attributes" not in ledger.staged:
        ledger.con.execute(f"CREATE TEMP VIEW {placed} AS SELECT *, NULL::VARCHAR AS area FROM {rows}")
        return placed
    ledger.con.execute(
        f"""CREATE TEMP TABLE {placed} AS SELECT w.*, a.text AS area FROM {rows} AS w ASOF LEFT JOIN (
                SELECT household_id, coalesce(known_date, DATE '0001-01-01') AS since, text FROM "good attributes"
                WHERE name = {literal(area)} AND NOT is_repeated) AS a
            ON w.household_id = a.household_id AND w.known_date > a.since"""
    )
    return placed


def _counts(ledger: Ledger, placed: str, codes: Sequence[str]) -> pd.DataFrame:
    """Return for each feed, area and delivery how many households it lists, its filled cells, and whether one is 0."""
    cells = [quoted(cell(code)) for code in codes]
    told = ", ".join(f"count({c}), coalesce(bool_or({c} = 0), FALSE)" for c in cells)
    counted = ledger.con.execute(
        f"SELECT event_date, known_date, area, count(household_id), {told} FROM {placed} GROUP BY ALL ORDER BY 1, 2, 3"
    ).fetchall()
    rows = [
        (code, *delivery, listed, *figures[2 * place : 2 * place + 2])
        for place, code in enumerate(codes)
        for *delivery, listed, figures in ((*row[:4], row[4:]) for row in counted)
    ]
    frame = pd.DataFrame(rows, columns=["feed", *_DELIVERY, "listed", "filled", "has_zeros"])
    return frame.astype({"event_date": "datetime64[us]", "known_date": "datetime64[us]", "area": object})


def _told(counts: pd.DataFrame, lags: dict[str, Span]) -> pd.DataFrame:
    """Return one row a delivery that is the same everywhere, else one row for each area."""
    one = ["feed", "event_date", "known_date"]
    filled = (counts.groupby([*one, "area"], dropna=False)["filled"].sum() > 0).reset_index()
    whole = filled.groupby(one)["filled"].agg(["any", "all"]).reset_index()
    alike = whole["any"] == whole["all"]
    everywhere = whole[alike].rename(columns={"any": "delivered"}).assign(area=None)
    parted = filled.merge(whole.loc[~alike, one]).rename(columns={"filled": "delivered"})
    told = pd.concat([everywhere[COLUMNS], parted.loc[parted["area"].notna(), COLUMNS]], ignore_index=True)
    for code, lag in lags.items():
        chosen = told["feed"] == code
        told.loc[chosen, "known_date"] = _later(told.loc[chosen, "known_date"], lag)
    return told


def _blanks(ledger: Ledger, placed: str, counts: pd.DataFrame, code: str, lag: Span) -> pd.DataFrame:
    """Return the households blank in a delivery that tells of others, once the column has been seen to write zeros."""
    since = counts.loc[counts["has_zeros"], "known_date"].min()
    told = counts[(counts["filled"] > 0) & (counts["filled"] < counts["listed"]) & (counts["known_date"] >= since)]
    if not len(told):
        return pd.DataFrame(columns=UNMATCHED)
    filled = quoted(cell(code))
    ledger.con.register("told deliveries", told[_DELIVERY])
    found = ledger.con.execute(
        f"""WITH blanks AS (
                SELECT household_id, p.event_date, min(p.known_date) AS known_date
                FROM {placed} AS p JOIN "told deliveries" AS t ON p.event_date = t.event_date
                    AND p.known_date = t.known_date AND p.area IS NOT DISTINCT FROM t.area
                WHERE household_id IS NOT NULL AND {filled} IS NULL GROUP BY ALL)
            SELECT b.household_id, b.event_date, b.known_date, min(p.known_date) AS matched_date
            FROM blanks AS b LEFT JOIN {placed} AS p
                ON p.household_id = b.household_id AND p.event_date = b.event_date AND {filled} IS NOT NULL
            GROUP BY ALL ORDER BY ALL"""
    ).df()
    ledger.con.unregister("told deliveries")
    return found.assign(**{name: _later(found[name], lag) for name in ("known_date", "matched_date")})


def _later(days: pd.Series, lag: Span) -> pd.Series:
    return pd.Series(lag.after(as_days(days)).astype("datetime64[us]"), index=days.index)


def _first_of_each(blanks: pd.DataFrame) -> pd.DataFrame:
    """Return one row a household, feed and day, though several sources tell of it."""
    keys = ["household_id", "feed", "event_date"]
    if not blanks.duplicated(keys).any():
        return blanks
    return blanks.groupby(keys, as_index=False)[["known_date", "matched_date"]].min()


def _checked(entry: Entry, known: list[str], said: list[str]) -> Entry:
    if entry["feed"] not in known:
        raise ConfigError(
            f"unknown feed {entry['feed']!r}",
            place=entry.place,
            code="manifest.deliveries",
            allowed=said,
            next_step=did_you_mean(str(entry["feed"]), said),
        )
    return entry


def _declared(entry: Entry, manifest: Manifest) -> Iterator[tuple[Any, ...]]:
    for day in _days(entry["event_date"]):
        wait = entry["known_date"]
        known = _lag(entry, manifest).after(day) if wait is None or isinstance(wait, Mapping) else as_days(wait)
        yield entry["feed"], entry["area"], pd.Timestamp(day), pd.Timestamp(known), entry["delivered"] is not False


def _days(written: Any) -> list[np.datetime64]:
    listed = [] if written is None else written if isinstance(written, (list, tuple)) else [written]
    return [as_days(day) for day in listed]


def _lag(entry: Entry, manifest: Manifest) -> Span:
    """Return how long after its day a delivery is known: as declared, else as its source says, else the catalogue."""
    wait, feed, catalogue = entry["known_date"], entry["feed"], manifest.catalogue
    if isinstance(wait, Mapping) and "lag" in wait:
        return Span.parse(wait["lag"])
    usual = catalogue[feed].lag if feed in catalogue else "0D"
    sources = list(manifest.of("events"))
    written = [s["known_date"] for s in sources if s.names(feed)] or [
        s["known_date"] for s in sources if isinstance(s["code"], Mapping)
    ]
    by_column = any(day is not None and not (isinstance(day, Mapping) and "lag" in day) for day in written)
    if by_column and entry["every"] and Span.parse(usual).count == 0:
        raise ConfigError(
            f"how late deliveries of {feed!r} may come is not said: their known dates stand in a column",
            place=entry.place,
            code="manifest.deliveries",
            allowed="known_date: {lag: SPAN}",
            next_step="add known_date: {lag: 20D} for a delivery that is known within 20 days of its day",
        )
    lags = [Span.parse(day["lag"]) for day in written if isinstance(day, Mapping) and "lag" in day]
    return max(lags, key=lambda lag: lag.after("2024-01-01"), default=Span.parse(usual))


def _overdue(entry: Entry, manifest: Manifest, deliveries: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield the deliveries due by a feed's rhythm that had not come when they should have been known."""
    every, lag, area = Span.parse(entry["every"]), _lag(entry, manifest), entry["area"]
    here = deliveries["area"].isna() | (deliveries["area"] == area)
    came = deliveries[(deliveries["feed"] == entry["feed"]) & here & deliveries["delivered"]]
    first = came.groupby("event_date")["known_date"].min()
    days, known = list(as_days(first.index)), list(as_days(first))
    for (day, following), arrived in zip(pairwise([*days, manifest.today]), [*known[1:], manifest.today], strict=True):
        next_day = _next(day, every)
        late_on = lag.after(next_day)
        if late_on < arrived:
            # Dated no later than the delivery that came in the end, so that this one stands over it.
            due = min(next_day, following)
            yield entry["feed"], area, pd.Timestamp(due), pd.Timestamp(late_on), False


def _next(day: np.datetime64, every: Span) -> np.datetime64:
    """Return the day of the delivery after one; where months are told on their last day, the next is, too."""
    morrow = day + 1
    ends_month = every.unit == "M" and morrow == morrow.astype("datetime64[M]")
    return np.datetime64(every.after(morrow) - 1 if ends_month else every.after(day))
