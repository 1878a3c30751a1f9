"""Boosters laid out for tables: groups of leaves, the tests of each group, and similar leaves."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests.paths import MAX_TESTS, Coding, Group, Leaf, Literal, Test, groups_of
from riskmodel.forests.trees import BoosterTrees, Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP_CODE = 65535
_LEAVES_AT_ONCE = 1024
LEAST_SHARE = 1e-9


class CodeRange(NamedTuple):
    """A test: whether the code in a column lies in a range.

    Codes are compared as unsigned 16-bit numbers, so that a range may begin at a high code and end
    at a low one.

    Attributes
    ----------
    column : int
        A feature, or a set of codes after the features.
    low : int
        The lowest code.
    more : int
        How many further codes follow it.
    """

    column: int
    low: int
    more: int


NEVER = CodeRange(0, TOP_CODE, 0)


class Condition(NamedTuple):
    """What a leaf requires of one feature, as tests of its group.

    Attributes
    ----------
    care, want : int
        The tests that it reads and those that must be passed, as bits.
    slot : int
        The slot of its feature.
    """

    care: int
    want: int
    slot: int


class LeafOfGroup(NamedTuple):
    """A leaf, and the number of its group."""

    group: int
    leaf: Leaf


class GroupOfTree(NamedTuple):
    """A group of leaves, and the number of its tree."""

    tree: int
    group: Group


@dataclass(frozen=True, eq=False)
class Block:
    """Leaves with equally many conditions, in groups with equally many tests.

    A leaf has one condition per feature on its path.

    Attributes
    ----------
    number, group : ndarray of int, shape (n_leaves,)
        The number of the leaf in the forest, and that of its group.
    value : ndarray, shape (n_leaves,)
        What the leaf adds to its booster's margin.
    gain : ndarray, shape (n_leaves,)
        What it adds to the mean margin beyond its tree's mean. Contributions do not depend on that
        mean, and smaller numbers have smaller rounding errors.
    care, want, slot : ndarray of int, shape (n_leaves, n_conditions)
        Of each `Condition`.
    share : ndarray, shape (n_leaves, n_conditions)
        The share of the rows of the fit that met the condition at its nodes.
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
        """Return which conditions are met under each pattern of the tests, as bits.

        The shape is (n_leaves, 2**n_tests).
        """
        is_met = (self.patterns & self.care[..., None]) == self.want[..., None]
        return as_bits(is_met)


