"""From where each feed comes before a round, so that one that is late in some areas is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.keys import Days, Span, as_days
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.records import Records
from riskmodel.records.engine import name_relation, scan_engine

Counts = NDArray[np.float64]

LEAST_ROUNDS = 3
"""Rounds in which a feed brought something, below which nothing is usual."""
LEAST_EXPECTED = 30.0
"""Households that must be expected of a place to say that they are missing."""
LATE_Z = -5.0
LATE_SHARE = 0.5
AGREEMENT = 0.99
"""Share of the households of areas whose wider place their area tells."""
LEAST_ELSEWHERE = 0.25
"""Share of what is expected that must have come from elsewhere, else the feed moved nationally."""
ELSEWHERE = ""
MONTH = "31D"
"""Half a round, in which a monthly feed comes once: its last month may be late alone."""
_HOMES = """
    CREATE OR REPLACE TEMP TABLE {table} AS
    WITH told AS (
        SELECT household_id::VARCHAR AS household_id,
            coalesce(known_date, DATE '0001-01-01') AS since,
            max(coalesce(text, number::VARCHAR)) AS place
        FROM attributes
        WHERE name = $name
        GROUP BY ALL
    )
    SELECT household_id, place, since,
        lead(since, 1, DATE '9999-12-31') OVER (PARTITION BY household_id ORDER BY since) AS until
    FROM told
"""
_LIVING = """
    SELECT number, place, count(*) AS households
    FROM homes JOIN rounds ON since < day AND until >= day
    WHERE place IS NOT NULL
    GROUP BY ALL
    ORDER BY ALL
"""
_ARRIVED = """
    WITH arrived AS (
        SELECT DISTINCT number, day, code, household_id::VARCHAR AS household_id
        FROM events
        JOIN rounds
            ON greatest(event_date, known_date) >= first AND greatest(event_date, known_date) < day
        WHERE list_contains($codes::VARCHAR[], code)
    )
    SELECT number, code, place, count(*) AS households
    FROM arrived JOIN homes USING (household_id)
    WHERE since < day AND until >= day AND place IS NOT NULL
    GROUP BY ALL
    ORDER BY ALL
"""
_WIDER = """
    SELECT area.place AS area, wide.place AS place, count(*) AS households
    FROM homes AS area JOIN wider AS wide USING (household_id)
    WHERE area.since < $day AND area.until >= $day AND wide.since < $day AND wide.until >= $day
        AND area.place IS NOT NULL AND wide.place IS NOT NULL
    GROUP BY ALL
    ORDER BY households DESC, area, place
"""


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

    @classmethod
    def of(
        cls, records: Records, codes: Iterable[str], dates: Days, span: str, feeds: Feeds
    ) -> FeedArrivals:
        """Count them before each date.

        Parameters
        ----------
        records : Records
            They name areas.
        codes : iterable of str
        dates : ndarray of datetime64[D]
        span : str
        feeds : Feeds
            They say where a feed is live.
        """
        names = sorted(codes)
        with scan_engine() as con:
            counted = _Counted.of(con, records, names, as_days(dates), span)
            levels = _levels(con, records, dates.max())
        is_live = _live(feeds, names, as_days(dates), counted.areas)
        rates = {level.name: _rates(names, level.sums(counted, is_live)) for level in levels}
        return cls(span, {name: own for name, own in rates.items() if own.rates})

    def late(self, records: Records, day: np.datetime64) -> list[LateFeed]:
        """Return the feeds that are late somewhere before a round, each with the places.

        Too little came from a place if at least `LEAST_EXPECTED` households were expected, less
        than half of them came, and the count is more than five standard deviations too low. What is
        expected follows from the places that are not late.

        Parameters
        ----------
        records : Records
        day : datetime64[D]
        """
        if records.area is None or not self.levels:
            return []
        feeds = sorted({feed for rates in self.levels.values() for feed in rates.rates})
        with scan_engine() as con:
            counted = _Counted.of(con, records, feeds, np.array([day]), self.span)
            levels = [level for level in _levels(con, records, day) if level.name in self.levels]
        everywhere = np.ones((len(feeds), len(counted.areas), 1), dtype=bool)
        if not self._late(counted, levels, feeds, everywhere):
            return []
        # where a feed is live is asked only now: it takes a scan of all events
        is_live = _live(Feeds.of(records), feeds, np.array([day]), counted.areas)
        return self._late(counted, levels, feeds, is_live)

    def _late(
        self,
        counted: _Counted,
        levels: Sequence[_Level],
        feeds: Sequence[str],
        is_asked: NDArray[np.bool_],
    ) -> list[LateFeed]:
        is_asked, late = is_asked.copy(), []
        for level in levels:
            rates, sums = self.levels[level.name], level.sums(counted, is_asked)
            for row, feed in enumerate(feeds):
                if feed in rates.rates:
                    found = _late_places(rates, feed, sums.of(row))
                    late += [LateFeed(feed, *found)] if found else []
                    # areas of a place that is late are not late once more
                    is_asked[row] &= ~level.belongs(counted.areas, found)[:, None]
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

    None where the records name no area, or there are few dates.

    Parameters
    ----------
    records, codes, dates, span, feeds
        As for `FeedArrivals.of`.
    """
    if records.area is None or len(dates) < LEAST_ROUNDS:
        return ()
    first = as_days(dates).max()
    is_longer = Span.parse(span).before(first) < Span.parse(MONTH).before(first)
    spans = (span, MONTH) if is_longer else (span,)
    codes = list(codes)
    made = (FeedArrivals.of(records, codes, dates, own, feeds) for own in spans)
    return tuple(own for own in made if own.levels)


