"""The metrics of a list: precision, recall and lift, and what each row adds to them.

Weights weigh the rows in these figures; the slots of the list count rows, whatever their weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import Interval, share_interval
from riskmodel.metrics.metric import (
    Metric,
    Use,
    households_listed_of_both_classes,
    households_reached_and_missed,
)
from riskmodel.metrics.scored_rows import ScoredRows


def precision(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the share of crises among the listed.

    Parameters
    ----------
    y, weight : ndarray, shape (n_rows,)
    listed : ndarray, shape (n_rows,)
        Each row's chance to be listed.
    """
    return _ratio(weight @ (listed * y), weight @ listed)


def recall(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the share of the crises that is listed."""
    return _ratio(weight @ (listed * y), weight @ y)


def lift(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the precision as a multiple of the base rate, that of a list drawn at random."""
    return _ratio(precision(y, listed, weight) * weight.sum(), weight @ y)


def precision_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the precision; it sums to 0.

    Parameters
    ----------
    y, listed, weight : ndarray, shape (n_rows,)
    share : ndarray, shape (n_rows,), optional
        Share of the row's cell that is listed (`Selection.share_listed`). Without it the cut is
        taken as given.
    marginal : float
        Precision near the cut (`Selection.mean_near_cut`).

    Notes
    -----
    A row above the cut also raises the cut, so that a row with the marginal precision m drops off
    the list. With ``p`` the chance to be listed and ``c`` the share listed, it adds
    ``w (p (y - m) + c (m - precision)) / sum(w p)``. Where the cut is given, ``c = p``, and it adds
    ``w p (y - precision) / sum(w p)``.
    """
    share = listed if share is None else share
    gain = listed * (y - marginal) + share * (marginal - precision(y, listed, weight))
    return _over(weight * gain, weight @ listed)


def recall_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the recall; it sums to 0. See `precision_influence`.

    Notes
    -----
    ``w (p (y - m) + c m - recall y) / sum(w y)``.
    """
    share = listed if share is None else share
    gain = listed * (y - marginal) + share * marginal - recall(y, listed, weight) * y
    return _over(weight * gain, weight @ y)


def lift_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the lift, by the quotient rule; see `precision_influence`."""
    base = _ratio(weight @ y, weight.sum())
    own = precision_influence(y, listed, weight, share, marginal)
    return _over(own - lift(y, listed, weight) * weight * (y - base) / weight.sum(), base)


def _influence(formula: Callable[..., Floats]) -> Callable[[ScoredRows], Floats]:
    """Return a metric's influence on scored rows, its cut moving with the rows."""
    return lambda rows: formula(
        rows.y, rows.inclusion, rows.weight, rows.share_listed, rows.marginal_precision
    )


def _precision_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    return share_interval(value, influence, rows.household, among=rows.inclusion, hit=rows.y)


def _recall_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    return share_interval(value, influence, rows.household, among=rows.y, hit=rows.inclusion)


def _lift_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    """Return that of a precision with the relative error of the lift, over the base rate.

    On the log scale, one hit in a list of 25 gave [.003, 284,094].
    """
    base = _ratio(rows.weight @ rows.y, rows.weight.sum())
    if not np.isfinite(value):
        return _precision_interval(value, influence, rows)
    # the lift times the base rate rounds a precision of 1 to its neighbours, which have an error
    share = precision(rows.y, rows.inclusion, rows.weight)
    of_share = _precision_interval(share, influence * base, rows)
    if not np.isfinite(of_share.low):
        return of_share
    return Interval(of_share.low / base, of_share.high / base, of_share.se / base)


PRECISION = Metric(
    name="precision",
    title="precision",
    estimate=lambda rows: precision(rows.y, rows.inclusion, rows.weight),
    influence=_influence(precision_influence),
    own_interval=_precision_interval,
    support=households_listed_of_both_classes,
    greater_is_better=True,
    margin=0.05,
    is_at_capacity=True,
    uses=frozenset(Use),
)
RECALL = Metric(
    name="recall",
    title="recall",
    estimate=lambda rows: recall(rows.y, rows.inclusion, rows.weight),
    influence=_influence(recall_influence),
    own_interval=_recall_interval,
    support=households_reached_and_missed,
    greater_is_better=True,
    margin=0.05,
    is_at_capacity=True,
    uses=frozenset({Use.COMPARISON, Use.GROUPS, Use.BACKTEST}),
)
LIFT = Metric(
    name="lift",
    title="lift",
    estimate=lambda rows: lift(rows.y, rows.inclusion, rows.weight),
    influence=_influence(lift_influence),
    own_interval=_lift_interval,
    support=households_listed_of_both_classes,
    greater_is_better=True,
    is_at_capacity=True,
    # on the same rows, lifts differ as precisions do
    uses=frozenset({Use.GROUPS, Use.BACKTEST}),
)


def _ratio(part: Any, whole: Any) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _over(values: Floats, whole: Any) -> Floats:
    return values / whole if whole > 0 else np.full_like(values, np.nan)
