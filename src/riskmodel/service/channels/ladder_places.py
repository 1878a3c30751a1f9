"""How many whole ladders each area can keep for households that are drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError
from riskmodel.metrics import group_names
from riskmodel.metrics.systematic import whole_parts
from riskmodel.service.channels.options import AREA, Options

_LAST_BITS = 1e-9

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LadderPlaces:
    """The places of a round's draw, by area, and the minutes that are kept for them.

    Attributes
    ----------
    mean : Series of float
        By area, how many households are drawn on average; 0 where the budgets carry no ladder.
    minutes : DataFrame
        By area, one column for each channel: the most minutes that a drawn household takes of it.
        Missing where the channel has no minutes for one step.
    at_most, at_least : ndarray of float, shape (n_budgets,)
        The minutes of each budget that the draw may take, whichever way it rounds. A budget of one
        area alone has fewer in `at_least`: where that area's places are rounded down.
    """

    mean: pd.Series
    minutes: pd.DataFrame
    at_most: Floats
    at_least: Floats

    def offered(self, table: pd.DataFrame, area: pd.Series) -> pd.DataFrame:
        """Return the steps of options that a drawn household can have.

        Parameters
        ----------
        table : DataFrame
            Of the options.
        area : Series
            Of each household of the frame.
        """
        areas = area.astype(str).iloc[table["household"]]
        rows = self.minutes.index.get_indexer(pd.Index(areas))
        columns = self.minutes.columns.get_indexer(pd.Index(table["channel"]))
        return table[~np.isnan(self.minutes.to_numpy()[rows, columns])]


def ladder_places(frame: pd.DataFrame, options: Options, share: float) -> LadderPlaces:
    """Return how many whole ladders a share of every budget carries in each area.

    Parameters
    ----------
    frame : DataFrame
        Of the rules of outreach.
    options : Options
        Of all households that may be drawn.
    share : float
        Of the minutes of every budget; 0 for no draw.

    Returns
    -------
    LadderPlaces

    Raises
    ------
    ConfigError
        If a budget that areas share has not the minutes of all that may be drawn at once.

    Notes
    -----
    A budget of several areas is split by the households that may take of it. An area's mean is what
    the scarcest of its budgets carries, each ladder with as many minutes as the dearest. Where a
    budget has not the minutes of one whole ladder, its area has no place.

    Examples
    --------
    >>> import riskmodel as rm
    >>> from riskmodel.service.channels.channels import Channels
    >>> from riskmodel.service.channels.options import options
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> ids = sorted(set(records.events["household_id"]))[:4]
    >>> frame = pd.DataFrame({"household_id": ids, "area": ["A", "A", "A", "B"], "score": 0.1,
    ...     "is_candidate": True, "channels": [("call", "visit")] * 4, "must": None,
    ...     "must_rule": None, "overdue": False})
    >>> channels = Channels.read({
    ...     "call": {"minutes": 10, "reach": 0.5, "budgets": [{"minutes": 400}]},
    ...     "visit": {"minutes": 40, "reach": 0.7, "budgets": [{"by": "area", "minutes": 600}]},
    ... })
    >>> places = ladder_places(frame, options(frame, records, channels, "2024-09-01"), 0.1)
    >>> places.mean.to_dict()
    {'A': 1.5, 'B': 1.0}
    >>> places.at_most.tolist(), places.at_least.tolist()
    ([30.0, 80.0, 40.0], [30.0, 40.0, 40.0])
    """
    area, number = np.unique(group_names(frame[AREA]), return_inverse=True)
    channels = list(options.channels)
    room = options.budgets.table["minutes"].to_numpy(float)
    dearest = _dearest(options, number, len(area), channels)

    counted = np.unique(options.table["household"].to_numpy(np.intp))
    pairs = _pairs(options, number, counted, dearest)
    whole = np.bincount(pairs.row, weights=pairs.takers, minlength=len(room))
    part = share * room[pairs.row] * pairs.takers / whole[pairs.row]
    drawable = np.bincount(number[counted], minlength=len(area)).astype(float)
    carried = pairs.scarcest(part, len(area))
    # steps that take nobody's minutes leave the share of the households
    carried = np.where(np.isinf(carried), share * drawable, carried)
    most = np.floor(pairs.scarcest(room[pairs.row], len(area)) + _LAST_BITS)
    mean = np.minimum.reduce([carried, most, drawable])
    mean[np.isnan(dearest).all(axis=1)] = 0.0

    below, rest = whole_parts(mean)
    at_least = np.bincount(
        pairs.row, weights=below[pairs.area] * pairs.minutes, minlength=len(room)
    )
    own, shared = _most_at_once(pairs, rest, len(room))
    places = LadderPlaces(
        pd.Series(mean, index=pd.Index(area, name=AREA)),
        pd.DataFrame(dearest, index=pd.Index(area, name=AREA), columns=channels),
        at_most=at_least + own + shared,
        at_least=at_least + shared,
    )
    _refuse_overdrawn(options, places.at_most)
    return places


def without(options: Options, minutes: Floats) -> Options:
    """Return options whose budgets have so many minutes less.

    Parameters
    ----------
    options : Options
    minutes : ndarray of float, shape (n_budgets,)
        What is kept or spent of each budget.
    """
    budgets = options.budgets
    left = np.maximum(budgets.table["minutes"].to_numpy(float) - minutes, 0.0)
    return replace(options, budgets=replace(budgets, table=budgets.table.assign(minutes=left)))


class _Pairs(NamedTuple):
    """Areas and budgets of which a ladder takes minutes, one entry for each pair.

    Attributes
    ----------
    area, row : ndarray of int
    takers : ndarray of float
        How many households of the area may take of the budget.
    minutes : ndarray of float
        What one whole ladder takes of it.
    """

    area: Ints
    row: Ints
    takers: Floats
    minutes: Floats

    def scarcest(self, room: Floats, areas: int) -> Floats:
        """Return how many ladders of each area the scarcest of its budgets carries."""
        takes = self.minutes > 0
        found = np.full(areas, np.inf)
        np.minimum.at(found, self.area[takes], room[takes] / self.minutes[takes])
        return found


def _pairs(options: Options, number: Ints, counted: Ints, dearest: Floats) -> _Pairs:
    of = options.budgets.of
    each = [
        pd.DataFrame({"area": number[counted], "row": column, "channel": position})
        for position, channel in enumerate(options.channels)
        for column in of[channel][counted].T
    ]
    columns = ["area", "row", "channel"]
    every = pd.concat(each) if each else pd.DataFrame(columns=columns, dtype=np.intp)
    counts = every.groupby(columns).size().reset_index(name="takers")
    minutes = dearest[counts["area"].to_numpy(np.intp), counts["channel"].to_numpy(np.intp)]
    sums = counts.assign(minutes=np.nan_to_num(minutes)).groupby(["area", "row"])
    pairs = sums[["takers", "minutes"]].sum().reset_index()
    return _Pairs(
        pairs["area"].to_numpy(np.intp),
        pairs["row"].to_numpy(np.intp),
        pairs["takers"].to_numpy(float),
        pairs["minutes"].to_numpy(float),
    )


def _dearest(options: Options, number: Ints, areas: int, channels: list[str]) -> Floats:
    """Return the most minutes that a step of each channel takes in each area; else missing."""
    room = options.budgets.table["minutes"].to_numpy(float)
    dearest = np.full((areas, len(channels)), np.nan)
    for position, channel in enumerate(channels):
        own = options.table[options.table["channel"] == channel]
        household = own["household"].to_numpy(np.intp)
        minutes = own["minutes"].to_numpy(float)
        fits = (minutes[:, None] <= room[options.budgets.of[channel][household]]).all(axis=1)
        np.fmax.at(dearest[:, position], number[household[fits]], minutes[fits])
    return dearest


def _most_at_once(pairs: _Pairs, rest: Floats, rows: int) -> tuple[Floats, Floats]:
    """Return the most minutes of each budget that areas rounded up at once can take.

    Of budgets of one area and of those that several share, each 0 where the other is meant. Of a
    systematic draw an area is rounded up for the starts of one interval of the circle from 0 to 1,
    as long as its `rest`. The most is where the heaviest intervals meet, which is at the beginning
    of one of them.
    """
    first = np.mod(-np.cumsum(rest), 1.0)
    takes = np.flatnonzero((pairs.minutes > 0) & (rest[pairs.area] > 0))
    takes = takes[np.lexsort((first[pairs.area[takes]], pairs.row[takes]))]
    areas_of = np.bincount(pairs.row[pairs.minutes > 0], minlength=rows)
    own, shared = np.zeros(rows), np.zeros(rows)
    bounds = np.flatnonzero(np.diff(pairs.row[takes], prepend=-1, append=rows))
    for begin, end in pairwise(bounds):
        those = takes[begin:end]
        row, area = pairs.row[those[0]], pairs.area[those]
        target = own if areas_of[row] == 1 else shared
        target[row] = _heaviest(first[area], rest[area], pairs.minutes[those])
    return own, shared


def _heaviest(first: Floats, rest: Floats, weight: Floats) -> float:
    """Return the greatest weight of intervals that meet; `first` is in order."""
    # half open: where one area's interval ends that of another begins, and never both are up
    wraps = first + rest - _LAST_BITS >= 1
    begin = np.searchsorted(first, first - _LAST_BITS)
    end = np.searchsorted(first, first + rest - wraps - _LAST_BITS)
    steps = np.zeros(len(first) + 1)
    np.add.at(steps, begin, weight)
    np.subtract.at(steps, np.where(wraps, len(first), end), weight)
    steps[0] += weight[wraps].sum()
    np.subtract.at(steps, end[wraps], weight[wraps])
    return float(np.cumsum(steps)[:-1].max())


def _refuse_overdrawn(options: Options, at_most: Floats) -> None:
    table = options.budgets.table
    over = np.flatnonzero(at_most > table["minutes"].to_numpy(float) + _LAST_BITS)
    if not len(over):
        return
    row = table.iloc[over[0]]
    whose = f" of {row['by']} {row['group']!r}" if row["by"] else ""
    raise ConfigError(
        f"the draw may take {at_most[over[0]]:g} of the {row['minutes']:g} minutes of "
        f"{row['channel']}{whose}",
        place="explore",
        code="outreach.explore",
        allowed="a share whose whole ladders fit into every budget",
        next_step="explore less, or give the channel more minutes",
    )
