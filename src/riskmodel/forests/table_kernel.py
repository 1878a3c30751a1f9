"""The tables' evaluator in numba: one pass over blocks of rows gives margins and contributions."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ZERO = float(np.float32(1e-35))
_INT32 = 2.0**31

compiled = numba.njit(cache=True, nogil=True)


class Tables(NamedTuple):
    """The arrays of `PathTables` that the kernel reads, under the same names.

    Feature f has the cuts ``cut[cut_start[f]:cut_start[f + 1]]``, and its categories are found in
    the same way. Column ``n_features + s`` of the codes is
    ``set_member[set_start[s] + code of set_feature[s]]``.

    Tree t has the groups from ``group_start[t]`` on. Group g has the tests
    ``tests[g, :n_tests[g]]``, the margins ``leaf`` from ``leaf_start[g]`` on and the slots from
    ``slot_start[g]`` on. Slot s has the entries ``table`` from ``table_start[s]`` on. It adds the
    entry of the group's pattern to the output ``slot_output[s]``.

    Where ``steps[g]`` is not 0, each entry is a vector of that many steps of an integral. ``whole``
    is their sum over the leaves, and the conditions from ``shared_start[g]`` on multiply them.
    """

    cut: NDArray[np.float64]
    cut_start: NDArray[np.int64]
    category: NDArray[np.int64]
    category_start: NDArray[np.int64]
    set_feature: NDArray[np.int64]
    set_start: NDArray[np.int64]
    set_member: NDArray[np.uint16]
    booster_start: NDArray[np.int64]
    group_start: NDArray[np.int64]
    tests: NDArray[np.int32]
    n_tests: NDArray[np.int64]
    leaf_start: NDArray[np.int64]
    leaf: NDArray[np.float64]
    slot_start: NDArray[np.int64]
    slot_output: NDArray[np.int64]
    table_start: NDArray[np.int64]
    table: NDArray[np.float64]
    steps: NDArray[np.int64]
    whole_start: NDArray[np.int64]
    whole: NDArray[np.float64]
    shared_start: NDArray[np.int64]
    shared_tests: NDArray[np.int32]
    shared_share: NDArray[np.float64]
    shared_output: NDArray[np.int64]


class Scratch(NamedTuple):
    """The arrays that the kernel writes for a block of rows; the last axis is the row."""

    codes: NDArray[np.uint16]
    bits: NDArray[np.uint8]
    pattern: NDArray[np.int64]
    passed: NDArray[np.float64]
    power: NDArray[np.float64]
    margin: NDArray[np.float64]
    sums: NDArray[np.float64]


def scratch(t: Tables, n_outputs: int, rows: int) -> Scratch:
    """Return empty arrays for blocks of so many rows."""
    n_columns = len(t.cut_start) - 1 + len(t.set_feature)
    most_shared = np.diff(t.shared_start).max(initial=0)
    most_steps = t.steps.max(initial=0)
    return Scratch(
        codes=np.zeros((n_columns, rows), np.uint16),
        bits=np.zeros(rows, np.uint8),
        pattern=np.zeros(rows, np.int64),
        passed=np.zeros((most_shared, rows)),
        power=np.zeros((most_steps + 1, rows)),
        margin=np.zeros((2, rows)),
        sums=np.zeros((n_outputs, rows)),
    )


@compiled
def evaluate(
    t: Tables, X: Floats, points: Floats, room: Scratch, margin: Floats, phi: Floats
) -> None:
    """Fill `margin` (n_rows,) and `phi` (n_rows, n_outputs).

    Row q of `points` holds the q points of an integral. Where `phi` has no column only the margin
    is computed.
    """
    rows = len(room.bits)
    n_boosters = len(t.booster_start) - 1
    booster, total = room.margin[0], room.margin[1]
    for first in range(0, len(X), rows):
        n = min(rows, len(X) - first)
        encode(t, X[first : first + n], room.codes)
        total[:] = 0
        room.sums[:] = 0
        for b in range(n_boosters):
            booster[:] = 0
            first_group = t.group_start[t.booster_start[b]]
            end_group = t.group_start[t.booster_start[b + 1]]
            for g in range(first_group, end_group):
                _read_pattern(t, g, room)
                if t.steps[g]:
                    _add_integrals(t, g, points[t.steps[g]], room)
                else:
                    _add_tables(t, g, room)
            for k in range(rows):
                total[k] += booster[k]
        for k in range(n):
            margin[first + k] = total[k] / n_boosters
            for o in range(phi.shape[1]):
                phi[first + k, o] = room.sums[o, k]


@compiled
def count(t: Tables, X: Floats, room: Scratch, counts: NDArray[np.int64]) -> None:
    """Count the patterns of each group's tests over rows, at the positions of its margins."""
    rows = len(room.bits)
    for first in range(0, len(X), rows):
        n = min(rows, len(X) - first)
        encode(t, X[first : first + n], room.codes)
        for g in range(len(t.n_tests)):
            _read_pattern(t, g, room)
            for k in range(n):
                counts[t.leaf_start[g] + room.pattern[k]] += 1


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
    # LightGBM cuts the fraction off; a negative number, or one above int32, is in no bitset
    if not -1 < x < _INT32:
        return 0
    category = np.int64(x)
    rank = _rank(categories, category)
    is_listed = rank < len(categories) and categories[rank] == category
    return rank + 1 if is_listed else 0


