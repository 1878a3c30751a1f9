"""Hidden cells that are alike, together: what can be known of their sum bounds each of them.

Hidden cells that stand in the same links, of which the same is shown, are alike: any two of them
can give to each other and take, so that only their sum counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.cell_counts import CellCounts, Shown
from riskmodel.metrics.cell_links import Cell, Links, Places


@dataclass(frozen=True, eq=False)
class Pool:
    """Hidden cells in the same links, of which the same is shown.

    Attributes
    ----------
    cells : tuple of Cell
    counts : ndarray, shape (n_cells, 4)
    places : Places
    shown : Shown
    """

    cells: tuple[Cell, ...]
    counts: Floats
    places: Places
    shown: Shown

    @property
    def hides_rows(self) -> bool:
        """Whether rows and crises are hidden; else only which of them are listed."""
        return self.shown is Shown.NOTHING

    def ranges(self, of_class: int, low: float, high: float) -> Floats:
        """Return how far each cell's hidden count can range, by the range of their sum.

        Parameters
        ----------
        of_class : int
            0 for crises, 1 for other rows.
        low, high : float
            The least and the most that the hidden count of all cells together can be.

        Returns
        -------
        ndarray, shape (n_cells,)
        """
        if len(self.cells) == 1:
            return np.array([high - low])
        if self.hides_rows:
            # any cell can be all of them, or nothing
            return np.full(len(self.cells), high)
        known = self.counts[:, of_class] + self.counts[:, of_class + 2]
        others = known.sum() - known
        return np.minimum(known, high) - np.maximum(low - others, 0.0)


def pools_of(tables: Sequence[CellCounts], links: Links, shown: Sequence[Ints]) -> list[list[Pool]]:
    """Return the hidden cells of tables as pools, in parts that no link joins.

    Parameters
    ----------
    tables : list of CellCounts
    links : Links
    shown : list of ndarray of Shown
        By table.
    """
    members: dict[tuple[Places, int], list[Cell]] = {}
    for number, levels in enumerate(shown):
        for cell in np.flatnonzero(levels).tolist():
            key = (links.of_cell[number, cell], int(levels[cell]))
            members.setdefault(key, []).append((number, cell))
    pools = [
        Pool(
            tuple(cells),
            np.array([tables[table].counts[cell] for table, cell in cells]),
            places,
            Shown(level),
        )
        for (places, level), cells in members.items()
    ]
    return _joined(pools)


def _joined(pools: Sequence[Pool]) -> list[list[Pool]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(k, number) for k, pool in enumerate(pools) for number, _ in pool.places]
    if not pairs:
        return []
    at, number = np.array(pairs).T
    nodes = len(pools) + number.max() + 1
    edges = coo_array((np.ones(len(at)), (at, len(pools) + number)), shape=(nodes, nodes))
    _, part = connected_components(edges, directed=False)
    joined: dict[int, list[Pool]] = {}
    for pool, k in zip(pools, part, strict=False):
        joined.setdefault(int(k), []).append(pool)
    return list(joined.values())
