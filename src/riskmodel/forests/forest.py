"""Boosters laid out for tables: groups of leaves, the tests that each reads, and its leaves alike by alike."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests.paths import MAX_TESTS, Coding, Group, Leaf, Literal, Test, groups_of
from riskmodel.forests.trees import BoosterTrees, Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Where = tuple[int, int, int]

TOP_CODE = 65535
NEVER: Where = (0, TOP_CODE, 0)
_LEAVES_AT_ONCE = 1024
LEAST_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Block:
    """Leaves with equally many conditions (features on their path), in groups with equally many tests.

    Attributes
    ----------
    number, group : ndarray of int, shape (n_leaves,)
        Of the leaf in the forest, and of its group.
    value, gain : ndarray, shape (n_leaves,)
        What the leaf adds to a booster's margin, and to the mean margin from its tree's mean on:
        contributions don't depend on that mean, and smaller numbers round less.
    care, want, slot : ndarray of int, shape (n_leaves, n_conditions)
        The tests that a condition reads and those that it wants passed (as bits), and the slot of
        its feature.
    share : ndarray, shape (n_leaves, n_conditions)
        Of the rows of the fit, those that went along at a condition's nodes.
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

    @property
    def patterns(self) -> Ints:
        """All patterns of the tests."""
        return np.arange(1 << self.n_tests)

    def met(self) -> Ints:
        """Return the conditions met (as bits) under each pattern of the tests, shape (n_leaves, 2**n_tests)."""
        met = (self.patterns & self.care[..., None]) == self.want[..., None]
        return (met << np.arange(self.n_conditions)[:, None]).sum(axis=1)


