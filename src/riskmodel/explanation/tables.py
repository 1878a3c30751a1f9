"""A forest as tables: what each pattern of a group's tests adds to the margin and to each contribution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.explanation.paths import MAX_TESTS, Coding, Group, Leaf, Test, groups_of
from riskmodel.explanation.trees import Tree, parse_trees

Arrays = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP_CODE = 65535
NEVER = (0, TOP_CODE, 0)
_SMALLEST_SHARE = 1e-9
_LEAVES_AT_ONCE = 1024


@cache
def shapley_tables(d: int) -> Floats:
    """Return what a leaf of value 1 with d conditions gives each of them, shape (d, 2**d, 2**d).

    Entry (j, x, b) is the Shapley value of condition j where a row passes the conditions in the bits of x, and the row
    that it is compared with passes those of b. Let p conditions be passed by the first alone and q by the other alone:
    each of the p gains ``(p - 1)! q! / (p + q)!``, each of the q loses ``p! (q - 1)! / (p + q)!``; where a condition is
    passed by neither, nobody gains.

    Examples
    --------
    >>> shapley_tables(1).tolist()
    [[[0.0, -1.0], [1.0, 0.0]]]
    """
    bits = (np.arange(1 << d)[:, None] >> np.arange(d)) & 1
    row, other = bits[:, None, :], bits[None, :, :]
    gains, loses = row > other, row < other
    p, q = gains.sum(axis=2), loses.sum(axis=2)
    f = np.array([0.0] + [factorial(k) for k in range(d + 1)])
    alive = (row | other).all(axis=2)
    gain, loss = (alive * f[p] * f[q + 1] / f[p + q + 1], alive * f[p + 1] * f[q] / f[p + q + 1])
    return np.moveaxis(gains * gain[..., None] - loses * loss[..., None], 2, 0)


@dataclass(frozen=True, eq=False)
class Block:
    """Leaves with equally many conditions, in groups with equally many tests.

    Attributes
    ----------
    number, group : ndarray of int, shape (n_leaves,)
        Of the leaf in the forest, and of its group.
    value : ndarray, shape (n_leaves,)
    gain : ndarray, shape (n_leaves,)
        The value less the tree's mean, over the number of boosters: contributions don't depend on the mean, and
        small numbers round less.
    care, want, slot : ndarray of int, shape (n_leaves, n_conditions)
        The tests that a condition reads, those to be passed, and where its contributions are looked up.
    share : ndarray, shape (n_leaves, n_conditions)
    n_tests : int
    """

    number: Ints
    group: Ints
    value: Floats
    gain: Floats
    care: Ints
    want: Ints
    slot: Ints
    share: Floats
    n_tests: int

    @property
    def n_conditions(self) -> int:
        """Number of conditions of each leaf."""
        return self.care.shape[1]

    def passed(self) -> Ints:
        """Return which conditions are passed (as bits) under each pattern of the tests, shape (n_leaves, 2**n_tests)."""
        patterns = np.arange(1 << self.n_tests)
        met = (patterns & self.care[..., None]) == self.want[..., None]
        return (met << np.arange(self.n_conditions)[:, None]).sum(axis=1)

    def covers(self) -> Floats:
        """Return the chance of each set of passed conditions, were they independent, shape (n_leaves, 2**n)."""
        bits = (np.arange(1 << self.n_conditions) >> np.arange(self.n_conditions)[:, None]) & 1
        return np.where(bits, self.share[..., None], 1 - self.share[..., None]).prod(axis=1)


class Forest:
    """Boosters laid out in groups of leaves, before any table is filled.

    Parameters
    ----------
    boosters : iterable of lightgbm.Booster or str
        Or their texts; their margins are averaged.
    outputs : sequence of int, optional
        For each feature the number of the output to which its contributions are added; default: one a feature.
    """

    def __init__(self, boosters: Iterable[Any], outputs: Sequence[int] | None = None) -> None:
        parsed = [parse_trees(b if isinstance(b, str) else b.model_to_string()) for b in boosters]
        self.n_features = max(n for n, _ in parsed)
        self.outputs = range(self.n_features) if outputs is None else outputs
        self.booster_start = [0, *accumulate(len(found) for _, found in parsed)]
        self.trees = [tree for _, found in parsed for tree in found]
        self.coding = Coding(self.trees, self.n_features)
        self._check_codes()
        self.means = [_mean(tree) for tree in self.trees]
        self.first_leaf = [0, *accumulate(tree.n_leaves for tree in self.trees)]
        found_groups = [(t, g) for t, tree in enumerate(self.trees) for g in groups_of(tree, self.coding)]
        self.groups = [(t, g) for t, g in found_groups if len(g.tests) <= MAX_TESTS]
        self.deep = [(t, g) for t, g in found_groups if len(g.tests) > MAX_TESTS]
        self.slots = [list(dict.fromkeys(self.outputs[f] for leaf in g.leaves for f in leaf.literals)) for _, g in self.groups]
        self.sets: dict[Test, int] = {}

    def _check_codes(self) -> None:
        most = max(self.coding.size(f) for f in range(self.n_features))
        if most >= TOP_CODE:
            raise ModelError(
                f"a feature has {most} different cuts", code="explanation.codes", allowed=f"fewer than {TOP_CODE}",
                next_step="fit with fewer bins (max_bin) or fewer categories",
            )

    def blocks(self) -> Iterator[Block]:
        """Yield the leaves of the groups, alike ones together."""
        alike: dict[tuple[int, int], list[tuple[int, Leaf]]] = defaultdict(list)
        for g, (_, group) in enumerate(self.groups):
            for leaf in group.leaves:
                alike[len(leaf.literals), len(group.tests)].append((g, leaf))
        for (d, n_tests), members in alike.items():
            for first in range(0, len(members), _LEAVES_AT_ONCE):
                yield self._block(members[first : first + _LEAVES_AT_ONCE], d, n_tests)

    def _block(self, members: Sequence[tuple[int, Leaf]], d: int, n_tests: int) -> Block:
        rows: list[list[tuple[int, int, int, float]]] = []
        first_slot = [0, *accumulate(map(len, self.slots))]
        for g, leaf in members:
            bit = {test: 1 << i for i, test in enumerate(self.groups[g][1].tests)}
            slot = {output: first_slot[g] + i for i, output in enumerate(self.slots[g])}
            rows.append([
                (sum({bit[t] for t, _ in found}), sum({bit[t] for t, want in found if want}),
                 slot[self.outputs[f]], leaf.share[f])
                for f, found in leaf.literals.items()
            ])
        care, want, slots, share = np.moveaxis(np.array(rows, dtype=float).reshape(len(rows), d, 4), 2, 0)
        tree = [self.groups[g][0] for g, _ in members]
        value = np.array([self.trees[t].leaf_value[leaf.number] for t, (_, leaf) in zip(tree, members, strict=True)])
        return Block(
            number=np.array([self.first_leaf[t] + leaf.number for t, (_, leaf) in zip(tree, members, strict=True)]),
            group=np.array([g for g, _ in members]), value=value,
            gain=(value - np.array(self.means)[tree]) / (len(self.booster_start) - 1),
            care=care.astype(np.int64), want=want.astype(np.int64), slot=slots.astype(np.int64), share=share,
            n_tests=n_tests,
        )

    def resolve(self, test: Test) -> tuple[int, int, int]:
        """Return a test as (column, lowest code, how many codes more).

        A set of codes that is no interval becomes a column of its own: 1 where the feature's code is in the set.
        """
        feature, codes = test
        if not codes:
            return NEVER
        low = (codes & -codes).bit_length() - 1
        run = codes >> low
        if run & (run + 1) == 0:
            return feature, low, run.bit_length() - 1
        return self.n_features + self.sets.setdefault(test, len(self.sets)), 1, 0


def compile_tables(boosters: Iterable[Any], outputs: Sequence[int] | None = None) -> Arrays:
    forest = Forest(boosters, outputs)
    n_tests = [len(group.tests) for _, group in forest.groups]
    n_slots = [len(found) for found in forest.slots]
    tests = [
        [forest.resolve(test) for test in group.tests] + [NEVER] * (MAX_TESTS - len(group.tests))
        for _, group in forest.groups
    ]
    column, low, width = np.moveaxis(np.array(tests, dtype=np.int64).reshape(-1, MAX_TESTS, 3), 2, 0)
    size = np.repeat([1 << n for n in n_tests], n_slots)
    slot_start = np.concatenate([[0], np.cumsum(size)])
    leaf_start = np.concatenate([[0], np.cumsum([1 << n for n in n_tests])])
    table, leaf = np.zeros(slot_start[-1]), np.zeros(leaf_start[-1])
    base = sum(forest.means) / (len(forest.booster_start) - 1)
    for block in forest.blocks():
        chance = block.covers()
        base += block.gain @ chance[:, -1]
        passed = block.passed()
        gives = np.einsum("jxb,lb->ljx", shapley_tables(block.n_conditions), chance, optimize=True)
        gives = np.take_along_axis(gives, passed[:, None, :], axis=2) * block.gain[:, None, None]
        patterns = np.arange(1 << block.n_tests)
        np.add.at(table, slot_start[block.slot][..., None] + patterns, gives)
        reached = passed == (1 << block.n_conditions) - 1
        np.add.at(leaf, leaf_start[block.group][:, None] + patterns, reached * block.value[:, None])
    cuts, categories = forest.coding.cuts, forest.coding.categories
    sets = list(forest.sets)
    members = [[codes >> c & 1 for c in range(forest.coding.size(f))] for f, codes in sets]
    return {
        "n_outputs": np.array(max(forest.outputs, default=-1) + 1),
        "cut": np.array([c for found in cuts for c in found]), "cut_start": starts(map(len, cuts)),
        "category": np.array([c for found in categories for c in found], dtype=np.int64),
        "category_start": starts(map(len, categories)),
        "set_feature": np.array([f for f, _ in sets], dtype=np.int64), "set_start": starts(map(len, members)),
        "set_member": np.array([m for found in members for m in found], dtype=np.uint16),
        "test_column": column.astype(np.int32), "test_low": low.astype(np.uint16), "test_width": width.astype(np.uint16),
        "group_tree": np.array([t for t, _ in forest.groups]), "group_slot": starts(n_slots),
        "slot_output": np.array([o for found in forest.slots for o in found], dtype=np.int32), "slot_start": slot_start[:-1],
        "leaf": leaf, "leaf_start": leaf_start[:-1], "table": table, "base": np.array(base),
        "booster_start": np.array(forest.booster_start),
        "n_tests": np.array(n_tests),
    }


def starts(lengths: Iterable[int]) -> Ints:
    return np.array([0, *accumulate(lengths)], dtype=np.int64)


def _mean(tree: Tree) -> float:
    return float(np.average(tree.leaf_value, weights=tree.leaf_count)) if tree.feature else tree.leaf_value[0]
