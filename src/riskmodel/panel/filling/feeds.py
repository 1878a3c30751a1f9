"""Which feeds deliver, where and since when: this separates a missing value from a zero.

A feed is live on a date in an area if it has begun there and its newest due delivery has come. When
it has begun is read from its coverage; without coverage, from the catalogue's `live_from`; without
that, from its first visible fact or, if its deliveries are listed by area, from the first delivery
to the area.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, as_days, visible
from riskmodel.records import Records
from riskmodel.records.engine import query

NO_AREA = ""
_PAST = np.datetime64("0001-01-01", "D")

Period = tuple[np.datetime64, np.datetime64]


class Deliveries(NamedTuple):
    """Deliveries of a feed, due or come, each in an area or everywhere."""

    area: NDArray[np.object_]
    day: Days
    known: Days
    retracted: Days
    came: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Deliveries:
        """Take them from a frame."""
        day, known, retracted = (
            as_days(rows[f"{name}_date"]) for name in ("event", "known", "retracted")
        )
        return cls(
            rows["area"].to_numpy(object), day, known, retracted, rows["delivered"].to_numpy(bool)
        )

    def at(self, rows: NDArray[Any]) -> Deliveries:
        """Return some of them."""
        return Deliveries(
            self.area[rows], self.day[rows], self.known[rows], self.retracted[rows], self.came[rows]
        )


_NO_DAYS = np.zeros(0, "datetime64[D]")
_NONE = Deliveries(np.zeros(0, object), _NO_DAYS, _NO_DAYS, _NO_DAYS, np.zeros(0, bool))


class Due(NamedTuple):
    """The due deliveries visible on a date: one row per area and day, in this order."""

    area: NDArray[np.int64]
    day: Days
    came: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Feed:
    """What is known about one feed, by area if its coverage or its deliveries are.

    Attributes
    ----------
    first_visible : datetime64[D]
        The day after which some fact of it can be seen; NaT for a feed without facts.
    periods : mapping of area to list of (first, last) day
        Of its coverage, in order.
    listed : Deliveries
        Those of the records' own table.
    dated : Deliveries
        The days on which a state's facts are dated.
    """

    first_visible: np.datetime64 = NO_DAY
    periods: Mapping[str, list[Period]] = field(default_factory=dict)
    listed: Deliveries = _NONE
    dated: Deliveries = _NONE

    @cached_property
    def areas(self) -> list[str]:
        """The areas that its coverage or deliveries name, after the one of all other households."""
        return [NO_AREA, *sorted({*self.periods, *self.listed.area} - {NO_AREA})]

    @property
    def is_listed_by_area(self) -> bool:
        """Whether its listed deliveries differ between areas."""
        return bool((self.listed.area != NO_AREA).any())

    def positions(self, areas: Sequence[str]) -> NDArray[np.int64]:
        """Return each area's position among the feed's own; 0 for one that it does not name."""
        own = {area: position for position, area in enumerate(self.areas)}
        return np.array([own.get(area, 0) for area in areas], np.int64)

    def covered(self, area: str) -> list[Period]:
        """Return its periods in an area, in order."""
        return sorted(period for name in {NO_AREA, area} for period in self.periods.get(name, ()))

    def due(self, as_of: np.datetime64) -> Due:
        """Return the due deliveries visible on a date, by area, and which of them came."""
        area, deliveries = self._by_area
        is_visible = visible(deliveries.day, deliveries.known, as_of, deliveries.retracted)
        area, day, came = area[is_visible], deliveries.day[is_visible], deliveries.came[is_visible]
        if not len(day):
            return Due(area, day, came)
        is_new = (area[1:] != area[:-1]) | (day[1:] != day[:-1])
        first = np.flatnonzero(np.append(True, is_new))
        return Due(area[first], day[first], np.logical_or.reduceat(came, first))

    @cached_property
    def _by_area(self) -> tuple[NDArray[np.int64], Deliveries]:
        """All its deliveries by area and day; one for all areas stands once in each area."""
        both = zip(self.listed, self.dated, strict=True)
        deliveries = Deliveries._make(np.append(*pair) for pair in both)
        everywhere = np.flatnonzero(deliveries.area == NO_AREA)
        own = np.flatnonzero(deliveries.area != NO_AREA)
        rows = np.append(own, np.tile(everywhere, len(self.areas)))
        of_own = pd.Index(self.areas).get_indexer(pd.Index(deliveries.area[own]))
        in_each = np.repeat(np.arange(len(self.areas)), len(everywhere))
        area = np.append(of_own, in_each).astype(np.int64)
        order = np.lexsort((deliveries.day[rows], area))
        return area[order], deliveries.at(rows[order])


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
        dated = {
            str(code): replace(self.feeds[str(code)], dated=Deliveries.of(rows))
            for code, rows in days.groupby("code")
        }
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
    for code, rows in _by_feed(records, "coverage", only):
        periods: dict[str, list[Period]] = {}
        for area, first, last in zip(
            rows["area"], as_days(rows["from_date"]), as_days(rows["to_date"]), strict=True
        ):
            period = (_PAST if np.isnat(first) else first, FAR_FUTURE if np.isnat(last) else last)
            periods.setdefault(area, []).append(period)
        feeds[code] = replace(feeds.get(code, Feed()), periods=periods)
    for code, rows in _by_feed(records, "deliveries", only):
        feeds[code] = replace(
            feeds.get(code, Feed()), listed=Deliveries.of(rows.assign(retracted_date=NO_DAY))
        )
    return feeds


def _by_feed(
    records: Records, table: str, only: Sequence[str] | None
) -> Iterator[tuple[str, pd.DataFrame]]:
    rows = query(
        records.relation(table),
        """
        SELECT * REPLACE (coalesce(area, $no_area) AS area)
        FROM source
        WHERE $codes::VARCHAR[] IS NULL OR list_contains($codes::VARCHAR[], feed)
        """,
        codes=None if only is None else list(only),
        no_area=NO_AREA,
    )
    yield from ((str(code), own) for code, own in rows.groupby("feed"))
