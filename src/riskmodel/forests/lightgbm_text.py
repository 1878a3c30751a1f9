"""Reads LightGBM's text into trees, and refuses what the tables cannot evaluate exactly."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from riskmodel.forests.trees import (
    CATEGORICAL,
    ZERO_MISSING,
    BoosterTrees,
    Tree,
    check_shape,
    missing_type,
    refuse,
)


def parse_lightgbm(text: str) -> BoosterTrees:
    """Read the text of a booster (``Booster.model_to_string()``).

    Returns
    -------
    BoosterTrees

    Raises
    ------
    ModelError
        For what is no LightGBM text, and for linear trees, random forests, several classes and
        zero_as_missing.
    """
    head, *blocks = text.split("\nend of trees", 1)[0].split("\nTree=")
    fields = _fields(head)
    is_whole = "\nend of trees" in text
    if not (head.startswith("tree") and "max_feature_idx" in fields and is_whole):
        refuse("the text is not a whole LightGBM model", "model_to_string() of a Booster")
    if int(fields.get("num_tree_per_iteration", 1)) != 1:
        refuse("a model of several classes has no single margin", "objective='binary'")
    if "average_output" in head.split():
        refuse("boosting='rf' averages its trees", "boosting='gbdt'")
    trees = tuple(_tree(_fields(block)) for block in blocks)
    return BoosterTrees(int(fields["max_feature_idx"]) + 1, trees)


def _tree(fields: Mapping[str, str]) -> Tree:
    if fields.get("is_linear", "0") != "0":
        refuse("linear_tree puts a regression in each leaf", "linear_tree=False")
    decision = _numbers(fields, "decision_type", int)
    numerical = [d for d in decision if d & CATEGORICAL == 0]
    if any(missing_type(d) == ZERO_MISSING for d in numerical):
        refuse(
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
    check_shape(tree)
    return tree


def _bitsets(fields: Mapping[str, str]) -> list[list[int]]:
    bounds = _numbers(fields, "cat_boundaries", int)
    words = _numbers(fields, "cat_threshold", int)
    return [_members(words[start:end]) for start, end in pairwise(bounds)]


def _members(words: list[int]) -> list[int]:
    """Return the numbers in a bitset of 32-bit words."""
    bits = range(32 * len(words))
    return [i for i in bits if words[i // 32] >> i % 32 & 1]


def _numbers(fields: Mapping[str, str], key: str, kind: type[Any]) -> list[Any]:
    return [kind(word) for word in fields.get(key, "").split()]


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
