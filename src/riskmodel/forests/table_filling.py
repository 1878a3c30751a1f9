"""A forest as tables: what each pattern of a group's tests adds to the margin and to each contribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests.coalitions import joined
from riskmodel.forests.forest import LEAST_SHARE, Block, Floats, Forest, Ints, starts
from riskmodel.forests.paths import MAX_TESTS, Group, Leaf

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Background:
    """The rows to compare with, as counts: how many met which of each leaf's conditions. It holds no row.

    Attributes
    ----------
    counts : ndarray of int
        For leaf after leaf, for each set of met conditions (as bits) the number of rows.
    rows : int
    digest : str
        Of the trees that it was counted on.
    """

    counts: NDArray[np.uint32]
    rows: int
    digest: str


@cache
def shapley_tables(d: int) -> Floats:
    """Return what a leaf of value 1 with d conditions gives each of them, shape (d, 2**d, 2**d).

    Entry (j, x, b) is the Shapley value of condition j where a row meets the conditions in the bits
    of x, and the row that it is compared with those of b. Let p conditions be met by the first
    alone and q by the other alone: each of the p gains ``(p - 1)! q! / (p + q)!``, each of the q
    loses ``p! (q - 1)! / (p + q)!``; where neither meets one, no condition gains.

    Examples
    --------
    >>> shapley_tables(1).tolist()
    [[[0.0, -1.0], [1.0, 0.0]]]
    """
    bits = (np.arange(1 << d)[:, None] >> np.arange(d)) & 1
    row, other = bits[:, None, :], bits[None, :, :]
    gains, loses = row > other, row < other
    p, q = gains.sum(axis=2), loses.sum(axis=2)
    before = np.array([0.0, *(factorial(k) for k in range(d + 1))])  # (k - 1)!
    alive = (row | other).all(axis=2)
    gain = alive * before[p] * before[q + 1] / before[p + q + 1]
    loss = alive * before[p + 1] * before[q] / before[p + q + 1]
    return np.moveaxis(gains * gain[..., None] - loses * loss[..., None], 2, 0)


def fill(
    forest: Forest, background: Background | None, players: Sequence[int] | None = None
) -> Arrays:
    """Lay a forest out and fill its tables.

    Features of one number in `players` join and leave together; their common value stands at the
    first on a path.
    """
    if background is not None:
        _check_background(forest, background)
    arrays = lay_out(forest)
    base = _fill_tables(forest, background, arrays, players) + _fill_integrals(forest, arrays)
    rows = 0 if background is None else background.rows
    return {**arrays, "base": np.array(base), "background_rows": np.array(rows)}


def lay_out(forest: Forest) -> Arrays:
    """Return the arrays of a forest with empty tables."""
    groups = [group for _, group in forest.groups]
    n_tests = np.array([len(group.tests) for group in groups], dtype=np.int64)
    steps = np.array([_steps(group) for group in groups], dtype=np.int64)
    size, n_slots = (1 << n_tests) * np.maximum(steps, 1), np.diff(forest.first_slot)
    return {
        "n_outputs": np.array(forest.n_features),
        "booster_start": forest.booster_start,
        "group_start": np.searchsorted(
            [t for t, _ in forest.groups], np.arange(len(forest.trees) + 1)
        ),
        "tests": forest.tests(),
        "n_tests": n_tests,
        "steps": steps,
        "leaf_start": starts(1 << n_tests),
        "leaf": np.zeros((1 << n_tests).sum()),
        "slot_start": forest.first_slot,
        "slot_output": np.array([f for s in forest.slots for f in s], dtype=np.int64),
        "table_start": starts(np.repeat(size, n_slots)),
        "table": np.zeros(size @ n_slots),
        "whole_start": starts(size * (steps > 0)),
        "whole": np.zeros(size @ (steps > 0)),
        # last of all: the tests above have named the sets of codes that become columns
        **_shared(forest),
        **_codes(forest),
    }


def _fill_tables(
    forest: Forest, background: Background | None, arrays: Arrays, players: Sequence[int] | None
) -> float:
    """Fill the groups that are tables only, and return what the base owes to them and to the trees' means."""
    base = forest.means.sum() / forest.n_boosters
    first_count = forest.first_count()
    for block in forest.blocks():
        chance = (
            _covers(block.share)
            if background is None
            else _seen(background, first_count[block.number], block)
        )
        if players is not None and block.n_conditions:
            block, chance = joined(
                block, chance, np.asarray(players)[arrays["slot_output"][block.slot]]
            )
        met = block.met()
        base += block.gain @ chance[:, -1]
        reached = met == (1 << block.n_conditions) - 1
        leaf_at = arrays["leaf_start"][block.group][:, None] + block.patterns
        np.add.at(arrays["leaf"], leaf_at, reached * block.value[:, None])
        gives = (
            np.take_along_axis(_shapley(chance), met[:, None, :], axis=2)
            * block.gain[:, None, None]
        )
        np.add.at(
            arrays["table"], arrays["table_start"][block.slot][..., None] + block.patterns, gives
        )
    return float(base)


def _fill_integrals(forest: Forest, arrays: Arrays) -> float:
    """Fill the groups of leaves behind too many features for a table; return what the base owes to them.

    The Shapley value of condition j of a leaf is
    ``gain * integral of (met_j - share_j) * prod_i (share_i (1 - x) + met_i x) dx``, i other than
    j, over [0, 1]: for every step x of the integral a group holds the part of the product that its
    tests decide.
    """
    base = 0.0
    for g, (t, group) in enumerate(forest.groups):
        for leaf in group.leaves if group.shared else ():
            value = forest.trees[t].leaf_value[leaf.number]
            gain = (value - forest.means[t]) / forest.n_boosters
            base += gain * np.prod(list(leaf.share.values()))
            _fill_integral(forest, g, leaf, gain, value, arrays)
    return base


