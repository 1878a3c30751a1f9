"""Trees into groups of leaves, each with at most eight yes-or-no tests: one byte decides what a row gets from it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf

from riskmodel.forests.trees import (
    CATEGORICAL,
    DEFAULT_LEFT,
    NAN_MISSING,
    NEVER_MISSING,
    Tree,
    missing_type,
)

MAX_TESTS = 8
# what a test, an entry of a table and a step of an integral cost the evaluator, in look-ups
TEST_COST, ENTRY_COST, STEP_COST = 0.35, 0.01, 0.6

Test = tuple[int, int]
Literal = tuple[Test, bool]


class Coding:
    """Ranks each feature's values by the trees' own cuts, so that a node's decision is a set of codes.

    Code 0 is a missing number, or a category in no node's bitset; number x has code
    ``1 + (how many cuts < x)``, a listed category ``1 + (its rank)``. A set of codes is written as
    an int, bit c for code c.

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
            return sum(
                1 << 1 + bisect_left(self.categories[f], c) for c in tree.bitsets[int(threshold)]
            )
        key = (f, decision, threshold)
        if key not in self._left:
            # where a fit saw nothing missing, LightGBM takes NaN for 0
            kind = missing_type(decision)
            missing = (
                bool(decision & DEFAULT_LEFT)
                if kind == NAN_MISSING
                else kind == NEVER_MISSING and threshold >= 0
            )
            self._left[key] = (1 << 2 + bisect_left(self.cuts[f], threshold)) - 2 + missing
        return self._left[key]

    def literal(self, feature: int, codes: int) -> Literal:
        """Return a set of codes as a test that code 0 fails, and whether the test is to be passed or failed."""
        return (
            ((feature, self.full(feature) & ~codes), False)
            if codes & 1
            else ((feature, codes), True)
        )


@dataclass(frozen=True, eq=False)
class Leaf:
    """A leaf and the way to it.

    Attributes
    ----------
    number : int
        In its tree.
    literals : dict of int to list of (test, wanted)
        What a row must pass and fail, by feature in the order of the path.
    share : dict of int to float
        By feature, the share of the rows of the fit that went along where it decided.
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
        At most `MAX_TESTS`, which part its leaves.
    leaves : list of Leaf
    shared : list of int
        Where paths are too long for a table of all their tests: the features on which all leaves
        agree.
    """

    tests: list[Test]
    leaves: list[Leaf]
    shared: list[int]


@dataclass(frozen=True, eq=False)
class _Plan:
    """The cheapest groups under a node: their nodes with the codes that come to them, and whether they are deep."""

    cost: float
    roots: list[tuple[int, dict[int, int], bool]]
    tests: frozenset[Test]
    features: frozenset[int]
    fewest: int
    most: int


def groups_of(tree: Tree, coding: Coding) -> Iterator[Group]:
    """Part a tree's leaves into the groups that are cheapest to evaluate."""
    shares = _shares(tree)
    for node, prefix, deep in _plan(tree, coding, _root(tree), {}).roots:
        literals = {f: [coding.literal(f, codes)] for f, codes in prefix.items()}
        leaves = [Leaf(n, path, shares[n]) for n, path in _leaves(tree, coding, node, literals)]
        shared = (
            [f for f in prefix if all(len(leaf.literals[f]) == 1 for leaf in leaves)]
            if deep
            else []
        )
        listed = (
            lit
            for leaf in leaves
            for f, tests in leaf.literals.items()
            if f not in shared
            for lit in tests
        )
        yield Group(list(dict.fromkeys(test for test, _ in listed)), leaves, shared)


def _root(tree: Tree) -> int:
    return 0 if tree.feature else -1


def _plan(tree: Tree, coding: Coding, node: int, prefix: dict[int, int]) -> _Plan:
    if node < 0:
        n = len(prefix)
        return _group(node, prefix, frozenset(), frozenset(), n, n)
    f, left = tree.feature[node], coding.left(tree, node)
    before = prefix.get(f, coding.full(f))
    yes = _plan(tree, coding, tree.left[node], {**prefix, f: before & left})
    no = _plan(tree, coding, tree.right[node], {**prefix, f: before & ~left})
    whole = _group(
        node,
        prefix,
        yes.tests | no.tests | {coding.literal(f, left)[0]},
        yes.features | no.features | {f},
        min(yes.fewest, no.fewest),
        max(yes.most, no.most),
    )
    apart = replace(whole, cost=yes.cost + no.cost, roots=yes.roots + no.roots)
    return min(whole, apart, key=lambda plan: plan.cost)


def _group(
    node: int,
    prefix: dict[int, int],
    tests: frozenset[Test],
    features: frozenset[int],
    fewest: int,
    most: int,
) -> _Plan:
    """Return the plan of one group for all leaves under a node; its cost is infinite where it can't be."""
    n_tests, slots = len(tests) + len(prefix), len(features | prefix.keys())
    deep = fewest > MAX_TESTS
    if deep:
        shared = len(prefix.keys() - features)
        steps, n_tests, slots = (most + 1) // 2, n_tests - shared, slots - shared
        cost = steps * (1 + slots + STEP_COST * shared) + steps * ENTRY_COST * (
            slots + 1 << n_tests
        )
    else:
        cost = 1 + slots + ENTRY_COST * (slots << n_tests)
    cost += TEST_COST * n_tests
    return _Plan(
        cost if n_tests <= MAX_TESTS else inf, [(node, prefix, deep)], tests, features, fewest, most
    )


def _leaves(
    tree: Tree, coding: Coding, node: int, literals: dict[int, list[Literal]]
) -> Iterator[tuple[int, dict[int, list[Literal]]]]:
    if node < 0:
        yield ~node, literals
        return
    f = tree.feature[node]
    test, wanted = coding.literal(f, coding.left(tree, node))
    before = literals.get(f, [])
    yield from _leaves(tree, coding, tree.left[node], {**literals, f: [*before, (test, wanted)]})
    yield from _leaves(
        tree, coding, tree.right[node], {**literals, f: [*before, (test, not wanted)]}
    )


def _shares(tree: Tree) -> dict[int, dict[int, float]]:
    by_leaf: dict[int, dict[int, float]] = {}
    open_ends: list[tuple[int, dict[int, float]]] = [(_root(tree), {})]
    while open_ends:
        node, share = open_ends.pop()
        if node < 0:
            by_leaf[~node] = share
            continue
        f, rows = tree.feature[node], tree.count[node]
        open_ends.extend(
            (child, {**share, f: share.get(f, 1.0) * tree.cover(child) / rows})
            for child in (tree.left[node], tree.right[node])
        )
    return by_leaf
