"""Logistic regression by penalised likelihood; the sign of a coefficient may be fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, minimize
from scipy.special import expit
from threadpoolctl import ThreadpoolController

from riskmodel.models.fit_rows import Floats

MOST_STEPS = 100
_LEAST_GAIN = 1e-13
_CHUNK = 8192

# made once: to find the libraries of a process takes as long as a small fit
_LIBRARIES = ThreadpoolController()


class LogisticFit(NamedTuple):
    """The coefficients of the terms, and the intercept."""

    coefficients: Floats
    intercept: float


def fit_logistic(
    x: Floats,
    y: Floats,
    weight: Floats,
    *,
    penalty: float = 0.0,
    sign: Floats | None = None,
    start: LogisticFit | None = None,
    most_steps: int = MOST_STEPS,
) -> LogisticFit:
    """Maximise the penalised log likelihood by Newton steps between bounds.

    The weighted log likelihood is reduced by penalty / 2 * |coefficients|^2.

    Parameters
    ----------
    x : ndarray, shape (n_rows, n_terms)
    y : ndarray, shape (n_rows,)
        Targets in [0, 1].
    weight : ndarray, shape (n_rows,)
    penalty : float, default 0
    sign : ndarray, shape (n_terms,), optional
        1 keeps a coefficient >= 0, -1 keeps it <= 0, 0 leaves it free.
    start : LogisticFit, optional
        Between the bounds. By default all coefficients are 0.
    most_steps : int, default 100

    Returns
    -------
    LogisticFit
    """
    signs = np.zeros(1 + x.shape[1])
    if sign is not None:
        signs[1:] = sign
    lower = np.where(signs > 0, 0.0, -np.inf)
    upper = np.where(signs < 0, 0.0, np.inf)

    if start is None:
        rate = float(np.sum(weight * y) / weight.sum())
        start = LogisticFit(np.zeros(x.shape[1]), np.log(rate / (1 - rate)))
    theta = np.concatenate([[start.intercept], start.coefficients])

    likelihood = _Likelihood(x, y, weight, penalty)
    # one thread: the last bits of a sum depend on how many threads share it
    with _LIBRARIES.limit(limits=1, user_api="blas"):
        theta = _minimum(likelihood, theta, lower, upper, most_steps)
    return LogisticFit(theta[1:], float(theta[0]))


def _minimum(
    likelihood: _Likelihood, theta: Floats, lower: Floats, upper: Floats, most_steps: int
) -> Floats:
    """Take Newton steps, each halved until it gains at least a quarter of what it promises."""
    here = likelihood.at(theta)
    for _ in range(most_steps):
        slope, curvature = likelihood.derivatives(here)
        step = _bounded_step(slope, curvature, lower - here.theta, upper - here.theta)
        gain = -float(slope @ step)
        if gain <= _LEAST_GAIN:
            break
        there = likelihood.at(np.clip(here.theta + step, lower, upper))
        while there.loss > here.loss - gain / 4 and gain > _LEAST_GAIN:
            step, gain = step / 2, gain / 2
            there = likelihood.at(np.clip(here.theta + step, lower, upper))
        here = there
    return here.theta


class _Point(NamedTuple):
    """A theta with the margin of each row and the loss."""

    theta: Floats
    margin: Floats
    loss: float


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """The mean penalised loss as a function of theta: the intercept, then the coefficients."""

    x: Floats
    y: Floats
    weight: Floats
    penalty: float

    def at(self, theta: Floats) -> _Point:
        margin = self.x @ theta[1:] + theta[0]
        misfit = self.weight @ (np.logaddexp(0, margin) - self.y * margin)
        penalty = self.penalty / 2 * theta[1:] @ theta[1:]
        return _Point(theta, margin, float((misfit + penalty) / self.weight.sum()))

    def derivatives(self, point: _Point) -> tuple[Floats, Floats]:
        """Return the first and the second derivatives of the loss."""
        rate = expit(point.margin)
        residual = self.weight * (rate - self.y)
        of_coefficients = residual @ self.x + self.penalty * point.theta[1:]
        slope = np.concatenate([[residual.sum()], of_coefficients])

        variance = self.weight * rate * (1 - rate)
        total = self.weight.sum()
        return slope / total, self._curvature(variance) / total

    def _curvature(self, variance: Floats) -> Floats:
        """Return the matrix of second derivatives, summed over chunks of rows."""
        n_terms = self.x.shape[1]
        curvature = np.zeros((1 + n_terms, 1 + n_terms))
        scaled = np.empty((min(_CHUNK, len(variance)), 1 + n_terms))
        for first in range(0, len(variance), _CHUNK):
            root = np.sqrt(variance[first : first + _CHUNK])
            part = scaled[: len(root)]
            part[:, 0] = root
            np.multiply(self.x[first : first + _CHUNK], root[:, None], out=part[:, 1:])
            curvature += part.T @ part
        curvature[1:, 1:] += self.penalty * np.eye(n_terms)
        return curvature


def _bounded_step(slope: Floats, curvature: Floats, lower: Floats, upper: Floats) -> Floats:
    """Minimise slope @ step + step @ curvature @ step / 2 between bounds."""

    def value_and_slope(step: Floats) -> tuple[float, Floats]:
        value = float(slope @ step + step @ curvature @ step / 2)
        return value, slope + curvature @ step

    return minimize(
        value_and_slope,
        np.zeros(len(slope)),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(lower, upper),
        options={"maxiter": 10_000, "maxfun": 20_000, "maxcor": 30, "ftol": 0.0, "gtol": 1e-9},
    ).x
