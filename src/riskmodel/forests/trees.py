"""Trees node by node, in one form for boosters of any make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from riskmodel.errors import ModelError

CATEGORICAL, DEFAULT_LEFT = 1, 2
NEVER_MISSING, ZERO_MISSING, NAN_MISSING = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree. A child below 0 is a leaf: child -1 is leaf 0.

    Attributes
    ----------
    feature, threshold, decision, left, right, count
        One entry per node: its feature; the number up to which a row goes left, or the number of a
        bitset; the decision bits; its children; and the number of rows that it was grown on. The
        decision bits are `CATEGORICAL`, `DEFAULT_LEFT` (a missing value goes left) and, shifted by
        two, what counts as missing.
    bitsets : list of list of int
        The categories that go left, for each categorical node.
    leaf_value, leaf_count
        One entry per leaf.
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


@dataclass(frozen=True, eq=False)
class BoosterTrees:
    """The trees of one booster, as a parser read them.

    Its margin is the sum of its trees' leaves, in this order.

    Attributes
    ----------
    n_features : int
    trees : tuple of Tree
    """

    n_features: int
    trees: tuple[Tree, ...]


def missing_type(decision: int) -> int:
    """Return what a numerical node takes for missing: nothing, zeros or NaN."""
    return decision >> 2 & 3


def check_shape(tree: Tree) -> None:
    """Refuse a tree whose nodes and leaves are not connected as those of one tree."""
    nodes, leaves = len(tree.feature), tree.n_leaves
    by_node = (tree.threshold, tree.decision, tree.left, tree.right, tree.count)
    lengths = {len(entries) for entries in by_node}
    children = [*range(-leaves, 0), *range(1, nodes)] if nodes else []
    is_complete = lengths == {nodes} and leaves == nodes + 1
    is_connected = sorted(tree.left + tree.right) == children
    is_ordered = _is_ordered(tree.left) and _is_ordered(tree.right)
    if not (is_complete and is_connected and is_ordered):
        refuse("the nodes of a tree are not connected", "the text as LightGBM wrote it")


def _is_ordered(children: list[int]) -> bool:
    """Tell whether each child is a leaf or comes after its node."""
    return all(child < 0 or child > node for node, child in enumerate(children))


def refuse(why: str, allowed: str) -> NoReturn:
    """Refuse a booster that the tables could not evaluate exactly."""
    raise ModelError(
        f"cannot explain this model: {why}",
        code="forests.model",
        allowed=allowed,
        next_step="fit such a model, or explain it with its own tools",
    )
