"""A core that is a sum of trees: its tables and its background come from the trees that a parser read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

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


class TreeCore(Core):
    """Boosters of any make. A kind says how a row gets its margin, what the trees are, and how deep they may be."""

    @abstractmethod
    def trees(self) -> Sequence[BoosterTrees]:
        """Return the trees of each booster; the boosters' margins are averaged in this order."""

    @property
    @abstractmethod
    def longest_path(self) -> int:
        """The largest number of features that a path can test."""

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Count the decision patterns of the rows fitted on; None where paths may be too long for tables."""
        if self.longest_path > MAX_TESTS:
            return None
        return count_background(self.trees(), matrix, threads)

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the trees as tables, filled against a background or, without one, by the trees' own covers."""
        return PathTables(self.trees(), background).arrays

    def joint_tables(self, background: Background | None, outputs: Sequence[int]) -> Arrays | None:
        """Return tables in which the columns of one output join and leave together; None without a background."""
        if background is None:
            return None
        return PathTables(self.trees(), background, outputs, joint=True).arrays
