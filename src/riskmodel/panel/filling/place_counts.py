"""What came of each feed from each place before some days, and what places there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Days, Span
from riskmodel.records import Records
from riskmodel.records.engine import name_relation, scan_engine

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AGREEMENT = 0.99
"""Share of the households of areas whose wider place their area tells."""
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


class Sums(NamedTuple):
    """What came from places: households with a new fact, and those living there.

    Attributes
    ----------
    places : list of str
    arrived, living : ndarray of float, shape (n_feeds, n_places, n_days)
    """

    places: list[str]
    arrived: Floats
    living: Floats


@dataclass(frozen=True, eq=False)
class Counted:
    """What came from each area before each day.

    Attributes
    ----------
    areas : list of str
    arrived : ndarray of float, shape (n_feeds, n_areas, n_days)
        Households with a new fact.
    living : ndarray of float, shape (n_areas, n_days)
    """

    areas: list[str]
    arrived: Floats
    living: Floats


@dataclass(frozen=True)
class Level:
    """An attribute that names places, and to which of them each area belongs."""

    name: str
    of_area: Mapping[str, str]

    def sums(self, counted: Counted, is_asked: Flags) -> Sums:
        """Sum what came over the areas of each place.

        Parameters
        ----------
        counted : Counted
        is_asked : ndarray of bool, shape (n_feeds, n_areas, n_days)
            What else came counts nowhere, and nobody lives there.
        """
        places = sorted({self.of_area[area] for area in counted.areas if area in self.of_area})
        own = [[self.of_area.get(area) == place for area in counted.areas] for place in places]
        member = np.array(own, dtype=float).reshape(len(places), len(counted.areas))
        arrived = np.einsum("pa,far->fpr", member, counted.arrived * is_asked)
        living = np.einsum("pa,far->fpr", member, counted.living[None] * is_asked)
        return Sums(places, arrived, living)

    def belongs(self, areas: Sequence[str], places: Sequence[str]) -> Flags:
        """Tell which areas belong to some places."""
        return np.array([self.of_area.get(area) in places for area in areas], dtype=bool)


@dataclass(frozen=True, eq=False)
class PlaceCounts:
    """Counts of records whose places are read; see `place_counts`.

    Attributes
    ----------
    levels : tuple of Level
        The widest places that areas belong to, if there are any, and the areas.
    """

    con: duckdb.DuckDBPyConnection
    levels: tuple[Level, ...]

    def before(self, dates: Days, span: str, feeds: Sequence[str]) -> Counted:
        """Count who had a new fact of a feed in the span before each date, by area."""
        rounds = pd.DataFrame({"first": Span.parse(span).before(dates), "day": dates})
        numbered = rounds.astype("datetime64[s]").assign(number=np.arange(len(dates)))
        self.con.register("rounds", numbered)
        lived = self.con.execute(_LIVING).df()
        came = self.con.execute(_ARRIVED, {"codes": list(feeds)}).df()

        areas = pd.Index(sorted(lived["place"].unique()))
        living = np.zeros((len(areas), len(dates)))
        living[areas.get_indexer(lived["place"]), lived["number"]] = lived["households"]
        arrived = np.zeros((len(feeds), len(areas), len(dates)))
        place = pd.Index(feeds).get_indexer(came["code"]), areas.get_indexer(came["place"])
        arrived[*place, came["number"]] = came["households"]
        return Counted(list(areas), arrived, living)


@contextmanager
def place_counts(records: Records, day: np.datetime64) -> Iterator[PlaceCounts]:
    """Read where the households of records that name areas live, and the places as of a day."""
    assert records.area is not None
    with scan_engine() as con:
        name_relation(con, "events", records.relation("events"))
        name_relation(con, "attributes", records.relation("attributes"))
        con.execute(_HOMES.format(table="homes"), {"name": records.area})
        yield PlaceCounts(con, tuple(_levels(con, records, day)))


def _levels(
    con: duckdb.DuckDBPyConnection, records: Records, day: np.datetime64
) -> Iterator[Level]:
    """Yield the widest places that areas belong to, if there are any, and the areas.

    Areas belong to the values of another group of the records where all but one in a hundred of
    their households do.
    """
    wider: list[Level] = []
    for group in records.groups:
        if group == records.area:
            continue
        con.execute(_HOMES.format(table="wider"), {"name": group})
        pairs = con.execute(_WIDER, {"day": str(day)}).df()
        first = pairs.drop_duplicates("area")
        agrees = first["households"].sum() >= AGREEMENT * pairs["households"].sum()
        if agrees and 1 < first["place"].nunique() < len(first):
            wider.append(Level(group, dict(zip(first["area"], first["place"], strict=True))))
    wider.sort(key=lambda level: len(set(level.of_area.values())))
    yield from wider[:1]
    areas = con.execute("SELECT DISTINCT place FROM homes WHERE place IS NOT NULL").df()["place"]
    yield Level(str(records.area), {area: area for area in areas})
