"""A logistic regression by Newton steps, with what each row and each outcome adds to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats


class LogisticFit(NamedTuple):
    """A logistic regression; all NaN where it has no finite maximum.

    Attributes
    ----------
    theta : ndarray, shape (n_coefficients,)
    influence : ndarray, shape (n_rows, n_coefficients)
        What each row adds to each coefficient, weight times derivative by the weight.
    by_outcome : ndarray, shape (n_rows, n_coefficients)
        The derivative of each coefficient by the row's outcome.
    """

    theta: Floats
    influence: Floats
    by_outcome: Floats


def fit_logistic(y: Floats, design: Floats, offset: Floats, weight: Floats) -> LogisticFit:
    """Maximise the likelihood by Newton steps, halved while they overshoot.

    The outcome may be any number: the score equation is linear in it.
    """
    from scipy.special import expit

    def loss(theta: Floats) -> float:
        margin = design @ theta + offset
        return float(weight @ (np.logaddexp(0, margin) - y * margin))

    theta = np.zeros(design.shape[1])
    for _ in range(100):
        mean = expit(design @ theta + offset)
        score = (weight * (y - mean))[:, None] * design
        information = (weight * mean * (1 - mean) * design.T) @ design
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, score.sum(axis=0))
        if np.abs(step).max() < 1e-10 * max(1.0, np.abs(theta).max()):
            by_outcome = np.linalg.solve(information, (weight[:, None] * design).T).T
            return LogisticFit(theta, (y - mean)[:, None] * by_outcome, by_outcome)
        while loss(theta + step) > loss(theta) + 1e-9 and np.abs(step).max() > 1e-12:
            step = step / 2
        theta = theta + step
    nothing = np.full(design.shape, np.nan)
    return LogisticFit(np.full(design.shape[1], np.nan), nothing, nothing)
