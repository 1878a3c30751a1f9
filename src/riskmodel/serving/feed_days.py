"""Which feeds are live on a day, area by area, and which of their deliveries have come by then.

A feed is live where it has begun and its newest due delivery has come. When it has begun is read
from its coverage; without coverage, from the catalogue's `live_from`; without that, from its first
visible fact or, if its deliveries are listed by area, from the first delivery to the area.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Ints, Part
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.settled_facts import SeenFacts
from riskmodel.serving.settled_tables import Cells, Tables, cells_of, day_of
from riskmodel.serving.window_days import AFTER_EVERY_DAY, BEFORE_EVERY_DAY

# the area of a row that names none: it holds in all of them
EVERYWHERE = ""


class FeedRows(NamedTuple):
    """What coverage and deliveries say of one feed, each row with its area."""

    period_area: NDArray[Any]
    opens: Ints
    closes: Ints
    area: NDArray[Any]
    day: Ints
    known: Ints
    came: NDArray[np.bool_]

    @property
    def areas(self) -> list[str]:
        """The areas that it names, after the one of all other households."""
        return [EVERYWHERE, *sorted({*self.period_area, *self.area} - {EVERYWHERE})]

    @property
    def is_listed_by_area(self) -> bool:
        """Whether its deliveries differ between areas."""
        return bool((self.area != EVERYWHERE).any())


class FeedOn(NamedTuple):
    """A feed on one day in one area: whether it is live, and what it covers.

    Attributes
    ----------
    is_live : bool
    came : ndarray of int64
        The days of the deliveries that have come, in order.
    missed : ndarray of int64
        The days of those that were due and have not.
    gaps : ndarray of int64, shape (n_gaps, 2)
        From when to when it covers nothing, the last day excluded.
    """

    is_live: bool
    came: Ints
    missed: Ints
    gaps: Ints

    def is_cut_short(self, opens: int, as_of: int) -> bool:
        """Return whether it was delivered for only a part of a window that ends on the day."""
        is_missed = bool(((self.missed >= opens) & (self.missed < as_of)).any())
        first, last = self.gaps.T
        return is_missed or bool((np.maximum(first, opens) < np.minimum(last, as_of)).any())


def feed_rows(tables: Tables, codes: Sequence[str]) -> dict[str, FeedRows]:
    """Read what coverage and deliveries say of some feeds.

    Raises
    ------
    ServingError
    """
    coverage = cells_of(tables, "coverage", ("feed", "area", "from_date", "to_date"))
    deliveries = cells_of(
        tables, "deliveries", ("feed", "area", "event_date", "known_date", "delivered")
    )
    periods = (
        _areas(coverage["area"]),
        coverage["from_date"].days(blank=BEFORE_EVERY_DAY),
        coverage["to_date"].days(blank=AFTER_EVERY_DAY),
    )
    backwards = int((periods[2] < periods[1]).sum())
    if backwards:
        raise ServingError(
            f"coverage ends before it begins in {backwards:,} rows",
            "serving.coverage",
            "a to_date that is not before its from_date, or none",
            "write the table again from the records",
        )
    listed = (
        _areas(deliveries["area"]),
        deliveries["event_date"].days(),
        deliveries["known_date"].days(),
        deliveries["delivered"].truths(),
    )
    of_period = np.array(coverage["feed"].texts(), object)
    of_delivery = np.array(deliveries["feed"].texts(), object)
    return {
        code: FeedRows(
            *(column[of_period == code] for column in periods),
            *(column[of_delivery == code] for column in listed),
        )
        for code in codes
    }


def _areas(cells: Cells) -> NDArray[Any]:
    texts = cells.texts_or_none()
    return np.array([EVERYWHERE if area is None else area for area in texts], object)


def feed_on(
    feed: FeedRows,
    area: str,
    as_of: int,
    seen: SeenFacts,
    indicator: Part,
    since: int | None = None,
) -> FeedOn:
    """Return what a feed is on a day in an area.

    Parameters
    ----------
    feed : FeedRows
    area : str
        One of its areas.
    as_of : int
    seen : SeenFacts
        Of the feed, on the same day.
    indicator : mapping
        As the catalogue describes it.
    since : int, optional
        First day of the records, where they say so.
    """
    due, is_there = _due(feed, area, as_of, seen, is_state=indicator.get("kind") == "state")
    came = due[is_there]
    here = np.isin(feed.period_area, [EVERYWHERE, area])
    opens, closes = feed.opens[here], feed.closes[here]
    given = indicator.get("live_from")
    live_from = None if given is None else day_of(given, "live_from of an indicator")

    if len(feed.opens):
        has_begun = bool(((opens < as_of) & (as_of <= closes)).any())
        gaps = _between(opens, closes)
    else:
        begins = seen.first_visible if since is None else since
        if live_from is not None:
            has_begun, begins = live_from < as_of, live_from
        else:
            is_seen = not feed.is_listed_by_area and seen.first_visible < as_of
            has_begun = is_seen or len(came) > 0
            if len(feed.day) and len(came):
                begins = int(came[0])
        gaps = np.array([[BEFORE_EVERY_DAY, begins]], np.int64)
    newest_came = bool(is_there[-1]) if len(due) else True
    return FeedOn(has_begun and newest_came, came, due[~is_there], gaps)


def _due(
    feed: FeedRows, area: str, as_of: int, seen: SeenFacts, *, is_state: bool
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the days of the deliveries due that are known on a day, and which of them came.

    The facts of a state date deliveries, too, unless these are listed by area: a fact does not say
    to which area a delivery belongs.
    """
    is_here = np.isin(feed.area, [EVERYWHERE, area])
    is_known = is_here & (feed.day < as_of) & (feed.known < as_of)
    dated = seen.days if is_state and not feed.is_listed_by_area else seen.days[:0]
    days, place = np.unique(np.append(feed.day[is_known], dated), return_inverse=True)
    came = np.append(feed.came[is_known], np.ones(len(dated), bool))
    return days, np.bincount(place, came, minlength=len(days)) > 0


def _between(opens: Ints, closes: Ints) -> Ints:
    """Return from when to when no period holds."""
    order = np.argsort(opens, kind="stable")
    reached = np.maximum.accumulate(np.append(BEFORE_EVERY_DAY, closes[order]))
    return np.column_stack([reached, np.append(opens[order], AFTER_EVERY_DAY)])
