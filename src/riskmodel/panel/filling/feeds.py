"""Which feeds deliver, where and since when: this separates a missing value from a zero.

A feed is live on a date in an area if it has begun there and its newest due delivery has come. When
it has begun is read from its coverage; without coverage, from the catalogue's `live_from`; without
that, from its first visible fact or, if its deliveries are listed by area, from the first delivery
to the area.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, as_days
from riskmodel.panel.filling.one_feed import NO_AREA, Deliveries, Due, Feed, Period
from riskmodel.records import Records
from riskmodel.records.engine import query

_PAST = np.datetime64("0001-01-01", "D")


@dataclass(frozen=True, eq=False)
class Feeds:
    """What is known of all feeds.

    Attributes
    ----------
    catalogue : Catalogue
    feeds : mapping of code to Feed
    retractions : bool
        Whether any fact is ever retracted.
    extract_since : datetime64[D], optional
        First day of the records, where they say so.
    """

    catalogue: Catalogue
    feeds: Mapping[str, Feed]
    retractions: bool
    extract_since: np.datetime64 | None = None

    @classmethod
    def of(cls, records: Records) -> Feeds:
        """Read what the records say of their feeds."""
        seen = query(
            records.relation("events"),
            """
            SELECT
                code,
                min(greatest(event_date, known_date)) AS first_visible,
                count(retracted_date) AS retracted
            FROM source
            GROUP BY code
            ORDER BY code
            """,
        ).set_index("code")
        first = dict(zip(map(str, seen.index), as_days(seen["first_visible"]), strict=True))
        feeds = {
            code: Feed(first.get(code, NO_DAY)) for code in sorted({*records.catalogue, *first})
        }
        return cls(
            records.catalogue,
            _declared(records, feeds),
            bool(seen["retracted"].sum()),
            records.since,
        )

    @classmethod
    def of_outcomes(cls, records: Records, codes: Sequence[str]) -> Feeds:
        """Read what the records say of some feeds, but for their facts: an outcome's may be few."""
        feeds = _declared(records, dict.fromkeys(codes, Feed()), only=codes)
        return cls(records.catalogue, feeds, retractions=False, extract_since=records.since)

    def with_deliveries(self, records: Records, states: Sequence[str]) -> Feeds:
        """Return the feeds with the days of some states' facts among their deliveries.

        Facts do not say to which area a delivery belongs. If a feed's deliveries are listed by
        area, only the listed ones count.
        """
        wanted = [code for code in states if not self.feeds[code].is_listed_by_area]
        if not wanted:
            return self
        days = query(
            records.relation("events"),
            """
            SELECT DISTINCT
                code,
                $no_area AS area,
                event_date,
                known_date,
                retracted_date,
                TRUE AS delivered
            FROM source
            WHERE list_contains($codes::VARCHAR[], code)
            """,
            codes=wanted,
            no_area=NO_AREA,
        )
        by_code = _by_feed(days["code"], Deliveries.of(days))
        dated = {code: replace(self.feeds[code], dated=own) for code, own in by_code.items()}
        return replace(self, feeds={**self.feeds, **dated})

    @property
    def areas(self) -> list[str]:
        """The areas that some feed names, after the one of all other households."""
        named = {area for feed in self.feeds.values() for area in feed.areas}
        return [NO_AREA, *sorted(named - {NO_AREA})]

    def visible_codes(self, as_of: np.datetime64) -> list[str]:
        """Return the codes of which some fact can be seen on a date."""
        return [code for code, feed in self.feeds.items() if feed.first_visible < as_of]

    def is_live(self, code: str, as_of: np.datetime64, areas: Sequence[str]) -> NDArray[np.bool_]:
        """Return for each area whether a feed is live there on a date."""
        feed, live_from = self.feeds[code], self.catalogue[code].live_from
        due, live = feed.due(as_of), np.ones(len(feed.areas), bool)
        # Of several deliveries the newest one counts; it stands last.
        live[due.area] = due.came
        if feed.periods:
            live &= [
                any(first < as_of <= last for first, last in feed.covered(area))
                for area in feed.areas
            ]
        elif live_from is not None:
            live &= as_days(live_from) < as_of
        else:
            has_begun = len(feed.areas) == 1 and bool(feed.first_visible < as_of)
            live &= has_begun | (np.bincount(due.area[due.came], minlength=len(live)) > 0)
        return live[feed.positions(areas)]

    def delivered(
        self, code: str, as_of: np.datetime64, areas: Sequence[str]
    ) -> tuple[Days, NDArray[np.int64]]:
        """Return the days of a feed's deliveries that came and are visible on a date, by area.

        Returns
        -------
        days : ndarray of datetime64[D]
        span : ndarray of int64, shape (n_areas, 2)
            ``days[span[a, 0]:span[a, 1]]`` are the days of area a, in order.
        """
        feed = self.feeds[code]
        due, area = feed.due(as_of), feed.positions(areas)
        edge = np.searchsorted(due.area[due.came], range(len(feed.areas) + 1))
        return due.day[due.came], np.column_stack([edge[area], edge[area + 1]])

    def is_cut_short(
        self,
        code: str,
        opens: np.datetime64,
        closes: np.datetime64,
        areas: Sequence[str],
        as_of: np.datetime64 | None = None,
    ) -> NDArray[np.bool_]:
        """Return for each area whether a feed was delivered for only a part of a window.

        What is known counts as of `as_of`, or as of the window's end.
        """
        feed = self.feeds[code]
        due = feed.due(closes if as_of is None else as_of)
        missed = ~due.came & (due.day >= opens) & (due.day < closes)
        short = np.bincount(due.area[missed], minlength=len(feed.areas)) > 0
        if feed.periods:
            short |= [_is_left_open(feed.covered(area), opens, closes) for area in feed.areas]
        else:
            short |= opens < self._since(code, due)
        return short[feed.positions(areas)]

    def _since(self, code: str, due: Due) -> Days:
        """Return for each area the first day that a feed without coverage covers; NaT for all."""
        feed, live_from = self.feeds[code], self.catalogue[code].live_from
        # Nothing may be learnt from what comes later: a fact's day counts from when it is known.
        usual = feed.first_visible if self.extract_since is None else self.extract_since
        since = np.full(
            len(feed.areas), usual if live_from is None else as_days(live_from), "datetime64[D]"
        )
        if live_from is None and len(feed.listed.day):
            # A feed that has been delivered in some area covers no day of the others.
            since[:] = FAR_FUTURE if len(feed.areas) > 1 and due.came.any() else since
            since[due.area[due.came][::-1]] = due.day[due.came][::-1]
        return since


