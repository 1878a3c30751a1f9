"""The cells of a table as counts, and which of them are too small to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics.arrays import Floats, Ints

# which of the four counts of a cell make up a figure
ROWS = np.array([1.0, 1.0, 1.0, 1.0])
CRISES = np.array([1.0, 0.0, 1.0, 0.0])
OTHERS = ROWS - CRISES
LISTED = np.array([1.0, 1.0, 0.0, 0.0])
HITS = np.array([1.0, 0.0, 0.0, 0.0])
FALSE_ALARMS = LISTED - HITS


class Shown(IntEnum):
    """What a table shows of a cell; more is hidden the larger the number."""

    ALL = 0
    NO_LIST = 1
    NOTHING = 2


HIDES = {
    Shown.ALL: (),
    Shown.NO_LIST: (LISTED, HITS, FALSE_ALARMS),
    Shown.NOTHING: (ROWS, CRISES, OTHERS),
}
"""The figures that may not be told of a cell."""


@dataclass(frozen=True, eq=False)
class CellCounts:
    """The cells of one table.

    Attributes
    ----------
    code : ndarray of int, shape (n_rows,)
        The cell of each row, numbered 0, 1, ... with none left out.
    counts : ndarray, shape (n_cells, 4)
        Listed crises, other listed rows, missed crises, the rest. A row that ties at the cut counts
        by its chance to be listed.
    least : ndarray of Shown, shape (n_cells,)
        What each cell hides for its own sake.
    """

    code: Ints
    counts: Floats
    least: Ints

    @classmethod
    def of(
        cls,
        code: Ints,
        y: Floats,
        listed: Floats,
        household: Ints,
        *,
        min_households: int,
        min_of_class: int,
        has_list: bool = True,
    ) -> CellCounts:
        """Count the cells of a table, and tell which are too small by themselves.

        Parameters
        ----------
        code : ndarray of int, shape (n_rows,)
        y, listed : ndarray, shape (n_rows,)
            Outcome, and chance to be listed.
        household : ndarray of int, shape (n_rows,)
        min_households, min_of_class : int
            A cell of fewer households, or of fewer with a crisis or without one, shows nothing; one
            with fewer among its listed shows no figure of the list.
        has_list : bool
            Whether the table has figures of the list.
        """
        n_cells = int(code.max()) + 1 if len(code) else 0
        parts = (listed * y, listed * (1 - y), (1 - listed) * y, (1 - listed) * (1 - y))
        sums = [np.bincount(code, part, minlength=n_cells) for part in parts]
        counts = np.column_stack(sums).astype(np.float64)
        bars = (min_households, min_of_class, min_of_class)

        pair, cell_of_pair = _pairs(code, household)

        def is_small(among: NDArray[np.bool_]) -> NDArray[np.bool_]:
            classes = (among, among & (y == 1), among & (y == 0))
            present = (np.bincount(pair[rows], minlength=len(cell_of_pair)) > 0 for rows in classes)
            found = (np.bincount(cell_of_pair[some], minlength=n_cells) for some in present)
            return np.any([count < bar for count, bar in zip(found, bars, strict=True)], axis=0)

        least = np.where(is_small(listed > 0) | (not has_list), Shown.NO_LIST, Shown.ALL)
        least[is_small(np.ones(len(code), dtype=bool))] = Shown.NOTHING
        return cls(code, counts, least)


def _pairs(code: Ints, household: Ints) -> tuple[Ints, Ints]:
    """Return which pair of a cell and a household each row is, and the cell of each pair."""
    households = int(household.max()) + 1 if len(household) else 1
    pairs, pair = np.unique(code * households + household, return_inverse=True)
    return pair, pairs // households
