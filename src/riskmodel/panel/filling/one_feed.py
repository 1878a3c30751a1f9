"""One feed: since when it is covered, and which of its deliveries are due on a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import NO_DAY, Days, as_days, visible

NO_AREA = ""

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


_NOTHING_DUE = Due(np.zeros(0, np.int64), _NO_DAYS, np.zeros(0, bool))


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
        if not len(self.listed.day) and not len(self.dated.day):
            return _NOTHING_DUE
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
