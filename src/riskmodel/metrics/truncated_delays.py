"""How soon facts become known, where those not yet known are missing: right-truncated delays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.selective.pseudo_labels import check_ratio_of_bounds


@dataclass(frozen=True, eq=False)
class DelayCurve:
    """The share of facts that are known within so many days, of those known within the longest.

    Attributes
    ----------
    share, se : ndarray of float, shape (longest + 1,)
        By days from 0, and the standard error of each.
    facts : int
        How many facts it rests on.
    """

    share: Floats
    se: Floats
    facts: int

    @property
    def longest(self) -> int:
        """The longest delay; what takes longer is not in the data."""
        return len(self.share) - 1

    def at(self, days: ArrayLike) -> Floats:
        """Return the share known within some days: 0 below 0, and 1 from the longest on."""
        age = np.asarray(days)
        return np.where(age < 0, 0.0, self.share[np.clip(age, 0, self.longest)])

    def days_until(self, share: float) -> int:
        """Return after how many days so large a share is known."""
        return int(np.searchsorted(self.share, share - 1e-12))


def delay_curve(delay: ArrayLike, limit: ArrayLike, longest: int) -> DelayCurve:
    """Estimate the distribution of delays of which those beyond a limit are not seen.

    Parameters
    ----------
    delay : array of int, shape (n_facts,)
        Days from the event until it was known; at most `limit`.
    limit : array of int, shape (n_facts,)
        The longest delay with which the fact would be in the data.
    longest : int
        Longer delays are left out.

    Returns
    -------
    DelayCurve

    Notes
    -----
    The product-limit estimator in reverse time: F(d) / F(longest) is the product over k > d of
    1 - n_k / r_k, where n_k facts have delay k and r_k could have had it and have at most k. The
    level F(longest) is not identified: facts that are never known leave no trace [1]_.

    References
    ----------
    .. [1] Lagakos, Barraj and De Gruttola, Nonparametric analysis of truncated survival data, with
       application to AIDS. Biometrika 75 (1988) 515-523.

    Examples
    --------
    >>> curve = delay_curve([0, 0, 1, 0], [1, 1, 1, 0], longest=1)
    >>> curve.share.round(3).tolist()
    [0.667, 1.0]
    """
    seen, at_risk = _counts(np.asarray(delay), np.asarray(limit), longest)
    hazard = np.divide(seen, at_risk, out=np.zeros(longest + 1), where=at_risk > 0)
    after = np.append(np.cumprod((1 - hazard)[::-1])[::-1][1:], 1.0)
    rest = at_risk * (at_risk - seen)
    terms = np.divide(seen, rest, out=np.zeros(longest + 1), where=rest > 0)
    spread = np.append(np.cumsum(terms[::-1])[::-1][1:], 0.0)
    return DelayCurve(after, after * np.sqrt(spread), int(seen.sum()))


def delays_differ(delay: ArrayLike, limit: ArrayLike, group: Ints, longest: int) -> float:
    """Return the p-value of one distribution of delays in all groups.

    Parameters
    ----------
    delay, limit, longest
        As for `delay_curve`.
    group : ndarray of int, shape (n_facts,)
        Numbered 0, 1, ... with none left out.

    Returns
    -------
    float
        By the log-rank test in reverse time; 1 where there is one group.

    Examples
    --------
    >>> delay = np.tile([0, 1, 5], 100)
    >>> half = np.repeat([0, 1], 150)
    >>> bool(delays_differ(delay, np.full(300, 9), half, 9) > 0.9)
    True
    >>> delays_differ(delay + half, np.full(300, 9), half, 9) < 1e-6
    True
    """
    from scipy.stats import chi2  # not before it is needed: the import is slow

    delay, limit = np.asarray(delay), np.asarray(limit)
    counts = [_counts(delay[group == g], limit[group == g], longest) for g in np.unique(group)]
    seen, at_risk = (np.stack(part) for part in zip(*counts, strict=True))
    all_seen, of_all = seen.sum(axis=0), at_risk.sum(axis=0)
    share = np.divide(at_risk, of_all, out=np.zeros(at_risk.shape), where=of_all > 0)
    beyond = (seen - share * all_seen).sum(axis=1)
    rest = np.divide(of_all - all_seen, of_all - 1, out=np.zeros(longest + 1), where=of_all > 1)
    scale = all_seen * rest
    covariance = np.diag((share * scale).sum(axis=1)) - (share * scale) @ share.T
    freedom = len(seen) - 1
    if not freedom:
        return 1.0
    return float(chi2.sf(beyond @ np.linalg.pinv(covariance) @ beyond, freedom))


def share_bounds(share: ArrayLike, odds_ratio: float) -> tuple[Floats, Floats]:
    """Return between which shares lies one whose odds differ by a factor of at most `odds_ratio`.

    Examples
    --------
    >>> low, high = share_bounds([0.5], 3.0)
    >>> low.tolist(), high.tolist()
    ([0.25], [0.75])
    """
    check_ratio_of_bounds(odds_ratio)
    known = np.asarray(share, dtype=np.float64)
    low = known / (known + odds_ratio * (1 - known))
    high = odds_ratio * known / (odds_ratio * known + 1 - known)
    return low, high


def _counts(delay: Ints, limit: Ints, longest: int) -> tuple[Floats, Floats]:
    """Return by delay how many facts have it, and how many could have and have at most it."""
    kept = delay <= longest
    seen = np.bincount(delay[kept], minlength=longest + 1).astype(np.float64)
    ended = np.bincount(np.minimum(limit[kept], longest), minlength=longest + 1)
    left = np.concatenate([[0.0], np.cumsum(ended)[:-1]])
    return seen, np.cumsum(seen) - left
