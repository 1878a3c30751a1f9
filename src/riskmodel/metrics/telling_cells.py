"""What the shown cells of tables tell of the hidden ones: the least and the most they can be.

Both are linear programs over the unknown counts. Hidden cells that stand in the same links are
alike: any two of them can give to each other and take, so that only their sum counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.cell_counts import CRISES, HIDES, OTHERS, CellCounts, Shown
from riskmodel.metrics.cell_links import Cell, Links, Places

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NARROW = 2.0
"""A count is told where its range is no wider."""

UNBOUNDED = 3


@dataclass(frozen=True, eq=False)
class Telling:
    """Finds which hidden cells can be told.

    Attributes
    ----------
    tables : list of CellCounts
    links : Links
    """

    tables: Sequence[CellCounts]
    links: Links

    def told(self, shown: Sequence[Ints], among: Collection[Cell] | None = None) -> set[Cell]:
        """Return the hidden cells, or those among some, with a count that can be told.

        Parameters
        ----------
        shown : list of ndarray of Shown
            By table.
        among : collection of Cell, optional
        """
        return {
            cell
            for joined in _joined(self._alike(shown))
            for one in joined
            for cell in self._told_of(one, joined, among)
        }

    def _alike(self, shown: Sequence[Ints]) -> list[_Alike]:
        """Return the hidden cells, those together that are alike."""
        members: dict[tuple[Places, int], list[Cell]] = {}
        for number, levels in enumerate(shown):
            for cell in np.flatnonzero(levels).tolist():
                key = (self.links.of_cell[number, cell], int(levels[cell]))
                members.setdefault(key, []).append((number, cell))
        return [
            _Alike(tuple(cells), self._counts(cells), places, Shown(level))
            for (places, level), cells in members.items()
        ]

    def _counts(self, cells: Sequence[Cell]) -> Floats:
        return np.array([self.tables[table].counts[cell] for table, cell in cells])

    def _told_of(
        self, one: _Alike, joined: Sequence[_Alike], among: Collection[Cell] | None
    ) -> Iterator[Cell]:
        figures = self._figures(one.shown)
        for position, cell in enumerate(one.cells):
            is_asked = among is None or cell in among
            if not is_asked or one.certain_range(position, figures) > NARROW:
                continue
            if _is_told(one, position, joined, figures):
                yield cell
            elif one.shown is Shown.NOTHING:
                return  # the links tell as little of the others

    def _figures(self, shown: Shown) -> list[Floats]:
        """Return what may not be told; a figure whose total is as small is told by the total."""
        total = self.tables[0].counts.sum(axis=0)
        return [figure for figure in HIDES[shown] if total @ figure > NARROW]


class _Alike(NamedTuple):
    """Hidden cells of one table in the same links, of which the same is shown."""

    cells: tuple[Cell, ...]
    counts: Floats
    places: Places
    shown: Shown

    def certain_range(self, position: int, figures: Sequence[Floats]) -> float:
        """Return a range that a cell has for certain: what it and the others alike could swap."""
        if not figures:
            return np.inf
        if len(self.cells) == 1:
            return 0.0

        own, rest = self.counts[position], self.counts.sum(axis=0) - self.counts[position]
        if self.shown is Shown.NOTHING:
            return float(min((own + rest) @ figure for figure in figures))
        hits = min(own[0], rest[2]) + min(own[2], rest[0])
        alarms = min(own[1], rest[3]) + min(own[3], rest[1])
        return float(min(hits, alarms))


class _Unknowns(NamedTuple):
    """The unknown counts of some cells together, as variables of a linear program.

    Attributes
    ----------
    in_counts : ndarray, shape (n_variables, 4)
        What each variable adds to each of the four counts.
    known : ndarray, shape (4,)
        What the counts have besides.
    true : ndarray, shape (4,)
    bounds : tuple of pairs
    places : Places
    """

    in_counts: Floats
    known: Floats
    true: Floats
    bounds: tuple[tuple[float, float | None], ...]
    places: Places

    @classmethod
    def of(cls, counts: Floats, shown: Shown, places: Places) -> _Unknowns:
        """Return the unknowns of cells: four, or two where crises and rows are shown."""
        if shown is Shown.NOTHING:
            return cls(np.eye(4), np.zeros(4), counts, ((0, None),) * 4, places)

        crises, others = float(counts @ CRISES), float(counts @ OTHERS)
        listed = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])
        missed = np.array([0.0, 0.0, crises, others])
        return cls(listed, missed, counts, ((0, crises), (0, others)), places)


def _is_told(
    one: _Alike, position: int, joined: Sequence[_Alike], figures: Sequence[Floats]
) -> bool:
    """Return whether the links leave some figure of a cell a narrow range."""
    own = _Unknowns.of(one.counts[position], one.shown, one.places)
    unknowns = [own, *_of_others(one, position, joined)]
    equations, right = _equations(unknowns)
    bounds = [bound for each in unknowns for bound in each.bounds]

    for figure in figures:
        target = np.zeros(len(bounds))
        target[: len(own.in_counts)] = own.in_counts @ figure
        true = float((own.true - own.known) @ figure)
        below = true - _least(target, equations, right, bounds)
        if below > NARROW:
            continue
        above = -_least(-target, equations, right, bounds) - true
        if below + above <= NARROW:
            return True
    return False


def _of_others(one: _Alike, position: int, joined: Sequence[_Alike]) -> Iterator[_Unknowns]:
    """Yield the unknowns of the other hidden cells, of those alike together."""
    for each in joined:
        counts = np.delete(each.counts, position, axis=0) if each is one else each.counts
        if len(counts):
            yield _Unknowns.of(counts.sum(axis=0), each.shown, each.places)


def _equations(unknowns: Sequence[_Unknowns]) -> tuple[csr_array, Floats]:
    """Return the links as equations between the unknowns; what is shown stands on the right."""
    from scipy.sparse import coo_array

    numbers = sorted({number for each in unknowns for number, _ in each.places})
    row_of = {number: 4 * k for k, number in enumerate(numbers)}
    right = np.zeros(4 * len(numbers))
    rows, columns, parts, first = [], [], [], 0
    for each in unknowns:
        variable, count = np.nonzero(each.in_counts)
        for number, sign in each.places:
            rows.append(row_of[number] + count)
            columns.append(first + variable)
            parts.append(sign * each.in_counts[variable, count])
            right[row_of[number] : row_of[number] + 4] += sign * (each.true - each.known)
        first += len(each.in_counts)
    where = (np.concatenate(rows), np.concatenate(columns))
    left = coo_array((np.concatenate(parts), where), shape=(len(right), first))
    return left.tocsr(), right


def _least(
    target: Floats,
    equations: csr_array,
    right: Floats,
    bounds: Sequence[tuple[float, float | None]],
) -> float:
    """Return the least value that the equations allow; minus infinity where there is none."""
    from scipy.optimize import linprog

    found = linprog(target, A_eq=equations, b_eq=right, bounds=bounds, method="highs")
    return -np.inf if found.status == UNBOUNDED else float(found.fun)


def _joined(every: Sequence[_Alike]) -> list[list[_Alike]]:
    """Return the cells in parts that no link joins; each part is a program of its own."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(k, number) for k, one in enumerate(every) for number, _ in one.places]
    if not pairs:
        return []
    at, number = np.array(pairs).T
    nodes = len(every) + number.max() + 1
    edges = coo_array((np.ones(len(at)), (at, len(every) + number)), shape=(nodes, nodes))
    _, part = connected_components(edges, directed=False)
    joined: dict[int, list[_Alike]] = {}
    for one, k in zip(every, part, strict=False):
        joined.setdefault(int(k), []).append(one)
    return list(joined.values())
