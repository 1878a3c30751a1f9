"""LightGBM's text into trees, node by node; what the tables could not evaluate exactly is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from riskmodel.errors import ModelError

CATEGORICAL, DEFAULT_LEFT = 1, 2
NEVER_MISSING, ZERO_MISSING, NAN_MISSING = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree. A child below 0 is a leaf: child -1 is leaf 0.

    Attributes
    ----------
    feature, threshold, decision, left, right, count
        One entry a node: its feature, the number that goes left up to (or the number of a bitset), LightGBM's
        decision bits, its children, and the rows that it was grown on.
    bitsets : list of list of int
        The categories that go left, for each categorical node.
    leaf_value, leaf_count
        One entry a leaf.
    """

    feature: list[int]
    threshold: list[float]
    decision: list[int]
    left: list[int]
    right: list[int]
    count: list[int]
    bitsets: list[list[int]]
    leaf_value: list[float]
    leaf_count: list[int]

    @property
    def n_leaves(self) -> int:
        """Number of leaves; 1 where nothing was worth a split."""
        return len(self.leaf_value)

    def cover(self, child: int) -> int:
        """Return how many rows a node or leaf was grown on."""
        return self.count[child] if child >= 0 else self.leaf_count[~child]


def parse_trees(text: str) -> tuple[int, tuple[Tree, ...]]:
    """Read the text of a booster (``Booster.model_to_string()``).

    Returns
    -------
    tuple of (number of features, trees)

    Raises
    ------
    ModelError
        For what is no LightGBM text, and for linear trees, random forests, several classes and zero_as_missing.
    """
    head, *blocks = text.split("\nend of trees", 1)[0].split("\nTree=")
    fields = _fields(head)
    if (
        not head.startswith("tree")
        or "max_feature_idx" not in fields
        or "\nend of trees" not in text
    ):
        _refuse("the text is not a whole LightGBM model", "model_to_string() of a Booster")
    if int(fields.get("num_tree_per_iteration", 1)) != 1:
        _refuse("a model of several classes has no single margin", "objective='binary'")
    if "average_output" in head.split():
        _refuse("boosting='rf' averages its trees", "boosting='gbdt'")
    return int(fields["max_feature_idx"]) + 1, tuple(_tree(_fields(block)) for block in blocks)


def _tree(fields: Mapping[str, str]) -> Tree:
    if fields.get("is_linear", "0") != "0":
        _refuse("linear_tree puts a regression in each leaf", "linear_tree=False")
    decision = _numbers(fields, "decision_type", int)
    if any(d & CATEGORICAL == 0 and missing_type(d) == ZERO_MISSING for d in decision):
        _refuse(
            "zero_as_missing takes zeros for missing",
            "zero_as_missing=False; missing values as NaN",
        )
    tree = Tree(
        feature=_numbers(fields, "split_feature", int),
        threshold=_numbers(fields, "threshold", float),
        decision=decision,
        left=_numbers(fields, "left_child", int),
        right=_numbers(fields, "right_child", int),
        count=_numbers(fields, "internal_count", int),
        bitsets=_bitsets(fields),
        leaf_value=_numbers(fields, "leaf_value", float),
        leaf_count=_numbers(fields, "leaf_count", int),
    )
    _check_shape(tree)
    return tree


def missing_type(decision: int) -> int:
    """Return what a numerical node takes for missing: nothing, zeros or NaN."""
    return decision >> 2 & 3


def _bitsets(fields: Mapping[str, str]) -> list[list[int]]:
    bounds, words = _numbers(fields, "cat_boundaries", int), _numbers(fields, "cat_threshold", int)
    return [
        [
            32 * place + bit
            for place, word in enumerate(words[start:end])
            for bit in range(32)
            if word >> bit & 1
        ]
        for start, end in pairwise(bounds)
    ]


def _check_shape(tree: Tree) -> None:
    nodes, leaves = len(tree.feature), tree.n_leaves
    lengths = {len(v) for v in (tree.threshold, tree.decision, tree.left, tree.right, tree.count)}
    children = [*range(-leaves, 0), *range(1, nodes)] if nodes else []
    whole = (
        lengths == {nodes} and leaves == nodes + 1 and sorted(tree.left + tree.right) == children
    )
    if not (
        whole
        and all(
            c < 0 or c > node for side in (tree.left, tree.right) for node, c in enumerate(side)
        )
    ):
        _refuse("a tree of the text does not hang together", "the text as LightGBM wrote it")


def _numbers(fields: Mapping[str, str], key: str, kind: type[Any]) -> list[Any]:
    return [kind(word) for word in fields.get(key, "").split()]


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _refuse(why: str, allowed: str) -> NoReturn:
    raise ModelError(
        f"cannot explain this model: {why}",
        code="forests.model",
        allowed=allowed,
        next_step="fit such a model, or explain it with its own tools",
    )
