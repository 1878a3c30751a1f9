"""Bounds where figures are not identified: without assumptions, and by an odds ratio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import Interval
from riskmodel.metrics.selective.pseudo_figures import (
    Figure,
    listed_precision,
    listed_recall,
    prevalence,
    pseudo_net_benefit,
)
from riskmodel.metrics.selective.pseudo_labels import (
    Bools,
    check_ratio_of_bounds,
    sensitivity_labels,
)

Sign = Literal["either", "lower", "higher"]
SIGNS = get_args(Sign)
LEVEL = 0.95
FURTHEST = 1_000.0
ROUNDS_OF_SEARCH = 60
WITH_BOUNDS = ("precision", "recall", "prevalence", "net benefit")


class LabelBounds(NamedTuple):
    """Between which labels each row's verdict lies.

    Attributes
    ----------
    low, high : ndarray, shape (n_rows,)
    """

    low: Floats
    high: Floats


class FigureBounds(NamedTuple):
    """Between which figures the truth lies.

    Attributes
    ----------
    low, high : Figure
    """

    low: Figure
    high: Figure


def labels_without_assumptions(verdict: Floats, known: Bools) -> LabelBounds:
    """Return the verdict where it is known, and 0 to 1 elsewhere.

    References
    ----------
    Manski (1990), American Economic Review 80(2), 319-323.

    Examples
    --------
    >>> bounds = labels_without_assumptions(np.array([1.0, np.nan]), np.array([True, False]))
    >>> bounds.low.tolist(), bounds.high.tolist()
    ([1.0, 0.0], [1.0, 1.0])
    """
    found = np.where(known, verdict, 0.0)
    return LabelBounds(found, np.where(known, found, 1.0))


def labels_by_odds_ratio(
    verdict: Floats,
    drawn: Bools,
    reached: Bools,
    drawn_chance: Floats,
    reach_chance: Floats,
    expected: Floats,
    odds_ratio: float,
    sign: Sign = "either",
) -> LabelBounds:
    """Return labels under which the odds of the unknown differ up to a factor from the known.

    Parameters
    ----------
    verdict, drawn, reached, drawn_chance, reach_chance, expected
        As in `riskmodel.metrics.selective.sensitivity_labels`.
    odds_ratio : float
        At least 1.
    sign : {"either", "lower", "higher"}
        Whether the odds of those not known can only be lower (caseworkers choose whom they know
        to be in need), only higher (who is in need opens no door), or either.

    Returns
    -------
    LabelBounds

    Notes
    -----
    Where it was not drawn at random who is known, give everyone as drawn with chance 1, the known
    as reached, and a fitted chance to be known as `reach_chance`.
    """
    if sign not in SIGNS:
        raise RiskmodelError(f"{sign!r} is no sign", code="selective.sign", allowed=SIGNS)
    check_ratio_of_bounds(odds_ratio, "give its inverse, and sign='lower'")

    def labels(ratio: float) -> Floats:
        return sensitivity_labels(
            verdict, drawn, reached, drawn_chance, reach_chance, expected, ratio
        )

    low = labels(1.0 if sign == "higher" else 1 / odds_ratio)
    high = labels(1.0 if sign == "lower" else odds_ratio)
    return LabelBounds(low, high)


def figure_bounds(
    name: str,
    labels: LabelBounds,
    listed: Floats,
    weight: Floats,
    threshold: float | None = None,
) -> FigureBounds:
    """Return the least and the greatest figure that labels within their bounds allow.

    Parameters
    ----------
    name : {"precision", "recall", "prevalence", "net benefit"}
    labels : LabelBounds
    listed, weight : ndarray, shape (n_rows,)
        Chance to be on the list, and weight.
    threshold : float, optional
        Of the net benefit.

    Returns
    -------
    FigureBounds

    Raises
    ------
    RiskmodelError
        For another figure. An AUC, for one, is a ratio of two quadratic forms of the labels: its
        bounds are the solution of no simple problem, and none are given.

    Notes
    -----
    All but recall rise with every label. Recall rises with the labels of the listed and falls with
    those of the others: its greatest value has the listed at their upper bounds and the others at
    their lower ones. Rows listed by a chance p (where scores tie) count as listed where p exceeds
    the recall itself; the value solves that by Dinkelbach's steps [1]_.

    References
    ----------
    .. [1] Dinkelbach (1967), Management Science 13, 492-498. doi:10.1287/mnsc.13.7.492

    Examples
    --------
    >>> known = np.array([True, False, True, False])
    >>> labels = labels_without_assumptions(np.array([1.0, np.nan, 1.0, np.nan]), known)
    >>> bounds = figure_bounds("recall", labels, np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4))
    >>> round(bounds.low.value, 3), round(bounds.high.value, 3)
    (0.333, 0.667)
    >>> figure_bounds("AUC", labels, np.ones(4), np.ones(4))
    Traceback (most recent call last):
    ...
    riskmodel.errors.RiskmodelError: 'AUC' has no bounds. Allowed: precision, recall, prevalence, \
