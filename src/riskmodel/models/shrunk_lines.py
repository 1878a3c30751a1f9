"""Fits the lines of regions on held-out margins, and shrinks them to the national one."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.models.encoding import Encoder
from riskmodel.models.fit_rows import Floats, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.regional import Regions, check_region
from riskmodel.models.sigmoid import calibrate, fit_intercept, fit_level
from riskmodel.serving import OTHER

MIN_OF_CLASS = 3
SLOPES = (0.2, 5.0)
DIGITS = 4


def fit_regions(region: str, encoder: Encoder, rows: Rows, margin: Floats, folds: Folds) -> Regions:
    """Fit a level and a slope for each region, and shrink both to the national ones.

    Parameters
    ----------
    region : str
        The column that names the region.
    encoder : Encoder
    rows : Rows
        All labelled rows.
    margin : ndarray, shape (n_rows,)
        Of each row by a model of the other folds.
    folds : Folds

    Returns
    -------
    Regions

    Raises
    ------
    ConfigError
        For a region that is no column of categories.

    Notes
    -----
    A region's own level and slope are those of a logistic regression on its rows; their variances
    are those of independent rows times the factor by which rows of one household vary together.
    The variance between regions is estimated by moments [1]_. What a region keeps of its own value
    is the share of that variance in the sum of both, so that nothing is kept where regions do not
    differ. A slope lies between 0.2 and 5, so that households keep their order.

    A region has a line of its own if it has at least 10 households, 3 of them with and 3 without
    the outcome. The others, the category ``"other"`` and what the fit never saw have the national
    line.

    References
    ----------
    .. [1] Paule and Mandel (1982), J. Res. Natl. Bur. Stand. 87, 377-385.
       doi:10.6028/jres.087.022
    """
    position, names = encoder.names.index(region), encoder.vocabulary[region]
    code = rows.matrix[:, position]
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    slope = calibrate(rows, margin, folds).slope
    level = fit_level(slope * margin, rows.y, weight)
    odds = slope * margin + level

    together = _varies_together(rows, odds, weight)
    is_own = np.array([_is_large(name, rows, code == at) for at, name in enumerate(names)])
    own = [
        _OwnLine.of(odds[at], rows.y[at], weight[at], together)
        for at in (code == number for number in np.flatnonzero(is_own))
    ]
    levels = _Shrunk.of([line.level for line in own], [line.level_variance for line in own])
    slopes = _Shrunk.of([line.slope - 1 for line in own], [line.slope_variance for line in own])

    multiple = np.clip(1 + slopes.values, *SLOPES)
    center = np.array([line.center for line in own])
    shift = ((1 - multiple) * (center - level) + levels.values) / slope
    return Regions(
        column=region,
        position=position,
        names=names,
        slope=_at(is_own, multiple, instead=1.0),
        shift=_at(is_own, shift, instead=0.0),
        level=_at(is_own, levels.values, instead=0.0),
        is_own=is_own,
        level_spread=_rounded(levels.spread),
        slope_spread=_rounded(slopes.spread),
    )


def without_region(rows: Rows, encoder: Encoder, region: str | None) -> Rows:
    """Return the rows with the region missing everywhere, so that no margin depends on it."""
    if region is None:
        return rows
    check_region(region, encoder.names, encoder.vocabulary)
    matrix = rows.matrix.copy()
    matrix[:, encoder.names.index(region)] = np.nan
    return replace(rows, matrix=matrix)


class _OwnLine(NamedTuple):
    """The level and the slope of one region by its own rows, around the center of its log-odds."""

    level: float
    level_variance: float
    slope: float
    slope_variance: float
    center: float

    @classmethod
    def of(cls, odds: Floats, y: Floats, weight: Floats, together: float) -> _OwnLine:
        """Fit the level, and from there one step of Newton's method to the slope."""
        level = fit_intercept(odds, float(np.average(y, weights=weight)), weight)
        chance = expit(odds + level)
        variance = chance * (1 - chance)
        information = weight * variance
        center = float(np.average(odds, weights=information))
        away = odds - center

        of_slope = float(information @ away**2)
        if of_slope < 1e-9:
            slope, slope_variance = 1.0, np.inf
        else:
            slope = 1 + float((weight * (y - chance)) @ away) / of_slope
            noise = float((weight**2 * variance) @ away**2)
            slope_variance = together * noise / of_slope**2
        noise = float(weight**2 @ variance)
        level_variance = together * noise / float(information.sum()) ** 2
        return cls(level, level_variance, slope, slope_variance, center)


class _Shrunk(NamedTuple):
    """Values shrunk to 0, and the standard deviation between them, as estimated."""

    values: Floats
    spread: float

    @classmethod
    def of(cls, values: list[float], variances: list[float]) -> _Shrunk:
        own, noise = np.array(values), np.array(variances)
        between = _between(own, noise)
        return cls(own * between / (between + noise), float(np.sqrt(between)))


def _between(values: Floats, variances: Floats) -> float:
    """Return the variance between values whose mean is 0, beyond that of each."""
    is_known = np.isfinite(variances)
    values, variances = values[is_known], variances[is_known]
    if len(values) < 2:
        return 0.0

    def excess(between: float) -> float:
        return float(np.sum(values**2 / (between + variances))) - (len(values) - 1)

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, float(np.sum(values**2))))


def _varies_together(rows: Rows, odds: Floats, weight: Floats) -> float:
    """Return how much more the outcomes' sums vary than if rows were independent, at least 1."""
    unit = rows.household if rows.cluster is None else rows.cluster
    chance = expit(odds)
    sums = np.bincount(unit, weight * (rows.y - chance))
    alone = float(weight**2 @ (chance * (1 - chance)))
    return max(float(sums @ sums) / alone, 1.0)


def _is_large(name: str, rows: Rows, at: Floats) -> bool:
    household, y = rows.household[at], rows.y[at]
    counts = [len(np.unique(household[y == value])) for value in (0, 1)]
    households = len(np.unique(household))
    return name != OTHER and households >= MIN_HOUSEHOLDS and min(counts) >= MIN_OF_CLASS


def _at(is_own: Floats, own: Floats, instead: float) -> Floats:
    """Return the value of each region, with few digits, which tell less of single rows."""
    values = np.full(len(is_own), instead)
    values[is_own] = [_rounded(value) for value in own]
    return values


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
