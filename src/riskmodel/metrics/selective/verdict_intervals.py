"""Intervals of figures of pseudo-labels: of a share by its effective size, of others symmetric."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.intervals import (
    TOO_FEW_TO_TELL,
    UNDEFINED,
    UPPER,
    Interval,
    exact_band,
    scaled_interval,
)
from riskmodel.metrics.selective.two_way import Spread

OUTSIDE = "no interval: the estimate lies outside its range by more than its error"
ANYTHING = (-np.inf, np.inf)


class ShareOf(NamedTuple):
    """What a share was found among.

    Attributes
    ----------
    among : ndarray, shape (n_rows,)
        For how many rows each known verdict stands that the share is of: its weight by the chance
        that it became known; 0 for others.
    hit : ndarray, shape (n_rows,)
        Which of these make up the share, from 0 to 1.
    greatest : float
        The figure at a share of 1: the places of a list for a count, one over the share listed for
        a lift.
    """

    among: Floats
    hit: Floats
    greatest: float = 1.0


def interval_of_share(value: float, spread: Spread, share: ShareOf, household: Ints) -> Interval:
    """Return the 95 % interval of a share of verdicts, which lies where shares can.

    Parameters
    ----------
    value : float
        The figure; what lies outside its range counts as its end.
    spread : Spread
        Of the figure.
    share : ShareOf
    household : ndarray of int, shape (n_rows,)

    Notes
    -----
    Korn and Graubard's rule for shares of a survey, as in `riskmodel.metrics.share_interval`: that
    of Clopper and Pearson for the effective sample ``v (1 - v) / s^2 * (t_{n-1} / t_{G-1})^2`` of a
    share v with the standard error s over G groups. Where the hits, or the misses, that were found
    are of at most two households, s cannot be told from them, and the effective sample is at most
    Kish's n, ``(sum a_h)^2 / sum a_h^2``, with ``a_h`` for how many rows the known verdicts of
    household h stand; at a share of 0 or 1 it is n. Where no hit was found, the interval begins at
    0, and where no miss was, it ends at 1.

    A symmetric interval with Satterthwaite's degrees of freedom, for which a share near 0 has one
    hit or none, begins below 0 and holds the share less often than it says. With 30 verdicts
    promised by a list of 300 and a share of .05 it held in .77 to .97 of samples, by how well the
    verdicts were expected, and was .29 to .63 wide; this one held in .98 to 1.00, .20 to .24 wide.

    References
    ----------
    Korn and Graubard (1998), "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 24(2).
    Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    One of 30 households that were drawn of 300 was confirmed:

    >>> household, hit = np.arange(30), (np.arange(30) == 0).astype(float)
    >>> share = ShareOf(np.full(30, 10.0), hit)
    >>> interval = interval_of_share(0.03, Spread(0.03, 1.0, 300), share, household)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.001, 0.167)
    >>> interval_of_share(-0.01, Spread(0.01, 1.0, 300), share, household).low
    0.0
    """
    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)

    v, se = value / share.greatest, spread.se / share.greatest
    size = _effective_size(v, se, spread.groups, share, household)
    low, high = exact_band(min(max(v, 0.0), 1.0) * size, size)
    if not (share.among * share.hit).any():
        low = 0.0
    if not (share.among * (1 - share.hit)).any():
        high = 1.0
    return scaled_interval(Interval(low, high, se), share.greatest)


def symmetric_interval(
    value: float,
    spread: Spread,
    upper: float = UPPER,
    within: tuple[float, float] = ANYTHING,
) -> Interval:
    """Return the interval of a figure on its own scale, by Student's t.

    Parameters
    ----------
    value : float
    spread : Spread
    upper : float, default 0.975
        The quantile at the interval's ends.
    within : tuple of float, optional
        Between which values the figure can lie.

    Returns
    -------
    Interval
        None, with a note, where all of it lies outside the range.

    Notes
    -----
    The interval holds the values that a test does not refuse. Of these it keeps those that the
    figure can have, and so holds the true one as often as before.

    Not on the logit scale: pseudo-labels may put an estimate outside [0, 1], and near 0 or 1 the
    logit of an estimate whose error is large is far from normal.

    Examples
    --------
    >>> interval = symmetric_interval(0.3, Spread(0.1, 60.0, 61))
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.1, 0.5)
    >>> symmetric_interval(0.9, Spread(0.1, 60.0, 61), within=(0.0, 1.0)).high
    1.0
    """
    from scipy.special import stdtrit

    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)
    half = float(stdtrit(spread.freedom, upper)) * spread.se
    least, greatest = within
    if value + half < least or value - half > greatest:
        return Interval(np.nan, np.nan, np.nan, OUTSIDE)
    return Interval(max(value - half, least), min(value + half, greatest), spread.se)


def _effective_size(value: float, se: float, groups: int, share: ShareOf, household: Ints) -> float:
    """Return how many independent verdicts of equal weight would give a share this error."""
    from scipy.special import stdtrit

    found = _by_household(share.among, household)
    stands_for = float(found.sum())
    kish = stands_for**2 / float(found @ found) if stands_for > 0 else 0.0
    if not 0 < value < 1 or se == 0:
        return kish

    wider = stdtrit(max(kish - 1, 1.0), UPPER) / stdtrit(max(groups - 1, 1), UPPER)
    size = float(value * (1 - value) / se**2 * wider**2)
    of_rarer = min(
        np.count_nonzero(_by_household(share.among * part, household))
        for part in (share.hit, 1 - share.hit)
    )
    return min(size, kish) if of_rarer <= TOO_FEW_TO_TELL else size


def _by_household(values: Floats, household: Ints) -> Floats:
    return np.bincount(household, values).astype(np.float64)
