"""Which cells of several tables are left out, so that none of them can be told from the others.

The tables count the same rows: by round, by area, by group, and all rows together. Each cell has
four counts: listed crises, other listed rows, missed crises and the rest. A reader knows every cell
that is shown, and that sums over an area's districts, or over all groups, are equal. What is hidden
lies between the least and the most that these equations allow; both are linear programs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics.arrays import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NARROW = 2.0
SHOWN_AGAIN = 40
UNBOUNDED = 3
Cell = tuple[int, int]
Relation = tuple[tuple[Cell, int], ...]
"""Cells with their signs: the counts of some are together those of the others."""

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


ASKED = {
    Shown.ALL: (),
    Shown.NO_LIST: (LISTED, HITS, FALSE_ALARMS),
    Shown.NOTHING: (ROWS, CRISES, OTHERS),
}


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

        def is_small(among: NDArray[np.bool_]) -> NDArray[np.bool_]:
            classes = (among, among & (y == 1), among & (y == 0))
            found = [_households(code, household, rows, n_cells) for rows in classes]
            return np.any([count < bar for count, bar in zip(found, bars, strict=True)], axis=0)

        least = np.where(is_small(listed > 0) | (not has_list), Shown.NO_LIST, Shown.ALL)
        least[is_small(np.ones(len(code), dtype=bool))] = Shown.NOTHING
        return cls(code, counts, least)


def cells_to_hide(tables: Sequence[CellCounts]) -> list[Ints]:
    """Return what each table shows of its cells, so that no hidden count can be told.

    A hidden count is told where the equations leave it a range of 2 or less. Cells are hidden
    beside it, the smallest that help first, and shown again where that was not needed after all.

    Parameters
    ----------
    tables : list of CellCounts
        Tables of the same rows; their totals count as shown.

    Returns
    -------
    list of ndarray of Shown
        By table, shape (n_cells,).

    Examples
    --------
    Three areas, of which one has 4 households: a second one is hidden, or the total would tell it.

    >>> code = np.repeat([0, 1, 2], [4, 40, 60])
    >>> y = (np.arange(104) % 4 == 0).astype(float)
    >>> table = CellCounts.of(
    ...     code, y, y * 0, np.arange(104), min_households=10, min_of_class=3, has_list=False
    ... )
    >>> [cell.tolist() for cell in cells_to_hide([table])]
    [[2, 2, 1]]
    """
    problem = _Problem.of(tables)
    chosen = [table.least.copy() for table in tables]
    found = problem.told(chosen)
    while found:
        more = problem.beside(chosen, found)
        if not more:
            break
        for (table, cell), level in more.items():
            chosen[table][cell] = level
        found = problem.told(chosen, among={*found, *more})
    return problem.shown_again(chosen, found)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The tables and the equations between them."""

    tables: Sequence[CellCounts]
    relations: Sequence[Relation]
    of_cell: Mapping[Cell, tuple[tuple[int, int], ...]]

    @classmethod
    def of(cls, tables: Sequence[CellCounts]) -> _Problem:
        relations = _relations(tables)
        of_cell: dict[Cell, list[tuple[int, int]]] = {}
        for number, relation in enumerate(relations):
            for cell, sign in relation:
                of_cell.setdefault(cell, []).append((number, sign))
        return cls(tables, relations, {cell: tuple(found) for cell, found in of_cell.items()})

    def told(self, chosen: Sequence[Ints], among: Collection[Cell] | None = None) -> set[Cell]:
        """Return the hidden cells, or those among some, with a count that can be told."""
        return {
            cell
            for linked in _linked_classes(self._classes(chosen))
            for one in linked
            for cell in self._told_in(one, linked, among)
        }

    def beside(self, chosen: Sequence[Ints], found: set[Cell]) -> dict[Cell, int]:
        """Return what else to hide: the smallest cell of some equation of each cell told.

        Where more is hidden, what could not be told before cannot be told now.
        """
        more: dict[Cell, int] = {}
        for told in sorted(found):
            level = int(chosen[told[0]][told[1]])
            fit = [cell for cell in self._linked(told) if chosen[cell[0]][cell[1]] < level]
            if not fit:
                level = int(Shown.NOTHING)
                fit = [cell for cell in self._linked(told) if chosen[cell[0]][cell[1]] < level]
            if fit and not more.keys() & set(fit):
                more[min(fit, key=self._size)] = level
        return more

    def shown_again(self, chosen: list[Ints], found: set[Cell]) -> list[Ints]:
        """Show cells again, the largest first, where no more can be told for it."""
        raised = [
            (number, int(cell))
            for number, table in enumerate(self.tables)
            for cell in np.flatnonzero(chosen[number] > table.least)
        ]
        for number, cell in sorted(raised, key=self._size, reverse=True)[:SHOWN_AGAIN]:
            for level in range(self.tables[number].least[cell], chosen[number][cell]):
                tried = [each.copy() for each in chosen]
                tried[number][cell] = level
                if self.told(tried) <= found:
                    chosen = tried
                    break
        return chosen

    def _asked(self, shown: Shown) -> list[Floats]:
        """Return what may not be told; a count whose total is as small is told by the total."""
        total = self.tables[0].counts.sum(axis=0)
        return [asked for asked in ASKED[shown] if total @ asked > NARROW]

    def _linked(self, cell: Cell) -> set[Cell]:
        return {other for number, _ in self.of_cell[cell] for other, _ in self.relations[number]}

    def _size(self, cell: Cell) -> float:
        return float(self.tables[cell[0]].counts[cell[1]].sum())

    def _classes(self, chosen: Sequence[Ints]) -> list[_Class]:
        """Return the hidden cells by table, equations and what is shown of them."""
        members: dict[tuple[object, int], list[Cell]] = {}
        for number, levels in enumerate(chosen):
            for cell in np.flatnonzero(levels).tolist():
                key = (self.of_cell[number, cell], int(levels[cell]))
                members.setdefault(key, []).append((number, cell))
        return [
            _Class(tuple(cells), self._counts(cells), self.of_cell[cells[0]], Shown(level))
            for (_, level), cells in members.items()
        ]

    def _counts(self, cells: Sequence[Cell]) -> Floats:
        return np.array([self.tables[table].counts[cell] for table, cell in cells])

    def _told_in(
        self, one: _Class, classes: Sequence[_Class], among: Collection[Cell] | None
    ) -> Iterator[Cell]:
        for position, cell in enumerate(one.cells):
            if among is not None and cell not in among:
                continue
            if one.least_range(position, self._asked(one.shown)) > NARROW:
                continue
            if self._is_told(one, position, classes):
                yield cell
            elif one.shown is Shown.NOTHING:
                return  # the equations tell as little of the others

    def _is_told(self, one: _Class, position: int, classes: Sequence[_Class]) -> bool:
        """Return whether the equations leave a count of a cell a narrow range."""
        blocks = [_Block.alone(one, position), *_Block.others(one, position, classes)]
        equations, right = _equations(blocks)
        bounds = [bound for block in blocks for bound in block.bounds]
        for asked in self._asked(one.shown):
            target = np.zeros(len(bounds))
            target[: blocks[0].size] = blocks[0].of_counts @ asked
            true = one.counts[position] - blocks[0].known
            reach = 0.0
            for sign in (1, -1):
                reach += sign * float(true @ asked) - _least(
                    sign * target, equations, right, bounds
                )
                if reach > NARROW:
                    break
            else:
                return True
        return False


