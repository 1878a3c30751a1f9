"""Recall and precision at rising capacities, and what one more contact would be worth."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.capacity import Capacity
from riskmodel.metrics.intervals import share_interval
from riskmodel.metrics.list_metrics import (
    precision,
    precision_influence,
    recall,
    recall_influence,
)
from riskmodel.metrics.selection import Selection

FIGURES = 10  # of a point: the share listed, three figures, and the ends of their intervals


class CapacityCurve(NamedTuple):
    """Recall and precision of the list at rising capacities.

    Attributes
    ----------
    capacity : ndarray, shape (n_points,)
        A share of each round or a count per round, as the evaluation's own capacity is; for a
        capacity by area, the multiple of it. Its own capacity is one of the points.
    share : ndarray, shape (n_points,)
        Share of all households that is listed.
    recall, precision : ndarray, shape (n_points,)
    next_contact : ndarray, shape (n_points,)
        Share of crises near the end of the list: what one more contact is worth, in crises.
    recall_low, recall_high, precision_low, precision_high : ndarray, shape (n_points,)
    next_contact_low, next_contact_high : ndarray, shape (n_points,)
        Their 95 % intervals, clustered by household, at each point.
    """

    capacity: Floats
    share: Floats
    recall: Floats
    precision: Floats
    next_contact: Floats
    recall_low: Floats
    recall_high: Floats
    precision_low: Floats
    precision_high: Floats
    next_contact_low: Floats
    next_contact_high: Floats


def capacity_curve(
    y: Floats,
    weight: Floats,
    household: Ints,
    selection: Selection,
    capacity: Capacity,
    points: int = 50,
) -> CapacityCurve:
    """Return the curve up to a list of everyone whose area has a capacity.

    Parameters
    ----------
    y, weight : ndarray, shape (n_rows,)
        Weights weigh rows in the figures; slots and `share` count rows.
    household : ndarray of int, shape (n_rows,)
        Numbered 0, 1, ... with none left out.
    selection : Selection
        The ranked rows.
    capacity : Capacity
        Its kind (share, count, by area) is that of the points.
    points : int, default 50

    Returns
    -------
    CapacityCurve
    """
    grid = _grid(selection, capacity, points)
    figures = [
        _at(y, weight, household, replace(selection, slots=selection.cells.slots(at)))
        for at in (_scaled(capacity, x) for x in grid.tolist())
    ]
    return CapacityCurve(grid, *np.array(figures, dtype=np.float64).reshape(-1, FIGURES).T)


def first_listed(selection: Selection, capacity: Capacity, grid: Floats) -> Ints:
    """Return the point of a rising grid from which on each row may be listed.

    Parameters
    ----------
    selection : Selection
    capacity : Capacity
        Its kind is that of the points.
    grid : ndarray, shape (n_points,)
        As `CapacityCurve.capacity`.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        ``n_points`` for a row that is listed at none.
    """
    first = np.full(len(selection.score), len(grid), dtype=np.intp)
    for point in reversed(range(len(grid))):
        at = selection.cells.slots(_scaled(capacity, float(grid[point])))
        first[replace(selection, slots=at).inclusion > 0] = point
    return first


def _at(y: Floats, weight: Floats, household: Ints, selection: Selection) -> list[float]:
    """Return the share listed, the three figures, and the ends of their intervals."""
    listed, near = selection.inclusion, selection.near_cut
    share = float(selection.slots.sum() / selection.cells.size.sum())
    moving = (selection.share_listed(weight), selection.mean_near_cut(y, weight))
    reached, right = recall(y, listed, weight), precision(y, listed, weight)
    following = precision(y, near, weight)
    intervals = [
        share_interval(
            reached, recall_influence(y, listed, weight, *moving), household, among=y, hit=listed
        ),
        share_interval(
            right, precision_influence(y, listed, weight, *moving), household, among=listed, hit=y
        ),
        share_interval(
            following, precision_influence(y, near, weight), household, among=near, hit=y
        ),
    ]
    ends = [end for interval in intervals for end in (interval.low, interval.high)]
    return [share, reached, right, following, *ends]


def _grid(selection: Selection, capacity: Capacity, points: int) -> Floats:
    steps = np.arange(1, points + 1) / points
    own, size = capacity.value, selection.cells.size
    if isinstance(own, float):
        return np.union1d(steps, own)
    if isinstance(own, int):
        return np.union1d(np.ceil(steps * size.max()), min(own, size.max()))
    open_cells = selection.slots > 0
    everyone = (size[open_cells] / selection.slots[open_cells]).max(initial=1.0)
    return np.union1d(steps * everyone, 1.0)


def _scaled(capacity: Capacity, x: float) -> Capacity:
    """Return the capacity at a point; 1.0, a list of everyone, is one that no user can ask for."""
    if isinstance(capacity.value, float):
        return Capacity(x)
    return Capacity(int(x)) if isinstance(capacity.value, int) else capacity.times(x)