def late_feeds(
    arrivals: Iterable[FeedArrivals], records: Records, day: np.datetime64
) -> list[LateFeed]:
    """Return the feeds that are late somewhere within some span, each place once.

    Parameters
    ----------
    arrivals : iterable of FeedArrivals
    records, day
        As for `FeedArrivals.late`.
    """
    found: list[LateFeed] = []
    for own in arrivals:
        told = {(late.feed, place) for late in found for place in late.places}
        for late in own.late(records, day):
            places = tuple(place for place in late.places if (late.feed, place) not in told)
            found += [late._replace(places=places)] if places else []
    return found


@dataclass(frozen=True, eq=False)
class _Counted:
    """What came from each area before each day.

    Attributes
    ----------
    areas : list of str
    arrived : ndarray of float, shape (n_feeds, n_areas, n_days)
        Households with a new fact.
    living : ndarray of float, shape (n_areas, n_days)
    """

    areas: list[str]
    arrived: Counts
    living: Counts

    @classmethod
    def of(
        cls,
        con: duckdb.DuckDBPyConnection,
        records: Records,
        feeds: Sequence[str],
        dates: Days,
        span: str,
    ) -> _Counted:
        first = Span.parse(span).before(dates)
        rounds = pd.DataFrame({"first": first, "day": dates}).astype("datetime64[s]")
        con.register("rounds", rounds.assign(number=np.arange(len(dates))))
        name_relation(con, "events", records.relation("events"))
        name_relation(con, "attributes", records.relation("attributes"))
        con.execute(_HOMES.format(table="homes"), {"name": records.area})
        living = con.execute(_LIVING).df()
        came = con.execute(_ARRIVED, {"codes": list(feeds)}).df()

        areas = sorted(living["place"].unique())
        counted = cls(
            areas,
            np.zeros((len(feeds), len(areas), len(dates))),
            np.zeros((len(areas), len(dates))),
        )
        area = pd.Index(areas).get_indexer(living["place"])
        counted.living[area, living["number"]] = living["households"]
        feed, area = (
            pd.Index(feeds).get_indexer(came["code"]),
            pd.Index(areas).get_indexer(came["place"]),
        )
        counted.arrived[feed, area, came["number"]] = came["households"]
        return counted


class _Sums(NamedTuple):
    """What came from places: households with a new fact, and those living there.

    Both are of shape (n_feeds, n_places, n_days).
    """

    places: list[str]
    arrived: Counts
    living: Counts

    def of(self, feed: int) -> dict[str, tuple[float, float]]:
        """Return the two counts of each place on the first day."""
        pairs = zip(self.arrived[feed, :, 0], self.living[feed, :, 0], strict=True)
        return dict(zip(self.places, pairs, strict=True))


