"""Which feeds deliver, where and since when: the difference between missing and zero, and a state's deliveries.

A feed is live on a date in an area if it has begun there and the newest of its deliveries that was due has come. Begun
is said by its coverage, else by the catalogue's `live_from`, else by the first of it that can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, as_days, visible
from riskmodel.panel.scan import literal, query
from riskmodel.records import Records

NO_AREA = ""
_PAST = np.datetime64("0001-01-01", "D")

Period = tuple[np.datetime64, np.datetime64]


class Deliveries(NamedTuple):
    """Deliveries of a feed, due or come."""

    day: Days
    known: Days
    retracted: Days
    came: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Deliveries:
        """Take them from a frame."""
        day, known, retracted = (as_days(rows[f"{name}_date"]) for name in ("event", "known", "retracted"))
        return cls(day, known, retracted, rows["delivered"].to_numpy(bool))


@dataclass(frozen=True, eq=False)
class Feed:
    """What is known of one feed; areas apart, where it is told by area.

    Attributes
    ----------
    first_visible : datetime64[D]
        The day after which some fact of it can be seen; NaT for a feed without facts.
    periods : mapping of area to list of (first, last) day
        Of its coverage, in order.
    listed : mapping of area to Deliveries
        Those of the records' own table.
    dated : Deliveries, optional
        The days on which a state's facts are dated.
    """

    first_visible: np.datetime64 = NO_DAY
    periods: Mapping[str, list[Period]] = field(default_factory=dict)
    listed: Mapping[str, Deliveries] = field(default_factory=dict)
    dated: Deliveries | None = None

    @property
    def areas(self) -> set[str]:
        """The areas that its coverage or its deliveries tell apart."""
        return {*self.periods, *self.listed} - {NO_AREA}

    def covered(self, area: str) -> list[Period]:
        """Return its periods in an area, in order."""
        return sorted(period for name in {NO_AREA, area} for period in self.periods.get(name, ()))

    def due(self, area: str, as_of: np.datetime64) -> tuple[Days, NDArray[np.bool_]]:
        """Return the days of the deliveries due that can be seen on a date, in order, and which of them came."""
        found = [self.listed[name] for name in sorted({NO_AREA, area}) if name in self.listed]
        found += [] if self.dated is None else [self.dated]
        if not found:
            return np.zeros(0, "datetime64[D]"), np.zeros(0, bool)
        day, known, retracted, came = map(np.concatenate, zip(*found, strict=True))
        seen = visible(day, known, as_of, retracted)
        days, place = np.unique(day[seen], return_inverse=True)
        return days, np.bincount(place, came[seen], minlength=len(days)) > 0


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
            records,
            "events",
            """SELECT code, min(greatest(event_date, known_date)) AS first_visible,
                  count(retracted_date) AS retracted FROM source GROUP BY code ORDER BY code""",
        ).set_index("code")
        first = dict(zip(map(str, seen.index), as_days(seen["first_visible"]), strict=True))
        feeds = {code: Feed(first.get(code, NO_DAY)) for code in sorted({*records.catalogue, *first})}
        return cls(records.catalogue, _declared(records, feeds), bool(seen["retracted"].sum()), records.since)

    @classmethod
    def of_outcomes(cls, records: Records, codes: Sequence[str]) -> Feeds:
        """Read what the records say of some feeds beside their facts: those of an outcome may be very few."""
        feeds = _declared(records, dict.fromkeys(records.catalogue, Feed()))
        return cls(
            records.catalogue, {code: feeds[code] for code in codes}, retractions=False, extract_since=records.since
        )

    def with_deliveries(self, records: Records, states: Sequence[str]) -> Feeds:
        """Return the feeds with the days on which some states' facts are dated among their deliveries.

        Facts do not tell of which area a delivery was: of a feed delivered area by area only those listed count.
        """
        wanted = [code for code in states if not {*self.feeds[code].listed} - {NO_AREA}]
        if not wanted:
            return self
        chosen = f"""SELECT DISTINCT code, event_date, known_date, retracted_date, TRUE AS delivered
                     FROM source WHERE list_contains({literal(wanted)}::VARCHAR[], code)"""
        found = query(records, "events", chosen).groupby("code")
        dated = {str(c): replace(self.feeds[str(c)], dated=Deliveries.of(rows)) for c, rows in found}
        return replace(self, feeds={**self.feeds, **dated})

    @property
    def areas(self) -> list[str]:
        """The areas that some feed's coverage or deliveries tell apart."""
        return sorted(set().union(*(feed.areas for feed in self.feeds.values())))

    def visible_codes(self, as_of: np.datetime64) -> list[str]:
        """Return the codes of which some fact can be seen on a date."""
        return [code for code, feed in self.feeds.items() if feed.first_visible < as_of]

    def is_live(self, code: str, as_of: np.datetime64, area: str = NO_AREA) -> bool:
        """Tell whether a feed delivers on a date in an area."""
        feed, live_from = self.feeds[code], self.catalogue[code].live_from
        _, came = feed.due(area, as_of)
        if len(came) and not came[-1]:
            return False
        if feed.periods:
            return any(first < as_of <= last for first, last in feed.covered(area))
        if live_from is not None:
            return bool(as_days(live_from) < as_of)
        return bool(came.any()) or (not feed.areas and bool(feed.first_visible < as_of))

    def delivered(self, code: str, as_of: np.datetime64, area: str = NO_AREA) -> Days:
        """Return the days of a feed's deliveries that can be seen on a date, in order."""
        days, came = self.feeds[code].due(area, as_of)
        return days[came]

    def is_cut_short(
        self,
        code: str,
        opens: np.datetime64,
        closes: np.datetime64,
        area: str = NO_AREA,
        as_of: np.datetime64 | None = None,
    ) -> bool:
        """Tell whether a feed was delivered for a part only of the days of a window, as known on its end or a date."""
        feed = self.feeds[code]
        days, came = feed.due(area, closes if as_of is None else as_of)
        if (~came[(days >= opens) & (days < closes)]).any():
            return True
        if not feed.periods:
            since = self._since(code, days[came])
            return since is not None and bool(opens < since)
        reached = opens
        for first, last in feed.covered(area):
            reached = max(reached, last) if first <= reached else reached
        return bool(reached < closes)

    def _since(self, code: str, delivered: Days) -> np.datetime64 | None:
        """Return the first day that a feed without coverage tells of."""
        feed, live_from = self.feeds[code], self.catalogue[code].live_from
        if live_from is not None:
            return np.datetime64(as_days(live_from))
        if feed.listed and len(delivered):
            return np.datetime64(delivered[0])
        # Of what comes later nothing may be learnt: the day of a fact that becomes known counts from then on.
        if self.extract_since is not None or np.isnat(feed.first_visible):
            return self.extract_since
        return feed.first_visible


def _declared(records: Records, feeds: dict[str, Feed]) -> dict[str, Feed]:
    for code, by_area in _by_feed(records, "coverage").items():
        feeds[code] = replace(feeds.get(code, Feed()), periods={a: _periods(rows) for a, rows in by_area.items()})
    for code, by_area in _by_feed(records, "deliveries").items():
        listed = {area: Deliveries.of(rows.assign(retracted_date=NO_DAY)) for area, rows in by_area.items()}
        feeds[code] = replace(feeds.get(code, Feed()), listed=listed)
    return feeds


def _by_feed(records: Records, table: str) -> dict[str, dict[str, pd.DataFrame]]:
    found = query(records, table, "SELECT * FROM source")
    areas = found["area"].astype(object)
    placed = found.assign(area=areas.where(areas.notna(), NO_AREA))
    return {
        str(code): {str(area): part for area, part in rows.groupby("area")} for code, rows in placed.groupby("feed")
    }


def _periods(rows: pd.DataFrame) -> list[Period]:
    first, last = as_days(rows["from_date"]), as_days(rows["to_date"])
    return [
        (_PAST if np.isnat(begun) else begun, FAR_FUTURE if np.isnat(over) else over)
        for begun, over in zip(first, last, strict=True)
    ]
