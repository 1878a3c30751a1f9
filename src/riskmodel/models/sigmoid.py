"""Calibration: one sigmoid on the margin, its slope from all rounds, its level from later ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from riskmodel.errors import ModelError
from riskmodel.models.fit_rows import Floats, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.likelihood import fit_logistic

LATE_SHARE = 0.2
MIN_POSITIVES = 30
MIN_ROUNDS = 2


@dataclass(frozen=True)
class Calibration:
    """The sigmoid: log-odds = slope * margin + intercept.

    Attributes
    ----------
    slope, intercept : float
        The slope is above 0, so that the margin's ranks stay.
    source : str
        Which rows it was fitted on.
    rows, positives : int
        How many rows the slope was fitted on, and how many of the crisis class.
    """

    slope: float
    intercept: float
    source: str
    rows: int
    positives: int

    def log_odds(self, margin: Floats) -> Floats:
        """Return the calibrated log-odds of margins."""
        return self.slope * margin + self.intercept


def calibrate(rows: Rows, margin: Floats, folds: Folds) -> Calibration:
    """Fit the sigmoid on margins of models that saw no row of the same household, or cluster.

    The slope is fitted on all rounds. The intercept is then fitted on the later rounds alone,
    because counts grow with the years on record, and the level of the margin with them. Where rows
    stand for others (`Rows.stands_for`), it is fitted by that on all rounds: few of those drawn at
    random have a verdict of 1.

    Parameters
    ----------
    rows : Rows
        All labelled rows.
    margin : ndarray, shape (n_rows,)
        Of each row by a model of the other folds.
    folds : Folds
    """
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    slope = 1.0 if folds.are_flat(margin) else fit_slope(margin, rows.y, weight)
    source = f"{folds.kept_whole} folds ({folds.count}) of {_days(rows)}"
    if rows.stands_for is not None:
        level = fit_level(slope * margin, rows.y, rows.stands_for)
        source += ", level of everyone by chances of contact"
        return Calibration(slope, level, source, len(rows), rows.positives)
    late = later_rounds(rows)
    intercept = fit_level(slope * margin[late], rows.y[late], weight[late])

    if not late.all():
        source += f", level of {_days(rows[late])}"
    return Calibration(slope, intercept, source, len(rows), rows.positives)


def later_rounds(rows: Rows, least: int = MIN_ROUNDS) -> NDArray[np.bool_]:
    """Return which rows lie in the later rounds.

    These begin with the latest round from which on at least two rounds, a fifth of the rows and 30
    positives remain. Where there is none, they are all rounds.

    Parameters
    ----------
    rows : Rows
    least : int, default 2
        How many rounds there are at least; the level of one round may be the luck of its year.
    """
    if rows.as_of is None:
        return np.ones(len(rows), dtype=bool)

    days, position = np.unique(rows.as_of, return_inverse=True)
    rows_from = np.bincount(position)[::-1].cumsum()[::-1]
    positives_from = np.bincount(position, rows.y)[::-1].cumsum()[::-1]
    rounds_from = np.arange(len(days), 0, -1)
    is_enough = (
        (rounds_from >= least)
        & (rows_from >= LATE_SHARE * len(rows))
        & (positives_from >= MIN_POSITIVES)
    )
    first = np.max(np.flatnonzero(is_enough), initial=0)
    return position >= first


def fit_slope(margin: Floats, y: Floats, weight: Floats) -> float:
    """Return the slope of the log-odds on the margin.

    Raises
    ------
    ModelError
        For a slope that is not above 0.
    """
    center, scale = margin.mean(), margin.std()
    standardised = (margin - center) / scale
    fitted = fit_logistic(standardised[:, None], _targets(y), weight)
    slope = float(fitted.coefficients[0] / scale)
    if slope > 0:
        return slope
    raise ModelError(
        "on the households held out, a higher margin does not come with a higher risk "
        "(calibration slope <= 0)",
        code="models.calibration",
        allowed="a margin that ranks unseen rows better than chance",
        next_step="take more rounds or positives, or features that are related to this outcome",
    )


def fit_intercept(log_odds: Floats, rate: float, weight: Floats) -> float:
    """Return what is added to log-odds so that their mean probability is a rate."""
    level = logit(rate)

    def excess(intercept: float) -> float:
        return float(np.average(expit(log_odds + intercept), weights=weight)) - rate

    # one more at both ends, so that equal log-odds have two ends, too
    ends = level - log_odds.max() - 1, level - log_odds.min() + 1
    return float(brentq(excess, *ends, xtol=1e-12))


def fit_level(log_odds: Floats, y: Floats, weight: Floats) -> float:
    """Return what is added to log-odds so that their mean probability is the rate of the crisis."""
    return fit_intercept(log_odds, float(np.average(_targets(y), weights=weight)), weight)


def _targets(y: Floats) -> Floats:
    """Return (n1 + 1) / (n1 + 2) for 1 and 1 / (n0 + 2) for 0.

    By them the slope is finite even where the margin separates the classes.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2.2.
    """
    n1 = int(np.sum(y == 1))
    n0 = len(y) - n1
    return np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))


def _days(rows: Rows) -> str:
    """Return the first and the last round in words."""
    if rows.as_of is None:
        return "rows without dates"
    first, last = rows.as_of.min(), rows.as_of.max()
    return f"round {first}" if first == last else f"rounds {first} to {last}"