@dataclass(frozen=True)
class _Level:
    """An attribute that names places, and to which of them each area belongs."""

    name: str
    of_area: Mapping[str, str]

    def sums(self, counted: _Counted, is_asked: NDArray[np.bool_]) -> _Sums:
        """Sum what came over the areas of each place, where it is asked for."""
        places = sorted({self.of_area[area] for area in counted.areas if area in self.of_area})
        own = [[self.of_area.get(area) == place for area in counted.areas] for place in places]
        member = np.array(own, dtype=float).reshape(len(places), len(counted.areas))
        arrived = np.einsum("pa,far->fpr", member, counted.arrived * is_asked)
        living = np.einsum("pa,far->fpr", member, counted.living[None] * is_asked)
        return _Sums(places, arrived, living)

    def belongs(
        self, areas: Sequence[str], found: tuple[tuple[str, ...], float] | None
    ) -> NDArray[np.bool_]:
        """Tell which areas belong to the places that were found."""
        places = set(found[0]) if found else set()
        return np.array([self.of_area.get(area) in places for area in areas], dtype=bool)


def _levels(con: duckdb.DuckDBPyConnection, records: Records, day: np.datetime64) -> list[_Level]:
    """Return the widest places that areas belong to, if there are any, and the areas.

    Areas belong to the values of another group of the records where all but one in a hundred of
    their households do.
    """
    assert records.area is not None
    wider: list[_Level] = []
    for group in records.groups:
        if group == records.area:
            continue
        con.execute(_HOMES.format(table="wider"), {"name": group})
        pairs = con.execute(_WIDER, {"day": str(day)}).df()
        first = pairs.drop_duplicates("area")
        agrees = first["households"].sum() >= AGREEMENT * pairs["households"].sum()
        if agrees and 1 < first["place"].nunique() < len(first):
            wider.append(_Level(group, dict(zip(first["area"], first["place"], strict=True))))
    wider.sort(key=lambda level: len(set(level.of_area.values())))
    areas = con.execute("SELECT DISTINCT place FROM homes WHERE place IS NOT NULL").df()["place"]
    return [*wider[:1], _Level(records.area, {area: area for area in areas})]


def _live(
    feeds: Feeds, codes: Sequence[str], dates: Days, areas: Sequence[str]
) -> NDArray[np.bool_]:
    """Return whether each feed is live in each area on each date."""
    live = np.ones((len(codes), len(areas), len(dates)), dtype=bool)
    for row, code in enumerate(codes):
        for column, day in enumerate(dates):
            live[row, :, column] = feeds.is_live(code, day, areas)
    return live


def _rates(feeds: Sequence[str], sums: _Sums) -> PlaceRates:
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


def _with_elsewhere(counts: Counts, is_large: NDArray[np.bool_]) -> Counts:
    return np.vstack([counts[is_large], counts[~is_large].sum(axis=0)])


def _expected(came: Counts, living: Counts) -> tuple[Counts, Counts]:
    """Return the rate of each place, and what is expected of it in each round."""
    national = came.sum(axis=0) / living.sum(axis=0)
    rate = came.sum(axis=1) / (national * living).sum(axis=1)
    expected = rate[:, None] * national * living
    return rate, expected * (came.sum(axis=0) / expected.sum(axis=0))


def _spread(came: Counts, expected: Counts) -> float:
    """Return Pearson's statistic per degree of freedom, 1 at least."""
    free = (came.shape[0] - 1) * (came.shape[1] - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(expected > 0, (came - expected) ** 2 / expected, 0.0)
    return max(1.0, float(terms.sum() / free))


def _late_places(
    rates: PlaceRates, feed: str, counts: Mapping[str, tuple[float, float]]
) -> tuple[tuple[str, ...], float] | None:
    """Return the late places of a feed and the share of what is expected that came from them."""
    names = list(rates.rates[feed])
    sums = dict.fromkeys(names, np.zeros(2))
    for place, pair in counts.items():
        own = place if place in sums else ELSEWHERE
        if own in sums:
            sums[own] = sums[own] + np.array(pair)
    came, living = np.array([sums[name] for name in names]).T
    usual = np.array([rates.rates[feed][name] for name in names]) * living
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
    return places, float(came[is_late].sum() / expected[is_late].sum())
