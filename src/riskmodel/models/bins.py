"""Bins of a column that at least ten households share, so that no bin tells of one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.models.fit_rows import Floats

CUT_DIGITS = 3


def cuts_of(x: Floats, household: NDArray[np.intp]) -> Floats:
    """Return where to cut a column of numbers into bins of at least 10 households.

    A cut lies between two neighbouring values and is rounded to 3 significant digits, since the
    middle of two readings would tell one of them to whoever knows the other. It belongs to the
    bin above it.

    Parameters
    ----------
    x : array of float
        NaN where missing; missing values are in no bin.
    household : array of int
        The household of each value.

    Examples
    --------
    >>> income = np.array([811.0, 812.0, 930.0, 940.0] * 10)
    >>> cuts_of(income, np.arange(40))
    array([812., 871., 935.])
    >>> cuts_of(income[:30], np.arange(30))
    array([871.])
    """
    order = np.argsort(x, kind="stable")[: int(np.sum(~np.isnan(x)))]
    ordered, owner = x[order], household[order]
    values = np.unique(ordered)
    middles = values[:-1] / 2 + values[1:] / 2
    cuts = np.unique([float(f"{middle:.{CUT_DIGITS}g}") for middle in middles])
    return cuts[_wide(np.searchsorted(ordered, cuts), owner)]


def _wide(edges: NDArray[np.intp], owner: NDArray[np.intp]) -> list[int]:
    """Return which edges to keep, so that no bin between them is of few households."""
    kept: list[int] = []
    start = 0
    for number, edge in enumerate(edges):
        if not is_few(owner[start:edge]):
            kept.append(number)
            start = edge
    return kept[:-1] if is_few(owner[start:]) else kept


def without_few(x: Floats, household: NDArray[np.intp], *, is_category: bool) -> Floats:
    """Return a column whose cells that fewer than 10 households share are the usual value.

    These are categories, the missing values, or all values of a column that is missing elsewhere.

    Parameters
    ----------
    x : array of float
        Numbers or the codes of categories; NaN where missing.
    household : array of int
        The household of each cell.
    is_category : bool

    Examples
    --------
    >>> tenure = np.array([0.0] * 20 + [1.0] * 9)
    >>> np.unique(without_few(tenure, np.arange(29), is_category=True))
    array([0.])
    >>> income = np.array([800.0] * 10 + [900.0] * 10 + [np.nan])
    >>> without_few(income, np.arange(21), is_category=False)[-1]
    np.float64(850.0)
    """
    kinds = np.where(np.isnan(x), -1.0, x if is_category else 0.0)
    few = [kind for kind in np.unique(kinds) if is_few(household[kinds == kind])]
    return np.where(np.isin(kinds, few), _usual(x, kinds, is_category=is_category), x)


def _usual(x: Floats, kinds: Floats, *, is_category: bool) -> float:
    found, counts = np.unique(kinds, return_counts=True)
    most = found[np.argmax(counts)]
    if most == -1:
        return np.nan
    return float(most) if is_category else float(np.nanmedian(x))


def is_few(household: NDArray[np.intp]) -> bool:
    """Return whether the rows are of fewer than 10 households."""
    return len(np.unique(household)) < MIN_HOUSEHOLDS