class Forest:
    """Boosters as groups of leaves, in the order in which their trees are added up.

    Parameters
    ----------
    boosters : sequence of BoosterTrees
        As a parser read them; their margins are averaged.

    Attributes
    ----------
    groups : list of (tree, Group)
    slots : list of list of int
        The features to which each group contributes by a table.
    """

    def __init__(self, boosters: Sequence[BoosterTrees]) -> None:
        self.n_features = max(booster.n_features for booster in boosters)
        self.booster_start = starts(len(booster.trees) for booster in boosters)
        self.trees = [tree for booster in boosters for tree in booster.trees]
        self.coding = Coding(self.trees, self.n_features)
        self._check_codes()
        self.groups = [
            (t, group)
            for t, tree in enumerate(self.trees)
            for group in groups_of(tree, self.coding)
        ]
        self.slots = [self._slots(group) for _, group in self.groups]
        self.first_slot = starts(map(len, self.slots))
        self.means = np.array([_mean(tree) for tree in self.trees])
        self.first_leaf = starts(tree.n_leaves for tree in self.trees)
        self.sets: dict[Test, int] = {}

    @property
    def n_boosters(self) -> int:
        """Number of boosters whose margins are averaged."""
        return len(self.booster_start) - 1

    @property
    def digest(self) -> str:
        """The sha256 of its trees: what counts of patterns belong to."""
        return hashlib.sha256(repr([vars(tree) for tree in self.trees]).encode()).hexdigest()

    def first_count(self) -> Ints:
        """Return where the counts of each leaf begin that has a table: one for each set of conditions to be met."""
        size = np.zeros(self.first_leaf[-1], dtype=np.int64)
        for t, group in self.groups:
            for leaf in () if group.shared else group.leaves:
                size[self.first_leaf[t] + leaf.number] = 1 << len(leaf.literals)
        return starts(size)

    def blocks(self) -> Iterator[Block]:
        """Yield the leaves of the groups that are tables only, alike ones together."""
        alike: dict[tuple[int, int], list[tuple[int, Leaf]]] = defaultdict(list)
        for g, (_, group) in enumerate(self.groups):
            for leaf in () if group.shared else group.leaves:
                alike[len(leaf.literals), len(group.tests)].append((g, leaf))
        for (_, n_tests), members in alike.items():
            for first in range(0, len(members), _LEAVES_AT_ONCE):
                yield self._block(members[first : first + _LEAVES_AT_ONCE], n_tests)

    def _block(self, members: Sequence[tuple[int, Leaf]], n_tests: int) -> Block:
        tree = np.array([self.groups[g][0] for g, _ in members])
        value = np.array(
            [
                self.trees[t].leaf_value[leaf.number]
                for t, (_, leaf) in zip(tree, members, strict=True)
            ]
        )
        conditions = np.array([self.conditions(g, leaf) for g, leaf in members], dtype=np.int64)
        care, want, slot = np.moveaxis(conditions.reshape(len(members), -1, 3), 2, 0)
        return Block(
            number=self.first_leaf[tree] + np.array([leaf.number for _, leaf in members]),
            group=np.array([g for g, _ in members]),
            value=value,
            gain=(value - self.means[tree]) / self.n_boosters,
            care=care,
            want=want,
            slot=slot,
            share=_shares(leaf for _, leaf in members),
            n_tests=n_tests,
        )

    def conditions(self, g: int, leaf: Leaf) -> list[tuple[int, int, int]]:
        """Return (tests it reads, tests it wants passed, slot) of a leaf's conditions that its group doesn't share."""
        group = self.groups[g][1]
        bit = {test: 1 << i for i, test in enumerate(group.tests)}
        slot = {f: self.first_slot[g] + i for i, f in enumerate(self.slots[g])}
        return [
            (
                sum({bit[test] for test, _ in literals}),
                sum({bit[test] for test, want in literals if want}),
                slot[f],
            )
            for f, literals in leaf.literals.items()
            if f not in group.shared
        ]

    @staticmethod
    def _slots(group: Group) -> list[int]:
        own = (f for leaf in group.leaves for f in leaf.literals if f not in group.shared)
        return list(dict.fromkeys(own))

    def tests(self) -> NDArray[np.int32]:
        """Return the tests of each group as (column, lowest code, how many more), shape (n_groups, MAX_TESTS, 3)."""
        rows = [
            [*map(self.where, group.tests), *[NEVER] * (MAX_TESTS - len(group.tests))]
            for _, group in self.groups
        ]
        return np.array(rows, dtype=np.int32).reshape(-1, MAX_TESTS, 3)

    def where(self, test: Test) -> Where:
        """Return a test as (column, lowest code, how many more); codes are compared as unsigned 16-bit numbers.

        A set of codes that is no interval becomes a column of its own: 1 where the feature's code
        is in the set.
        """
        feature, codes = test
        if not codes:
            return NEVER
        low = (codes & -codes).bit_length() - 1
        run = codes >> low
        if run & (run + 1) == 0:
            return feature, low, run.bit_length() - 1
        return self.n_features + self.sets.setdefault(test, len(self.sets)), 1, 0

    def condition(self, literals: Sequence[Literal]) -> Where:
        """Return a condition that all leaves of a group share, one test passed or failed, as a test to be passed."""
        ((test, wanted),) = literals
        column, low, more = self.where(test)
        return (
            (column, low, more)
            if wanted
            else (column, (low + more + 1) % (TOP_CODE + 1), TOP_CODE - 1 - more)
        )

    def _check_codes(self) -> None:
        most = max(self.coding.size(f) for f in range(self.n_features))
        if most >= TOP_CODE:
            raise ModelError(
                f"a feature has {most} different cuts",
                code="forests.codes",
                allowed=f"fewer than {TOP_CODE}",
                next_step="fit with fewer bins (max_bin) or fewer categories",
            )


def starts(lengths: Iterable[int]) -> Ints:
    """Return where each of consecutive runs begins, and where the last one ends."""
    return np.array([0, *accumulate(lengths)], dtype=np.int64)


def _mean(tree: Tree) -> float:
    return (
        float(np.average(tree.leaf_value, weights=tree.leaf_count))
        if tree.feature
        else tree.leaf_value[0]
    )


def _shares(leaves: Iterable[Leaf]) -> Floats:
    return np.maximum(
        np.array([list(leaf.share.values()) for leaf in leaves], dtype=np.float64), LEAST_SHARE
    )
