"""Systematic draws: numbers rounded so that their sum is, and rows drawn by their exact chances."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ConfigError
from riskmodel.metrics.arrays import Floats, Ints

LARGEST_SEED = 2**63 - 1
_LAST_BITS = 1e-9


def checked_seed(seed: object, code: str) -> int:
    """Return a seed, or refuse what is none.

    Examples
    --------
    >>> checked_seed(3, "scoring.explore")
    3
    """
    if isinstance(seed, Integral) and not isinstance(seed, bool):
        number = int(seed)
        if 0 <= number <= LARGEST_SEED:
            return number
    raise ConfigError(
        "a draw needs a seed, by which it can be made again",
        place="seed",
        code=code,
        allowed=f"a whole number from 0 to {LARGEST_SEED}",
        next_step="write seed= with a number of your own, such as seed=3",
    )


def household_numbers(household: NDArray[np.str_], rng: np.random.Generator) -> Floats:
    """Return one number from 0 to 1 for each household, whatever the order of the rows.

    Examples
    --------
    >>> ids = np.array(["b", "a"])
    >>> numbers = [household_numbers(some, np.random.default_rng(0)) for some in (ids, ids[::-1])]
    >>> numbers[0].tolist() == numbers[1][::-1].tolist()
    True
    """
    numbers = np.empty(len(household))
    numbers[np.argsort(household)] = rng.random(len(household))
    return numbers


def whole_parts(mean: Floats) -> tuple[Ints, Floats]:
    """Return numbers rounded down, and what is left of them; the last bits of a sum are nothing.

    Examples
    --------
    >>> whole_parts(np.array([2.25, 3 - 1e-12]))
    (array([2, 3]), array([0.25, 0.  ]))
    """
    below = np.floor(mean + _LAST_BITS)
    rest = mean - below
    return below.astype(np.intp), np.where(rest > _LAST_BITS, rest, 0.0)


def rounded_in_turn(mean: Floats, start: float) -> Ints:
    """Round numbers down or up so that their sum is rounded once, and each is itself on average.

    Parameters
    ----------
    mean : ndarray, shape (n,)
    start : float
        From 0 to 1, drawn.

    Examples
    --------
    >>> [rounded_in_turn(np.full(4, 0.25), start).tolist() for start in (0.1, 0.9)]
    [[0, 0, 0, 1], [1, 0, 0, 0]]
    """
    below, rest = whole_parts(mean)
    up = np.diff(np.floor(np.concatenate([[0.0], np.cumsum(rest)]) + start + _LAST_BITS))
    return below + np.clip(up, 0, rest > 0).astype(np.intp)


def drawn_in_turn(chance: Floats, cell: Ints, start: Floats) -> NDArray[np.bool_]:
    """Draw rows in turn, each by its chance, a fixed number of each cell.

    Parameters
    ----------
    chance : ndarray, shape (n_rows,)
        Of rows in the order of their cells; their sum in a cell is a whole number.
    cell : ndarray of int, shape (n_rows,)
        Sorted.
    start : ndarray, shape (n_cells,)
        From 0 to 1, drawn.

    Examples
    --------
    >>> chance, cell = np.array([0.5, 0.5, 0.25, 0.75, 1.0]), np.array([0, 0, 1, 1, 1])
    >>> drawn_in_turn(chance, cell, np.array([0.6, 0.3])).tolist()
    [False, True, False, True, True]
    """
    if not len(chance):
        return np.zeros(0, dtype=bool)
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    last = np.append(first[1:], len(cell)) - 1
    total = np.cumsum(chance)
    before = np.repeat(total[first] - chance[first], last - first + 1)
    upto = total - before
    # the last row of a cell reaches the whole number, whatever was lost in adding up
    upto[last] = np.rint(upto[last])
    below = np.concatenate([[0.0], upto[:-1]])
    below[first] = 0.0
    # beside a start of nearly 1 the last bits of a sum would be lost
    own = np.minimum(start, 1 - _LAST_BITS)[cell]
    return np.ceil(upto - own) > np.ceil(np.minimum(below, upto) - own)


def chances_by_weight(weight: Floats, cell: Ints, places: Ints) -> Floats:
    """Return chances in proportion to weights, of which none is above 1, summing to the places.

    Parameters
    ----------
    weight : ndarray, shape (n_rows,)
        Above 0.
    cell : ndarray of int, shape (n_rows,)
    places : ndarray of int, shape (n_cells,)
        Of a cell with fewer rows than places each row is certain.

    Notes
    -----
    Rows whose share would be more than one place are certain, and the others share what is left,
    until none is above 1.

    Examples
    --------
    >>> chances_by_weight(np.array([8.0, 1, 1, 1]), np.array([0, 0, 0, 0]), np.array([2]))
    array([1.        , 0.33333333, 0.33333333, 0.33333333])
    """
    cells = len(places)
    left = np.minimum(places, np.bincount(cell, minlength=cells)).astype(float)
    chance = np.zeros(len(cell))
    is_open = np.ones(len(cell), dtype=bool)
    while True:
        total = np.bincount(cell[is_open], weight[is_open], minlength=cells)
        rows = np.flatnonzero(is_open)
        share = left[cell[rows]] * weight[rows] / total[cell[rows]]
        chance[rows] = np.minimum(share, 1.0)
        full = rows[share >= 1.0]
        if not len(full):
            return chance
        is_open[full] = False
        left -= np.bincount(cell[full], minlength=cells)
