"""The check of every metric's input: outcomes of 0 and 1, scores, weights of at least 0."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.errors import RiskmodelError
from riskmodel.keys import first_misaligned

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class CheckedArrays(NamedTuple):
    """Arrays of one length, shape (n_rows,).

    Attributes
    ----------
    y, score, weight : ndarray of float64
    """

    y: Floats
    score: Floats
    weight: Floats


def check_arrays(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> CheckedArrays:
    """Return outcome, score and weight as float64 arrays of shape (n_rows,), or refuse them.

    Parameters
    ----------
    y : array-like, shape (n_rows,)
        1 for the crisis class, else 0.
    score : array-like, shape (n_rows,)
        Any scale; more means more risk.
    weight : array-like, shape (n_rows,), optional
        Default 1 for each row.

    Returns
    -------
    CheckedArrays

    Raises
    ------
    RiskmodelError

    Examples
    --------
    >>> check_arrays([0, 1], [0.2, 0.9]).weight.tolist()
    [1.0, 1.0]
    >>> check_arrays([0, 2], [0.2, 0.9])
    Traceback (most recent call last):
    ...
    riskmodel.errors.RiskmodelError: y: 1 of 2 values are neither 0 nor 1. Allowed: 0, 1. Next: \
leave out rows without a label, and code the crisis class as 1. [metrics.outcome]
    """
    off = first_misaligned({"y": y, "score": score, "weight": weight})
    if off is not None:
        raise RiskmodelError(
            f"the index of {off} is not that of the Series before it",
            code="metrics.index",
            place=off,
            allowed="the same index in the same order, or arrays",
            next_step=f"pass {off}.loc[y.index]",
        )
    outcome, scores = _numbers(y, OUTCOME), _numbers(score, SCORE)
    weights = np.ones(len(outcome)) if weight is None else _numbers(weight, WEIGHT)
    lengths = {len(outcome), len(scores), len(weights)}
    if len(lengths) > 1:
        raise RiskmodelError(
            f"y, score and weight have {', '.join(map(str, sorted(lengths)))} rows",
            code="metrics.length",
            next_step="pass one value of each per row",
        )
    _check(~np.isin(outcome, (0.0, 1.0)), OUTCOME)
    _check(np.isnan(scores), SCORE)
    _check(~(np.isfinite(weights) & (weights >= 0)), WEIGHT)
    return CheckedArrays(outcome, scores, weights)


class _Rule(NamedTuple):
    """What the values of one array must be, and what to say if they are not."""

    name: str
    fault: str
    allowed: str
    next_step: str
    code: str


OUTCOME = _Rule(
    name="y",
    fault="neither 0 nor 1",
    allowed="0, 1",
    next_step="leave out rows without a label, and code the crisis class as 1",
    code="metrics.outcome",
)
SCORE = _Rule(
    name="score",
    fault="missing",
    allowed="numbers",
    next_step="score every row",
    code="metrics.score",
)
WEIGHT = _Rule(
    name="weight",
    fault="missing, infinite or negative",
    allowed="numbers of at least 0",
    next_step="correct the weights",
    code="metrics.weight",
)


def _numbers(values: ArrayLike, rule: _Rule) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise RiskmodelError(
            "something is no number",
            code=rule.code,
            place=rule.name,
            allowed=rule.allowed,
            next_step=rule.next_step,
        ) from None


def _check(is_bad: NDArray[np.bool_], rule: _Rule) -> None:
    if is_bad.any():
        raise RiskmodelError(
            f"{int(is_bad.sum())} of {len(is_bad)} values are {rule.fault}",
            code=rule.code,
            place=rule.name,
            allowed=rule.allowed,
            next_step=rule.next_step,
        )
