"""Logistic regression that keeps the risk directions; its terms are its contributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests import Arrays
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.folds import Folds, Mask
from riskmodel.models.kind import CrossFit, Kind, Range
from riskmodel.models.likelihood import MOST_STEPS, LogisticFit, fit_logistic
from riskmodel.models.terms import Terms, with_means

PENALTIES = (1000.0, 100.0, 10.0)


@dataclass(frozen=True, eq=False)
class Linear(Terms):
    """A linear margin: an intercept and one term per feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` has the shape (). ``center``, ``scale``, ``weight``, ``missing`` and ``mean``
        have the shape (n_features,), and ``start`` has the shape (n_features + 1,). The weight of
        feature j's category with the code c is ``category_weight[start[j] + c]``. ``mean`` holds
        the terms' means over the ``background_rows`` fitted on, which explanations compare with.
        ``l2`` is the penalty.

    Notes
    -----
    The term of a number x is ``weight * (sign(x) * log1p(|x|) - center) / scale``, or ``missing``
    where x is missing. The term of a category is its weight, and 0 where it is missing or unseen.
    The margin adds the terms from left to right, so that a row alone has bit for bit the margin
    that it has in a batch.
    """

    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""
        start = self.arrays["start"]
        by_feature = np.array(matrix.T, dtype=np.float64, order="C")
        for j, column in enumerate(by_feature):
            if start[j + 1] > start[j]:
                weights = self.arrays["category_weight"][start[j] : start[j + 1]]
                yield _category_term(column, weights)
            else:
                yield self._number_term(j, column)

    def _number_term(self, j: int, column: Floats) -> Floats:
        arrays = self.arrays
        standardised = (squash(column) - arrays["center"][j]) / arrays["scale"][j]
        term = arrays["weight"][j] * standardised
        return np.where(np.isnan(column), arrays["missing"][j], term)


def _category_term(column: Floats, weights: Floats) -> Floats:
    # one more weight than categories: that of a missing one
    with_missing = np.append(weights, 0.0)
    code = np.where(np.isnan(column), len(weights), column)
    return with_missing[code.astype(np.intp)]


def squash(x: Floats) -> Floats:
    """Return sign(x) log(1 + |x|), which increases slowly for large counts and sums of money.

    Examples
    --------
    >>> squash(np.array([-1.0, 0.0, 1.0])).round(3).tolist()
    [-0.693, 0.0, 0.693]
    """
    return np.sign(x) * np.log1p(np.abs(x))


def fit_linear(rows: Rows, settings: FitSettings, folds: Folds) -> CrossFit:
    """Fit by penalised likelihood, coefficients bounded by their columns' risk directions.

    Of several penalties that one is taken by which the margins of the folds have the smallest log
    loss.
    """
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    terms = _regression_terms(rows, settings, weight)
    sign = np.zeros(terms.x.shape[1])
    sign[: len(settings.names)] = settings.directions

    given = settings.params["l2"]
    penalties = PENALTIES if given is None else (given,)
    best = min(
        _penalised_fits(_Problem(terms.x, rows.y, weight, sign), penalties, folds),
        key=lambda tried: tried.loss,
    )
    arrays = {**_linear_arrays(best.fitted, terms, settings), "l2": np.array(best.penalty)}
    return CrossFit(Linear(with_means(Linear(arrays), rows.matrix)), best.margin)


class _Problem(NamedTuple):
    """What the regression is fitted on; the sign of a term is 0 where its coefficient is free."""

    x: Floats
    y: Floats
    weight: Floats
    sign: Floats

    def of(self, rows: Mask) -> _Problem:
        """Return the same of some rows."""
        return _Problem(self.x[rows], self.y[rows], self.weight[rows], self.sign)

    def fit(
        self, penalty: float, start: LogisticFit | None, most_steps: int = MOST_STEPS
    ) -> LogisticFit:
        return fit_logistic(
            self.x,
            self.y,
            self.weight,
            penalty=penalty,
            sign=self.sign,
            start=start,
            most_steps=most_steps,
        )

    def log_loss(self, margin: Floats) -> float:
        losses = np.logaddexp(0, margin) - self.y * margin
        return float(np.average(losses, weights=self.weight))


class _PenalisedFit(NamedTuple):
    """The fit by one penalty, the margins of its folds, and their log loss."""

    penalty: float
    fitted: LogisticFit
    margin: Floats
    loss: float


def _penalised_fits(
    problem: _Problem, penalties: Sequence[float], folds: Folds
) -> Iterator[_PenalisedFit]:
    """Yield a fit per penalty, the next one from where the last one ended."""
    fits: list[LogisticFit] = []
    for penalty in penalties:
        fits.append(problem.fit(penalty, fits[-1] if fits else None))

    margins = _held_out_margins(problem, penalties, fits, folds)
    for penalty, fitted, margin in zip(penalties, fits, margins, strict=True):
        yield _PenalisedFit(penalty, fitted, margin, problem.log_loss(margin))


def _held_out_margins(
    problem: _Problem, penalties: Sequence[float], fits: Sequence[LogisticFit], folds: Folds
) -> Floats:
    """Return each row's margin by the rows of the other folds, one line per penalty.

    The penalty is in proportion to the weight of these rows, as otherwise it would shrink the
    coefficients of fewer rows by more. From the fit of all rows one step of Newton's method leads
    near to each fold's own.
    """
    margins = np.empty((len(fits), len(problem.y)))
    for fold in folds:
        others, held_out = problem.of(fold.fitted), problem.x[fold.held_out]
        share = others.weight.sum() / problem.weight.sum()
        for penalty, fitted, margin in zip(penalties, fits, margins, strict=True):
            own = others.fit(penalty * share, fitted, most_steps=1)
            margin[fold.held_out] = held_out @ own.coefficients + own.intercept
    return margins


class _RegressionTerms(NamedTuple):
    """The terms of the regression.

    Attributes
    ----------
    x : ndarray, shape (n_rows, n_terms)
        One column per feature, then one per feature with gaps, then one per category.
    center, scale : ndarray, shape (n_features,)
        By which the features are standardised.
    with_gaps : ndarray of int
        The features of which some values are missing.
    """

    x: Floats
    center: Floats
    scale: Floats
    with_gaps: NDArray[np.intp]


def _regression_terms(rows: Rows, settings: FitSettings, weight: Floats) -> _RegressionTerms:
    is_number = np.array([count == 0 for count in settings.categories])
    squashed = squash(np.where(is_number, rows.matrix.astype(np.float64), 0.0))
    center, scale = _center_and_scale(squashed, weight)

    with_gaps = np.flatnonzero(is_number & np.isnan(squashed).any(axis=0))
    gaps = np.isnan(squashed[:, with_gaps])
    filled = np.nan_to_num((squashed - center) / scale)
    categories = [
        rows.matrix[:, [j]] == np.arange(count)
        for j, count in enumerate(settings.categories)
        if count
    ]
    return _RegressionTerms(np.hstack([filled, gaps, *categories]), center, scale, with_gaps)


def _linear_arrays(fitted: LogisticFit, terms: _RegressionTerms, settings: FitSettings) -> Arrays:
    n_features = len(settings.names)
    ends = [n_features, n_features + len(terms.with_gaps)]
    of_features, of_gaps, of_categories = np.split(fitted.coefficients, ends)

    missing = np.zeros(n_features)
    missing[terms.with_gaps] = of_gaps
    start = np.concatenate([[0], np.cumsum(settings.categories)])
    return {
        "intercept": np.array(fitted.intercept),
        "center": terms.center,
        "scale": terms.scale,
        "weight": of_features,
        "missing": missing,
        "start": start.astype(np.int64),
        "category_weight": of_categories,
    }


def _center_and_scale(x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and deviation of each column without its missing values.

    A column without any value has the mean 0 and the deviation 1.
    """
    share = np.where(np.isnan(x), 0.0, weight[:, None])
    total = share.sum(axis=0)
    total[total == 0] = 1.0
    center = (share * np.nan_to_num(x)).sum(axis=0) / total

    squares = np.nan_to_num(x - center) ** 2
    scale = np.sqrt((share * squares).sum(axis=0) / total)
    return center, np.where(scale > 1e-12, scale, 1.0)


LOGISTIC = Kind(
    name="logistic",
    fit=fit_linear,
    evaluator="linear",
    ranges={"l2": Range(0, np.inf, optional=True)},
    baseline=True,
    complexity=1,
)