net benefit. Next: bound one of these. [selective.no_bounds]
    """
    if name == "recall":
        return FigureBounds(
            _extreme_recall(labels.low, labels.high, listed, weight),
            _extreme_recall(labels.high, labels.low, listed, weight),
        )
    figure = _rising(name, listed, weight, threshold)
    return FigureBounds(figure(labels.low), figure(labels.high))


def interval_of_bounds(bounds: FigureBounds, low_se: float, high_se: float) -> Interval:
    """Return bounds with their sampling error: they hold the truth in 95 % of samples.

    Notes
    -----
    ``[low - c se_low, high + c se_high]`` with c such that
    ``Phi(c + (high - low) / max se) - Phi(-c) = .95``: 1.96 where the bounds are a point, 1.64
    where they are far apart, since the truth can lie beyond one of them only.

    References
    ----------
    Imbens, Manski (2004), Econometrica 72, 1845-1857. doi:10.1111/j.1468-0262.2004.00555.x

    Examples
    --------
    >>> nothing = np.zeros(1)
    >>> bounds = FigureBounds(Figure(0.2, nothing, nothing), Figure(0.4, nothing, nothing))
    >>> interval = interval_of_bounds(bounds, 0.01, 0.01)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.1836, 0.4164)
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    low, high = bounds.low.value, bounds.high.value
    error = max(low_se, high_se)
    if not np.isfinite([low, high, error]).all():
        return Interval(np.nan, np.nan, np.nan, "no bounds: not defined on these rows")
    if error == 0:
        return Interval(low, high, 0.0)
    apart = max(high - low, 0.0) / error
    c = float(brentq(lambda c: ndtr(c + apart) - ndtr(-c) - LEVEL, 0.0, 5.0))
    return Interval(low - c * low_se, high + c * high_se, error)


def tipping_odds_ratio(bounds_at: Callable[[float], Interval], reference: float) -> float:
    """Return the least odds ratio at which bounds no longer rule out a value.

    Parameters
    ----------
    bounds_at : callable
        Returns the bounds, with their sampling error, at an odds ratio of at least 1; they widen
        with it.
    reference : float
        The value in question: another list's figure, the base rate.

    Returns
    -------
    float
        1 where even the figure without hidden need does not rule it out; inf where an odds ratio
        of 1,000 does not bring the bounds to it.

    Examples
    --------
    >>> found = tipping_odds_ratio(lambda g: Interval(0.3 / g, 0.3 * g, 0.0), reference=0.1)
    >>> round(found, 6)
    3.0
    """

    def reaches(odds_ratio: float) -> bool:
        bounds = bounds_at(odds_ratio)
        return not (bounds.low > reference or bounds.high < reference)

    if reaches(1.0):
        return 1.0
    if not reaches(FURTHEST):
        return float("inf")
    below, above = 0.0, float(np.log(FURTHEST))
    for _ in range(ROUNDS_OF_SEARCH):
        middle = (below + above) / 2
        if reaches(float(np.exp(middle))):
            above = middle
        else:
            below = middle
    return float(np.exp(above))


def _rising(
    name: str, listed: Floats, weight: Floats, threshold: float | None
) -> Callable[[Floats], Figure]:
    """Return a figure as a function of the labels, with which it rises."""
    if name == "precision":
        return lambda phi: listed_precision(phi, listed, weight)
    if name == "prevalence":
        return lambda phi: prevalence(phi, weight)
    if name == "net benefit" and threshold is not None:
        return lambda phi: pseudo_net_benefit(phi, listed, weight, threshold)
    if name == "net benefit":
        raise RiskmodelError(
            "the net benefit has no threshold",
            code="selective.threshold",
            allowed="the chance from which a contact is worth its cost, above 0 and below 1",
            next_step="give threshold=",
        )
    raise RiskmodelError(
        f"{name!r} has no bounds",
        code="selective.no_bounds",
        allowed=WITH_BOUNDS,
        next_step="bound one of these",
    )


def _extreme_recall(of_listed: Floats, of_others: Floats, listed: Floats, weight: Floats) -> Figure:
    """Return the recall with some labels for rows listed by a chance above it, others for others.

    From the start that has every row of a chance above 0 among the listed it is monotone, and each
    step changes a set of rows: it ends.
    """
    figure = listed_recall(np.where(listed > 0, of_listed, of_others), listed, weight)
    while np.isfinite(figure.value):
        labels = np.where(listed > figure.value, of_listed, of_others)
        following = listed_recall(labels, listed, weight)
        if not abs(following.value - figure.value) > 1e-14:
            return following
        figure = following
    return figure
