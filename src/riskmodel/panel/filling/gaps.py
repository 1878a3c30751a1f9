"""Cells that the facts alone do not decide: partly covered windows, and unmatched households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import NO_DAY, Days, as_days, visible
from riskmodel.panel.filling.counted_kinds import Counted
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.household_days import household_days
from riskmodel.panel.filling.kernel import Facts
from riskmodel.panel.filling.program import by_date_area, window_before
from riskmodel.panel.specs.feature_columns import EVER, Column
from riskmodel.records import Records
from riskmodel.records.engine import query


def cut_short(
    columns: Sequence[Column], feeds: Feeds, dates: Days, areas: Sequence[str]
) -> NDArray[np.bool_]:
    """Return for each date-area which columns' windows are covered only in part.

    A number of kinds is covered in part where one of its indicators is, or is not delivered while
    others are.

    Returns
    -------
    ndarray of bool, shape (n_dates * n_areas, n_columns)
    """
    cut = np.zeros((len(dates) * len(areas), len(columns)), bool)
    of_one = [number for number, column in enumerate(columns) if column.indicator]
    codes, position = np.unique([columns[n].indicator for n in of_one], return_inverse=True)
    is_live = by_date_area(partial(feeds.is_live, areas=areas), codes.tolist(), dates, areas)
    live = np.zeros_like(cut)
    live[:, of_one] = is_live[:, position]
    for window in {columns[number].window for number in of_one} - {EVER}:
        own = [number for number in of_one if columns[number].window == window]
        codes, position = np.unique([columns[n].indicator for n in own], return_inverse=True)
        cut[:, own] = _partly_covered(window, codes.tolist(), feeds, dates, areas)[:, position]
    cut &= live
    for column, counts in Counted.of(columns).parts():
        is_part = (cut[:, counts] | ~live[:, counts]).any(axis=1)
        cut[:, column] = is_part & live[:, counts].any(axis=1)
    return cut


def _partly_covered(
    window: str, codes: Sequence[str], feeds: Feeds, dates: Days, areas: Sequence[str]
) -> NDArray[np.bool_]:
    """Return for each date-area of which live feeds a window is covered only in part."""
    opens = dict(zip(dates, window_before(window, dates), strict=True))

    def is_cut(code: str, day: np.datetime64) -> NDArray[np.bool_]:
        return feeds.is_cut_short(code, opens[day], day, areas)

    return by_date_area(is_cut, codes, dates, areas)


class _Blanks(NamedTuple):
    """The deliveries of one feed that did not match a household.

    `key` are the household's position and the delivery's day, sorted (see `household_days`);
    `known` is when this became known, and `matched` when it was corrected.
    """

    key: NDArray[np.int64]
    known: Days
    matched: Days


@dataclass(frozen=True, eq=False)
class Unmatched:
    """Households that a delivery did not match, so that it says nothing about them.

    Attributes
    ----------
    households : Index
    blanks : mapping of code to its blanks
    newest : mapping of code to the day of its newest delivery by date-area, NaT for none
    """

    households: pd.Index
    blanks: dict[str, _Blanks]
    newest: dict[str, Days]

    @classmethod
    def of(
        cls, records: Records, codes: Sequence[str], feeds: Feeds, dates: Days, areas: Sequence[str]
    ) -> Unmatched:
        """Read the unmatched households of some feeds."""
        table = query(
            records.relation("unmatched"),
            """
            SELECT
                household_id::VARCHAR AS household_id,
                feed,
                event_date,
                min(known_date) AS known_date,
                min(matched_date) AS matched_date
            FROM source
            WHERE list_contains($codes::VARCHAR[], feed)
            GROUP BY ALL
            ORDER BY household_id, event_date
            """,
            codes=list(codes),
        )
        households = pd.Index(table["household_id"].unique())
        position = households.get_indexer(pd.Index(table["household_id"]))
        key = household_days(position, as_days(table["event_date"]))
        known, matched = as_days(table["known_date"]), as_days(table["matched_date"])
        by_feed = table.groupby("feed").indices
        blanks = {
            str(code): _Blanks(key[rows], known[rows], matched[rows])
            for code, rows in by_feed.items()
        }

        def newest(code: str, day: np.datetime64) -> Days:
            days, span = feeds.delivered(code, day, areas)
            first, end = span.T
            return np.where(end > first, np.append(days, NO_DAY)[end - 1], NO_DAY)

        newest_days = by_date_area(newest, list(blanks), dates, areas)
        return cls(households, blanks, dict(zip(blanks, newest_days.T, strict=True)))

    def rows(
        self,
        code: str,
        ids: pd.Index,
        household: NDArray[np.int64],
        date_area: NDArray[np.int64],
        as_of: Days,
    ) -> NDArray[np.bool_]:
        """Return for each row whether the feed's newest delivery did not match its household.

        The household of a row is ``ids[household]``.
        """
        blanks, newest = self.blanks[code], self.newest[code][date_area]
        position = self.households.get_indexer(ids)[household]
        key = household_days(position, newest)
        at = np.minimum(np.searchsorted(blanks.key, key), len(blanks.key) - 1)
        is_blank = (position >= 0) & ~np.isnat(newest) & (blanks.key[at] == key)
        is_corrected = blanks.matched[at] < as_of
        return np.asarray(is_blank & (blanks.known[at] < as_of) & ~is_corrected)


def facts_seen(
    facts: Facts, code: int, history: NDArray[np.int64], as_of: NDArray[np.int32]
) -> int:
    """Count the facts of a code that are visible to rows on their dates."""
    first, size = facts.start[history], facts.start[history + 1] - facts.start[history]
    row = np.repeat(np.arange(len(history)), size)
    fact = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    seen = visible(facts.event[fact], facts.known[fact], as_of[row], facts.retracted[fact])
    return int((seen & (facts.code[fact] == code)).sum())
