"""What the shown cells of tables tell of the hidden ones: the least and the most they can be.

Solutions of the links are sought until each hidden cell is seen to range widely enough; only those
for which none is found are solved to the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.cell_counts import CRISES, HIDES, OTHERS, CellCounts
from riskmodel.metrics.cell_links import Cell, Links
from riskmodel.metrics.class_program import ClassProgram
from riskmodel.metrics.hidden_pools import Pool, pools_of

NARROW = 2.0
"""A count is told where its range is no wider."""

LAST_DIGITS = 1e-6
FEW = 4
"""As many open pools, or fewer, are solved one by one; more are moved together first."""

WORTH_MOVING = 0.9
"""Pools are moved together while no larger share of them stays narrow."""


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
        return set(self._each_told(shown, among))

    def tells_more(self, shown: Sequence[Ints], told: Collection[Cell]) -> bool:
        """Return whether some other hidden cell than those told has a count that can be told."""
        return any(cell not in told for cell in self._each_told(shown, None))

    def _each_told(self, shown: Sequence[Ints], among: Collection[Cell] | None) -> Iterator[Cell]:
        for pools in pools_of(self.tables, self.links, shown):
            asked = [
                np.array([self._is_asked(cell, among) for cell in pool.cells]) for pool in pools
            ]
            if any(each.any() for each in asked):
                yield from self._told_of(pools, asked)

    def _is_asked(self, cell: Cell, among: Collection[Cell] | None) -> bool:
        # the only cell of a table is all rows, whose figures are printed
        is_all_rows = len(self.tables[cell[0]].counts) == 1
        return not is_all_rows and (among is None or cell in among)

    def _told_of(self, pools: Sequence[Pool], asked: Sequence[NDArray[np.bool_]]) -> Iterator[Cell]:
        """Yield the cells told of pools that links join."""
        total = self.tables[0].counts.sum(axis=0)
        programs = [
            ClassProgram(pools, of_class, float(total @ figure))
            for of_class, figure in enumerate((CRISES, OTHERS))
        ]
        for of_class, program in enumerate(programs):
            _solve(program, of_class, pools, asked)
        for k, pool in enumerate(pools):
            by_class = np.array(
                [
                    pool.ranges(of_class, program.low[k], program.high[k])
                    for of_class, program in enumerate(programs)
                ]
            )
            is_told = asked[k] & self._is_narrow(pool, by_class)
            yield from (cell for cell, told in zip(pool.cells, is_told, strict=True) if told)

    def _is_narrow(self, pool: Pool, by_class: Floats) -> NDArray[np.bool_]:
        """Return of each cell whether a figure that may not be told ranges narrowly.

        A figure whose total is as small is told by the total. The classes range independently, so
        that a figure of both ranges as far as both together.
        """
        total = self.tables[0].counts.sum(axis=0)
        narrow = np.zeros(len(pool.cells), dtype=bool)
        for figure in HIDES[pool.shown]:
            if total @ figure > NARROW:
                narrow |= figure[:2] @ by_class <= NARROW + LAST_DIGITS
        return narrow


def _solve(
    program: ClassProgram, of_class: int, pools: Sequence[Pool], asked: Sequence[NDArray[np.bool_]]
) -> None:
    """Widen the ranges of a class until all cells asked for range widely, or as far as they can."""

    def is_narrow(k: int) -> bool:
        ranges = pools[k].ranges(of_class, program.low[k], program.high[k])
        return bool((ranges[asked[k]] <= NARROW + LAST_DIGITS).any())

    rng = np.random.default_rng(0)
    narrow = [k for k in range(len(pools)) if is_narrow(k)]
    while len(narrow) > FEW:
        before = len(narrow)
        program.move(np.array(narrow), rng.choice([-1.0, 1.0], before))
        narrow = [k for k in narrow if is_narrow(k)]
        if len(narrow) > WORTH_MOVING * before:
            break
    for k in narrow:
        for direction in (1.0, -1.0):
            if is_narrow(k):
                program.move(np.array([k]), np.array([direction]))
