"""A core that is a sum of trees; its tables and its background are computed from the trees."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from numpy.typing import NDArray

from riskmodel.forests import (
    MAX_TESTS,
    Arrays,
    Background,
    BoosterTrees,
    PathTables,
    count_background,
)
from riskmodel.models.fit_rows import Floats
from riskmodel.models.kind import Core

EVERY = 8


class TreeCore(Core):
    """Boosters of any make.

    A kind defines the margin of a row, the trees, and the longest path in them.
    """

    @abstractmethod
    def trees(self) -> Sequence[BoosterTrees]:
        """Return the trees of each booster; the boosters' margins are averaged in this order."""

    def first_trees(self) -> BoosterTrees:
        """Return the trees of the first booster."""
        return self.trees()[0]

    @property
    @abstractmethod
    def longest_path(self) -> int:
        """The largest number of features that a path can test."""

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Count the decision patterns of the rows fitted on; None if paths may be too long."""
        if self.longest_path > MAX_TESTS:
            return None
        trees = self.trees()
        # to read the trees is most of what a sketch costs
        _SKETCHES[self] = _sketch(trees[0])
        return count_background(trees, matrix, threads)

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the trees as tables, filled against a background or else by the trees' covers."""
        return PathTables(self.trees(), background).arrays

    def sketch(self) -> Arrays:
        """Return the tables of every eighth tree of the first booster, by the trees' covers."""
        if self not in _SKETCHES:
            _SKETCHES[self] = _sketch(self.first_trees())
        return _SKETCHES[self]

    def joint_tables(self, background: Background | None, outputs: Sequence[int]) -> Arrays | None:
        """Return tables in which the columns of one output count as one player, or None."""
        if background is None:
            return None
        return PathTables(self.trees(), background, outputs, joint=True).arrays


_SKETCHES: WeakKeyDictionary[TreeCore, Arrays] = WeakKeyDictionary()


def _sketch(booster: BoosterTrees) -> Arrays:
    some = replace(booster, trees=booster.trees[::EVERY])
    return PathTables([some], None).arrays
