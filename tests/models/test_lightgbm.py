"""The seed ensemble: bit-equal margins, promises 4 (more trouble) and 9 (deterministic)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.models.fit_rows import thread_count
from riskmodel.panel import Panel

RAISING = ["rent__now__", "power__count__6M", "power__count__ever"]


@pytest.fixture(scope="module")
def model(panel: Panel) -> RiskClassifier:
    return make_classifier(panel, n_jobs=1).fit(panel)


def trees(model: RiskClassifier) -> list[str]:
    return [
        re.sub(r"\nparameters:.*?end of parameters", "", b.model_to_string(), flags=re.S)
        for b in model.core_.boosters
    ]


def raised(X: pd.DataFrame, column: str, rng: np.random.Generator) -> pd.DataFrame:
    more = X.copy()
    more[column] += rng.integers(1, 24, len(X)).astype(np.float32)
    return more


def test_defaults_are_the_promised_ones(model: RiskClassifier) -> None:
    assert [b.num_trees() for b in model.core_.boosters] == [150] * 4
    for booster in model.core_.boosters:
        found = booster.trees_to_dataframe()
        assert found["node_depth"].max() <= 7  # counted from 1 at the root
        assert found[found["left_child"].isna()].groupby("tree_index").size().max() <= 31


def test_the_margin_is_the_boosters_sum_over_their_number(
    model: RiskClassifier, panel: Panel
) -> None:
    matrix = model.encode(panel.X)
    a, b, c, d = (booster.predict(matrix, raw_score=True) for booster in model.core_.boosters)
    assert np.array_equal(model.margin(panel.X), (((a + b) + c) + d) / 4)


def test_the_score_is_the_sigmoid_of_the_margin(model: RiskClassifier, panel: Panel) -> None:
    sigmoid = model.calibration_
    log_odds = sigmoid.slope * model.margin(panel.X) + sigmoid.intercept
    assert np.array_equal(model.log_odds(panel.X), log_odds)
    assert np.array_equal(model.decision_function(panel.X), log_odds)
    np.testing.assert_allclose(
        model.predict_proba(panel.X)[:, 1], 1 / (1 + np.exp(-log_odds)), rtol=1e-14
    )
    assert np.array_equal(model.predict(panel.X), (log_odds > 0).astype(int))


def test_one_row_scores_as_in_a_batch(model: RiskClassifier, panel: Panel) -> None:
    whole = model.margin(panel.X)
    assert np.array_equal(
        whole[:40], np.concatenate([model.margin(panel.X.iloc[[i]]) for i in range(40)])
    )


def test_threads_change_nothing(model: RiskClassifier, panel: Panel) -> None:
    two = make_classifier(panel, n_jobs=2).fit(panel)
    assert trees(two) == trees(model)
    assert two.calibration_ == model.calibration_
    assert np.array_equal(two.margin(panel.X), model.margin(panel.X))


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
def test_the_order_of_rows_changes_nothing(panel: Panel, kind: str) -> None:
    straight = make_classifier(panel, kind, seeds=2, n_estimators=30).fit(panel)
    order = np.random.default_rng(1).permutation(len(panel))
    shuffled = make_classifier(panel, kind, seeds=2, n_estimators=30).fit(
        panel.X.iloc[order], panel.y.iloc[order]
    )
    assert shuffled.calibration_ == straight.calibration_
    assert np.array_equal(shuffled.margin(panel.X), straight.margin(panel.X))


def test_the_order_of_rows_changes_no_household_folds(panel: Panel) -> None:
    model = make_classifier(panel, seeds=1, n_estimators=20).set_params(label=None)
    straight = model.fit(panel.X, panel.y).calibration_
    order = np.random.default_rng(1).permutation(len(panel))
    assert straight.source.startswith("household folds")
    assert model.fit(panel.X.iloc[order], panel.y.iloc[order]).calibration_ == straight


def test_the_first_seed_is_the_same_whatever_their_number(
    model: RiskClassifier, panel: Panel
) -> None:
    single = make_classifier(panel, seeds=1, n_jobs=1).fit(panel)
    assert trees(single)[0] == trees(model)[0]
    assert len(set(trees(model))) == 4


@pytest.mark.parametrize(
    "kind", ["lightgbm", "logistic", "ebm", "blend", "indicator_count", "longest_arrears"]
)
def test_more_trouble_never_lowers_the_margin(panel: Panel, kind: str) -> None:
    model = make_classifier(panel, kind, seeds=2, n_jobs=1).fit(panel)
    rng = np.random.default_rng(5)
    X = panel.X.iloc[rng.choice(len(panel), 10_000)]
    before = model.margin(X)
    for column in RAISING:
        assert (model.margin(raised(X, column, rng)) >= before).all()
    less = X.copy()
    less["income__last__ever"] -= rng.random(len(X)).astype(np.float32)
    assert (model.margin(less) >= before).all()


def test_22_months_never_rank_under_17_nor_one_event_under_none(
    model: RiskClassifier, panel: Panel
) -> None:
    X = panel.X.iloc[:500].copy()
    for column, less, more in (("rent__now__", 17, 22), ("power__count__6M", 0, 1)):
        low = model.margin(X.assign(**{column: np.float32(less)}))
        assert (model.margin(X.assign(**{column: np.float32(more)})) >= low).all()


def test_odd_names_of_columns_are_no_obstacle(plain: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = plain
    frame = pd.DataFrame(X, columns=['a"{b}', "체납 개월", "a[b", "a]b", "x:y"])
    model = RiskClassifier(seeds=1, n_estimators=5).fit(frame, y)
    assert np.array_equal(
        model.margin(frame), RiskClassifier(seeds=1, n_estimators=5).fit(X, y).margin(X)
    )


def test_few_cells_take_one_thread_and_a_wish_is_followed() -> None:
    assert thread_count(None, np.zeros((10, 10))) == 1
    assert thread_count(-1, np.zeros((10, 10))) == 1
    assert thread_count(3, np.zeros((10, 10))) == 3


def test_a_limit_on_openmp_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    big = np.broadcast_to(0.0, (10**6, 100))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    free = thread_count(None, big)
    assert free >= 1
    for limit, expected in (("1", 1), ("", free), ("4,2", free), ("10000", free)):
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
        assert thread_count(None, big) == expected
