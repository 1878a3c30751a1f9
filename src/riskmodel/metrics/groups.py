"""Rows by group, each group by its name."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.metrics.arrays import Ints
from riskmodel.texts import as_texts

UNKNOWN = "unknown"
"""The group of rows whose group is blank."""


def group_names(groups: ArrayLike | pd.Series) -> NDArray[np.str_]:
    """Return groups as texts: a whole number has no decimals, and a blank is ``"unknown"``.

    Parameters
    ----------
    groups : array-like, shape (n_rows,)

    Examples
    --------
    >>> group_names(pd.Series([1.0, 2.0, None])).tolist()
    ['1', '2', 'unknown']
    """
    column = groups if isinstance(groups, pd.Series) else pd.Series(np.asarray(groups))
    code, names = pd.factorize(column)
    return np.array([*as_texts(names), UNKNOWN], dtype=np.str_)[code]


class Groups(NamedTuple):
    """Rows by group.

    Attributes
    ----------
    names : ndarray, shape (n_groups,)
        Sorted.
    code : ndarray of int, shape (n_rows,)
        The group of each row.
    """

    names: NDArray[Any]
    code: Ints

    @classmethod
    def of(cls, groups: ArrayLike) -> Groups:
        """Return rows by group, groups in the order of their names.

        Examples
        --------
        >>> Groups.of(["b", "a", "b"]).code.tolist()
        [1, 0, 1]
        """
        names, code = np.unique(np.asarray(groups), return_inverse=True)
        return cls(names, code)

    def positions(self) -> list[Ints]:
        """Return the positions of each group's rows."""
        order = np.argsort(self.code, kind="stable")
        counts = np.bincount(self.code, minlength=len(self.names))
        return np.split(order, np.cumsum(counts)[:-1])
