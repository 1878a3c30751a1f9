"""The tables' evaluator in numba: one pass over blocks of rows gives the margin and every contribution."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

ROWS = 256
_ZERO = float(np.float32(1e-35))

compiled = nb.njit(cache=True, nogil=True)


@compiled
def _rank(cuts: NDArray[Any], x: Any) -> int:
    """Return how many of the sorted cuts lie below x."""
    low, size = 0, len(cuts)
    while size > 0:
        half = (size + 1) >> 1
        low += half if cuts[low + half - 1] < x else 0
        size -= half
    return low


@compiled
def encode(rows: NDArray[Any], cut: Any, cut_start: Any, category: Any, category_start: Any, set_feature: Any,
           set_start: Any, set_member: Any, codes: NDArray[Any]) -> None:
    """Write the codes of rows, one column of codes a row of `codes`."""
    n_features = len(cut_start) - 1
    for f in range(n_features):
        cuts = cut[cut_start[f] : cut_start[f + 1]]
        categories = category[category_start[f] : category_start[f + 1]]
        for k in range(len(rows)):
            x = rows[k, f]
            if len(categories):
                codes[f, k] = 0
                # LightGBM cuts the fraction off; what then is negative or no int32 is in no bitset
                if -1 < x < 2147483648.0:
                    rank = _rank(categories, np.int64(x))
                    if rank < len(categories) and categories[rank] == np.int64(x):
                        codes[f, k] = rank + 1
            else:
                x = 0.0 if abs(x) <= _ZERO else x
                codes[f, k] = 0 if np.isnan(x) else 1 + _rank(cuts, x)
    for s in range(len(set_feature)):
        start, f = set_start[s], set_feature[s]
        for k in range(len(rows)):
            codes[n_features + s, k] = set_member[start + codes[f, k]]
