"""How well each column of a matrix tells an outcome alone, for many columns at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics.arrays import Floats, Ints

ROWS_OF_A_CLASS = 1_000


class LoneColumns(NamedTuple):
    """What each column tells alone, shape (n_columns,).

    Attributes
    ----------
    auc : ndarray
        The chance that it ranks a crisis and a non-crisis rightly, in whichever direction is
        better; at least 0.5.
    phi : ndarray
        Its correlation with the outcome where it is cut in two at the best place: 1 where a cut
        parts crises from the others exactly.
    """

    auc: Floats
    phi: Floats


def rows_of_classes(y: Floats, most: int = ROWS_OF_A_CLASS) -> Ints:
    """Return positions of at most so many rows of each class, evenly spread, in order.

    AUC and the shares of both classes beyond a cut are expected to be those of all rows.

    Examples
    --------
    >>> rows_of_classes(np.array([0, 0, 1, 0, 0, 1, 0]), most=2).tolist()
    [0, 2, 5, 6]
    """
    of_class = [np.flatnonzero(y == value) for value in (0, 1)]
    kept = [
        rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]
        for rows in of_class
    ]
    return np.sort(np.concatenate(kept))


def lone_columns(y: Floats, matrix: NDArray[np.float32], base_rate: float) -> LoneColumns:
    """Return how well each column tells the outcome alone.

    Parameters
    ----------
    y : ndarray of {0, 1}, shape (n_rows,)
        Of rows of both classes.
    matrix : ndarray of float32, shape (n_rows, n_columns)
        A missing cell counts as lower than all others, or as higher than all, whichever tells more.
    base_rate : float
        Share of crises where the rows come from: the rows may be of equally many of both classes.

    Returns
    -------
    LoneColumns

    Notes
    -----
    Of a cut beyond which a share t of the crises and a share f of the others lie, with base rate b
    and ``q = b t + (1 - b) f``::

        phi = (t - f) sqrt(b (1 - b) / (q (1 - q)))

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1, 1.0])
    >>> same, noise = y, np.array([3, 1, np.nan, 2, 1])
    >>> alone = lone_columns(y, np.column_stack([same, noise]).astype(np.float32), 0.4)
    >>> alone.auc.round(3).tolist(), alone.phi.round(3).tolist()
    ([1.0, 0.75], [1.0, 0.667])
    """
    columns = np.ascontiguousarray(matrix.T)
    low = _ranked(y, _sortable(columns, missing_is_low=True), base_rate)
    holed = np.flatnonzero(np.isnan(columns).any(axis=1))
    if len(holed):
        high = _ranked(y, _sortable(columns[holed], missing_is_low=False), base_rate)
        for best, other in zip(low, high, strict=True):
            best[holed] = np.maximum(best[holed], other)
    return low


def rates_elsewhere(y: Floats, codes: Ints, half: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return for each row the share of crises among the rows of its category in the other half.

    So that a category of few rows does not tell their outcomes by itself.

    Parameters
    ----------
    y : ndarray of {0, 1}, shape (n_rows,)
    codes : ndarray of int, shape (n_rows,)
        The category of each row; -1 where it is missing.
    half : ndarray of bool, shape (n_rows,)
        Which half a row is of.

    Examples
    --------
    >>> half = np.array([True, True, False, False])
    >>> rates_elsewhere(np.array([1, 0, 1, 1.0]), np.array([0, 1, 0, 1]), half).tolist()
    [1.0, 1.0, 1.0, 0.0]
    """
    rates = np.empty(len(y), np.float32)
    size = int(codes.max(initial=-1)) + 2
    for own in (half, ~half):
        rows = np.bincount(codes[~own] + 1, minlength=size)
        crises = np.bincount(codes[~own] + 1, y[~own], minlength=size)
        of_all = y[~own].mean() if (~own).any() else 0.0
        rate = np.where(rows > 0, crises / np.maximum(rows, 1), of_all)
        rates[own] = rate[codes[own] + 1]
    return rates


def _sortable(columns: NDArray[np.float32], *, missing_is_low: bool) -> NDArray[np.uint64]:
    """Return whole numbers that sort as the values do; equal ones are ties."""
    bits = (columns + np.float32(0)).view(np.uint32)  # -0 becomes 0
    is_negative = bits >> np.uint32(31) == 1
    key = np.where(is_negative, ~bits, bits | np.uint32(1 << 31)).astype(np.uint64)
    lowest_or_highest = np.uint64(0 if missing_is_low else 2**32 - 1)
    return np.where(np.isnan(columns), lowest_or_highest, key)


def _ranked(y: Floats, key: NDArray[np.uint64], base_rate: float) -> LoneColumns:
    """Sort each column once, its outcomes with it, and look at every cut between two values."""
    joined = np.sort((key << np.uint64(1)) | y.astype(np.uint64), axis=1)
    crises = np.cumsum(joined & np.uint64(1), axis=1, dtype=np.int32)
    value = joined >> np.uint64(1)
    is_last = np.ones(value.shape, bool)
    is_last[:, :-1] = value[:, 1:] != value[:, :-1]

    # a column has as many cuts as values, often few
    column, place = np.nonzero(is_last)
    of_column = np.flatnonzero(np.diff(column, prepend=-1))
    total = y.sum()
    hit = crises[column, place] / total
    false = (place + 1 - crises[column, place]) / (len(y) - total)
    return LoneColumns(_auc(hit, false, of_column), _phi(hit, false, of_column, base_rate))


def _auc(hit: Floats, false: Floats, of_column: Ints) -> Floats:
    """Return the area under the shares at the ends of ties, which are the curve's corners."""
    before_hit, before_false = np.roll(hit, 1), np.roll(false, 1)
    before_hit[of_column] = before_false[of_column] = 0
    area = np.add.reduceat((false - before_false) * (hit + before_hit) / 2, of_column)
    return np.maximum(area, 1 - area)


def _phi(hit: Floats, false: Floats, of_column: Ints, base_rate: float) -> Floats:
    share = base_rate * hit + (1 - base_rate) * false
    spread = share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = np.abs(hit - false) * np.sqrt(base_rate * (1 - base_rate) / spread)
    return np.maximum.reduceat(np.where(spread > 1e-12, phi, 0.0), of_column)
