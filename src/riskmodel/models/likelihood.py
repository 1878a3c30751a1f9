"""Logistic regression by penalised likelihood, coefficients kept between bounds by their sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from riskmodel.models.fit_rows import Floats

_MOST_STEPS, _LEAST_GAIN, _CHUNK = 100, 1e-13, 8192


class LogisticFit(NamedTuple):
    """The coefficients of the terms, and the intercept."""

    coefficients: Floats
    intercept: float


def fit_logistic(
    x: Floats, y: Floats, weight: Floats, *, penalty: float = 0.0, sign: Floats | None = None
) -> LogisticFit:
    """Maximise the weighted log likelihood less penalty / 2 * |coefficients|^2, by Newton's steps between bounds.

    Parameters
    ----------
    x : ndarray, shape (n_rows, n_terms)
    y : ndarray, shape (n_rows,)
        Targets in [0, 1].
    weight : ndarray, shape (n_rows,)
    penalty : float, default 0
    sign : ndarray, shape (n_terms,), optional
        1 keeps a coefficient >= 0, -1 keeps it <= 0, 0 leaves it free.

    Returns
    -------
    LogisticFit
    """
    sign = np.concatenate([[0.0], np.zeros(x.shape[1]) if sign is None else sign])
    lower, upper = np.where(sign > 0, 0.0, -np.inf), np.where(sign < 0, 0.0, np.inf)
    rate = float(np.sum(weight * y) / weight.sum())
    theta = np.concatenate([[np.log(rate / (1 - rate))], np.zeros(x.shape[1])])
    likelihood = _Likelihood(x, y, weight, penalty)
    # one thread: sums split over several would depend on their number in the last bits
    with threadpool_limits(limits=1, user_api="blas"):
        for _ in range(_MOST_STEPS):
            value, slope, curvature = likelihood.expansion(theta)
            step = _bounded_step(slope, curvature, lower - theta, upper - theta)
            gain = -float(slope @ step)
            if gain <= _LEAST_GAIN:
                break
            while likelihood.loss(theta + step) > value - gain / 4 and gain > _LEAST_GAIN:
                step, gain = step / 2, gain / 2
            theta = np.clip(theta + step, lower, upper)
    return LogisticFit(theta[1:], float(theta[0]))


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """The mean penalised loss, and its expansion to second order in (intercept, coefficients)."""

    x: Floats
    y: Floats
    weight: Floats
    penalty: float

    def loss(self, theta: Floats) -> float:
        return self._loss(theta, self._margin(theta))

    def expansion(self, theta: Floats) -> tuple[float, Floats, Floats]:
        margin, total = self._margin(theta), self.weight.sum()
        rate = expit(margin)
        residual, spread = self.weight * (rate - self.y), self.weight * rate * (1 - rate)
        slope = np.concatenate([[residual.sum()], residual @ self.x + self.penalty * theta[1:]])
        curvature = np.zeros((len(theta), len(theta)))
        for rows in map(
            slice, range(0, len(margin), _CHUNK), range(_CHUNK, len(margin) + _CHUNK, _CHUNK)
        ):
            part = (
                np.column_stack([np.ones(len(margin[rows])), self.x[rows]])
                * np.sqrt(spread[rows])[:, None]
            )
            curvature += part.T @ part
        curvature[1:, 1:] += self.penalty * np.eye(len(theta) - 1)
        return self._loss(theta, margin), slope / total, curvature / total

    def _margin(self, theta: Floats) -> Floats:
        return self.x @ theta[1:] + theta[0]

    def _loss(self, theta: Floats, margin: Floats) -> float:
        fit = self.weight @ (np.logaddexp(0, margin) - self.y * margin)
        return float((fit + self.penalty / 2 * theta[1:] @ theta[1:]) / self.weight.sum())


def _bounded_step(slope: Floats, curvature: Floats, lower: Floats, upper: Floats) -> Floats:
    """Minimise slope @ d + d @ curvature @ d / 2 between bounds."""
    return minimize(
        lambda d: (slope @ d + d @ curvature @ d / 2, slope + curvature @ d),
        np.zeros(len(slope)),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(lower, upper),
        options={"maxiter": 10_000, "maxfun": 20_000, "maxcor": 30, "ftol": 0.0, "gtol": 1e-9},
    ).x
