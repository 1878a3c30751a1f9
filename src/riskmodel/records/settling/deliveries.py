"""Which deliveries of which feeds there were: found in wide tables beside those that are declared.

A delivery in which nobody was leaves no event. In a wide table it is a column of zeros, and a column blank throughout,
or throughout an area, is one that was not delivered. Where a column writes zeros, a single blank says that the
household was not matched.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pandas as pd

from riskmodel.keys import Span, as_days
from riskmodel.records.engine import identifier, literal, number_of
from riskmodel.records.settling import declared
from riskmodel.records.settling.declared import DELIVERIES, as_deliveries
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.accounts import Account, wide_table
from riskmodel.records.staging.wide import cell

logger = logging.getLogger("riskmodel")

_DELIVERY = ["event_date", "known_date", "area"]
UNMATCHED = ["household_id", "feed", "event_date", "known_date", "matched_date"]


def all_deliveries(ledger: Ledger, manifest: Manifest) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every delivery known of, found and declared, and whom the wide ones could not tell of.

    Parameters
    ----------
    ledger : Ledger
        Its events settled.
    manifest : Manifest
    """
    found, unmatched = _found(ledger, manifest)
    told = pd.concat([found, declared.deliveries(ledger, manifest)], ignore_index=True)
    came = pd.concat([told, declared.days_of_facts(ledger, manifest, told)], ignore_index=True)
    whole = pd.concat([came, declared.overdue(manifest, came)], ignore_index=True).drop_duplicates()
    return whole.sort_values(DELIVERIES, na_position="first", ignore_index=True), unmatched


def _found(ledger: Ledger, manifest: Manifest) -> tuple[pd.DataFrame, pd.DataFrame]:
    deliveries, unmatched = [as_deliveries([])], []
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


def _warn_of_other_values(
    ledger: Ledger, placed: str, counts: pd.DataFrame, account: Account
) -> None:
    """Say aloud that days are told again with other values, and that both stand."""
    known = counts.groupby("event_date")["known_date"].nunique()
    again = ", ".join(f"DATE '{day.date()}'" for day in known.index[known > 1])
    if not again:
        return
    differs = " OR ".join(
        f"min({c}) <> max({c})" for c in (identifier(cell(code)) for code in account.wide)
    )
    n = number_of(
        ledger.con,
        f"""SELECT count(*) FROM (
            SELECT household_id FROM {placed} WHERE household_id IS NOT NULL AND event_date IN ({again})
            GROUP BY household_id, event_date HAVING {differs})""",
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
    area, placed = manifest.area, identifier(f"placed {table}")
    after = "" if manifest.since is None else f" AND event_date >= DATE '{manifest.since}'"
    rows = f"(SELECT * FROM {identifier(table)} WHERE event_date < DATE '{manifest.today}'{after})"
    if area is None or "attributes" not in ledger.staged:
        ledger.con.execute(
            f"CREATE TEMP VIEW {placed} AS SELECT *, NULL::VARCHAR AS area FROM {rows}"
        )
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
    cells = [identifier(cell(code)) for code in codes]
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
    return frame.astype(
        {"event_date": "datetime64[us]", "known_date": "datetime64[us]", "area": object}
    )


def _told(counts: pd.DataFrame, lags: dict[str, Span]) -> pd.DataFrame:
    """Return one row a delivery that is the same everywhere, else one row for each area."""
    one = ["feed", "event_date", "known_date"]
    filled = (counts.groupby([*one, "area"], dropna=False)["filled"].sum() > 0).reset_index()
    whole = filled.groupby(one)["filled"].agg(["any", "all"]).reset_index()
    alike = whole["any"] == whole["all"]
    everywhere = whole[alike].rename(columns={"any": "delivered"}).assign(area=None)
    parted = filled.merge(whole.loc[~alike, one]).rename(columns={"filled": "delivered"})
    told = pd.concat(
        [everywhere[DELIVERIES], parted.loc[parted["area"].notna(), DELIVERIES]], ignore_index=True
    )
    for code, lag in lags.items():
        chosen = told["feed"] == code
        told.loc[chosen, "known_date"] = _later(told.loc[chosen, "known_date"], lag)
    return told


def _blanks(
    ledger: Ledger, placed: str, counts: pd.DataFrame, code: str, lag: Span
) -> pd.DataFrame:
    """Return the households blank in a delivery that tells of others, once the column has been seen to write zeros."""
    since = counts.loc[counts["has_zeros"], "known_date"].min()
    told = counts[
        (counts["filled"] > 0)
        & (counts["filled"] < counts["listed"])
        & (counts["known_date"] >= since)
    ]
    if not len(told):
        return pd.DataFrame(columns=UNMATCHED)
    filled = identifier(cell(code))
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
    return found.assign(
        **{name: _later(found[name], lag) for name in ("known_date", "matched_date")}
    )


def _later(days: pd.Series, lag: Span) -> pd.Series:
    return pd.Series(lag.after(as_days(days)).astype("datetime64[us]"), index=days.index)


def _first_of_each(blanks: pd.DataFrame) -> pd.DataFrame:
    """Return one row a household, feed and day, though several sources tell of it."""
    keys = ["household_id", "feed", "event_date"]
    if not blanks.duplicated(keys).any():
        return blanks
    return blanks.groupby(keys, as_index=False)[["known_date", "matched_date"]].min()
