"""The text of LightGBM: read node by node, or refused by name."""

from __future__ import annotations

import re
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from grown_forests import grow, rows

from riskmodel.errors import ModelError
from riskmodel.forests.lightgbm_text import parse_lightgbm
from riskmodel.forests.paths import MAX_TESTS, Coding, groups_of


@pytest.fixture(scope="module")
def text() -> str:
    return grow(rows(400), trees=3).model_to_string()


def test_a_tree_holds_what_the_booster_holds() -> None:
    booster = grow(rows(600), trees=4)
    read = parse_lightgbm(booster.model_to_string())
    n_features, trees = read.n_features, read.trees
    dumped = booster.dump_model()["tree_info"]
    assert n_features == booster.num_feature()
    assert [tree.n_leaves for tree in trees] == [tree["num_leaves"] for tree in dumped]
    assert [tree.count[0] for tree in trees] == [
        tree["tree_structure"]["internal_count"] for tree in dumped
    ]


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"linear_tree": True}, "linear_tree"),
        ({"boosting": "rf"}, "boosting='rf'"),
        ({"zero_as_missing": True}, "zero_as_missing"),
    ],
)
def test_what_the_tables_cannot_hold_is_refused_by_name(params: dict[str, Any], named: str) -> None:
    booster = grow(rows(400, width=6), trees=2, **params)
    with pytest.raises(ModelError, match=re.escape(named)) as refusal:
        parse_lightgbm(booster.model_to_string())
    assert refusal.value.code == "forests.model"
    assert refusal.value.next_step


def test_several_classes_are_refused() -> None:
    X = rows(300, width=4)
    y = np.arange(300) % 3
    params = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    booster = lgb.train(params, lgb.Dataset(X, y), 1)
    with pytest.raises(ModelError, match="several classes"):
        parse_lightgbm(booster.model_to_string())


@pytest.mark.parametrize("garbage", ["", "tree", "pickle", "Tree=0\nnum_leaves=2"])
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(ModelError, match="not a whole LightGBM model"):
        parse_lightgbm(garbage)


def test_a_text_cut_short_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="not a whole"):
        parse_lightgbm(text[: len(text) // 2].split("end of trees")[0])


@pytest.mark.parametrize(
    ("old", "new"), [("left_child=1", "left_child=0"), ("leaf_value=", "leaf_value=0.5 ")]
)
def test_a_tree_that_is_not_connected_is_refused(text: str, old: str, new: str) -> None:
    assert old in text
    with pytest.raises(ModelError, match="the nodes of a tree are not connected"):
        parse_lightgbm(text.replace(old, new))


@pytest.mark.parametrize("max_depth", [3, 6, -1])
def test_every_leaf_lies_in_one_group_of_at_most_eight_tests(max_depth: int) -> None:
    booster = grow(rows(2000), trees=5, num_leaves=63, min_child_samples=2, max_depth=max_depth)
    trees = parse_lightgbm(booster.model_to_string()).trees
    coding = Coding(trees, booster.num_feature())
    for tree in trees:
        groups = list(groups_of(tree, coding))
        assert sorted(leaf.number for group in groups for leaf in group.leaves) == list(
            range(tree.n_leaves)
        )
        assert max(len(group.tests) for group in groups) <= MAX_TESTS
