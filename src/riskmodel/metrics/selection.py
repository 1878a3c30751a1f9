"""Which households a capacity lists: slots per round or area, inclusion probabilities, ties.

Evaluation, the scoring list, the capacity curve and the simulator's ceiling all draw their lists
here. Slots are counted in households, whatever the weight of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.capacity import Capacity
from riskmodel.metrics.groups import group_names


class TieBounds(NamedTuple):
    """The worst and the best list that ties at the cut allow, 1 for a listed row, else 0.

    Attributes
    ----------
    worst, best : ndarray, shape (n_rows,)
    """

    worst: Floats
    best: Floats

    def take(self, rows: Ints) -> TieBounds:
        """Return the bounds of some of the rows."""
        return TieBounds(self.worst[rows], self.best[rows])


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows that share slots: those of a round or, with a capacity by area, of an area in a round.

    Attributes
    ----------
    cell : ndarray of int, shape (n_rows,)
        The cell of each row.
    size : ndarray of int, shape (n_cells,)
        Rows in each cell.
    area : ndarray of str, shape (n_cells,), or None
        The area of each cell, where a capacity by area applies.
    """

    cell: Ints
    size: Ints
    area: NDArray[np.str_] | None = None

    @classmethod
    def of(cls, rounds: ArrayLike, area: ArrayLike | None = None) -> Cells:
        """Return the cells, numbered by round, then by area."""
        _, cell = np.unique(np.asarray(rounds), return_inverse=True)
        if area is None:
            return cls(cell, np.bincount(cell))
        names, code = np.unique(group_names(area), return_inverse=True)
        pairs, cell = np.unique(cell * len(names) + code, return_inverse=True)
        return cls(cell, np.bincount(cell), names[pairs % len(names)])

    def slots(self, capacity: Capacity) -> Ints:
        """Return how many rows of each cell can be listed, shape (n_cells,)."""
        areas = [None] * len(self.size) if self.area is None else self.area.tolist()
        cells = zip(self.size.tolist(), areas, strict=True)
        return np.array([capacity.slots(size, area) for size, area in cells], dtype=np.intp)

    def has_idle_slots(self, capacity: Capacity) -> NDArray[np.bool_]:
        """Return which cells have more slots than rows, shape (n_cells,)."""
        areas = [None] * len(self.size) if self.area is None else self.area.tolist()
        cells = zip(self.size.tolist(), areas, strict=True)
        return np.array([capacity.exceeds(size, area) for size, area in cells], dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows ranked within their cells, and how many of each cell are listed.

    Attributes
    ----------
    cells : Cells
    score : ndarray, shape (n_rows,)
    slots : ndarray of int, shape (n_cells,)
    above : ndarray of int, shape (n_rows,)
        Rows of the same cell with a higher score.
    tied : ndarray of int, shape (n_rows,)
        Rows of the same cell with the same score, itself included.
    """

    cells: Cells
    score: Floats
    slots: Ints
    above: Ints
    tied: Ints

    @property
    def inclusion(self) -> Floats:
        """Each row's chance to be listed: 1 above the cut, 0 below, between where scores tie at it.

        Examples
        --------
        >>> selection = select([3, 2, 2, 1], Capacity.parse(2), ["may"] * 4)
        >>> selection.inclusion.tolist()
        [1.0, 0.5, 0.5, 0.0]
        """
        return inclusion_probability(self.above, self.tied, self.slots[self.cells.cell])

    def listed(self, tiebreak: ArrayLike | None = None) -> NDArray[np.bool_]:
        """Return which rows are listed, ties by `tiebreak`, low first, then by their order."""
        return first_of_cells(-self.score, self.cells.cell, self.slots, tiebreak)

    def tie_bounds(self, y: Floats, weight: Floats) -> TieBounds:
        """Return the worst and the best list that ties at the cut allow.

        The worst takes non-crises first among the tied, the heaviest of them first, then the
        lightest crises; the best does the reverse. No other choice has a lower or a higher
        precision or recall.
        """
        best_first = np.where(y == 1, -weight, weight)
        worst = self.listed(-best_first)
        best = self.listed(best_first)
        return TieBounds(worst.astype(np.float64), best.astype(np.float64))

    def share_listed(self, weight: Floats) -> Floats:
        """Return for each row the weighted share of its cell that is listed."""
        cell = self.cells.cell
        total = np.bincount(cell, weight)
        listed = np.bincount(cell, weight * self.inclusion)
        share = np.divide(listed, total, out=np.zeros_like(total), where=total > 0)
        return share[cell]

    @property
    def near_cut(self) -> Floats:
        """Each row's chance to have a rank near the cut: within half the list of it.

        Rows that tie have each of their ranks with the same chance, so that the order of the rows
        does not matter.
        """
        slots = self.slots[self.cells.cell]
        reach = np.maximum(slots, 2) / 2
        first = np.maximum(np.ceil(slots - reach - 0.5), self.above)
        last = np.minimum(np.floor(slots + reach - 0.5), self.above + self.tied - 1)
        return np.asarray(np.maximum(last - first + 1, 0) / self.tied)

    def mean_near_cut(self, values: Floats, weight: Floats) -> float:
        """Return the mean near the cut, where one more slot would be filled.

        Of outcomes it is the marginal precision: what one more contact is worth.
        """
        near = self.near_cut
        if not near.any():
            return 0.0
        total = float(weight @ near)
        return float(weight @ (near * values)) / total if total > 0 else float("nan")


def select(
    score: ArrayLike, capacity: Capacity, rounds: ArrayLike, area: ArrayLike | None = None
) -> Selection:
    """Rank rows by score within each round, and count out the slots.

    Parameters
    ----------
    score : array-like, shape (n_rows,)
        More means more risk.
    capacity : Capacity
    rounds : array-like, shape (n_rows,)
        The round of each row; rows of a round share a capacity.
    area : array-like, shape (n_rows,), optional
        The area of each row; used, and needed, where `capacity` is by area.

    Returns
    -------
    Selection

    Raises
    ------
    ConfigError
        Where a capacity by area leaves out an area that has rows.

    Examples
    --------
    >>> rounds = ["may"] * 5 + ["july"] * 2
    >>> selection = select([1, 2, 3, 4, 5, 6, 7], Capacity.parse(0.3), rounds)
    >>> selection.slots.tolist(), selection.inclusion.tolist()  # by name: july, may
    ([1, 2], [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    """
    cells = cells_of_lists(capacity, rounds, area)
    return rank_cells(score, cells, cells.slots(capacity))


def cells_of_lists(capacity: Capacity, rounds: ArrayLike, area: ArrayLike | None = None) -> Cells:
    """Return the cells whose rows share a list, or refuse an area that has no capacity.

    Parameters are those of `select`.

    Raises
    ------
    ConfigError
        Where a capacity by area leaves out an area that has rows.

    Examples
    --------
    >>> capacity = Capacity.parse({"north": 2, "south": 1})
    >>> cells_of_lists(capacity, ["may"] * 3, ["north", "south", "north"]).size.tolist()
    [2, 1]
    """
    cells = Cells.of(rounds, area_of_slots(capacity, area))
    if capacity.is_by_area:
        areas = None if cells.area is None else cells.area.tolist()
        shown = None if cells.area is None else cells.area[cells.size >= MIN_HOUSEHOLDS].tolist()
        capacity.check_covers(areas, shown)
    return cells


def area_of_slots(capacity: Capacity, area: ArrayLike | None) -> NDArray[np.str_] | None:
    """Return the area with which each row shares slots; None where all share them."""
    if area is None or not capacity.is_by_area:
        return None
    return capacity.pooled(group_names(area))


def rank_cells(score: ArrayLike, cells: Cells, slots: Ints) -> Selection:
    """Return the selection that lists so many rows of each cell."""
    scores = np.asarray(score, dtype=np.float64)
    order = np.lexsort((-scores, cells.cell))
    in_order, cell = scores[order], cells.cell[order]

    begins = np.r_[True, (np.diff(cell) != 0) | (in_order[1:] != in_order[:-1])]
    begins = begins[: len(order)]
    first = np.flatnonzero(begins)
    length = np.diff(np.r_[first, len(order)])
    group = np.cumsum(begins) - 1
    start = np.cumsum(cells.size) - cells.size

    above = np.empty(len(order), dtype=np.intp)
    tied = np.empty(len(order), dtype=np.intp)
    above[order] = first[group] - start[cell]
    tied[order] = length[group]
    return Selection(cells, scores, slots, above, tied)


def inclusion_probability(above: Ints, tied: Ints, slots: Ints) -> Floats:
    """Return the chance to be listed of rows whose tied take the slots in a random order.

    Parameters
    ----------
    above : ndarray of int
        Rows of the cell with a higher score.
    tied : ndarray of int
        Rows of the cell with the same score, itself included.
    slots : ndarray of int
        Slots of the cell.

    Examples
    --------
    >>> above, tied, slots = np.array([0, 1, 3]), np.array([1, 2, 1]), np.array([2, 2, 2])
    >>> inclusion_probability(above, tied, slots).tolist()
    [1.0, 0.5, 0.0]
    """
    return np.asarray(np.clip((slots - above) / tied, 0.0, 1.0), dtype=np.float64)


def rank_in_cells(key: Floats, cell: Ints, tiebreak: ArrayLike | None = None) -> Ints:
    """Return each row's rank in its cell, 0 for the smallest key.

    Equal keys are ordered by `tiebreak`, low first, then by their order.

    Examples
    --------
    >>> rank_in_cells(np.array([0.3, 0.1, 0.2]), np.array([0, 0, 1])).tolist()
    [1, 0, 0]
    """
    keys = (key, cell) if tiebreak is None else (np.asarray(tiebreak), key, cell)
    order = np.lexsort(keys)
    size = np.bincount(cell)
    start = np.cumsum(size) - size
    rank = np.empty(len(cell), dtype=np.intp)
    rank[order] = np.arange(len(cell)) - start[cell[order]]
    return rank


def first_of_cells(
    key: Floats, cell: Ints, slots: Ints | Floats, tiebreak: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Return which rows fill the slots of their cell, the smallest keys first."""
    return np.asarray(rank_in_cells(key, cell, tiebreak) < slots[cell])
