"""Whether of a hundred rows scored at ten per cent, ten have the outcome."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.arrays import Floats, Ints, check_arrays
from riskmodel.metrics.logistic_fit import fit_logistic
from riskmodel.metrics.metric import Metric, Use, households_of_both_classes
from riskmodel.metrics.scored_rows import ScoredRows

TINY = float(np.finfo(np.float64).eps)


class CalibrationFit(NamedTuple):
    """A coefficient of the logistic regression of the outcome on the log-odds.

    Attributes
    ----------
    value : float
    influence : ndarray, shape (n_rows,)
        What each row adds to it.
    """

    value: float
    influence: Floats


def brier(y: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean squared distance of probability and outcome; less is better.

    Examples
    --------
    >>> round(brier([0, 1], [0.2, 0.9]), 3)
    0.025
    """
    outcome, chance, weights = check_arrays(y, probability, weight)
    return float(np.average(squared_error(outcome, chance), weights=weights))


def log_loss(y: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean negative log likelihood, in nats; less is better.

    A certain 0 or 1 is moved in by 2e-16.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.2, 0.9]), 3)
    0.164
    """
    outcome, chance, weights = check_arrays(y, probability, weight)
    return float(np.average(log_error(outcome, chance), weights=weights))


def squared_error(y: Floats, probability: Floats) -> Floats:
    """Return each row's squared error."""
    return (probability - y) ** 2


def log_error(y: Floats, probability: Floats) -> Floats:
    """Return each row's negative log likelihood."""
    chance = np.clip(probability, TINY, 1 - TINY)
    return -np.log(np.where(y == 1, chance, 1 - chance))


def mean_influence(values: Floats, weight: Floats) -> Floats:
    """Return what each row adds to a weighted mean: ``w (value - mean) / sum(w)``."""
    return weight * (values - np.average(values, weights=weight)) / weight.sum()


def log_odds(probability: ArrayLike) -> Floats:
    """Return log(p / (1 - p)), a certain 0 or 1 moved in by 2e-16.

    Examples
    --------
    >>> log_odds([0.5, 0.75]).round(3).tolist()
    [0.0, 1.099]
    """
    chance = np.clip(np.asarray(probability, dtype=np.float64), TINY, 1 - TINY)
    return np.log(chance) - np.log1p(-chance)


def calibration_slope(
    y: ArrayLike, odds: ArrayLike, weight: ArrayLike | None = None
) -> CalibrationFit:
    """Return the slope of a logistic regression of the outcome on the log-odds.

    Below 1, the scores are too extreme; above 1, not extreme enough. NaN where no finite slope
    exists (one class, one score, or classes that the scores separate).

    Notes
    -----
    With ``x = (1, log-odds)``, mean ``mu`` and ``H = sum w mu (1 - mu) x x'``, a row adds
    ``H^-1 w (y - mu) x``: the sandwich of the fit [1]_.

    References
    ----------
    .. [1] White (1982), Econometrica 50, 1-25. doi:10.2307/1912526
    """
    outcome, margin, weights = check_arrays(y, odds, weight)
    design = np.column_stack([np.ones_like(margin), margin])
    fit = fit_logistic(outcome, design, np.zeros_like(margin), weights)
    return CalibrationFit(float(fit.theta[1]), fit.influence[:, 1])


def calibration_intercept(
    y: ArrayLike, odds: ArrayLike, weight: ArrayLike | None = None
) -> CalibrationFit:
    """Return the shift of the log-odds that makes the mean right, the slope held at 1.

    Above 0, the scores are too low on the whole; below 0, too high ("calibration in the large"
    [1]_).

    References
    ----------
    .. [1] Van Calster et al. (2016), J. Clin. Epidemiol. 74, 167-176.
       doi:10.1016/j.jclinepi.2015.12.005
    """
    outcome, margin, weights = check_arrays(y, odds, weight)
    fit = fit_logistic(outcome, np.ones((len(margin), 1)), margin, weights)
    return CalibrationFit(float(fit.theta[0]), fit.influence[:, 0])


