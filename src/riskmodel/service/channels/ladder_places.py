"""How many whole ladders each area can keep for households that are drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    budgets = options.budgets
    room = budgets.table["minutes"].to_numpy(float)
    dearest = _dearest(options, number, len(area), channels)

    takers, taken = np.zeros((len(area), len(room))), np.zeros((len(area), len(room)))
    counted = np.unique(options.table["household"].to_numpy(np.intp))
    for position, channel in enumerate(channels):
        touched = np.zeros((len(area), len(room)), dtype=bool)
        for column in budgets.of[channel][counted].T:
            np.add.at(takers, (number[counted], column), 1 / len(channels))
            touched[number[counted], column] = True
        taken += touched * np.nan_to_num(dearest[:, [position]])
    whole = takers.sum(axis=0)
    part = np.divide(takers, whole, out=np.zeros_like(takers), where=whole > 0) * room
    drawable = np.bincount(number[counted], minlength=len(area)).astype(float)
    carried = _scarcest(share * part, taken)
    # steps that take nobody's minutes leave the share of the households
    carried = np.where(np.isinf(carried), share * drawable, carried)
    mean = np.minimum.reduce([carried, np.floor(_scarcest(room, taken) + _LAST_BITS), drawable])
    mean[np.isnan(dearest).all(axis=1)] = 0.0

    below, rest = whole_parts(mean)
    is_own = (taken > 0).sum(axis=0) <= 1
    at_least = below @ taken
    up = np.where(is_own, (rest > 0) @ taken, _most_at_once(rest, taken))
    places = LadderPlaces(
        pd.Series(mean, index=pd.Index(area, name=AREA)),
        pd.DataFrame(dearest, index=pd.Index(area, name=AREA), columns=channels),
        at_most=at_least + up,
        at_least=at_least + np.where(is_own, 0.0, up),
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


def _scarcest(minutes: Floats, taken: Floats) -> Floats:
    """Return how many ladders of each area the scarcest of its budgets carries."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(taken > 0, minutes / taken, np.inf).min(axis=1, initial=np.inf)


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


def _most_at_once(rest: Floats, taken: Floats) -> Floats:
    """Return the most minutes of each budget that areas rounded up at once can take.

    Of a systematic draw an area is rounded up for the starts of one interval of the circle from 0
    to 1, as long as its `rest`. The most is where the heaviest intervals meet, which is at the
    beginning of one of them.
    """
    first = np.mod(-np.cumsum(rest), 1.0)
    order = np.argsort(first, kind="stable")
    points = first[order]
    # half open: where one area's interval ends that of another begins, and never both are up
    wraps = first + rest - _LAST_BITS >= 1
    begin = np.searchsorted(points, first - _LAST_BITS)
    end = np.searchsorted(points, first + rest - wraps - _LAST_BITS)
    heights = np.zeros((len(rest) + 1, taken.shape[1]))
    weight = taken * (rest > 0)[:, None]
    np.add.at(heights, begin, weight)
    np.subtract.at(heights, np.where(wraps, len(rest), end), weight)
    np.add.at(heights, np.zeros(int(wraps.sum()), dtype=np.intp), weight[wraps])
    np.subtract.at(heights, end[wraps], weight[wraps])
    return np.cumsum(heights, axis=0)[:-1].max(axis=0, initial=0.0)


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
