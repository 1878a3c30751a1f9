"""Logistic regression that keeps the risk directions: every term is closed form, and so is every contribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import Kind, Range
from riskmodel.models.likelihood import fit_logistic
from riskmodel.models.terms import Terms, with_means


@dataclass(frozen=True, eq=False)
class Linear(Terms):
    """A linear margin: an intercept and one term per feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (); ``center``, ``scale``, ``weight`` and ``missing`` of shape
        (n_features,); ``start`` of shape (n_features + 1,) and ``category_weight``, where a
        category's code c of feature j stands at ``category_weight[start[j] + c]``; ``mean`` of
        shape (n_features,), the terms' means over the ``background_rows`` fitted on: what
        explanations compare with.

    Notes
    -----
    The term of a number x is ``weight * (sign(x) * log1p(|x|) - center) / scale``, or ``missing``
    where there is none; that of a category is its weight, 0 where missing or unseen. The margin
    adds the terms from left to right, so that one row alone comes out bit for bit as in a batch.
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


def fit_linear(rows: Rows, settings: FitSettings) -> Linear:
    """Fit by penalised likelihood, coefficients bounded by their columns' risk directions."""
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    is_number = np.array([count == 0 for count in settings.categories])
    squashed = squash(np.where(is_number, rows.matrix.astype(np.float64), 0.0))
    center, scale = _center_and_scale(squashed, weight)
    with_gaps = np.flatnonzero(is_number & np.isnan(squashed).any(axis=0))
    filled = np.nan_to_num((squashed - center) / scale)
    levels = [
        rows.matrix[:, [j]] == np.arange(count)
        for j, count in enumerate(settings.categories)
        if count
    ]
    x = np.hstack([filled, np.isnan(squashed[:, with_gaps]), *levels])
    sign = np.zeros(x.shape[1])
    sign[: len(is_number)] = settings.directions
    fitted = fit_logistic(x, rows.y, weight, penalty=settings.params["l2"], sign=sign)

    ends = [len(is_number), len(is_number) + len(with_gaps)]
    own, gap, category = np.split(fitted.coefficients, ends)
    missing = np.zeros(len(is_number))
    missing[with_gaps] = gap
    start = np.concatenate([[0], np.cumsum(settings.categories)])
    arrays = {
        "intercept": np.array(fitted.intercept),
        "center": center,
        "scale": scale,
        "weight": own,
        "missing": missing,
        "start": start.astype(np.int64),
        "category_weight": category,
    }
    return Linear(with_means(Linear(arrays), rows.matrix))


def _center_and_scale(x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and deviation of each column, missing left out; 0 and 1 for a column of nothing."""
    share = np.where(np.isnan(x), 0.0, weight[:, None])
    total = share.sum(axis=0)
    total[total == 0] = 1.0
    center = (share * np.nan_to_num(x)).sum(axis=0) / total
    scale = np.sqrt((share * np.nan_to_num(x - center) ** 2).sum(axis=0) / total)
    return center, np.where(scale > 1e-12, scale, 1.0)


LOGISTIC = Kind(
    name="logistic",
    fit=fit_linear,
    evaluator="linear",
    ranges={"l2": Range(0, np.inf)},
    baseline=True,
)
