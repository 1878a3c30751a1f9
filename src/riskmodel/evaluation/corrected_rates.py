"""The rate of outcomes in a closed window, corrected for those that are not yet known."""

from __future__ import annotations

import numpy as np

from riskmodel.metrics import Floats, Ints, clustered_se
from riskmodel.metrics.truncated_delays import share_bounds

Z = 1.96


def rate_of(
    y: Floats, share: Floats, share_error: Floats, weight: Floats, unit: Ints, odds_ratio: float
) -> dict[str, float]:
    """Return observed and estimated rate of some rows, with interval and bounds.

    Parameters
    ----------
    y, share, share_error, weight : ndarray of float, shape (n_rows,)
        Label, the share of labels of 1 that are counted by now and its error, and weight.
    unit : ndarray of int, shape (n_rows,)
        What is independent of each other.
    odds_ratio : float
        By which factor the odds of being counted may differ.
    """
    whole = weight.sum()
    observed, estimated = (weight * y).sum() / whole, (weight * y / share).sum() / whole
    counted = observed / estimated if estimated else (weight * share).sum() / whole
    influence = weight * (y / share - estimated) / whole
    error = clustered_se(influence, np.unique(unit, return_inverse=True)[1])
    # the errors of one curve move together: the mean of them is no less than that of the mean
    of_share = (weight * y / share**2 * share_error).sum() / whole
    relative = np.hypot(error, of_share) / estimated if estimated else np.nan
    low, high = (estimated * np.exp(side * Z * relative) for side in (-1, 1))
    least, most = share_bounds(share, odds_ratio)
    fewer, more = ((weight * y / end).sum() / whole for end in (most, least))
    return {
        "rows": len(y),
        "observed": float(observed),
        "counted": float(counted),
        "estimated": float(estimated),
        "low": float(low),
        "high": float(high),
        "lowest": float(low * fewer / estimated) if estimated else np.nan,
        "highest": float(high * more / estimated) if estimated else np.nan,
    }
