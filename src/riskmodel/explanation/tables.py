"""A forest as tables: what each pattern of a group's tests adds to the margin and to each contribution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.explanation.forest import Block, Floats, Forest, Ints, shares, starts
from riskmodel.explanation.paths import MAX_TESTS

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

    Entry (j, x, b) is the Shapley value of condition j where a row meets the conditions in the bits of x, and the row
    that it is compared with those of b. Let p conditions be met by the first alone and q by the other alone: each of
    the p gains ``(p - 1)! q! / (p + q)!``, each of the q loses ``p! (q - 1)! / (p + q)!``; where neither meets one,
    nobody gains.

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


def compile_tables(
    boosters: Iterable[Any], background: Background | None = None, outputs: Sequence[int] | None = None
) -> Arrays:
    """Compile boosters to flat arrays: all that margin and contributions need, and all that is stored of them.

    Parameters
    ----------
    boosters : iterable of lightgbm.Booster or str
    background : Background, optional
        What contributions compare with (interventional); default: the shares of the rows of the fit at each node
        (path-dependent).
    outputs : sequence of int, optional
        For each feature the number of the output to which its contributions are added; default: one a feature.

    Returns
    -------
    dict of str to ndarray
        See the notes of `riskmodel.explanation.kernel.Tables`.
    """
    return fill(Forest(boosters, outputs), background)


def fill(forest: Forest, background: Background | None) -> Arrays:
    """Fill the tables of a forest."""
    if background is not None:
        _check_background(forest, background)
    n_tests = np.array([len(group.tests) for _, group in forest.groups], dtype=np.int64)
    leaf_start, table_start = starts(1 << n_tests), starts(np.repeat(1 << n_tests, np.diff(forest.first_slot)))
    leaf, table = np.zeros(leaf_start[-1]), np.zeros(table_start[-1])
    base = forest.means.sum() / forest.n_boosters
    first_count = starts(forest.leaf_sizes())
    for block in forest.blocks():
        met = block.met()
        chance = _covers(block.share) if background is None else _seen(background, first_count[block.number], block)
        base += block.gain @ chance[:, -1]
        reached = met == (1 << block.n_conditions) - 1
        np.add.at(leaf, leaf_start[block.group][:, None] + block.patterns, reached * block.value[:, None])
        gives = np.take_along_axis(_shapley(chance), met[:, None, :], axis=2) * block.gain[:, None, None]
        np.add.at(table, table_start[block.slot][..., None] + block.patterns, gives)
    deep = _deep(forest)
    base += deep["deep_gain"] @ np.multiply.reduceat(deep["deep_share"], deep["deep_start"][:-1]) if forest.deep else 0
    tests = forest.tests()
    return {
        "n_outputs": np.array(max(forest.outputs, default=-1) + 1), "base": np.array(base),
        "background_rows": np.array(0 if background is None else background.rows),
        "booster_start": forest.booster_start, "tests": tests, "n_tests": n_tests,
        "group_start": _first_of_tree(forest, forest.groups),
        "slot_start": forest.first_slot, "slot_output": np.array([o for s in forest.slots for o in s], dtype=np.int64),
        "table_start": table_start, "table": table, "leaf_start": leaf_start, "leaf": leaf, **deep, **_codes(forest),
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
    first_count = starts(forest.leaf_sizes())
    counts = np.zeros(first_count[-1], dtype=np.uint32)
    for block in forest.blocks():
        seen = group_counts[leaf_start[block.group][:, None] + block.patterns]
        np.add.at(counts, first_count[block.number][:, None] + block.met(), seen.astype(np.uint32))
    return Background(counts, rows, forest.digest)


def _check_background(forest: Forest, background: Background) -> None:
    check_depth(forest)
    if background.digest != forest.digest:
        raise ModelError(
            "the background was counted on other trees", code="explanation.background",
            allowed="counts made on these very boosters", next_step="count it again with count_background",
        )


def check_depth(forest: Forest) -> None:
    """Refuse trees whose paths are too long for tables against a background."""
    if forest.deep:
        longest = max(len(group.tests) for _, group in forest.deep)
        raise ModelError(
            f"{len(forest.deep)} leaves lie behind more than {MAX_TESTS} features (up to {longest}), too many for "
            "contributions against a background", code="explanation.depth", allowed=f"max_depth <= {MAX_TESTS}",
            next_step=f"fit with max_depth={MAX_TESTS} or less, or explain without a background (path-dependent)",
        )


def _deep(forest: Forest) -> Arrays:
    """Return the leaves with more conditions than a table takes: their conditions one by one."""
    leaves = [(t, group.leaves[0]) for t, group in forest.deep]
    value = np.array([forest.trees[t].leaf_value[leaf.number] for t, leaf in leaves], dtype=np.float64)
    tree = np.array([t for t, _ in leaves], dtype=np.int64)
    tests = [forest.condition(literals) for _, leaf in leaves for literals in leaf.literals.values()]
    return {
        "deep_tree_start": _first_of_tree(forest, forest.deep),
        "deep_start": starts(len(leaf.literals) for _, leaf in leaves), "deep_value": value,
        "deep_gain": (value - forest.means[tree]) / forest.n_boosters,
        "deep_tests": np.array(tests, dtype=np.int32).reshape(-1, 3),
        "deep_share": np.concatenate([[], *(shares([leaf])[0] for _, leaf in leaves)]),
        "deep_output": np.array([forest.outputs[f] for _, leaf in leaves for f in leaf.literals], dtype=np.int64),
    }


def _first_of_tree(forest: Forest, members: Sequence[tuple[int, Any]]) -> Ints:
    tree = np.array([t for t, _ in members], dtype=np.int64)
    return np.searchsorted(tree, np.arange(len(forest.trees) + 1))


def _codes(forest: Forest) -> Arrays:
    """Return how values become codes: cuts, categories, and the sets of codes that are no intervals."""
    coding, sets = forest.coding, list(forest.sets)
    members = [[codes >> c & 1 for c in range(coding.size(f))] for f, codes in sets]
    return {
        "cut": np.array([c for found in coding.cuts for c in found], dtype=np.float64),
        "cut_start": starts(map(len, coding.cuts)),
        "category": np.array([c for found in coding.categories for c in found], dtype=np.int64),
        "category_start": starts(map(len, coding.categories)),
        "set_feature": np.array([f for f, _ in sets], dtype=np.int64), "set_start": starts(map(len, members)),
        "set_member": np.array([m for found in members for m in found], dtype=np.uint16),
    }