def _fill_integral(
    forest: Forest, g: int, leaf: Leaf, gain: float, value: float, arrays: Arrays
) -> None:
    group = forest.groups[g][1]
    x, w = gauss_legendre(int(arrays["steps"][g]))
    patterns = np.arange(1 << len(group.tests))
    product, reached = np.tile(gain * w, (len(patterns), 1)), np.full(len(patterns), value)
    own = [max(share, LEAST_SHARE) for f, share in leaf.share.items() if f not in group.shared]
    parts = []
    for (care, want, slot), share in zip(forest.conditions(g, leaf), own, strict=True):
        met = ((patterns & care) == want)[:, None]
        factor = share * (1 - x) + met * x
        parts.append((slot, (met - share) / factor))
        product, reached = product * factor, reached * met[:, 0]
    arrays["leaf"][arrays["leaf_start"][g] :][: reached.size] += reached
    arrays["whole"][arrays["whole_start"][g] :][: product.size] += product.ravel()
    for slot, part in parts:
        arrays["table"][arrays["table_start"][slot] :][: product.size] += (part * product).ravel()


def _steps(group: Group) -> int:
    """Return how many points integrate a group's products exactly; 0 where it is a table only."""
    return (max(len(leaf.literals) for leaf in group.leaves) + 1) // 2 if group.shared else 0


@cache
def gauss_legendre(q: int) -> tuple[Floats, Floats]:
    """Return the q points and weights that integrate polynomials of degree 2q - 1 over [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(q)
    return (x + 1) / 2, w / 2


def _shared(forest: Forest) -> Arrays:
    """Return the conditions that all leaves of a group share, which no table holds."""
    conditions = [(group.leaves[0], f) for _, group in forest.groups for f in group.shared]
    return {
        "shared_start": starts(len(group.shared) for _, group in forest.groups),
        "shared_tests": np.array(
            [forest.condition(leaf.literals[f]) for leaf, f in conditions], np.int32
        ).reshape(-1, 3),
        "shared_share": np.maximum(
            np.array([leaf.share[f] for leaf, f in conditions], dtype=np.float64), LEAST_SHARE
        ),
        "shared_output": np.array([f for _, f in conditions], dtype=np.int64),
    }


def _shapley(chance: Floats) -> Floats:
    """Return the contributions of leaves of value 1, shape (n_leaves, n_conditions, 2**n_conditions)."""
    d = chance.shape[1].bit_length() - 1
    tables = shapley_tables(d).reshape(-1, 1 << d)
    return (chance @ tables.T).reshape(len(chance), d, 1 << d)


def _covers(share: Floats) -> Floats:
    """Return the chance of each set of met conditions, were they independent, shape (n_leaves, 2**n_conditions)."""
    bits = (np.arange(1 << share.shape[1]) >> np.arange(share.shape[1])[:, None]) & 1
    return np.where(bits, share[..., None], 1 - share[..., None]).prod(axis=1)


def _seen(background: Background, first: Ints, block: Block) -> Floats:
    """Return the background's share of rows with each set of met conditions, shape (n_leaves, 2**n_conditions)."""
    return background.counts[first[:, None] + np.arange(1 << block.n_conditions)] / background.rows


def fold(forest: Forest, group_counts: Ints, rows: int) -> Background:
    """Turn counts of the patterns of groups into counts of the conditions of leaves."""
    leaf_start = starts(1 << len(group.tests) for _, group in forest.groups)
    first_count = forest.first_count()
    counts = np.zeros(first_count[-1], dtype=np.uint32)
    for block in forest.blocks():
        seen = group_counts[leaf_start[block.group][:, None] + block.patterns]
        np.add.at(counts, first_count[block.number][:, None] + block.met(), seen.astype(np.uint32))
    return Background(counts, rows, forest.digest)


def _check_background(forest: Forest, background: Background) -> None:
    check_depth(forest)
    if background.digest != forest.digest:
        raise ModelError(
            "the background was counted on other trees",
            code="forests.background",
            allowed="counts made on these very boosters",
            next_step="count it again with count_background",
        )


def check_depth(forest: Forest) -> None:
    """Refuse trees whose paths are too long for tables against a background."""
    deep = [
        len(leaf.literals) for _, group in forest.groups if group.shared for leaf in group.leaves
    ]
    if deep:
        raise ModelError(
            f"{len(deep)} leaves lie behind more than {MAX_TESTS} features (up to {max(deep)}), too many for "
            "contributions against a background",
            code="forests.depth",
            allowed=f"max_depth <= {MAX_TESTS}",
            next_step=f"fit with max_depth={MAX_TESTS} or less, or explain without a background (path-dependent)",
        )


def _codes(forest: Forest) -> Arrays:
    """Return how values become codes: cuts, categories, and the sets of codes that are no intervals."""
    coding, sets = forest.coding, list(forest.sets)
    members = [[codes >> c & 1 for c in range(coding.size(f))] for f, codes in sets]
    return {
        "cut": np.array([c for cuts in coding.cuts for c in cuts], dtype=np.float64),
        "cut_start": starts(map(len, coding.cuts)),
        "category": np.array([c for listed in coding.categories for c in listed], dtype=np.int64),
        "category_start": starts(map(len, coding.categories)),
        "set_feature": np.array([f for f, _ in sets], dtype=np.int64),
        "set_start": starts(map(len, members)),
        "set_member": np.array([m for codes in members for m in codes], dtype=np.uint16),
    }
