"""Variances of figures of pseudo-labels: for lists like it, and for this list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.selective.pseudo_labels import Bools, weighted_residual


class Spread(NamedTuple):
    """How figures vary together.

    Attributes
    ----------
    covariance : ndarray, shape (n_figures, n_figures)
    freedom : float
        Degrees of freedom of Student's t at an interval's ends.
    """

    covariance: Floats
    freedom: float

    @property
    def se(self) -> float:
        """Standard error of the first figure."""
        return float(np.sqrt(self.covariance[0, 0]))


def spread_of_lists_like_it(
    influences: Floats, household: Ints, area_round: Ints | None, of: Floats | None = None
) -> Spread:
    """Return how figures vary over households and rounds like these.

    Parameters
    ----------
    influences : ndarray, shape (n_rows,) or (n_rows, n_figures)
        What each row adds to each figure; each column sums to 0.
    household, area_round : ndarray of int, shape (n_rows,)
        The household of each row, and its area in its round, numbered 0, 1, ... with none left
        out. Without the latter rows are alike by household only.
    of : ndarray, shape (n_figures,), optional
        The combination of the figures by which the larger variance is found; default the first.

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
    >>> spread_of_lists_like_it(rows, np.array([0, 1, 2, 3]), None).covariance.round(3).tolist()
    [[1.333]]
    >>> area = np.array([0, 0, 1, 1])
    >>> spread_of_lists_like_it(rows, np.array([0, 1, 2, 3]), area).covariance.tolist()
    [[4.0]]
    """
    added = _columns(influences)
    direction = _first(added) if of is None else of
    by_household = _sandwich(added, household, direction)
    if area_round is None:
        return by_household
    by_area = _sandwich(added, area_round, direction)
    pair = household * (int(area_round.max()) + 1) + area_round
    of_both = _sandwich(added, np.unique(pair, return_inverse=True)[1], direction)
    larger = max(by_household, by_area, key=lambda each: _along(each.covariance, direction))
    joined = by_household.covariance + by_area.covariance - of_both.covariance
    if _along(joined, direction) < _along(larger.covariance, direction):
        return larger
    return Spread(joined, larger.freedom)


def spread_of_this_list(
    by_label: Floats, verdict: Floats, known: Bools, chance: Floats, expected: Floats
) -> Spread:
    """Return how figures vary over the draws that could have been, and over who is reached.

    Parameters
    ----------
    by_label : ndarray, shape (n_rows,) or (n_rows, n_figures)
        Each figure's derivative by each row's label.
    verdict, known, chance, expected : ndarray, shape (n_rows,)
        As in `riskmodel.metrics.selective.pseudo_labels`.

    Returns
    -------
    Spread

    Notes
    -----
    The households, their verdicts and the list are given; the figures vary because other rows
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
    slopes = _columns(by_label)
    residual = weighted_residual(verdict, known, chance, expected)
    moved = slopes * (residual * np.sqrt(1 - chance))[:, None]
    return Spread(moved.T @ moved, _freedom(moved[:, 0]))


def _sandwich(added: Floats, group: Ints, of: Floats) -> Spread:
    groups = int(group.max()) + 1 if len(group) else 0
    if groups < 2:
        return Spread(np.zeros((added.shape[1],) * 2), 1.0)
    sums = np.column_stack([np.bincount(group, column) for column in added.T])
    return Spread(groups / (groups - 1) * sums.T @ sums, _freedom(sums @ of))


def _freedom(sums: Floats) -> float:
    square = sums**2
    fourth = float(square @ square)
    return max(float(square.sum()) ** 2 / fourth - 1, 1.0) if fourth > 0 else float(len(sums))


def _along(covariance: Floats, direction: Floats) -> float:
    return float(direction @ covariance @ direction)


def _columns(values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise RiskmodelError(
            "what a row adds to the figure is not defined",
            code="selective.influence",
            allowed="finite numbers",
            next_step="ask for the variance of figures that are defined only",
        )
    return values[:, None] if values.ndim == 1 else values


def _first(columns: Floats) -> Floats:
    first = np.zeros(columns.shape[1])
    first[0] = 1.0
    return first
