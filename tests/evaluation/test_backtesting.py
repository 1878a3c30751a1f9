"""backtest: models are fitted on what was known at each cut, with every baseline beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import riskmodel as rm
from riskmodel.errors import ConfigError, ModelError
from riskmodel.evaluation import Backtest


@pytest.fixture(scope="module")
def trial(panel: rm.Panel) -> Backtest:
    trees = rm.make_classifier(panel, seeds=1, n_estimators=20)
    return rm.backtest(
        rm.make_classifier(panel, kind="logistic"),
        panel,
        rm.TemporalSplit(n_splits=2),
        capacity=0.05,
        rules=["arrears", "income"],
        kinds=[trees, clone(trees)],
    )


def test_all_are_judged_on_the_same_rows(trial):
    assert list(trial.evaluations) == [
        "logistic",
        "lightgbm",
        "lightgbm 2",
        "area_rate",
        "arrears",
        "income",
    ]
    assert trial.candidates == ("logistic", "lightgbm", "lightgbm 2")
    counts = trial.frame().groupby(["split", "model"]).size().unstack()
    assert counts.index.tolist() == [1, 2, "pooled"]
    assert counts.notna().all(axis=None)
    assert {evaluation.rows for evaluation in trial.evaluations.values()} == {len(trial.test)}


def test_a_cut_is_what_one_would_have_done_then(trial, panel):
    for number, (train, test) in enumerate(rm.TemporalSplit(n_splits=2).split(panel), start=1):
        model = rm.make_classifier(panel, kind="logistic").fit(train)
        expected = rm.evaluate(model, test, capacity=0.05).metrics
        found = (
            trial.frame()
            .query("split == @number and model == 'logistic'")
            .set_index("metric")["value"]
        )
        assert found.to_dict() == pytest.approx(expected, abs=1e-12)
        assert trial.cuts.loc[number, ["train_rows", "test_rows"]].tolist() == [
            len(train),
            len(test),
        ]


def test_no_label_window_of_the_training_rows_reaches_the_test(trial):
    matured = pd.to_datetime(trial.cuts["train_to"]) + pd.DateOffset(months=2)
    assert (matured <= trial.cuts["test_from"]).all()


def test_a_rule_is_its_column_turned_as_its_risk_direction(trial):
    test = trial.test
    column = -test.X["income"].fillna(1000)
    expected = rm.evaluate(column.astype(float), test, capacity=0.05).metrics["auc"]
    assert trial.evaluations["income"].metrics["auc"] == pytest.approx(expected, abs=1e-12)
    assert expected > 0.5
    assert "brier" not in trial.evaluations["arrears"].metrics


def test_a_minus_turns_a_rule_round(panel):
    plain = replace(panel, columns=())
    model = rm.make_classifier(plain, kind="logistic")
    found = rm.backtest(model, plain, baselines=(), rules=["income", "-income"]).evaluations
    assert found["income"].metrics["auc"] < 0.5 < found["-income"].metrics["auc"]


def test_the_ranking_is_by_mean_average_precision_over_the_cuts(trial):
    means = (
        trial.frame()
        .query("split != 'pooled' and metric == 'average_precision'")
        .groupby("model")["value"]
        .mean()
    )
    ranking = trial.ranking
    assert ranking.index[0] == means[list(trial.candidates)].idxmax()
    assert ranking["mean"].to_dict() == pytest.approx(means[list(trial.candidates)].to_dict())
    assert ranking["behind"].to_numpy() == pytest.approx(
        ranking["mean"].iloc[0] - ranking["mean"].to_numpy()
    )
    assert ranking["mean"].is_monotonic_decreasing
    assert f"chosen: {trial.chosen}" in repr(trial)


def test_equals_are_chosen_by_their_order(panel):
    model = rm.make_classifier(panel, kind="logistic")
    assert rm.backtest(model, panel, baselines=(), kinds=[clone(model)]).chosen == "logistic"


def test_a_rule_that_is_not_beaten_is_named(panel, truth):
    oracle = replace(
        panel, X=panel.X.assign(oracle=truth.to_numpy(), noise=np.arange(len(panel)) % 7)
    )
    model = rm.make_classifier(kind="logistic").fit(oracle[:100].X[["noise"]], oracle[:100].y)
    assert model.feature_names_in_.tolist() == ["noise"]
    weak = replace(panel, X=oracle.X[["noise", "arrears"]], columns=())
    trial = rm.backtest(
        rm.make_classifier(weak, kind="area_rate"), weak, baselines=(), rules=["arrears"]
    )
    assert "not beaten on AUC: arrears" in repr(trial)
    assert "not beaten on average precision: arrears" in repr(trial)


def test_beats_is_the_paired_difference_on_the_pooled_rows(trial):
    found = trial.beats("arrears")
    assert found.names == (trial.chosen, "arrears")
    assert found.rows == len(trial.test)
    with pytest.raises(ConfigError, match="was not in the backtest"):
        trial.beats("arears")


def test_baselines_that_do_not_apply_are_named_with_the_reason(trial):
    assert set(trial.left_out) == {"indicator_count", "longest_arrears"}
    assert "left out: indicator_count, as no column counts an indicator" in repr(trial)
    assert "left out" in trial._repr_html_()


def test_a_candidate_that_does_not_apply_is_an_error(panel):
    with pytest.raises(ModelError, match="not applicable"):
        rm.backtest(rm.make_classifier(panel, kind="indicator_count"), panel)


def test_a_rule_must_be_a_column_of_numbers(panel, model):
    with pytest.raises(ConfigError, match="did you mean 'arrears'"):
        rm.backtest(model, panel, rules=["arears"])
    kinds = replace(panel, X=panel.X.assign(type=panel.groups["type"]))
    with pytest.raises(ConfigError, match="holds categories"):
        rm.backtest(model, kinds, rules=["type"])


def test_a_household_split_says_that_it_is_not_the_future(panel, model):
    trial = rm.backtest(model, panel, rm.HouseholdSplit(test_share=0.3), baselines=())
    assert any("not a test of the future" in note for note in trial.evaluations["logistic"].notes)
