"""Errors of figures of pseudo-labels: for lists like it, and for this list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.selective.pseudo_labels import Bools, weighted_residual


class Spread(NamedTuple):
    """How a figure varies.

    Attributes
    ----------
    se : float
        Standard error.
    freedom : float
        Degrees of freedom of Student's t at an interval's ends, by how few groups dominate it.
    groups : int
        How many groups, or draws, vary.
    """

    se: float
    freedom: float
    groups: int


def spread_of_lists_like_it(influence: Floats, household: Ints, area_round: Ints | None) -> Spread:
    """Return how a figure varies over households and rounds like these.

    Parameters
    ----------
    influence : ndarray, shape (n_rows,)
        What each row adds to the figure; sums to 0.
    household, area_round : ndarray of int, shape (n_rows,)
        The household of each row, and its area in its round, numbered 0, 1, ... with none left
        out. Without the latter rows are alike by household only.

    Returns
    -------
    Spread

    Notes
    -----
    Rows of one household, and rows of one area in one round, may go together::

        V = V_household + V_area-round - V_both

    with ``V = G / (G - 1) sum_g u_g^2`` over G groups whose rows add ``u_g``, and both: the rows of
    a household in an area-round [1]_. Chance can make the difference small or negative: where it
    is below the larger of the first two, that one counts. Degrees of freedom are Satterthwaite's,
    ``(sum u_g^2)^2 / sum u_g^4 - 1``, of the way with the larger variance.

    References
    ----------
    .. [1] Cameron, Gelbach, Miller (2011), JBES 29, 238-249. doi:10.1198/jbes.2010.07136

    Examples
    --------
    >>> rows = np.array([0.5, 0.5, -0.5, -0.5])
    >>> round(spread_of_lists_like_it(rows, np.array([0, 1, 2, 3]), None).se, 3)
    1.155
    >>> spread_of_lists_like_it(rows, np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])).se
    2.0
    """
    _check(influence)
    by_household = _sandwich(influence, household)
    if area_round is None:
        return by_household
    by_area = _sandwich(influence, area_round)
    pair = household * (int(area_round.max()) + 1) + area_round
    of_both = _sandwich(influence, np.unique(pair, return_inverse=True)[1])
    larger = max(by_household, by_area, key=lambda each: each.se)
    joined = by_household.se**2 + by_area.se**2 - of_both.se**2
    return larger._replace(se=max(float(np.sqrt(max(joined, 0.0))), larger.se))


def spread_of_this_list(
    by_label: Floats, verdict: Floats, known: Bools, chance: Floats, expected: Floats
) -> Spread:
    """Return how a figure varies over the draws that could have been, and over who is reached.

    Parameters
    ----------
    by_label : ndarray, shape (n_rows,)
        The figure's derivative by each row's label.
    verdict, known, chance, expected : ndarray, shape (n_rows,)
        As in `riskmodel.metrics.selective.pseudo_labels`.

    Returns
    -------
    Spread

    Notes
    -----
    The households, their verdicts and the list are given; the figure varies because other rows
    could have been drawn and reached. With ``r = V / e (Y - m)`` and the derivative G, the variance
    is ``sum G^2 (1 - e) r^2`` [1]_. The chance e is that of being drawn times that of being
    reached, so that rows which were certain to be drawn vary with who was reached: the second
    phase.

    References
    ----------
    .. [1] Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, chapter 9.
       doi:10.1007/978-1-4612-4378-6

    Examples
    --------
    Everyone was certain to be known:

    >>> y, all_known = np.array([0.0, 1.0]), np.array([True, True])
    >>> spread_of_this_list(y / 2, y, all_known, np.ones(2), np.full(2, 0.1)).se
    0.0
    """
    _check(by_label)
    residual = weighted_residual(verdict, known, chance, expected)
    moved = by_label * residual * np.sqrt(1 - chance)
    return Spread(float(np.sqrt(moved @ moved)), _freedom(moved), int(np.count_nonzero(moved)))


def _sandwich(influence: Floats, group: Ints) -> Spread:
    groups = int(group.max()) + 1 if len(group) else 0
    if groups < 2:
        return Spread(0.0, 1.0, groups)
    sums = np.bincount(group, influence).astype(np.float64)
    variance = groups / (groups - 1) * float(sums @ sums)
    return Spread(float(np.sqrt(variance)), _freedom(sums), groups)


def _freedom(sums: Floats) -> float:
    square = sums**2
    fourth = float(square @ square)
    return max(float(square.sum()) ** 2 / fourth - 1, 1.0) if fourth > 0 else float(len(sums))


def _check(values: Floats) -> None:
    if not np.isfinite(values).all():
        raise RiskmodelError(
            "what a row adds to the figure is not defined",
            code="selective.influence",
            allowed="finite numbers",
            next_step="ask for the variance of figures that are defined only",
        )
