"""The tables' evaluator in numba: one pass over blocks of rows gives the margin and every contribution."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

ROWS = 256
_ZERO = float(np.float32(1e-35))
_INT32 = 2.0**31

compiled = numba.njit(cache=True, nogil=True)


class Tables(NamedTuple):
    """The arrays of `compile_tables` that the kernel reads, by their names there."""

    cut: NDArray[np.float64]
    cut_start: NDArray[np.int64]
    category: NDArray[np.int64]
    category_start: NDArray[np.int64]
    set_feature: NDArray[np.int64]
    set_start: NDArray[np.int64]
    set_member: NDArray[np.uint16]
    tests: NDArray[np.uint16]
    group_start: NDArray[np.int64]
    n_tests: NDArray[np.int64]
    slot_start: NDArray[np.int64]
    slot_output: NDArray[np.int64]
    table_start: NDArray[np.int64]
    table: NDArray[np.float64]
    leaf_start: NDArray[np.int64]
    leaf: NDArray[np.float64]
    deep_tree_start: NDArray[np.int64]
    deep_start: NDArray[np.int64]
    deep_value: NDArray[np.float64]
    deep_gain: NDArray[np.float64]
    deep_tests: NDArray[np.uint16]
    deep_share: NDArray[np.float64]
    deep_output: NDArray[np.int64]
    booster_start: NDArray[np.int64]


@compiled
def evaluate(t: Tables, X: NDArray[np.float64], points: Any, weights: Any, margin: Any, phi: Any) -> None:
    """Fill `margin` (n_rows,) and `phi` (n_rows, n_outputs); `points` and `weights` are Gauss-Legendre's on [0, 1]."""
    codes = np.zeros((len(t.cut_start) - 1 + len(t.set_feature), ROWS), np.uint16)
    pattern, low = np.zeros(ROWS, np.int64), np.zeros(ROWS, np.uint8)
    passed, powers = np.zeros((64, ROWS)), np.zeros((len(points), ROWS))
    total, booster, sums = np.zeros(ROWS), np.zeros(ROWS), np.zeros((phi.shape[1], ROWS))
    n_boosters = len(t.booster_start) - 1
    for first in range(0, len(X), ROWS):
        n = min(ROWS, len(X) - first)
        encode(t, X[first : first + n], codes)
        total[:] = 0
        sums[:] = 0
        for b in range(n_boosters):
            booster[:] = 0
            for tree in range(t.booster_start[b], t.booster_start[b + 1]):
                for g in range(t.group_start[tree], t.group_start[tree + 1]):
                    _read_pattern(t, g, codes, low, pattern)
                    _add_group(t, g, pattern, booster, sums)
                for d in range(t.deep_tree_start[tree], t.deep_tree_start[tree + 1]):
                    _add_deep(t, d, codes, points, weights, passed, powers, booster, sums)
            for k in range(ROWS):
                total[k] += booster[k]
        for k in range(n):
            margin[first + k] = total[k] / n_boosters
            for o in range(phi.shape[1]):
                phi[first + k, o] = sums[o, k]