class Forest:
    """Boosters as groups of leaves, in the order in which their trees are added up.

    Parameters
    ----------
    boosters : sequence of BoosterTrees
        As a parser read them. Their margins are averaged.

    Attributes
    ----------
    groups : list of GroupOfTree
    slots : list of list of int
        The features to which each group contributes by a table.
    """

    def __init__(self, boosters: Sequence[BoosterTrees]) -> None:
        self.n_features = max(booster.n_features for booster in boosters)
        self.booster_start = starts(len(booster.trees) for booster in boosters)
        self.trees = [tree for booster in boosters for tree in booster.trees]
        self.coding = Coding(self.trees, self.n_features)
        self._check_codes()
        self.groups = list(self._groups())
        self.slots = [_slots(group) for _, group in self.groups]
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
        """The sha256 of its trees. Counts of a background belong to one such digest."""
        trees = repr([vars(tree) for tree in self.trees])
        return hashlib.sha256(trees.encode()).hexdigest()

    def first_count(self) -> Ints:
        """Return where the counts of each leaf that has a table begin.

        A leaf has one count per set of its conditions.
        """
        size = np.zeros(self.first_leaf[-1], dtype=np.int64)
        for g, leaf in self._leaves_in_tables():
            tree = self.groups[g].tree
            size[self.first_leaf[tree] + leaf.number] = 1 << len(leaf.literals)
        return starts(size)

    def blocks(self) -> Iterator[Block]:
        """Yield the leaves of the groups that are tables only, similar leaves together."""
        similar: dict[tuple[int, int], list[LeafOfGroup]] = defaultdict(list)
        for member in self._leaves_in_tables():
            n_tests = len(self.groups[member.group].group.tests)
            similar[len(member.leaf.literals), n_tests].append(member)

        for (_, n_tests), members in similar.items():
            for first in range(0, len(members), _LEAVES_AT_ONCE):
                yield self._block(members[first : first + _LEAVES_AT_ONCE], n_tests)

    def _groups(self) -> Iterator[GroupOfTree]:
        for t, tree in enumerate(self.trees):
            for group in groups_of(tree, self.coding):
                yield GroupOfTree(t, group)

    def _leaves_in_tables(self) -> Iterator[LeafOfGroup]:
        """Yield the leaves of the groups that are tables only."""
        for g, (_, group) in enumerate(self.groups):
            if not group.shared:
                yield from (LeafOfGroup(g, leaf) for leaf in group.leaves)

    def _block(self, members: Sequence[LeafOfGroup], n_tests: int) -> Block:
        tree = np.array([self.groups[g].tree for g, _ in members])
        number = np.array([leaf.number for _, leaf in members])
        values = [self.trees[t].leaf_value[n] for t, n in zip(tree, number, strict=True)]
        value = np.array(values)

        conditions = np.array([self.conditions(g, leaf) for g, leaf in members], dtype=np.int64)
        by_field = conditions.reshape(len(members), -1, len(Condition._fields))
        care, want, slot = np.moveaxis(by_field, 2, 0)
        return Block(
            number=self.first_leaf[tree] + number,
            group=np.array([g for g, _ in members]),
            value=value,
            gain=(value - self.means[tree]) / self.n_boosters,
            care=care,
            want=want,
            slot=slot,
            share=_shares(leaf for _, leaf in members),
            n_tests=n_tests,
        )

    def conditions(self, g: int, leaf: Leaf) -> list[Condition]:
        """Return the conditions of a leaf that its group does not share."""
        group = self.groups[g].group
        bit = {test: 1 << i for i, test in enumerate(group.tests)}
        slot = {f: self.first_slot[g] + i for i, f in enumerate(self.slots[g])}
        conditions = []
        for f, literals in leaf.literals.items():
            if f in group.shared:
                continue
            care = {bit[test] for test, _ in literals}
            want = {bit[test] for test, wanted in literals if wanted}
            conditions.append(Condition(sum(care), sum(want), slot[f]))
        return conditions

    def tests(self) -> NDArray[np.int32]:
        """Return the `CodeRange` of each test of each group, shape (n_groups, MAX_TESTS, 3)."""
        rows = []
        for _, group in self.groups:
            ranges = [self.code_range(test) for test in group.tests]
            rows.append(ranges + [NEVER] * (MAX_TESTS - len(ranges)))
        return np.array(rows, dtype=np.int32).reshape(-1, MAX_TESTS, len(CodeRange._fields))

    def code_range(self, test: Test) -> CodeRange:
        """Return a test as a range of codes.

        A set of codes that is no interval becomes a column of its own, which is 1 where the
        feature's code is in the set.
        """
        feature, codes = test
        if not codes:
            return NEVER
        low = (codes & -codes).bit_length() - 1
        run = codes >> low
        is_interval = run & (run + 1) == 0
        if is_interval:
            return CodeRange(feature, low, run.bit_length() - 1)
        number = self.sets.setdefault(test, len(self.sets))
        return CodeRange(self.n_features + number, 1, 0)

    def shared_range(self, literals: Sequence[Literal]) -> CodeRange:
        """Return a condition that all leaves of a group share, as a test that must be passed."""
        ((test, wanted),) = literals
        codes = self.code_range(test)
        if wanted:
            return codes
        after = (codes.low + codes.more + 1) % (TOP_CODE + 1)
        return CodeRange(codes.column, after, TOP_CODE - 1 - codes.more)

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


def as_bits(is_met: NDArray[np.bool_]) -> Ints:
    """Return the sets of met conditions as bits, from an array (n_leaves, n_conditions, ...)."""
    bit = np.arange(is_met.shape[1])[:, None]
    return (is_met << bit).sum(axis=1)


def _slots(group: Group) -> list[int]:
    """Return the features of a group's leaves that the leaves do not share, each once."""
    own = (f for leaf in group.leaves for f in leaf.literals if f not in group.shared)
    return list(dict.fromkeys(own))


def _mean(tree: Tree) -> float:
    if not tree.feature:
        return tree.leaf_value[0]
    return float(np.average(tree.leaf_value, weights=tree.leaf_count))


def _shares(leaves: Iterable[Leaf]) -> Floats:
    shares = [list(leaf.share.values()) for leaf in leaves]
    return np.maximum(np.array(shares, dtype=np.float64), LEAST_SHARE)
