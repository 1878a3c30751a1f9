"""Trees into groups of leaves, each with at most eight yes-or-no tests: one byte decides what a row gets from it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from riskmodel.explanation.trees import CATEGORICAL, DEFAULT_LEFT, NAN_MISSING, NEVER_MISSING, Tree, missing_type

MAX_TESTS = 8
# what a look-up, a test and an entry of a table cost the evaluator, in look-ups
TEST_COST, ENTRY_COST = 0.35, 0.0008

Test = tuple[int, int]
Literal = tuple[Test, bool]


class Coding:
    """Ranks each feature's values by the trees' own cuts, so that a node's decision is a set of codes.

    Code 0 is a missing number, or a category in no node's bitset; number x has code ``1 + (how many cuts < x)``, a
    listed category ``1 + (its rank)``. A set of codes is written as an int, bit c for code c.
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
        self.cuts = [sorted(found) for found in cuts]
        self.categories = [sorted(found) for found in categories]
        self._left: dict[tuple[int, int, float], int] = {}

    def full(self, feature: int) -> int:
        """Return the set of all codes of a feature."""
        return (1 << (len(self.cuts[feature]) + len(self.categories[feature]) + 2)) - 1

    def left(self, tree: Tree, node: int) -> int:
        """Return the codes that go left at a node, exactly as LightGBM decides."""
        f, decision, threshold = tree.feature[node], tree.decision[node], tree.threshold[node]
        if decision & CATEGORICAL:
            return sum(1 << 1 + bisect_left(self.categories[f], c) for c in tree.bitsets[int(threshold)])
        key = (f, decision, threshold)
        if key not in self._left:
            kind = missing_type(decision)
            missing = (kind == NAN_MISSING and bool(decision & DEFAULT_LEFT)) or (
                kind == NEVER_MISSING and threshold >= 0
            )
            self._left[key] = (1 << 2 + bisect_left(self.cuts[f], threshold)) - 2 + missing
        return self._left[key]

    def literal(self, feature: int, codes: int) -> Literal:
        """Return a set of codes as a test that no missing value passes, and whether to pass or to fail it."""
        return ((feature, self.full(feature) & ~codes), False) if codes & 1 else ((feature, codes), True)


@dataclass
class Leaf:
    """A leaf in its group: its number in the tree and what each feature on its path must pass."""

    number: int
    literals: dict[int, list[Literal]]
    share: dict[int, float] = field(default_factory=dict)


@dataclass
class Group:
    """Leaves that share their tests."""

    tests: list[Test]
    leaves: list[Leaf]


@dataclass
class _Plan:
    cost: float
    roots: list[tuple[int, dict[int, int]]]
    tests: frozenset[Test]
    features: frozenset[int]


def groups_of(tree: Tree, coding: Coding) -> Iterator[Group]:
    """Part a tree's leaves into groups, cheapest to evaluate first found by dynamic programming over its nodes."""
    share = _shares(tree)
    root = 0 if tree.feature else -1
    for node, prefix in _plan(tree, coding, root, {}).roots:
        literals = {f: [coding.literal(f, codes)] for f, codes in prefix.items()}
        leaves = list(_leaves(tree, coding, node, literals))
        for leaf in leaves:
            leaf.share = share[leaf.number]
        found = (test for leaf in leaves for listed in leaf.literals.values() for test, _ in listed)
        yield Group(list(dict.fromkeys(found)), leaves)


def _plan(tree: Tree, coding: Coding, node: int, prefix: Mapping[int, int]) -> _Plan:
    """Return the cheapest groups under a node; `prefix` holds the codes with which each feature comes to it."""
    if node < 0:
        return _Plan(_cost(len(prefix), len(prefix)), [(node, dict(prefix))], frozenset(), frozenset())
    f, left = tree.feature[node], coding.left(tree, node)
    before = prefix.get(f, coding.full(f))
    yes = _plan(tree, coding, tree.left[node], {**prefix, f: before & left})
    no = _plan(tree, coding, tree.right[node], {**prefix, f: before & ~left})
    tests = yes.tests | no.tests | {coding.literal(f, left)[0]}
    features = yes.features | no.features | {f}
    apart = _Plan(yes.cost + no.cost, yes.roots + no.roots, tests, features)
    n_tests = len(tests) + len(prefix)
    if n_tests > MAX_TESTS:
        return apart
    cost = _cost(n_tests, len(features | prefix.keys()))
    return _Plan(cost, [(node, dict(prefix))], tests, features) if cost <= apart.cost else apart


def _cost(tests: int, features: int) -> float:
    # a path of more than eight features is evaluated without a table, at about its features' square
    if tests > MAX_TESTS:
        return float(2 * features * features)
    return 1 + features + TEST_COST * tests + ENTRY_COST * (features << tests)


def _leaves(tree: Tree, coding: Coding, node: int, literals: Mapping[int, list[Literal]]) -> Iterator[Leaf]:
    if node < 0:
        yield Leaf(~node, dict(literals))
        return
    f, left = tree.feature[node], coding.left(tree, node)
    test, wanted = coding.literal(f, left)
    before = literals.get(f, [])
    for child, want in ((tree.left[node], wanted), (tree.right[node], not wanted)):
        yield from _leaves(tree, coding, child, {**literals, f: [*before, (test, want)]})


def _shares(tree: Tree) -> dict[int, dict[int, float]]:
    """Return for each leaf and each feature on its path the share of training rows that go along where it decides."""
    found: dict[int, dict[int, float]] = {}
    stack: list[tuple[int, dict[int, float]]] = [(0 if tree.feature else -1, {})]
    while stack:
        node, share = stack.pop()
        if node < 0:
            found[~node] = share
            continue
        f, rows = tree.feature[node], tree.count[node]
        for child in (tree.left[node], tree.right[node]):
            stack.append((child, {**share, f: share.get(f, 1.0) * tree.cover(child) / rows}))
    return found
