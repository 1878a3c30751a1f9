"""Which cells of several tables count the same rows: an area, say, and its districts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from riskmodel.metrics.cell_counts import CellCounts

Cell = tuple[int, int]
"""The number of a table, and of a cell in it."""

Link = tuple[tuple[Cell, int], ...]
"""Cells with their signs: the counts of some are together those of the others, or are known."""

Places = tuple[tuple[int, int], ...]
"""In which links a cell stands, and with which sign."""


@dataclass(frozen=True, eq=False)
class Links:
    """What adds up over the tables.

    Attributes
    ----------
    links : list of Link
    of_cell : mapping of Cell to Places
    """

    links: Sequence[Link]
    of_cell: Mapping[Cell, Places]

    @classmethod
    def of(cls, tables: Sequence[CellCounts]) -> Links:
        """Find what adds up over tables of the same rows."""
        links = _links(tables)
        of_cell: dict[Cell, list[tuple[int, int]]] = {}
        for number, link in enumerate(links):
            for cell, sign in link:
                of_cell.setdefault(cell, []).append((number, sign))
        return cls(links, {cell: tuple(places) for cell, places in of_cell.items()})

    def beside(self, cell: Cell) -> set[Cell]:
        """Return the cells that stand in some link with a cell."""
        return {other for number, _ in self.of_cell[cell] for other, _ in self.links[number]}


def _links(tables: Sequence[CellCounts]) -> list[Link]:
    """Return which cells of two tables hold the same rows, and which tables add up to all rows.

    An area, say, holds the rows of its districts. Then the districts' total is that of the areas,
    and an equation of its own would only join what is apart.
    """
    links: list[Link] = []
    part_of = list(range(len(tables)))
    for (one, first), (other, second) in combinations(enumerate(tables), 2):
        unions = list(_equal_unions(one, first, other, second))
        if len(unions) < 2:
            continue
        links += unions
        joined = {part_of[one], part_of[other]}
        part_of = [min(joined) if part in joined else part for part in part_of]
    for part in sorted(set(part_of)):
        among = [k for k, each in enumerate(part_of) if each == part]
        coarsest = min(among, key=lambda k: len(tables[k].counts))
        cells = range(len(tables[coarsest].counts))
        links.append(tuple(((coarsest, cell), 1) for cell in cells))
    return links


def _equal_unions(one: int, first: CellCounts, other: int, second: CellCounts) -> Iterator[Link]:
    """Yield which cells of two tables hold the same rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, all_cells = len(first.counts), len(first.counts) + len(second.counts)
    pairs = (np.ones(len(first.code)), (first.code, n + second.code))
    edges = coo_array(pairs, shape=(all_cells, all_cells))
    count, part = connected_components(edges, directed=False)
    unions: list[list[tuple[Cell, int]]] = [[] for _ in range(count)]
    for cell, k in enumerate(part.tolist()):
        unions[k].append(((one, cell), 1) if cell < n else ((other, cell - n), -1))
    yield from map(tuple, unions)
