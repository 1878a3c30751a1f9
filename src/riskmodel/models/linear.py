"""Logistic regression that keeps the risk directions: every term is closed form, and so is every contribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from riskmodel.models.rows import Design, Floats, Rows
from riskmodel.models.terms import Terms

_MOST_STEPS, _LEAST_GAIN, _CHUNK = 100, 1e-13, 8192


@dataclass(frozen=True, eq=False)
class Linear(Terms):
    """A linear margin: an intercept and one term a feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (); ``center``, ``scale``, ``weight`` and ``missing`` of shape (n_features,);
        ``start`` of shape (n_features + 1,) and ``category_weight``, where a category's code c of feature j stands
        at ``category_weight[start[j] + c]``; ``mean`` of shape (n_features,), the terms' means over the
        ``background_rows`` fitted on: what explanations compare with.

    Notes
    -----
    The term of a number x is ``weight * (sign(x) * log1p(|x|) - center) / scale``, or ``missing`` where there is
    none; that of a category is its weight, 0 where missing or unseen. The margin adds the terms from left to right,
    so that one row alone comes out bit for bit as in a batch.
    """

    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""
        a = self.arrays
        for j, column in enumerate(np.array(matrix.T, dtype=np.float64, order="C")):
            start, end = a["start"][j], a["start"][j + 1]
            if end > start:
                known = np.where(np.isnan(column), end - start, column).astype(np.intp)
                yield np.append(a["category_weight"][start:end], 0.0)[known]
            else:
                term = a["weight"][j] * ((squash(column) - a["center"][j]) / a["scale"][j])
                yield np.where(np.isnan(column), a["missing"][j], term)


def squash(x: Floats) -> Floats:
    """Return sign(x) log(1 + |x|): increasing, and tame for counts and sums of money.

    Examples
    --------
    >>> squash(np.array([-1.0, 0.0, 1.0])).round(3).tolist()
    [-0.693, 0.0, 0.693]
    """
    return np.sign(x) * np.log1p(np.abs(x))


def fit_linear(rows: Rows, design: Design) -> Linear:
    """Fit by penalised likelihood, coefficients bounded by their columns' risk directions."""
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    numbers = np.array([count == 0 for count in design.categories])
    squashed = squash(np.where(numbers, rows.matrix.astype(np.float64), 0.0))
    center, scale = _standard(squashed, weight)
    gaps = np.flatnonzero(numbers & np.isnan(squashed).any(axis=0))
    filled = np.nan_to_num((squashed - center) / scale)
    levels = [
        rows.matrix[:, [j]] == np.arange(count)
        for j, count in enumerate(design.categories)
        if count
    ]
    full = np.hstack([filled, np.isnan(squashed[:, gaps]), *levels])
    sign = np.zeros(full.shape[1])
    sign[: len(numbers)] = design.directions
    coefficients, intercept = fit_logistic(
        full, rows.y, weight, penalty=design.settings["l2"], sign=sign
    )
    own, gap, category = np.split(coefficients, [len(numbers), len(numbers) + len(gaps)])
    missing = np.zeros(len(numbers))
    missing[gaps] = gap
    start = np.concatenate([[0], np.cumsum(design.categories)])
    terms = {
        "intercept": np.array(intercept),
        "center": center,
        "scale": scale,
        "weight": own,
        "missing": missing,
        "start": start.astype(np.int64),
        "category_weight": category,
    }
    mean = Linear(terms).contributions(rows.matrix).mean(axis=0)
    return Linear({**terms, "mean": mean, "background_rows": np.array(len(rows))})


def _standard(x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and deviation of each column, missing left out; 0 and 1 for a column of nothing."""
    share = np.where(np.isnan(x), 0.0, weight[:, None])
    total = share.sum(axis=0)
    total[total == 0] = 1.0
    center = (share * np.nan_to_num(x)).sum(axis=0) / total
    scale = np.sqrt((share * np.nan_to_num(x - center) ** 2).sum(axis=0) / total)
    return center, np.where(scale > 1e-12, scale, 1.0)


def fit_logistic(
    x: Floats, y: Floats, weight: Floats, *, penalty: float = 0.0, sign: Floats | None = None
) -> tuple[Floats, float]:
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
    tuple of (coefficients, intercept)
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
    return theta[1:], float(theta[0])


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
