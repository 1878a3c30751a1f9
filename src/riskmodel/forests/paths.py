"""Trees become groups of leaves with at most eight tests each, whose results fit in one byte."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from riskmodel.forests.trees import (
    CATEGORICAL,
    DEFAULT_LEFT,
    NAN_MISSING,
    NEVER_MISSING,
    Tree,
    missing_type,
)

MAX_TESTS = 8
# the evaluator's cost of a test, an entry of a table and a step of an integral, in look-ups
TEST_COST, ENTRY_COST, STEP_COST = 0.35, 0.01, 0.6

Test = tuple[int, int]
Literal = tuple[Test, bool]


class Coding:
    """It ranks each feature's values by the trees' own cuts. A node's decision is a set of codes.

    Code 0 is a missing number, or a category in no node's bitset. A number x has the code
    ``1 + (how many cuts < x)``, and a listed category has ``1 + (its rank)``. A set of codes is an
    int, with bit c for code c.

    Attributes
    ----------
    cuts : list of list of float
    categories : list of list of int
        One list per feature; one of the two is empty.
    """

    def __init__(self, trees: Iterable[Tree], n_features: int) -> None:
        cuts: list[set[float]] = [set() for _ in range(n_features)]
        categories: list[set[int]] = [set() for _ in range(n_features)]
        for tree in trees:
            for node, f in enumerate(tree.feature):
                if tree.decision[node] & CATEGORICAL:
                    categories[f].update(tree.bitsets[int(tree.threshold[node])])
                else:
                    cuts[f].add(tree.threshold[node])
        self.cuts = [sorted(values) for values in cuts]
        self.categories = [sorted(values) for values in categories]
        self._left: dict[tuple[int, int, float], int] = {}

    def size(self, feature: int) -> int:
        """Return how many codes a feature has."""
        return len(self.cuts[feature]) + len(self.categories[feature]) + 2

    def full(self, feature: int) -> int:
        """Return the set of all codes of a feature."""
        return (1 << self.size(feature)) - 1

    def left(self, tree: Tree, node: int) -> int:
        """Return the codes that go left at a node, exactly as LightGBM decides."""
        f, decision, threshold = tree.feature[node], tree.decision[node], tree.threshold[node]
        if decision & CATEGORICAL:
            ranks = [bisect_left(self.categories[f], c) for c in tree.bitsets[int(threshold)]]
            return sum(1 << 1 + rank for rank in ranks)

        key = (f, decision, threshold)
        if key not in self._left:
            up_to_threshold = (1 << 2 + bisect_left(self.cuts[f], threshold)) - 2
            self._left[key] = up_to_threshold + _missing_goes_left(decision, threshold)
        return self._left[key]

    def literal(self, feature: int, codes: int) -> Literal:
        """Return a set of codes as a test that code 0 fails, and whether it must be passed."""
        if codes & 1:
            return (feature, self.full(feature) & ~codes), False
        return (feature, codes), True


def _missing_goes_left(decision: int, threshold: float) -> bool:
    kind = missing_type(decision)
    if kind == NAN_MISSING:
        return bool(decision & DEFAULT_LEFT)
    # where no value was missing in the fit, LightGBM takes NaN for 0
    return kind == NEVER_MISSING and threshold >= 0


@dataclass(frozen=True, eq=False)
class Leaf:
    """A leaf and its path.

    Attributes
    ----------
    number : int
        In its tree.
    literals : dict of int to list of (test, wanted)
        What a row must pass and fail, by feature in the order of the path.
    share : dict of int to float
        By feature, the share of the rows of the fit that took the path at the feature's nodes.
    """

    number: int
    literals: Mapping[int, list[Literal]]
    share: Mapping[int, float]


@dataclass(frozen=True, eq=False)
class Group:
    """Leaves under one node.

    Attributes
    ----------
    tests : list of Test
        At most `MAX_TESTS`, which tell its leaves apart.
    leaves : list of Leaf
    shared : list of int
        The features on which all leaves have the same condition, where paths are too long for a
        table of all their tests.
    """

    tests: list[Test]
    leaves: list[Leaf]
    shared: list[int]


class _Subtree(NamedTuple):
    """What is known of all leaves under a node.

    Attributes
    ----------
    tests, features : frozenset
        Of the nodes below.
    fewest, most : int
        The fewest and the most features on a path.
    """

    tests: frozenset[Test]
    features: frozenset[int]
    fewest: int
    most: int


class _GroupRoot(NamedTuple):
    """The node of a group.

    Attributes
    ----------
    node : int
    prefix : dict of int to int
        By feature on the path to the node, the codes that reach it.
    deep : bool
        Whether paths are too long for a table of all their tests.
    """

    node: int
    prefix: dict[int, int]
    deep: bool


class _Plan(NamedTuple):
    """The cheapest groups under a node, and their cost."""

    cost: float
    roots: list[_GroupRoot]
    subtree: _Subtree


def groups_of(tree: Tree, coding: Coding) -> Iterator[Group]:
    """Divide a tree's leaves into the groups that are cheapest to evaluate."""
    shares = _shares(tree)
    for node, prefix, deep in _plan(tree, coding, _root(tree), {}).roots:
        literals = {f: [coding.literal(f, codes)] for f, codes in prefix.items()}
        leaves = [Leaf(n, path, shares[n]) for n, path in _leaves(tree, coding, node, literals)]
        shared = _shared(prefix, leaves) if deep else []
        yield Group(_own_tests(leaves, shared), leaves, shared)