class _Class(NamedTuple):
    """Hidden cells of one table that stand in the same equations; any two can give and take."""

    cells: tuple[Cell, ...]
    counts: Floats
    relations: tuple[tuple[int, int], ...]
    shown: Shown

    def least_range(self, position: int, asked: Sequence[Floats]) -> float:
        """Return a range that a cell's counts have for certain: what the others could take."""
        if not asked:
            return np.inf
        own, rest = self.counts[position], self.counts.sum(axis=0) - self.counts[position]
        if len(self.cells) == 1:
            return 0.0
        if self.shown is Shown.NOTHING:
            return float(min((own + rest) @ each for each in asked))

        hits = min(own[0], rest[2]) + min(own[2], rest[0])
        alarms = min(own[1], rest[3]) + min(own[3], rest[1])
        return float(min(hits, alarms))


class _Block(NamedTuple):
    """Unknown counts of some cells together, as variables of the program.

    `of_counts` has a row for each variable and its part in each of the four counts.
    """

    of_counts: Floats
    known: Floats
    bounds: tuple[tuple[float, float | None], ...]
    relations: tuple[tuple[int, int], ...]
    true: Floats

    @property
    def size(self) -> int:
        return len(self.of_counts)

    @classmethod
    def of(cls, counts: Floats, shown: Shown, relations: tuple[tuple[int, int], ...]) -> _Block:
        """Return the unknowns of cells: four, or two where crises and rows are shown."""
        if shown is Shown.NOTHING:
            return cls(np.eye(4), np.zeros(4), ((0, None),) * 4, relations, counts)

        crises, others = float(counts @ CRISES), float(counts @ OTHERS)
        taken = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])
        known = np.array([0.0, 0.0, crises, others])
        return cls(taken, known, ((0, crises), (0, others)), relations, counts)

    @classmethod
    def alone(cls, one: _Class, position: int) -> _Block:
        return cls.of(one.counts[position], one.shown, one.relations)

    @classmethod
    def others(cls, one: _Class, position: int, classes: Sequence[_Class]) -> Iterator[_Block]:
        """Return the other hidden cells, those of a class together: only their sums count."""
        for each in classes:
            counts = each.counts
            if each is one:
                counts = np.delete(counts, position, axis=0)
            if len(counts):
                yield cls.of(counts.sum(axis=0), each.shown, each.relations)


