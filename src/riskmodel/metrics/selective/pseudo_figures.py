"""Figures of labels that need not be 0 or 1, with what each row and each label adds to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.calibration import TINY
from riskmodel.metrics.list_metrics import precision_influence


class Figure(NamedTuple):
    """A figure of pseudo-labels.

    Attributes
    ----------
    value : float
        NaN where it is not defined.
    by_label : ndarray, shape (n_rows,)
        Its derivative by each row's label: how the draw of the known verdicts moves it.
    influence : ndarray, shape (n_rows,)
        What each row adds to it, weight times derivative by the weight; sums to 0.
    """

    value: float
    by_label: Floats
    influence: Floats


def prevalence(phi: Floats, weight: Floats) -> Figure:
    """Return the share of rows with a verdict of 1.

    Examples
    --------
    >>> prevalence(np.array([1.8, -0.2, 0.1, 0.3]), np.ones(4)).value
    0.5
    """
    return _mean(phi, np.ones_like(phi), weight)


def listed_precision(
    phi: Floats,
    listed: Floats,
    weight: Floats,
    share: Floats | None = None,
    marginal: float = 0.0,
) -> Figure:
    """Return the share of the list with a verdict of 1.

    Parameters
    ----------
    phi, listed, weight : ndarray, shape (n_rows,)
        Label, chance to be on the list (a fraction where scores tie at the cut), weight.
    share : ndarray, shape (n_rows,), optional
        Share of the row's cell that is listed; without it the cut is taken as given.
    marginal : float
        The precision near the cut.

    Notes
    -----
    ``sum(w p phi) / sum(w p)``; see `riskmodel.metrics.precision_influence` for a cut that moves
    with the rows.

    Examples
    --------
    >>> phi, listed = np.array([1.8, -0.2, 0.1, 0.3]), np.array([1.0, 1.0, 0.0, 0.0])
    >>> listed_precision(phi, listed, np.ones(4)).value
    0.8
    """
    total = float(weight @ listed)
    if total <= 0:
        return undefined(phi)
    value = float(weight @ (listed * phi)) / total
    influence = precision_influence(phi, listed, weight, share, marginal)
    return Figure(value, weight * listed / total, influence)


def listed_recall(
    phi: Floats,
    listed: Floats,
    weight: Floats,
    share: Floats | None = None,
    marginal: float = 0.0,
) -> Figure:
    """Return the share of all verdicts of 1 that the list would find; see `listed_precision`.

    Notes
    -----
    ``sum(w p phi) / sum(w phi)``.

    Examples
    --------
    >>> phi, listed = np.array([1.8, -0.2, 0.1, 0.3]), np.array([1.0, 1.0, 0.0, 0.0])
    >>> listed_recall(phi, listed, np.ones(4)).value
    0.8
    """
    share = listed if share is None else share
    total = float(weight.sum())
    reached = float(weight @ (listed * phi)) / total
    gain = listed * (phi - marginal) + share * marginal
    moved = weight * (gain - float(weight @ gain) / total) / total
    return ratio_of(Figure(reached, weight * listed / total, moved), prevalence(phi, weight))


def ratio_of(part: Figure, whole: Figure) -> Figure:
    """Return the ratio of two figures by the quotient rule; NaN where the whole is not above 0."""
    if not whole.value > 0:
        return undefined(part.by_label)
    value = part.value / whole.value
    return Figure(
        value,
        (part.by_label - value * whole.by_label) / whole.value,
        (part.influence - value * whole.influence) / whole.value,
    )


def scaled_figure(figure: Figure, factor: float) -> Figure:
    """Return a figure times a number."""
    return Figure(factor * figure.value, factor * figure.by_label, factor * figure.influence)


def pseudo_net_benefit(phi: Floats, contacted: Floats, weight: Floats, threshold: float) -> Figure:
    """Return verdicts of 1 less contacts in vain at the odds of a threshold, per row.

    Notes
    -----
    ``mean(c (phi - (1 - phi) t / (1 - t)))``; see `riskmodel.metrics.net_benefit`.

    Examples
    --------
    >>> phi, contacted = np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    >>> pseudo_net_benefit(phi, contacted, np.ones(4), threshold=0.2).value
    0.1875
    """
    odds = threshold / (1 - threshold)
    return _mean(contacted * (phi * (1 + odds) - odds), contacted * (1 + odds), weight)


def pseudo_brier(phi: Floats, probability: Floats, weight: Floats) -> Figure:
    """Return the mean squared distance of probability and verdict.

    Notes
    -----
    ``mean(p^2 + (1 - 2 p) phi)``, which for verdicts of 0 and 1 is ``mean((p - y)^2)``.

    Examples
    --------
    >>> round(pseudo_brier(np.array([0.0, 1.0]), np.array([0.2, 0.9]), np.ones(2)).value, 3)
    0.025
    """
    slope = 1 - 2 * probability
    return _mean(probability**2 + slope * phi, slope, weight)


def pseudo_log_loss(phi: Floats, probability: Floats, weight: Floats) -> Figure:
    """Return the mean negative log likelihood, in nats; a certain 0 or 1 is moved in by 2e-16.

    Notes
    -----
    ``-mean(phi log p + (1 - phi) log(1 - p))``.

    Examples
    --------
    >>> round(pseudo_log_loss(np.array([0.0, 1.0]), np.array([0.2, 0.9]), np.ones(2)).value, 3)
    0.164
    """
    chance = np.clip(probability, TINY, 1 - TINY)
    yes, no = -np.log(chance), -np.log(1 - chance)
    return _mean(phi * yes + (1 - phi) * no, yes - no, weight)


def _mean(values: Floats, slope: Floats, weight: Floats) -> Figure:
    """Return a weighted mean of what is linear in the label, with this slope."""
    total = float(weight.sum())
    if total <= 0:
        return undefined(values)
    value = float(weight @ values) / total
    return Figure(value, weight * slope / total, weight * (values - value) / total)


def undefined(like: Floats) -> Figure:
    """Return the figure of rows on which it is not defined."""
    nothing = np.full_like(like, np.nan, dtype=np.float64)
    return Figure(float("nan"), nothing, nothing)
