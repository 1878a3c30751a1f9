"""The one gate of the metrics: outcomes of 0 and 1, scores that are numbers, weights that are not negative."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.errors import RiskmodelError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def check_arrays(
    y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Return outcome, score and weight as float64 arrays of shape (n_rows,), or refuse them.

    Parameters
    ----------
    y : array-like, shape (n_rows,)
        1 for the crisis class, else 0.
    score : array-like, shape (n_rows,)
        Any scale; more means more risk.
    weight : array-like, shape (n_rows,), optional
        Default 1 for each row.

    Examples
    --------
    >>> check_arrays([0, 1], [0.2, 0.9])[2].tolist()
    [1.0, 1.0]
    >>> check_arrays([0, 2], [0.2, 0.9])
    Traceback (most recent call last):
    ...
    riskmodel.errors.RiskmodelError: y: 1 of 2 values are neither 0 nor 1. Allowed: 0, 1. Next: leave out rows without \
a label, and code the crisis class as 1. [metrics.outcome]
    """
    outcome = np.asarray(y, dtype=np.float64)
    scores = np.asarray(score, dtype=np.float64)
    weights = np.ones(len(outcome)) if weight is None else np.asarray(weight, dtype=np.float64)
    lengths = {len(outcome), len(scores), len(weights)}
    if len(lengths) > 1:
        raise RiskmodelError(
            f"y, score and weight have {', '.join(map(str, sorted(lengths)))} rows",
            code="metrics.length",
            next_step="pass one value of each a row",
        )
    _refuse(
        "y",
        ~np.isin(outcome, (0.0, 1.0)),
        "neither 0 nor 1",
        "0, 1",
        "leave out rows without a label, and code the crisis class as 1",
        "metrics.outcome",
    )
    _refuse("score", np.isnan(scores), "missing", "numbers", "score every row", "metrics.score")
    _refuse(
        "weight",
        ~(np.isfinite(weights) & (weights >= 0)),
        "missing, infinite or negative",
        "numbers of at least 0",
        "correct the weights",
        "metrics.weight",
    )
    return outcome, scores, weights


def _refuse(
    name: str, bad: NDArray[np.bool_], what: str, allowed: str, next_step: str, code: str
) -> None:
    if bad.any():
        raise RiskmodelError(
            f"{int(bad.sum())} of {len(bad)} values are {what}",
            code=code,
            place=name,
            allowed=allowed,
            next_step=next_step,
        )