def _equations(blocks: Sequence[_Block]) -> tuple[csr_array, Floats]:
    """Return the equations between the unknowns; the shown cells stand on the right side."""
    from scipy.sparse import coo_array

    numbers = sorted({number for block in blocks for number, _ in block.relations})
    place = {number: 4 * k for k, number in enumerate(numbers)}
    right = np.zeros(4 * len(numbers))
    rows, columns, parts, first = [], [], [], 0
    for block in blocks:
        unknown, count = np.nonzero(block.of_counts)
        for number, sign in block.relations:
            rows.append(place[number] + count)
            columns.append(first + unknown)
            parts.append(sign * block.of_counts[unknown, count])
            right[place[number] : place[number] + 4] += sign * (block.true - block.known)
        first += block.size
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


def _linked_classes(classes: Sequence[_Class]) -> list[list[_Class]]:
    """Return the classes in parts that no equation joins; each part is a program of its own."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(k, number) for k, one in enumerate(classes) for number, _ in one.relations]
    if not pairs:
        return []
    at, number = np.array(pairs).T
    nodes = len(classes) + number.max() + 1
    edges = coo_array((np.ones(len(at)), (at, len(classes) + number)), shape=(nodes, nodes))
    _, part = connected_components(edges, directed=False)
    linked: dict[int, list[_Class]] = {}
    for one, k in zip(classes, part, strict=False):
        linked.setdefault(int(k), []).append(one)
    return list(linked.values())


def _relations(tables: Sequence[CellCounts]) -> list[Relation]:
    """Return which cells of two tables hold the same rows, and which tables add up to all rows.

    An area, say, holds the rows of its districts. Then the districts' total is that of the areas,
    and an equation of its own would only join what is apart.
    """
    relations: list[Relation] = []
    linked = list(range(len(tables)))
    for (one, first), (other, second) in combinations(enumerate(tables), 2):
        unions = list(_equal_unions(one, first, other, second))
        if len(unions) < 2:
            continue
        relations += unions
        joined = {linked[one], linked[other]}
        linked = [min(joined) if part in joined else part for part in linked]
    for part in sorted(set(linked)):
        among = [k for k, each in enumerate(linked) if each == part]
        coarsest = min(among, key=lambda k: len(tables[k].counts))
        cells = range(len(tables[coarsest].counts))
        relations.append(tuple(((coarsest, cell), 1) for cell in cells))
    return relations


def _equal_unions(
    one: int, first: CellCounts, other: int, second: CellCounts
) -> Iterator[Relation]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, all_cells = len(first.counts), len(first.counts) + len(second.counts)
    pairs = np.unique(np.column_stack([first.code, n + second.code]), axis=0)
    edges = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(all_cells, all_cells))
    count, part = connected_components(edges, directed=False)
    for k in range(count):
        here = [((one, cell), 1) for cell in np.flatnonzero(part[:n] == k).tolist()]
        there = [((other, cell), -1) for cell in np.flatnonzero(part[n:] == k).tolist()]
        yield (*here, *there)


def _households(
    code: Ints, household: Ints, among: NDArray[np.bool_], n_cells: int
) -> NDArray[np.intp]:
    """Return how many distinct households each cell has among some rows."""
    pairs = np.unique(np.column_stack([code[among], household[among]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_cells)
