"""Intervals for figures of rows that come in households: a sandwich variance by household."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats, Ints

LEAST = 5
# of so few households one cannot tell how alike the rows of a household are
TOO_FEW_TO_TELL = 2
UPPER = 0.975
UNDEFINED = "not defined on these rows"
BY_CHANCE = "random by construction: all scores are one value"
Scale = Literal["identity", "log", "logit"]
SCALES = get_args(Scale)


@dataclass(frozen=True)
class Interval:
    """The interval of a figure; NaN where the rows don't determine one, with the reason in `note`.

    Attributes
    ----------
    low, high : float
    se : float
        Standard error on the figure's own scale.
    note : str
    """

    low: float
    high: float
    se: float
    note: str = ""


def clustered_interval(
    value: float,
    influence: Floats,
    cluster: Ints,
    *,
    scale: Scale = "identity",
    events: int | None = None,
    upper: float = UPPER,
) -> Interval:
    """Return the 95 % interval of a figure, its rows independent between clusters only.

    Parameters
    ----------
    value : float
        The figure.
    influence : ndarray, shape (n_rows,)
        What each row adds to it (weight times derivative by the weight).
    cluster : ndarray of int, shape (n_rows,)
        The household of each row, numbered 0, 1, ... with none left out.
    scale : {"identity", "log", "logit"}
        Where the interval is symmetric.
    events : int, optional
        Households in the rarer of the classes that the figure rests on; fewer than 5 give no
        interval.
    upper : float, default 0.975
        The quantile of Student's t at the interval's ends; a higher one where intervals of several
        figures are to hold together (`riskmodel.metrics.joint_quantile`).

    Notes
    -----
    With ``u_g`` the sum over the rows of household g, less its mean, and G households, the variance
    is ``G / (G - 1) * sum u_g^2``. The half-width on the scale is the standard error times the
    derivative of the scale times Student's t with ``(sum u_g^2)^2 / sum u_g^4 - 1`` degrees of
    freedom: G - 1 where all households count alike, fewer where a few dominate the figure
    (Satterthwaite's rule). With G - 1, the interval of an AUC on 8 crises in 300 households
    contained the true value in 87 of 100 samples; by this rule, in 96.

    Examples
    --------
    >>> y = np.array([0.0, 1.0] * 50)
    >>> interval = clustered_interval(0.5, (y - 0.5) / 100, np.arange(100), scale="logit")
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.402, 0.598)
    """
    if scale not in SCALES:
        raise RiskmodelError(f"{scale!r} is no scale", code="metrics.scale", allowed=SCALES)
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    why = _why_not(value, influence, clusters, scale, events)
    if why:
        return Interval(np.nan, np.nan, np.nan, why)
    from scipy.special import stdtrit

    se, freedom = _spread(influence, cluster)
    low, high = _band(value, stdtrit(freedom, upper) * se, scale)
    return Interval(low, high, se)


def share_interval(
    value: float, influence: Floats, cluster: Ints, among: Floats, hit: Floats
) -> Interval:
    """Return the 95 % interval of a share, whatever its value, down to a share of 0.

    Parameters
    ----------
    value, influence, cluster
        As in `clustered_interval`.
    among : ndarray, shape (n_rows,)
        Of which rows it is a share: each row's chance to be among them.
    hit : ndarray, shape (n_rows,)
        Which rows make up the share: each row's chance to do so, if it is among them.

    Notes
    -----
    Korn and Graubard's rule: the interval of Clopper and Pearson for a sample as large as the
    effective one. With n rows of G households, a share v and its clustered standard error s, the
    effective sample is ``min(n, v (1 - v) / s^2 * (t_{n-1} / t_{G-1})^2)``. Where the hits, or the
    misses, are of at most two households, s cannot be told from them, and the effective sample is
    at most G: rows of one household, round after round, may be hardly more than one of them. At a
    share of 0 or 1 it is ``min(n, G)``.

    The degrees of freedom are those of the design. Satterthwaite's, as in `clustered_interval`, are
    those of the hits: of 25 households with one hit, about 1, and the interval would be [0, .99].

    References
    ----------
    Korn and Graubard (1998), "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 24(2).
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404.

    Examples
    --------
    None of 20 listed households was in need, and one of them:

    >>> none, everyone, household = np.zeros(20), np.ones(20), np.arange(20)
    >>> interval = share_interval(0.0, none, household, among=everyone, hit=none)
    >>> interval.low, round(interval.high, 3)
    (0.0, 0.168)
    >>> one = (household == 0).astype(float)
    >>> interval = share_interval(0.05, (one - 0.05) / 20, household, among=everyone, hit=one)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.001, 0.256)
    """
    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)

    se = clustered_se(influence, cluster) if cluster.any() else 0.0
    size = _effective_size(value, se, cluster, among, hit)
    low, high = exact_band(value * size, size)
    return Interval(low, high, se)


def scaled_interval(interval: Interval, factor: float) -> Interval:
    """Return the interval of a figure times a number above 0.

    Examples
    --------
    >>> scaled_interval(Interval(0.1, 0.3, 0.05), 100)
    Interval(low=10.0, high=30.0, se=5.0, note='')
    """
    low, high, se = (part * factor for part in (interval.low, interval.high, interval.se))
    return Interval(low, high, se, interval.note)


def clustered_se(influence: Floats, cluster: Ints) -> float:
    """Return the standard error of a figure from what each row adds to it, summed by cluster."""
    return _spread(influence, cluster)[0]


def clusters_of_rarer_class(cluster: Ints, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> int:
    """Return how many clusters have a row in the rarer of two classes.

    Examples
    --------
    >>> one, other = np.array([True, True, False]), np.array([False, True, True])
    >>> clusters_of_rarer_class(np.array([0, 0, 1]), one, other)
    1
    """
    return min(len(np.unique(cluster[one])), len(np.unique(cluster[other])))


def _spread(influence: Floats, cluster: Ints) -> tuple[float, float]:
    """Return the standard error and its degrees of freedom."""
    sums = np.bincount(cluster, influence)
    square = (sums - sums.mean()) ** 2
    total, n = float(square.sum()), len(sums)
    freedom = total**2 / float(square @ square) - 1 if total > 0 else n - 1
    return float(np.sqrt(n / (n - 1) * total)), max(freedom, 1.0)


def _effective_size(value: float, se: float, cluster: Ints, among: Floats, hit: Floats) -> float:
    """Return how many independent households would give a share this standard error."""
    from scipy.special import stdtrit

    rows = float(among.sum())
    households = _households(cluster, among)
    if not 0 < value < 1 or se == 0:
        return min(rows, households)

    wider = stdtrit(max(rows - 1, 1.0), UPPER) / stdtrit(max(households - 1, 1), UPPER)
    size = min(rows, value * (1 - value) / se**2 * wider**2)
    of_rarer = min(_households(cluster, among * hit), _households(cluster, among * (1 - hit)))
    return min(size, households) if of_rarer <= TOO_FEW_TO_TELL else size


def _households(cluster: Ints, chance: Floats) -> int:
    """Return how many households have a row with a chance above 0."""
    return int(np.count_nonzero(np.bincount(cluster, chance)))


def exact_band(hits: float, size: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval; hits and size need not be whole numbers."""
    from scipy.special import betaincinv

    misses = size - hits
    low = betaincinv(hits, misses + 1, 1 - UPPER) if hits > 0 else 0.0
    high = betaincinv(hits + 1, misses, UPPER) if misses > 0 else 1.0
    return float(low), float(high)


def _why_not(value: float, influence: Floats, clusters: int, scale: str, events: int | None) -> str:
    if events is not None and events < LEAST:
        return f"no interval: it rests on {_fewer(events)} households"
    if not np.isfinite(value):
        return UNDEFINED
    if clusters < LEAST:
        return f"no interval: {_fewer(clusters)} households"
    if not np.isfinite(influence).all():
        return "no interval: a row's share in it is not defined"
    if (scale != "identity" and value <= 0) or (scale == "logit" and value >= 1):
        return "no interval: the value lies at the edge of its range"
    return ""


def _fewer(count: int) -> str:
    """Name a small count only as being small: it may be a disclosing cell."""
    return f"fewer than {LEAST}" if count < LEAST else str(count)


def _band(value: float, half: float, scale: str) -> tuple[float, float]:
    from scipy.special import expit, logit

    if scale == "log":
        with np.errstate(over="ignore"):
            return float(value * np.exp(-half / value)), float(value * np.exp(half / value))
    if scale == "logit":
        width = half / (value * (1 - value))
        return float(expit(logit(value) - width)), float(expit(logit(value) + width))
    return value - half, value + half
