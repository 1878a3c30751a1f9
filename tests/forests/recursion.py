"""Interventional Shapley values by recursion over LightGBM's own dump, without our code."""

from __future__ import annotations

from math import factorial
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]


def goes_left(node: dict[str, Any], x: float) -> bool:
    """Tell LightGBM's decision at a node of its dump."""
    if node["decision_type"] == "==":
        listed = {int(code) for code in node["threshold"].split("||")}
        return not np.isnan(x) and -1 < x < 2**31 and int(x) in listed
    if np.isnan(x):
        if node["missing_type"] == "NaN":
            return bool(node["default_left"])
        x = 0.0
    return bool((0.0 if abs(x) <= np.float32(1e-35) else x) <= node["threshold"])


def contributions(booster: lgb.Booster, x: Row, others: NDArray[np.float64]) -> Row:
    """Return the Shapley values of one row; its unknown features come from each other row."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    total = np.zeros(len(x))
    for z in others:
        for tree in trees:
            _follow(tree, x, z, frozenset(), frozenset(), total)
    return total / len(others)


def _follow(
    node: dict[str, Any], x: Row, z: Row, mine: frozenset[int], its: frozenset[int], total: Row
) -> None:
    """Follow the paths of all mixtures of x and z.

    The features `mine` must come from x on the path, and `its` from z.
    """
    if "leaf_value" in node:
        p, q, value = len(mine), len(its), node["leaf_value"]
        for f in mine:
            total[f] += value * factorial(p - 1) * factorial(q) / factorial(p + q)
        for f in its:
            total[f] -= value * factorial(p) * factorial(q - 1) / factorial(p + q)
        return
    f = node["split_feature"]
    sides = ["left_child" if goes_left(node, row[f]) else "right_child" for row in (x, z)]
    if f in mine or sides[0] == sides[1]:
        _follow(node[sides[0]], x, z, mine, its, total)
    elif f in its:
        _follow(node[sides[1]], x, z, mine, its, total)
    else:
        _follow(node[sides[0]], x, z, mine | {f}, its, total)
        _follow(node[sides[1]], x, z, mine, its | {f}, total)
