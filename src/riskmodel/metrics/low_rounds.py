"""Rounds in which far fewer rows are positive than in the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FIFTH = 5
# with fewer positives to be expected, a fifth of them may come by chance
LEAST_EXPECTED = 20


class LowRate(NamedTuple):
    """The rate of a round, and that of all others."""

    rate: float
    others: float

    def __str__(self) -> str:
        return f"1 in {self.rate:.1%} of its rows, and in {self.others:.1%} of the other rounds'"


def low_rounds(rounds: ArrayLike, y: NDArray[np.float64]) -> dict[str, LowRate]:
    """Return the rounds whose share of positives is below a fifth of the other rounds' share.

    Parameters
    ----------
    rounds : array of shape (n_rows,)
    y : ndarray of float, shape (n_rows,)
        1, 0, or NaN where the label is missing.

    Returns
    -------
    dict of str to LowRate
        By round. A round in which the others' share makes fewer than twenty positives is not told.

    Examples
    --------
    >>> y = np.repeat([1.0, 0.0, 1.0, 0.0, 0.0], [30, 170, 20, 180, 200])
    >>> low_rounds(np.repeat(["2024-01-01", "2024-03-01", "2024-05-01"], 200), y)
    {'2024-05-01': LowRate(rate=0.0, others=0.125)}
    """
    is_labelled = ~np.isnan(y)
    names, number = np.unique(np.asarray(rounds)[is_labelled], return_inverse=True)
    rows = np.bincount(number, minlength=len(names))
    positives = np.bincount(number, y[is_labelled], minlength=len(names))

    low = {}
    for name, n, found in zip(names, rows, positives, strict=True):
        other_rows, other_positives = rows.sum() - n, positives.sum() - found
        # in whole numbers, so that a fifth is a fifth
        is_sure = other_positives * n >= LEAST_EXPECTED * other_rows
        if other_rows and is_sure and FIFTH * found * other_rows < other_positives * n:
            low[str(name)] = LowRate(float(found / n), float(other_positives / other_rows))
    return low