def _shared(prefix: Iterable[int], leaves: list[Leaf]) -> list[int]:
    """Return the features on which all leaves have the same condition: no node below tests them."""
    return [f for f in prefix if all(len(leaf.literals[f]) == 1 for leaf in leaves)]


def _own_tests(leaves: list[Leaf], shared: list[int]) -> list[Test]:
    """Return the tests of the features that leaves do not share, each once."""
    tests: dict[Test, None] = {}
    for leaf in leaves:
        for f, literals in leaf.literals.items():
            if f not in shared:
                tests |= dict.fromkeys(test for test, _ in literals)
    return list(tests)


def _root(tree: Tree) -> int:
    return 0 if tree.feature else -1


def _plan(tree: Tree, coding: Coding, node: int, prefix: dict[int, int]) -> _Plan:
    """Return one group for all leaves under a node, or the plans of both sides, if cheaper."""
    if node < 0:
        leaf = _Subtree(frozenset(), frozenset(), len(prefix), len(prefix))
        return _as_one_group(node, prefix, leaf)

    f, left = tree.feature[node], coding.left(tree, node)
    before = prefix.get(f, coding.full(f))
    yes = _plan(tree, coding, tree.left[node], {**prefix, f: before & left})
    no = _plan(tree, coding, tree.right[node], {**prefix, f: before & ~left})

    test, _ = coding.literal(f, left)
    subtree = _Subtree(
        tests=yes.subtree.tests | no.subtree.tests | {test},
        features=yes.subtree.features | no.subtree.features | {f},
        fewest=min(yes.subtree.fewest, no.subtree.fewest),
        most=max(yes.subtree.most, no.subtree.most),
    )
    whole = _as_one_group(node, prefix, subtree)
    apart = _Plan(yes.cost + no.cost, yes.roots + no.roots, subtree)
    return min(whole, apart, key=lambda plan: plan.cost)


def _as_one_group(node: int, prefix: dict[int, int], subtree: _Subtree) -> _Plan:
    """Return the plan of one group; its cost is infinite where it would have too many tests."""
    deep = subtree.fewest > MAX_TESTS
    n_tests = len(subtree.tests) + len(prefix)
    slots = len(subtree.features | prefix.keys())
    if deep:
        shared = len(prefix.keys() - subtree.features)
        n_tests, slots = n_tests - shared, slots - shared
        steps = (subtree.most + 1) // 2
        cost = steps * (1 + slots + STEP_COST * shared)
        cost += steps * ENTRY_COST * (slots + 1 << n_tests)
    else:
        cost = 1 + slots + ENTRY_COST * (slots << n_tests)
    cost += TEST_COST * n_tests

    root = _GroupRoot(node, prefix, deep)
    return _Plan(cost if n_tests <= MAX_TESTS else inf, [root], subtree)


def _leaves(
    tree: Tree, coding: Coding, node: int, literals: dict[int, list[Literal]]
) -> Iterator[tuple[int, dict[int, list[Literal]]]]:
    """Yield the number of each leaf under a node, with the literals of its path."""
    if node < 0:
        yield ~node, literals
        return

    f = tree.feature[node]
    test, wanted = coding.literal(f, coding.left(tree, node))
    before = literals.get(f, [])
    yes = {**literals, f: [*before, (test, wanted)]}
    no = {**literals, f: [*before, (test, not wanted)]}
    yield from _leaves(tree, coding, tree.left[node], yes)
    yield from _leaves(tree, coding, tree.right[node], no)


def _shares(tree: Tree) -> dict[int, dict[int, float]]:
    """Return by leaf and feature the share of rows that took the path at the feature's nodes."""
    by_leaf: dict[int, dict[int, float]] = {}
    to_visit: list[tuple[int, dict[int, float]]] = [(_root(tree), {})]
    while to_visit:
        node, share = to_visit.pop()
        if node < 0:
            by_leaf[~node] = share
            continue
        f, rows = tree.feature[node], tree.count[node]
        for child in (tree.left[node], tree.right[node]):
            of_feature = share.get(f, 1.0) * tree.cover(child) / rows
            to_visit.append((child, {**share, f: of_feature}))
    return by_leaf