def _is_left_open(periods: Sequence[Period], opens: np.datetime64, closes: np.datetime64) -> bool:
    """Return whether periods, in order, leave a part of a window uncovered."""
    reached = opens
    for first, last in periods:
        reached = max(reached, last) if first <= reached else reached
    return bool(reached < closes)


def _declared(
    records: Records, feeds: dict[str, Feed], only: Sequence[str] | None = None
) -> dict[str, Feed]:
    """Add coverage and deliveries to the feeds: those of all codes, or only of some."""
    for code, periods in _periods(_rows(records, "coverage", only)).items():
        feeds[code] = replace(feeds.get(code, Feed()), periods=periods)

    table = _rows(records, "deliveries", only)
    listed = Deliveries.of(table.assign(retracted_date=NO_DAY))
    for code, own in _by_feed(table["feed"], listed).items():
        feeds[code] = replace(feeds.get(code, Feed()), listed=own)
    return feeds


def _by_feed(feed: pd.Series, deliveries: Deliveries) -> dict[str, Deliveries]:
    rows = feed.groupby(feed).indices
    return {str(code): deliveries.at(np.asarray(own)) for code, own in rows.items()}


def _periods(coverage: pd.DataFrame) -> dict[str, dict[str, list[Period]]]:
    """Return the periods of each feed, by area."""
    first, last = as_days(coverage["from_date"]), as_days(coverage["to_date"])
    opens = np.where(np.isnat(first), _PAST, first)
    closes = np.where(np.isnat(last), FAR_FUTURE, last)
    found: dict[str, dict[str, list[Period]]] = {}
    lines = zip(coverage["feed"], coverage["area"], opens, closes, strict=True)
    for feed, area, opened, closed in lines:
        found.setdefault(str(feed), {}).setdefault(area, []).append((opened, closed))
    return found


def _rows(records: Records, table: str, only: Sequence[str] | None) -> pd.DataFrame:
    """Return the rows of a table of feeds, with an area in each."""
    return query(
        records.relation(table),
        """
        SELECT * REPLACE (coalesce(area, $no_area) AS area)
        FROM source
        WHERE $codes::VARCHAR[] IS NULL OR list_contains($codes::VARCHAR[], feed)
        """,
        codes=None if only is None else list(only),
        no_area=NO_AREA,
    )
