"""What each further contact is worth: recall and precision over the capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.capacity import Capacity
from riskmodel.metrics.list_metrics import precision, recall
from riskmodel.metrics.selection import Selection


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
    """

    capacity: Floats
    share: Floats
    recall: Floats
    precision: Floats


def capacity_curve(
    y: Floats, weight: Floats, selection: Selection, capacity: Capacity, points: int = 50
) -> CapacityCurve:
    """Return the curve up to a list of everyone whose area has a capacity.

    Parameters
    ----------
    y, weight : ndarray, shape (n_rows,)
        Weights weigh rows in recall and precision; slots and `share` count rows.
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
        _at(y, weight, replace(selection, slots=selection.cells.slots(_scaled(capacity, x))))
        for x in grid.tolist()
    ]
    share, reached, right = np.array(figures, dtype=np.float64).reshape(-1, 3).T
    return CapacityCurve(grid, share, reached, right)


def _at(y: Floats, weight: Floats, selection: Selection) -> tuple[float, float, float]:
    listed = selection.inclusion
    share = float(selection.slots.sum() / selection.cells.size.sum())
    return share, recall(y, listed, weight), precision(y, listed, weight)


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
