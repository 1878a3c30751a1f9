"""The least and the most that hidden cells of one class can be: linear programs over their counts.

The equations and bounds of crises hold no count of other rows, and the other way round, so that
each class is a program of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.hidden_pools import Pool

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class ClassProgram:
    """What the links leave open of one class of the rows of some pools.

    Each pool has one hidden count: its rows of the class or, where these are shown, those of them
    that are listed. The true counts fit all links, and every solution that is found does so too:
    they widen the ranges of all pools at once.

    Parameters
    ----------
    pools : list of Pool
        All that links join.
    of_class : int
        0 for crises, 1 for other rows.
    most : float
        Rows of the class in all, more than which no count can be.

    Attributes
    ----------
    low, high : ndarray, shape (n_pools,)
        What each hidden count can be for certain.
    """

    def __init__(self, pools: Sequence[Pool], of_class: int, most: float) -> None:
        sums = np.array([pool.counts.sum(axis=0) for pool in pools])
        self._pools, self._most = pools, most
        self._listed, self._missed = sums[:, of_class], sums[:, of_class + 2]
        self._hides_rows = np.array([pool.hides_rows for pool in pools])
        self._missed_at = np.cumsum(self._hides_rows) - 1 + len(pools)
        true = self._listed + np.where(self._hides_rows, self._missed, 0.0)
        self.low, self.high = true.copy(), true.copy()

    def move(self, pools: Ints, directions: Floats) -> None:
        """Widen the ranges by the solution that moves some pools as far as it can.

        Parameters
        ----------
        pools : ndarray of int
        directions : ndarray
            How much an addition to each is worth.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        equations, right = self._equations
        worth = np.zeros(equations.shape[1])
        worth[pools] = directions
        open_rows = self._hides_rows[pools]
        worth[self._missed_at[pools][open_rows]] = directions[open_rows]
        solved = milp(
            -worth,
            constraints=LinearConstraint(equations, right, right),
            bounds=Bounds(np.zeros(len(worth)), self._bounds),
        )
        if solved.x is None:
            # the ranges of before hold as well, and to know less is to hide more
            return
        counts = solved.x[: len(self._pools)].copy()
        counts[self._hides_rows] += solved.x[self._missed_at[self._hides_rows]]
        self.low, self.high = np.minimum(self.low, counts), np.maximum(self.high, counts)

    @cached_property
    def _bounds(self) -> Floats:
        """The most that each variable can be: the listed of each pool, then what is missed."""
        known = np.where(self._hides_rows, self._most, self._listed + self._missed)
        return np.concatenate([known, np.full(int(self._hides_rows.sum()), self._most)])

    @cached_property
    def _equations(self) -> tuple[csr_array, Floats]:
        """Two equations for each link, of listed rows and of missed ones, and what they come to."""
        from scipy.sparse import coo_array

        places = [
            (k, link, sign) for k, pool in enumerate(self._pools) for link, sign in pool.places
        ]
        pool, link, sign = np.array(places).T
        _, row = np.unique(link, return_inverse=True)
        hides = self._hides_rows[pool]
        n_links = int(row.max()) + 1
        # where rows are shown, those missed are the others: a change of one is one of the other
        column = np.concatenate([pool, np.where(hides, self._missed_at[pool], pool)])
        value = np.concatenate([sign, np.where(hides, sign, -sign)]).astype(np.float64)
        # SciPy before 1.15 solves with short places alone
        at = (np.concatenate([row, n_links + row]).astype(np.int32), column.astype(np.int32))
        shape = (2 * n_links, len(self._bounds))
        left = coo_array((value, at), shape=shape).tocsr()
        true = np.concatenate([self._listed, self._missed[self._hides_rows]])
        return left, left @ true
