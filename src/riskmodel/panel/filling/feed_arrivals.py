"""From where each feed comes before a round, so that one that is late in some areas is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.keys import Days, Span, as_days
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.place_counts import Flags, Floats, PlaceCounts, Sums, place_counts
from riskmodel.records import Records

LEAST_ROUNDS = 3
"""Rounds in which a feed brought something, below which nothing is usual."""
LEAST_EXPECTED = 30.0
"""Households that must be expected of a place to say that they are missing."""
LATE_Z = -5.0
LATE_SHARE = 0.5
LEAST_ELSEWHERE = 0.25
"""Share of what is expected that must have come from elsewhere, else the feed moved nationally."""
ELSEWHERE = ""
MONTH = "31D"
"""Half a round, in which a monthly feed comes once: its last month may be late alone."""

Asked = Callable[[Sequence[str], Sequence[str]], Flags]
"""Which feeds are asked about in which areas, of shape (n_feeds, n_areas, 1)."""


class LateFeed(NamedTuple):
    """A feed of which too little came from some places.

    Attributes
    ----------
    feed : str
    places : tuple of str
    share : float
        Households with a new fact there, per household expected.
    """

    feed: str
    places: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class PlaceRates:
    """How much more than the country each place brings of each feed.

    Attributes
    ----------
    rates : mapping of feed to mapping of place to float
        Households with a new fact per household living there, relative to the country's, to three
        digits. Places that bring fewer than 10 households in a round are one, `ELSEWHERE`.
    spread : mapping of feed to float
        Variance of the counts of a round around what is expected, per household expected.
    """

    rates: Mapping[str, Mapping[str, float]]
    spread: Mapping[str, float]


@dataclass(frozen=True)
class FeedArrivals:
    """Of each feed the usual share of each place in what comes in before a round.

    A count of a feed f in a round r and a place p is expected as

        m(f, r) * s(f, p) * n(p, r)

    with n households living in p, what the feed brought nationally per household, m, and the
    place's own rate s. So a feed that falls everywhere, in a season or a recession, is late
    nowhere. Places where the feed is known not to be delivered are left out.

    Attributes
    ----------
    span : str
        The stretch before a round whose facts count.
    levels : mapping of str to PlaceRates
        By the attribute that names places: the widest that areas belong to, and areas.
    """

    span: str
    levels: Mapping[str, PlaceRates]

    @property
    def feeds(self) -> list[str]:
        """The feeds of which something is usual."""
        return sorted({feed for rates in self.levels.values() for feed in rates.rates})

    def late(self, counts: PlaceCounts, day: np.datetime64, asked: Asked) -> list[LateFeed]:
        """Return the feeds that are late somewhere before a round, each with the places.

        Too little came from a place if at least `LEAST_EXPECTED` households were expected, less
        than half of them came, and the count is more than five standard deviations too low. What is
        expected follows from the places that are not late.

        Parameters
        ----------
        counts : PlaceCounts
        day : datetime64[D]
        asked : callable
        """
        feeds = self.feeds
        counted = counts.before(np.array([day]), self.span, feeds)
        is_asked = asked(feeds, counted.areas)
        late: list[LateFeed] = []
        for level in counts.levels:
            rates = self.levels.get(level.name, PlaceRates({}, {}))
            sums = level.sums(counted, is_asked)
            for row, feed in enumerate(feeds):
                found = _late_places(rates, feed, sums, row)
                if found is not None:
                    late.append(found)
                    # areas of a place that is late are not late once more
                    is_asked[row] &= ~level.belongs(counted.areas, found.places)[:, None]
        return late

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        levels = {
            name: {
                "rates": {feed: dict(own) for feed, own in level.rates.items()},
                "spread": dict(level.spread),
            }
            for name, level in self.levels.items()
        }
        return {"span": self.span, "levels": levels}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FeedArrivals:
        """Read what `to_dict` wrote."""
        levels = {
            str(name): PlaceRates(
                {str(feed): dict(own) for feed, own in level["rates"].items()},
                {str(feed): float(spread) for feed, spread in level["spread"].items()},
            )
            for name, level in data["levels"].items()
        }
        return cls(str(data["span"]), levels)


def arrivals_before(
    records: Records, codes: Iterable[str], dates: Days, span: str, feeds: Feeds
) -> tuple[FeedArrivals, ...]:
    """Return what is usual within a span before rounds, and within a month where it is longer.

    Nothing is usual where the records name no area, or there are few dates.

    Parameters
    ----------
    records : Records
    codes : iterable of str
    dates : ndarray of datetime64[D]
    span : str
    feeds : Feeds
        They say where a feed is live.
    """
    if records.area is None or len(dates) < LEAST_ROUNDS:
        return ()
    dates, names = as_days(dates), sorted(codes)
    last = dates.max()
    is_longer = Span.parse(span).before(last) < Span.parse(MONTH).before(last)
    stretches = (span, MONTH) if is_longer else (span,)
    with place_counts(records, last) as counts:
        counted = [counts.before(dates, stretch, names) for stretch in stretches]
    # where feeds are live does not depend on the stretch
    is_live = _live(feeds, names, dates, counted[0].areas)
    made = []
    for stretch, own in zip(stretches, counted, strict=True):
        rates = {level.name: _rates(names, level.sums(own, is_live)) for level in counts.levels}
        usual = {name: of_level for name, of_level in rates.items() if of_level.rates}
        made += [FeedArrivals(stretch, usual)] if usual else []
    return tuple(made)


def late_feeds(
    arrivals: Iterable[FeedArrivals], records: Records, day: np.datetime64
) -> list[LateFeed]:
    """Return the feeds that are late somewhere within some stretch, each place once.

    Parameters
    ----------
    arrivals : iterable of FeedArrivals
    records : Records
    day : datetime64[D]
    """
    usual = tuple(arrivals)
    if records.area is None or not usual:
        return []

    def live(feeds: Sequence[str], areas: Sequence[str]) -> Flags:
        return _live(Feeds.of(records), feeds, np.array([day]), areas)

    with place_counts(records, day) as counts:
        found = any(own.late(counts, day, _everywhere) for own in usual)
        # where a feed is live is asked only now: it takes a scan of all events
        return _each_once(own.late(counts, day, live) for own in usual) if found else []


def _everywhere(feeds: Sequence[str], areas: Sequence[str]) -> Flags:
    return np.ones((len(feeds), len(areas), 1), dtype=bool)


def _each_once(found: Iterable[Sequence[LateFeed]]) -> list[LateFeed]:
    """Return late feeds of several stretches; a place that was told before is left out."""
    every: list[LateFeed] = []
    for late in found:
        told = {(own.feed, place) for own in every for place in own.places}
        for own in late:
            places = tuple(place for place in own.places if (own.feed, place) not in told)
            every += [own._replace(places=places)] if places else []
    return every


def _live(feeds: Feeds, codes: Sequence[str], dates: Days, areas: Sequence[str]) -> Flags:
    """Return whether each feed is live in each area on each date."""
    live = np.ones((len(codes), len(areas), len(dates)), dtype=bool)
    for row, code in enumerate(codes):
        for column, day in enumerate(dates):
            live[row, :, column] = feeds.is_live(code, day, areas)
    return live


def _rates(feeds: Sequence[str], sums: Sums) -> PlaceRates:
    """Return the rates of places and the spread of their counts, by feed."""
    rates: dict[str, dict[str, float]] = {}
    spread: dict[str, float] = {}
    for row, feed in enumerate(feeds):
        came, living = sums.arrived[row], sums.living[row]
        is_round = came.sum(axis=0) >= MIN_HOUSEHOLDS
        came, living = came[:, is_round], living[:, is_round]
        if came.shape[1] < LEAST_ROUNDS:
            continue
        is_large = came.mean(axis=1) >= MIN_HOUSEHOLDS
        names = [place for place, large in zip(sums.places, is_large, strict=True) if large]
        came, living = _with_elsewhere(came, is_large), _with_elsewhere(living, is_large)
        if came[-1].mean() < MIN_HOUSEHOLDS:
            came, living = came[:-1], living[:-1]
        else:
            names.append(ELSEWHERE)
        if len(names) > 1:
            rate, expected = _expected(came, living)
            rates[feed] = {n: float(f"{r:.3g}") for n, r in zip(names, rate, strict=True)}
            spread[feed] = float(f"{_spread(came, expected):.3g}")
    return PlaceRates(rates, spread)


def _with_elsewhere(counts: Floats, is_large: Flags) -> Floats:
    return np.vstack([counts[is_large], counts[~is_large].sum(axis=0)])


def _expected(came: Floats, living: Floats) -> tuple[Floats, Floats]:
    """Return the rate of each place, and what is expected of it in each round."""
    national = came.sum(axis=0) / living.sum(axis=0)
    rate = came.sum(axis=1) / (national * living).sum(axis=1)
    expected = rate[:, None] * national * living
    return rate, expected * (came.sum(axis=0) / expected.sum(axis=0))


def _spread(came: Floats, expected: Floats) -> float:
    """Return Pearson's statistic per degree of freedom, 1 at least."""
    free = (came.shape[0] - 1) * (came.shape[1] - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(expected > 0, (came - expected) ** 2 / expected, 0.0)
    return max(1.0, float(terms.sum() / free))


def _late_places(rates: PlaceRates, feed: str, sums: Sums, row: int) -> LateFeed | None:
    """Return the places where a feed is late, and the share of what is expected that came."""
    usual_rate = rates.rates.get(feed, {})
    names = list(usual_rate)
    came, living = (_by_name(names, sums.places, own[row, :, 0]) for own in sums[1:])
    usual = np.array(list(usual_rate.values())) * living
    if not usual.sum():
        return None

    is_late = np.zeros(len(names), dtype=bool)
    level = came.sum() / usual.sum()
    for _ in names:
        expected = level * usual
        is_low = (expected >= LEAST_EXPECTED) & (came < LATE_SHARE * expected)
        if (is_low == is_late).all():
            break
        is_late = is_low
        if usual[~is_late].sum() < LEAST_ELSEWHERE * usual.sum():
            return None
        level = came[~is_late].sum() / usual[~is_late].sum()
    variance = rates.spread[feed] * (expected + expected**2 / max(came[~is_late].sum(), 1.0))
    is_late &= came - expected < LATE_Z * np.sqrt(variance)
    is_late &= np.array([name != ELSEWHERE for name in names])
    if not is_late.any():
        return None
    places = tuple(name for name, late in zip(names, is_late, strict=True) if late)
    return LateFeed(feed, places, float(came[is_late].sum() / expected[is_late].sum()))


def _by_name(names: Sequence[str], places: Sequence[str], counts: Floats) -> Floats:
    """Return the counts of the places that are named; all others are `ELSEWHERE`."""
    position = {name: number for number, name in enumerate(names)}
    own = np.array([position.get(place, position.get(ELSEWHERE, -1)) for place in places], int)
    sums = np.bincount(own[own >= 0], counts[own >= 0], minlength=len(names))
    return sums.astype(np.float64)