def isotonic(y: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Return the isotonic recalibration of each probability: the CORP reliability curve [1]_.

    References
    ----------
    .. [1] Dimitriadis, Gneiting, Jordan (2021), PNAS 118, e2016191118.
       doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> isotonic([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    from sklearn.isotonic import IsotonicRegression

    outcome, chance, weights = check_arrays(y, probability, weight)
    return np.asarray(
        IsotonicRegression().fit(chance, outcome, weights).predict(chance), dtype=np.float64
    )


def reliability_bins(
    probability: ArrayLike,
    bins: int = 10,
    *,
    min_rows: int = 10,
    min_expected: float = 5,
) -> Ints:
    """Return the bin of each row, lowest probabilities first.

    Bins have about equal counts. Equal probabilities are in one bin, and small bins are joined:
    each holds at least `min_rows` rows and `min_expected` expected crises, the sum of its
    probabilities, unless all rows together hold fewer.

    Notes
    -----
    Outcomes have no part in it. Joined until three crises are *observed*, a bin ends where chance
    has brought them early: the lowest one then shows 1.2 to 1.35 times too many under right
    probabilities.

    Examples
    --------
    >>> chance = [0.1, 0.2, 0.3, 0.4]
    >>> reliability_bins(chance, 2, min_rows=1, min_expected=0).tolist()
    [0, 0, 1, 1]
    >>> reliability_bins(chance, 4, min_rows=1, min_expected=0.5).tolist()
    [0, 0, 0, 0]
    """
    chance = np.asarray(probability, dtype=np.float64)
    values, value = np.unique(chance, return_inverse=True)
    rows = np.bincount(value)
    expected = rows * values
    first = ((np.cumsum(rows) - rows) * bins) // len(chance)
    label = np.zeros(len(rows), dtype=np.intp)
    current, seen_rows, seen_expected = 0, 0, 0.0
    starts = np.flatnonzero(np.r_[True, np.diff(first) > 0])
    for start, end in zip(starts, np.r_[starts[1:], len(rows)], strict=True):
        if seen_rows >= max(min_rows, 1) and seen_expected >= min_expected:
            current, seen_rows, seen_expected = current + 1, 0, 0.0
        label[start:end] = current
        seen_rows += int(rows[start:end].sum())
        seen_expected += float(expected[start:end].sum())
    if current and (seen_rows < min_rows or seen_expected < min_expected):
        label[label == current] = current - 1
    return label[value]


def _probability(rows: ScoredRows) -> Floats:
    assert rows.probability is not None, "evaluation gives these metrics probabilities only"
    return rows.probability


def _slope(rows: ScoredRows) -> CalibrationFit:
    return calibration_slope(rows.y, log_odds(_probability(rows)), rows.weight)


def _intercept(rows: ScoredRows) -> CalibrationFit:
    return calibration_intercept(rows.y, log_odds(_probability(rows)), rows.weight)


BRIER = Metric(
    name="brier",
    title="Brier score",
    estimate=lambda rows: brier(rows.y, _probability(rows), rows.weight),
    influence=lambda rows: mean_influence(squared_error(rows.y, _probability(rows)), rows.weight),
    support=households_of_both_classes,
    scale="logit",
    greater_is_better=False,
    needs_probabilities=True,
)
LOG_LOSS = Metric(
    name="log_loss",
    title="log loss",
    estimate=lambda rows: log_loss(rows.y, _probability(rows), rows.weight),
    influence=lambda rows: mean_influence(log_error(rows.y, _probability(rows)), rows.weight),
    support=households_of_both_classes,
    scale="log",
    greater_is_better=False,
    needs_probabilities=True,
    uses=frozenset({Use.COMPARISON}),
)
CALIBRATION_SLOPE = Metric(
    name="calibration_slope",
    title="calibration slope",
    estimate=lambda rows: _slope(rows).value,
    influence=lambda rows: _slope(rows).influence,
    support=households_of_both_classes,
    needs_probabilities=True,
    uses=frozenset(),
)
CALIBRATION_INTERCEPT = Metric(
    name="calibration_intercept",
    title="calibration intercept",
    estimate=lambda rows: _intercept(rows).value,
    influence=lambda rows: _intercept(rows).influence,
    support=households_of_both_classes,
    needs_probabilities=True,
    uses=frozenset(),
)
