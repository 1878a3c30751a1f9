"""Intervals of figures of pseudo-labels: symmetric, and Fieller's for a ratio."""

from __future__ import annotations

import numpy as np

from riskmodel.metrics.intervals import UNDEFINED, UPPER, Interval
from riskmodel.metrics.selective.two_way import Spread

NO_DENOMINATOR = (
    "no interval: the verdicts of 1 in the cohort cannot be told from none, so that a share of "
    "them has no bounds"
)


def symmetric_interval(value: float, spread: Spread, upper: float = UPPER) -> Interval:
    """Return the interval of a figure on its own scale, by Student's t.

    Notes
    -----
    Not on the logit scale, though the figure be a share: pseudo-labels may put it outside [0, 1],
    and near 0 or 1 the logit of an estimate whose error is large is far from normal.

    Examples
    --------
    >>> interval = symmetric_interval(0.3, Spread(np.array([[0.01]]), 60.0))
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.1, 0.5)
    """
    from scipy.special import stdtrit

    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)
    half = float(stdtrit(spread.freedom, upper)) * spread.se
    return Interval(value - half, value + half, spread.se)


def ratio_interval(part: float, whole: float, spread: Spread, upper: float = UPPER) -> Interval:
    """Return the interval of a ratio of two figures that vary together.

    Parameters
    ----------
    part, whole : float
    spread : Spread
        Of the two, in this order.

    Returns
    -------
    Interval
        None, with a note, where the interval of the whole reaches 0.

    Notes
    -----
    Fieller's: all ratios r for which ``(part - r whole)^2 <= t^2 V(part - r whole)``. It needs no
    expansion of the ratio, and is wider on the side on which the whole may be small.

    References
    ----------
    Fieller (1954), JRSS B 16, 175-185. doi:10.1111/j.2517-6161.1954.tb00159.x

    Examples
    --------
    >>> interval = ratio_interval(0.1, 0.4, Spread(np.diag([0.0001, 0.0004]), 1e6))
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.197, 0.308)
    >>> ratio_interval(0.1, 0.4, Spread(np.diag([0.0001, 0.09]), 1e6)).note[:30]
    'no interval: the verdicts of 1'
    """
    from scipy.special import stdtrit

    if not (np.isfinite(part) and whole > 0):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)
    t = float(stdtrit(spread.freedom, upper))
    (of_part, of_both), (_, of_whole) = t**2 * spread.covariance
    left = whole**2 - of_whole
    if left <= 0:
        return Interval(np.nan, np.nan, np.nan, NO_DENOMINATOR)
    middle = (part * whole - of_both) / left
    root = middle**2 - (part**2 - of_part) / left
    half = float(np.sqrt(max(root, 0.0)))
    value = part / whole
    slope = np.array([1.0, -value]) / whole
    se = float(np.sqrt(max(float(slope @ spread.covariance @ slope), 0.0)))
    return Interval(float(middle - half), float(middle + half), se)
