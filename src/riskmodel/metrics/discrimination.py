"""How well scores rank: AUC and average precision, and what each row adds to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.arrays import Floats, Ints, check_arrays
from riskmodel.metrics.metric import Metric, Use, households_of_both_classes


def auc(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the chance that a crisis ranks above a non-crisis; ties count half.

    NaN where there is one class only.

    Parameters
    ----------
    y : array-like of {0, 1}, shape (n_rows,)
    score : array-like, shape (n_rows,)
    weight : array-like, shape (n_rows,), optional

    Notes
    -----
    ``sum_ij w_i w_j [s_i > s_j] / (W_1 W_0)`` over pairs of a crisis i and a non-crisis j;
    ``[s_i = s_j] = 1/2``.

    Examples
    --------
    >>> auc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    outcome, scores, weights = check_arrays(y, score, weight)
    below, _ = _placements(outcome, scores, weights)
    return _mean(below, weights * outcome)


def auc_influence(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Return what each row adds to the AUC; it sums to 0.

    That is its weight times the derivative of the AUC by the weight.

    Notes
    -----
    A crisis's placement is the weighted share of non-crises below it, a non-crisis's that of crises
    above it. A row adds ``w (placement - AUC) / W`` of its class. Squared and summed over rows,
    this is DeLong's variance [1]_; summed by household first, Obuchowski's [2]_.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44, 837-845.
       doi:10.2307/2531595
    .. [2] Obuchowski (1997), Biometrics 53, 567-578. doi:10.2307/2533958
    """
    outcome, scores, weights = check_arrays(y, score, weight)
    below, above = _placements(outcome, scores, weights)
    ones, zeros = weights * outcome, weights * (1 - outcome)
    value = _mean(below, ones)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ones * (below - value) / ones.sum() + zeros * (above - value) / zeros.sum()


def average_precision(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean over crises of the precision of the list that ends with the crisis.

    NaN without a crisis.

    Examples
    --------
    >>> round(average_precision([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]), 4)
    0.8333
    """
    outcome, scores, weights = check_arrays(y, score, weight)
    group, hits, listed = _descending(outcome, scores, weights)
    precision = _share(np.cumsum(hits), np.cumsum(listed))
    return _mean(precision[group], weights * outcome)


def average_precision_influence(
    y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None
) -> Floats:
    """Return what each row adds to the average precision; it sums to 0.

    That is its weight times the derivative of the average precision by the weight.

    Notes
    -----
    With ``N_g`` the weight of the rows that score at least the g-th highest score, ``P_g`` their
    precision, ``a_g`` the weight of the crises with exactly that score and ``W`` that of all
    crises, ``AP = sum_g a_g P_g / W``. As ``dP_g / dw_j = [s_j >= s_g] (y_j - P_g) / N_g``, a row j
    at the score h adds::

        w_j / W * ( y_j (P_h - AP) + y_j C_h - D_h )
        C_h = sum_{g >= h} a_g / N_g
        D_h = sum_{g >= h} a_g P_g / N_g

    The sums run over h and all lower scores. Doubling all weights leaves AP as it is, so what the
    rows add sums to 0 (Euler).
    """
    outcome, scores, weights = check_arrays(y, score, weight)
    group, hits, listed = _descending(outcome, scores, weights)
    reached = np.cumsum(listed)
    precision = _share(np.cumsum(hits), reached)
    value = _mean(precision[group], weights * outcome)
    step = _share(hits, reached)
    lower = _sum_from(step)
    lower_precision = _sum_from(step * precision)
    gain = outcome * (precision - value + lower)[group] - lower_precision[group]
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights * gain / hits.sum()


AUC = Metric(
    name="auc",
    title="AUC",
    estimate=lambda rows: auc(rows.y, rows.margin, rows.weight),
    influence=lambda rows: auc_influence(rows.y, rows.margin, rows.weight),
    support=households_of_both_classes,
    scale="logit",
    greater_is_better=True,
    margin=0.04,
    is_of_the_order=True,
    uses=frozenset(Use),
)
AVERAGE_PRECISION = Metric(
    name="average_precision",
    title="average precision",
    estimate=lambda rows: average_precision(rows.y, rows.margin, rows.weight),
    influence=lambda rows: average_precision_influence(rows.y, rows.margin, rows.weight),
    support=households_of_both_classes,
    scale="logit",
    greater_is_better=True,
    margin=0.05,
    is_of_the_order=True,
    uses=frozenset({Use.COMPARISON, Use.BACKTEST, Use.PROMOTION, Use.GATE}),
)


def _placements(y: Floats, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted shares of non-crises below each row and of crises above it.

    Ties count half.
    """
    _, group = np.unique(score, return_inverse=True)
    ones = np.bincount(group, weight * y)
    zeros = np.bincount(group, weight * (1 - y))
    below = np.cumsum(zeros) - zeros / 2
    above = ones.sum() - np.cumsum(ones) + ones / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return (below / zeros.sum())[group], (above / ones.sum())[group]


class _Steps(NamedTuple):
    """The distinct scores, highest first.

    Attributes
    ----------
    group : ndarray of int, shape (n_rows,)
        The score of each row.
    hits, listed : ndarray, shape (n_scores,)
        The weight of the crises and of all rows that have each score.
    """

    group: Ints
    hits: Floats
    listed: Floats


def _descending(y: Floats, score: Floats, weight: Floats) -> _Steps:
    """Return which of the distinct scores each row has, highest first, and the weights at each."""
    _, group = np.unique(-score, return_inverse=True)
    hits = np.bincount(group, weight * y).astype(np.float64)
    listed = np.bincount(group, weight).astype(np.float64)
    return _Steps(group, hits, listed)


def _mean(values: Floats, weight: Floats) -> float:
    total = weight.sum()
    return float(weight @ values / total) if total > 0 else float("nan")


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _sum_from(values: Floats) -> Floats:
    """Return the sum of each value and all that follow."""
    return np.cumsum(values[::-1])[::-1]
