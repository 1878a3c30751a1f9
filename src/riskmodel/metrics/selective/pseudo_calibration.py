"""Whether probabilities are right on the whole, and at each level, by labels that may be any."""

from __future__ import annotations

import numpy as np

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.calibration import log_odds
from riskmodel.metrics.logistic_fit import fit_logistic
from riskmodel.metrics.selective.pseudo_figures import Figure


def pseudo_calibration_slope(phi: Floats, probability: Floats, weight: Floats) -> Figure:
    """Return the slope of a logistic regression of the verdict on the log-odds.

    NaN where the fit has no finite solution.

    Notes
    -----
    It solves ``sum w (phi - expit(a + b x)) (1, x) = 0``, which is linear in the label. With
    ``H = sum w mu (1 - mu) (1, x) (1, x)'``, the derivative by a label is ``H^-1 w (1, x)``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> chance = rng.uniform(0.05, 0.6, 20_000)
    >>> phi = chance + rng.choice([-3.0, 3.0], len(chance))
    >>> abs(pseudo_calibration_slope(phi, chance, np.ones(len(chance))).value - 1) < 0.2
    True
    """
    margin = log_odds(probability)
    return _coefficient(phi, np.column_stack([np.ones_like(margin), margin]), 0 * margin, weight)


def pseudo_calibration_intercept(phi: Floats, probability: Floats, weight: Floats) -> Figure:
    """Return the shift of the log-odds that makes the mean right, the slope held at 1.

    Examples
    --------
    >>> phi = np.array([1.4, -0.4, 0.7, 0.3])
    >>> abs(pseudo_calibration_intercept(phi, np.full(4, 0.5), np.ones(4)).value) < 1e-9
    True
    """
    margin = log_odds(probability)
    return _coefficient(phi, np.ones((len(margin), 1)), margin, weight)


def pseudo_reliability(phi: Floats, probability: Floats, weight: Floats) -> Floats:
    """Return the isotonic recalibration of each probability, cut off at 0 and 1.

    Labels beyond 0 and 1 stay what they are in the fit; only the curve is cut off.

    References
    ----------
    Dimitriadis, Gneiting, Jordan (2021), PNAS 118, e2016191118. doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> pseudo_reliability(np.array([-0.5, 1.5]), np.array([0.1, 0.2]), np.ones(2)).tolist()
    [0.0, 1.0]
    """
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression().fit(probability, phi, weight).predict(probability)
    return np.clip(np.asarray(curve, dtype=np.float64), 0.0, 1.0)


def _coefficient(phi: Floats, design: Floats, offset: Floats, weight: Floats) -> Figure:
    """Return the last coefficient of the fit."""
    fit = fit_logistic(phi, design, offset, weight)
    return Figure(float(fit.theta[-1]), fit.by_outcome[:, -1], fit.influence[:, -1])