@compiled
def count(t: Tables, X: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    """Count the patterns of each group's tests over rows, at the places of the group's leaf values."""
    codes = np.zeros((len(t.cut_start) - 1 + len(t.set_feature), ROWS), np.uint16)
    pattern, low = np.zeros(ROWS, np.int64), np.zeros(ROWS, np.uint8)
    for first in range(0, len(X), ROWS):
        n = min(ROWS, len(X) - first)
        encode(t, X[first : first + n], codes)
        for g in range(len(t.n_tests)):
            _read_pattern(t, g, codes, low, pattern)
            for k in range(n):
                counts[t.leaf_start[g] + pattern[k]] += 1


@compiled
def encode(t: Tables, rows: NDArray[np.float64], codes: NDArray[np.uint16]) -> None:
    """Write the codes of rows, one row of `codes` for each feature and each set."""
    n_features = len(t.cut_start) - 1
    for f in range(n_features):
        cuts = t.cut[t.cut_start[f] : t.cut_start[f + 1]]
        categories = t.category[t.category_start[f] : t.category_start[f + 1]]
        if len(categories):
            for k in range(len(rows)):
                codes[f, k] = _category_code(categories, rows[k, f])
        elif len(cuts):
            for k in range(len(rows)):
                x = rows[k, f]
                codes[f, k] = 0 if np.isnan(x) else 1 + _rank(cuts, 0.0 if abs(x) <= _ZERO else x)
    for s in range(len(t.set_feature)):
        start, f = t.set_start[s], t.set_feature[s]
        for k in range(len(rows)):
            codes[n_features + s, k] = t.set_member[start + codes[f, k]]


@compiled
def _category_code(categories: NDArray[np.int64], x: float) -> int:
    # LightGBM cuts the fraction off, and what then is negative or no int32 is in no bitset
    if not -1 < x < _INT32:
        return 0
    rank = _rank(categories, np.int64(x))
    return rank + 1 if rank < len(categories) and categories[rank] == np.int64(x) else 0


@compiled
def _rank(cuts: NDArray[Any], x: Any) -> int:
    """Return how many of the sorted cuts lie below x."""
    low, size = 0, len(cuts)
    while size > 1:
        half = size >> 1
        low += half if cuts[low + half - 1] < x else 0
        size -= half
    return low + (1 if cuts[low] < x else 0)


@compiled
def _read_pattern(t: Tables, g: int, codes: Any, bits: Any, pattern: Any) -> None:
    """Write each row's pattern of passed tests of a group."""
    bits[:] = 0
    for j in range(t.n_tests[g]):
        column, low, width = codes[t.tests[g, j, 0]], t.tests[g, j, 1], t.tests[g, j, 2]
        bit = np.uint8(1 << j)
        for k in range(ROWS):
            bits[k] |= bit if np.uint16(column[k] - low) <= width else np.uint8(0)
    for k in range(ROWS):
        pattern[k] = bits[k]


@compiled
def _add_group(t: Tables, g: int, pattern: Any, margin: Any, sums: Any) -> None:
    size = 1 << t.n_tests[g]
    leaf = t.leaf[t.leaf_start[g] : t.leaf_start[g] + size]
    for k in range(ROWS):
        margin[k] += leaf[pattern[k]]
    for s in range(t.slot_start[g], t.slot_start[g + 1]):
        table, out = t.table[t.table_start[s] : t.table_start[s] + size], sums[t.slot_output[s]]
        for k in range(ROWS):
            out[k] += table[pattern[k]]


@compiled
def _add_deep(t: Tables, d: int, codes: Any, points: Any, weights: Any, passed: Any, powers: Any, margin: Any,
              sums: Any) -> None:
    """Add a leaf with too many conditions for a table: its Shapley values are integrals of a product over them."""
    start, n = t.deep_start[d], t.deep_start[d + 1] - t.deep_start[d]
    q = (n + 1) // 2
    x = points[q]
    for h in range(q):
        powers[h, :] = t.deep_gain[d] * weights[q, h]
    for j in range(n):
        column, low, width = codes[t.deep_tests[start + j, 0]], t.deep_tests[start + j, 1], t.deep_tests[start + j, 2]
        share, ok = t.deep_share[start + j], passed[j]
        for k in range(ROWS):
            ok[k] = 1.0 if np.uint16(column[k] - low) <= width else 0.0
        for h in range(q):
            fails, power = share * (1 - x[h]), powers[h]
            for k in range(ROWS):
                power[k] *= fails + ok[k] * x[h]
    failed = passed[n]
    failed[:] = 0
    for h in range(q):
        for k in range(ROWS):
            failed[k] -= powers[h, k] / (1 - x[h])
    for k in range(ROWS):
        all_passed = t.deep_value[d]
        for j in range(n):
            all_passed *= passed[j, k]
        margin[k] += all_passed
    for j in range(n):
        share, ok, out = t.deep_share[start + j], passed[j], sums[t.deep_output[start + j]]
        for k in range(ROWS):
            out[k] += failed[k]
        for h in range(q):
            more = (1 - share) / (share * (1 - x[h]) + x[h]) + 1 / (1 - x[h])
            power = powers[h]
            for k in range(ROWS):
                out[k] += power[k] * ok[k] * more
