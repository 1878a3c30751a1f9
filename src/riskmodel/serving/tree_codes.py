"""The codes of rows: for each feature the interval or category of its value, and sets of codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Arrays, Floats

Codes = NDArray[np.uint16]
LEAST_NORMAL = np.float32(1e-35)
# up to so many comparisons all cuts are compared at once; beyond, each feature's are searched
AT_ONCE = 100_000


def codes_of(t: Arrays, X: Floats) -> Codes:
    """Return for each feature and row the interval or category of its value, 0 for missing.

    Returns
    -------
    ndarray, shape (n_features + n_sets, n_rows)
        After the features stand the sets of codes, 1 where the feature's code is in the set.
    """
    n_features = len(t["cut_start"]) - 1
    codes = np.zeros((n_features + len(t["set_feature"]), len(X)), np.uint16)
    if len(X) * len(t["cut"]) <= AT_ONCE:
        codes[:n_features] = _intervals_at_once(t, X)
    else:
        for f in np.flatnonzero(np.diff(t["cut_start"])):
            codes[f] = _intervals(t["cut"][t["cut_start"][f] : t["cut_start"][f + 1]], X[:, f])
    for f in np.flatnonzero(np.diff(t["category_start"])):
        listed = t["category"][t["category_start"][f] : t["category_start"][f + 1]]
        codes[f] = _category_ranks(listed, X[:, f])

    for s, f in enumerate(t["set_feature"]):
        codes[n_features + s] = t["set_member"][t["set_start"][s] + codes[f].astype(np.int64)]
    return codes


def _intervals_at_once(t: Arrays, X: Floats) -> NDArray[np.int64]:
    start = t["cut_start"]
    n_cuts = np.diff(start)
    feature = np.repeat(np.arange(len(n_cuts)), n_cuts)
    below = np.zeros((len(X), len(feature) + 1), np.int64)
    near = np.where(np.abs(X) <= LEAST_NORMAL, 0.0, X)
    np.cumsum(t["cut"] < near[:, feature], axis=1, out=below[:, 1:])
    rank = below[:, start[1:]] - below[:, start[:-1]]
    return np.where(np.isnan(X) | (n_cuts == 0), 0, 1 + rank).T


def _intervals(cuts: Floats, x: Floats) -> NDArray[np.int64]:
    near = np.where(np.abs(x) <= LEAST_NORMAL, 0.0, x)
    return np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, near))


def _category_ranks(categories: NDArray[np.int64], x: Floats) -> NDArray[np.intp]:
    # the fraction is cut off; what then is negative or no int32 is in no node's list
    whole = np.where((x > -1) & (x < 2.0**31), x, -1).astype(np.int64)
    rank = np.minimum(np.searchsorted(categories, whole), len(categories) - 1)
    return np.where(categories[rank] == whole, rank + 1, 0)
