"""Of how many independent rows a group's share is, where rows come in households."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints


class EffectiveCounts(NamedTuple):
    """How many of how many independent rows each group has.

    Attributes
    ----------
    hits, size : ndarray, shape (n_groups,)
        Both 0 for a group without rows.
    """

    hits: Floats
    size: Floats

    @classmethod
    def of(
        cls, value: Floats, among: Floats, group: Ints, household: Ints, n_groups: int
    ) -> EffectiveCounts:
        """Count the rows of groups as independent ones would.

        Parameters
        ----------
        value : ndarray, shape (n_rows,)
            In [0, 1]: how much of each row is a hit.
        among : ndarray, shape (n_rows,)
            The weight of each row among those that the share is of.
        group, household : ndarray of int, shape (n_rows,)
        n_groups : int

        Notes
        -----
        Weights make of n rows ``(sum w)^2 / sum w^2`` (Kish). Rows of a household, round after
        round, count less by the factor by which their sums vary more than independent rows would.
        It is one factor for all groups: a small group does not tell its own.

        Examples
        --------
        Twenty rows of ten households, both rows alike:

        >>> value, household = np.repeat([1.0, 0.0], 10), np.repeat(np.arange(10), 2)
        >>> one_group = np.zeros(20, dtype=np.intp)
        >>> counts = EffectiveCounts.of(value, np.ones(20), one_group, household, n_groups=1)
        >>> counts.hits.tolist(), counts.size.tolist()
        ([5.0], [10.0])
        """
        total, squares, hits = (
            np.bincount(group, added, minlength=n_groups).astype(np.float64)
            for added in (among, among**2, among * value)
        )
        share = _over(hits, total)
        size = _over(total**2, squares) / _factor(among * (value - share[group]), among, household)
        return cls(share * size, size)


def _factor(residual: Floats, among: Floats, household: Ints) -> float:
    """Return by how much sums of households vary more than rows that are independent."""
    by_rows = float(residual @ residual)
    if by_rows == 0:
        # all rows of a group are alike, and only households tell of each other
        used = among > 0
        return float(used.sum()) / len(np.unique(household[used])) if used.any() else 1.0
    sums = np.bincount(household, residual)
    return max(float(sums @ sums) / by_rows, 1.0)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