@compiled
def _rank(cuts: Floats, x: float) -> int:
    """Return how many of the sorted cuts lie below x."""
    low, size = 0, len(cuts)
    while size > 1:
        half = size >> 1
        low += half if cuts[low + half - 1] < x else 0
        size -= half
    return low + (1 if cuts[low] < x else 0)


@compiled
def _read_pattern(t: Tables, g: int, room: Scratch) -> None:
    """Write each row's pattern of passed tests of a group."""
    bits, pattern = room.bits, room.pattern
    bits[:] = 0
    for j in range(t.n_tests[g]):
        codes = room.codes[t.tests[g, j, 0]]
        low = np.uint16(t.tests[g, j, 1])
        more = np.uint16(t.tests[g, j, 2])
        bit = np.uint8(1 << j)
        for k in range(len(bits)):
            bits[k] |= bit if np.uint16(codes[k] - low) <= more else np.uint8(0)
    for k in range(len(bits)):
        pattern[k] = bits[k]


@compiled
def _add_tables(t: Tables, g: int, room: Scratch) -> None:
    """Add the entry of each row's pattern to its margin and contributions."""
    pattern, margin = room.pattern, room.margin[0]
    size = 1 << t.n_tests[g]
    leaf = t.leaf[t.leaf_start[g] : t.leaf_start[g] + size]
    for k in range(len(pattern)):
        margin[k] += leaf[pattern[k]]
    if not len(room.sums):
        return

    for s in range(t.slot_start[g], t.slot_start[g + 1]):
        table = t.table[t.table_start[s] : t.table_start[s] + size]
        out = room.sums[t.slot_output[s]]
        for k in range(len(pattern)):
            out[k] += table[pattern[k]]


@compiled
def _add_integrals(t: Tables, g: int, x: Floats, room: Scratch) -> None:
    """Add leaves with too many features for a table.

    At each step of the integral the conditions that the leaves share are multiplied.
    """
    pattern, margin = room.pattern, room.margin[0]
    q = t.steps[g]
    leaf = room.power[q]
    for k in range(len(pattern)):
        leaf[k] = t.leaf[t.leaf_start[g] + pattern[k]]
    _multiply_shared(t, g, x, room)
    for k in range(len(pattern)):
        margin[k] += leaf[k]
    if not len(room.sums):
        return

    for s in range(t.slot_start[g], t.slot_start[g + 1]):
        table = t.table[t.table_start[s] : t.table_start[s + 1]]
        out = room.sums[t.slot_output[s]]
        for h in range(q):
            power = room.power[h]
            for k in range(len(pattern)):
                out[k] += power[k] * table[pattern[k] * q + h]
    _add_shared(t, g, x, room)


@compiled
def _multiply_shared(t: Tables, g: int, x: Floats, room: Scratch) -> None:
    """Write the product of the shared conditions at each step, and multiply the leaf by them."""
    rows, q, start = len(room.pattern), t.steps[g], t.shared_start[g]
    leaf = room.power[q]
    for h in range(q):
        room.power[h, :] = 1.0
    for j in range(t.shared_start[g + 1] - start):
        test, passed = t.shared_tests[start + j], room.passed[j]
        codes, low, more = room.codes[test[0]], np.uint16(test[1]), np.uint16(test[2])
        for k in range(rows):
            passed[k] = 1.0 if np.uint16(codes[k] - low) <= more else 0.0
        for k in range(rows):
            leaf[k] *= passed[k]
        for h in range(q):
            power = room.power[h]
            failed = t.shared_share[start + j] * (1 - x[h])
            for k in range(rows):
                power[k] *= failed + passed[k] * x[h]


@compiled
def _add_shared(t: Tables, g: int, x: Floats, room: Scratch) -> None:
    """Add what a group's leaves contribute to the conditions that they share.

    At each step it is multiplied by (met - share) / (share (1 - x) + met x).
    """
    pattern, q, start = room.pattern, t.steps[g], t.shared_start[g]
    rows, n_shared = len(pattern), t.shared_start[g + 1] - t.shared_start[g]
    whole = t.whole[t.whole_start[g] : t.whole_start[g + 1]]
    missed = room.power[q]
    missed[:] = 0
    for h in range(q):
        power = room.power[h]
        less = 1 / (1 - x[h])
        for k in range(rows):
            power[k] *= whole[pattern[k] * q + h]
            missed[k] -= power[k] * less

    for j in range(n_shared):
        share, passed = t.shared_share[start + j], room.passed[j]
        out = room.sums[t.shared_output[start + j]]
        for k in range(rows):
            out[k] += missed[k]
        for h in range(q):
            power = room.power[h]
            more = (1 - share) / (share * (1 - x[h]) + x[h]) + 1 / (1 - x[h])
            for k in range(rows):
                out[k] += power[k] * passed[k] * more
