"""Path tables: LightGBM's margin bit for bit, exact contributions, and an audit of every row."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
import recursion
from grown_forests import dirty, grow, rows, shapley

import riskmodel
from riskmodel import serving
from riskmodel.errors import ModelError
from riskmodel.forests import PathTables, count_background
from riskmodel.serving.tree_codes import codes_of
from riskmodel.serving.tree_tables import patterns_of

RANDOM = np.random.default_rng(7)


def settings(seed: int) -> dict[str, Any]:
    """Parameters of a forest, drawn."""
    rng = np.random.default_rng(seed)
    return {
        "num_leaves": int(rng.choice([2, 4, 15, 31, 63])),
        "max_depth": int(rng.choice([-1, 1, 3, 6, 8])),
        "learning_rate": float(rng.choice([0.02, 0.2, 1.0])),
        "min_child_samples": int(rng.choice([1, 5, 60])),
        "max_bin": int(rng.choice([8, 63, 255])),
        "use_missing": bool(rng.random() < 0.8),
        "boosting": str(rng.choice(["gbdt", "gbdt", "dart"])),
        "extra_trees": bool(rng.random() < 0.3),
        "max_cat_to_onehot": int(rng.choice([1, 4, 40])),
    }


@pytest.mark.parametrize(
    "seed", [*range(16), *(pytest.param(s, marks=pytest.mark.slow) for s in range(16, 200))]
)
def test_margin_is_lightgbms_and_contributions_are_pred_contrib(seed: int) -> None:
    width = 1 + seed % 9
    X = rows(500, seed, width)
    booster = grow(X, trees=12, seed=seed, **settings(seed))
    fresh = dirty(rows(400, seed + 100, width), seed)
    margin, phi = PathTables(booster).evaluate(fresh)
    expected = booster.predict(fresh, pred_contrib=True, num_threads=1)
    assert np.array_equal(margin, booster.predict(fresh, raw_score=True, num_threads=1))
    assert np.abs(phi - expected[:, :-1]).max() < 1e-12
    assert np.ptp(expected[:, -1] - PathTables(booster).base) < 1e-12


@pytest.fixture(scope="module")
def deep() -> lgb.Booster:
    """Paths of up to some fifteen features, far too many for a table."""
    return grow(rows(4000, 3, 16), trees=20, num_leaves=80, min_child_samples=2)


@pytest.fixture(scope="module")
def shallow() -> lgb.Booster:
    return grow(rows(3000, 1), trees=60, max_depth=6, num_leaves=31)


def test_margin_and_contributions_on_5000_dirty_rows(shallow: lgb.Booster) -> None:
    fresh = dirty(rows(5000, 2))
    margin, phi = PathTables(shallow).evaluate(fresh)
    assert np.array_equal(margin, shallow.predict(fresh, raw_score=True, num_threads=1))
    assert (
        np.abs(phi - shallow.predict(fresh, pred_contrib=True, num_threads=1)[:, :-1]).max() < 1e-9
    )


def test_paths_of_any_length_are_exact(deep: lgb.Booster) -> None:
    fresh = dirty(rows(1500, 4, 16))
    tables = PathTables(deep)
    assert (tables.arrays["steps"] > 0).any()
    margin, phi = tables.evaluate(fresh)
    assert np.array_equal(margin, deep.predict(fresh, raw_score=True, num_threads=1))
    assert np.abs(phi - deep.predict(fresh, pred_contrib=True, num_threads=1)[:, :-1]).max() < 1e-9


def test_an_ensemble_has_the_mean_margin_added_from_left_to_right() -> None:
    X = rows(800)
    boosters = [grow(X, trees=15, seed=seed) for seed in range(3)]
    fresh = dirty(rows(700, 9))
    total = np.zeros(len(fresh))
    for booster in boosters:
        total += booster.predict(fresh, raw_score=True, num_threads=1)
    margin, phi = PathTables(boosters).evaluate(fresh)
    each = [PathTables(booster).contributions(fresh) for booster in boosters]
    assert np.array_equal(margin, total / 3)
    assert np.abs(phi - np.mean(each, axis=0)).max() < 1e-12


def test_nothing_depends_on_the_number_of_threads(shallow: lgb.Booster) -> None:
    fresh = dirty(rows(5000, 5))
    one, two = (PathTables(shallow).evaluate(fresh, n_jobs) for n_jobs in (1, 2))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


@pytest.mark.parametrize("width", [2, 6, 8])
def test_against_a_background_contributions_are_shapley_values_by_definition(width: int) -> None:
    booster = grow(rows(800, 11, width), trees=8, max_depth=5)
    others, fresh = dirty(rows(9, 12, width), 1), dirty(rows(5, 13, width), 2)
    tables = PathTables(booster, background=others)
    found = tables.contributions(fresh)
    raw = lambda X: booster.predict(X, raw_score=True, num_threads=1)  # noqa: E731
    assert np.abs(found - [shapley(raw, x, others) for x in fresh]).max() < 1e-10
    assert tables.base == pytest.approx(raw(others).mean(), abs=1e-12)


@pytest.mark.parametrize(("width", "depth"), [(6, 4), (8, 6), (12, 8)])
def test_an_independent_recursion_agrees_with_categories_and_dirt(width: int, depth: int) -> None:
    booster = grow(rows(1500, 31, width), trees=15, max_depth=depth, num_leaves=40)
    others, fresh = dirty(rows(40, 32, width), 1), dirty(rows(6, 33, width), 2)
    found = PathTables(booster, background=others).contributions(fresh)
    assert np.abs(found - [recursion.contributions(booster, x, others) for x in fresh]).max() < 1e-8


@pytest.mark.slow
def test_margin_and_contributions_on_50_000_dirty_rows() -> None:
    booster = grow(rows(20_000, 1), trees=100, max_depth=6, num_leaves=31)
    fresh = dirty(rows(50_000, 2))
    margin, phi = PathTables(booster).evaluate(fresh, n_jobs=2)
    assert np.array_equal(margin, booster.predict(fresh, raw_score=True))
    assert np.abs(phi - booster.predict(fresh, pred_contrib=True)[:, :-1]).max() < 1e-9


def test_lightgbms_own_contributions_are_nowhere_asked_for() -> None:
    for path in Path(riskmodel.__file__).parent.rglob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.keyword)
        ]
        assert all(call.arg not in ("pred_contrib", "predict_contrib") for call in calls), path.name


def test_two_forests_of_one_function_get_the_same_contributions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a = rng.random(4000) < 0.3
    b = np.where(rng.random(4000) < 0.8, a, rng.random(4000) < 0.3)
    X = np.column_stack([a, b]).astype(float)
    y = 4.0 * (a & b)

    def and_tree(first: int) -> lgb.Booster:
        forced = tmp_path / f"{first}.json"
        split = {"feature": 1 - first, "threshold": 0.0}
        forced.write_text(json.dumps({"feature": first, "threshold": 0.0, "right": split}))
        params = {
            "objective": "regression",
            "boost_from_average": False,
            "learning_rate": 1.0,
            "num_leaves": 3,
            "verbose": -1,
            "num_threads": 1,
            "min_data_in_leaf": 1,
            "forcedsplits_filename": str(forced),
        }
        return lgb.train(params, lgb.Dataset(X, y), 1)

    one, other = and_tree(0), and_tree(1)
    rows_of_all = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert np.allclose(one.predict(rows_of_all), other.predict(rows_of_all), atol=1e-12)
    seen_by_nodes = [PathTables(tree).contributions(rows_of_all) for tree in (one, other)]
    compared = [PathTables(tree, X).contributions(rows_of_all) for tree in (one, other)]
    assert np.abs(seen_by_nodes[0] - seen_by_nodes[1]).max() > 0.5
    assert np.abs(compared[0] - compared[1]).max() < 1e-8


def test_contributions_are_zero_for_a_feature_that_no_tree_uses() -> None:
    X = rows(500, width=5)
    X[:, 4] = 1.0
    tables = PathTables(grow(X), X)
    assert not tables.contributions(dirty(X))[:, 4].any()


def test_a_background_is_counted_once_and_holds_no_row(shallow: lgb.Booster) -> None:
    others = rows(300, 21)
    counted = count_background(shallow, others)
    assert counted.rows == 300
    assert counted.counts.dtype.kind == "u"
    fresh = rows(50, 22)
    assert np.array_equal(
        PathTables(shallow, counted).contributions(fresh),
        PathTables(shallow, others).contributions(fresh),
    )


def test_a_background_belongs_to_its_trees(shallow: lgb.Booster) -> None:
    counted = count_background(grow(rows(300), trees=2), rows(50))
    with pytest.raises(ModelError, match="other trees"):
        PathTables(shallow, counted)


def test_paths_too_long_for_a_background_are_refused_and_name_max_depth(deep: lgb.Booster) -> None:
    with pytest.raises(ModelError, match="max_depth=8") as refusal:
        PathTables(deep, rows(10, 0, 16))
    assert refusal.value.code == "forests.depth"


def test_numpy_alone_gives_the_same(shallow: lgb.Booster, deep: lgb.Booster) -> None:
    for booster, width in ((shallow, 8), (deep, 16)):
        fresh = dirty(rows(300, 41, width))
        margin, phi = PathTables(booster).evaluate(fresh)
        by_numpy = serving.EVALUATORS["trees"](PathTables([booster]).arrays)(fresh)
        assert np.array_equal(margin, by_numpy[0])
        assert np.abs(phi - by_numpy[1]).max() < 1e-12


def test_numpy_alone_gives_a_row_what_it_gives_a_batch(shallow: lgb.Booster) -> None:
    fresh = dirty(rows(40, 42))
    evaluate = serving.EVALUATORS["trees"](PathTables([shallow]).arrays)
    batch = evaluate(fresh)
    alone = [evaluate(fresh[[i]]) for i in range(len(fresh))]
    assert np.array_equal(batch[0], np.concatenate([margin for margin, _ in alone]))
    assert np.array_equal(batch[1], np.concatenate([phi for _, phi in alone]))


def test_the_audit_finds_every_faulty_entry_that_a_row_meets(shallow: lgb.Booster) -> None:
    fresh = rows(2000, 51)
    tables = PathTables(shallow, rows(500, 52))
    right = tables.arrays["table"].copy()
    used = np.flatnonzero(_entries_met(tables, fresh))
    for entry in RANDOM.choice(used, 100, replace=False):
        tables.arrays["table"] = right.copy()
        tables.arrays["table"][entry] += 1e-5
        with pytest.raises(ModelError, match="do not add up"):
            tables.evaluate(fresh)


def _entries_met(tables: PathTables, X: np.ndarray) -> np.ndarray:
    a = tables.arrays
    pattern = patterns_of(a, codes_of(a, X))
    met = np.zeros(len(a["table"]), bool)
    met[
        a["table_start"][:-1, None]
        + pattern[np.repeat(np.arange(len(a["steps"])), np.diff(a["slot_start"]))]
    ] = True
    return met


def test_a_background_of_nobody_is_refused(shallow: lgb.Booster) -> None:
    with pytest.raises(ModelError, match="no row"):
        PathTables(shallow, np.zeros((0, 8)))


def test_a_matrix_of_another_width_is_refused(shallow: lgb.Booster) -> None:
    with pytest.raises(ModelError, match=r"\(n_rows, 8\)"):
        PathTables(shallow).margin(np.zeros((3, 7)))


def test_no_rows_give_no_contributions(shallow: lgb.Booster) -> None:
    assert PathTables(shallow).contributions(np.zeros((0, 8))).shape == (0, 8)
