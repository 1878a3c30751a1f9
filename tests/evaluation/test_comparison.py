"""compare: the same households judged twice, so differences are sharper than the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.evaluation.non_inferiority import with_verdicts
from riskmodel.metrics import Capacity


def test_a_model_against_itself_differs_by_nothing(model, panel):
    found = rm.compare(model, rm.evaluate(model, panel), panel, 0.2)
    assert (found.frame()[["difference", "low", "high"]].abs() < 1e-12).all(axis=None)
    assert found.overlap == 1


def test_turning_the_pair_round_turns_the_differences_round(model, truth, panel):
    one, other = (
        rm.compare(*pair, panel, 0.2).frame() for pair in ((model, truth), (truth, model))
    )
    assert np.allclose(one["difference"], -other["difference"])
    assert np.allclose(one["low"], -other["high"])


def test_paired_intervals_are_narrower_than_those_of_two_samples(model, truth, panel):
    paired = rm.compare(truth, model, panel).frame().set_index("metric").loc["auc"]
    alone = [rm.evaluate(m, panel).frame().set_index("metric").loc["auc"] for m in (truth, model)]
    apart = np.hypot(*[row["high"] - row["low"] for row in alone])
    assert paired["high"] - paired["low"] < 0.6 * apart


def test_differences_are_those_of_the_evaluations(model, panel):
    rule = panel.X["arrears"].rename("arrears alone")
    found = rm.compare(model, rule, panel, capacity=0.05)
    values = [rm.evaluate(m, panel, capacity=0.05).metrics for m in (model, rule)]
    for row in found.frame().itertuples():
        assert row.difference == pytest.approx(values[0][row.metric] - values[1][row.metric])
    assert "brier" not in set(found.frame()["metric"])
    assert repr(found).startswith("logistic - arrears alone on 3,200 rows")
    assert "are on both" in found._repr_html_()


def test_overlap_is_jaccards_of_the_lists(panel):
    rank = pd.Series(np.arange(len(panel), dtype=float), panel.X.index)
    one_round = panel[panel.as_of == panel.as_of.max()]
    rank = rank[one_round.X.index]
    assert rm.compare(rank, -rank, one_round, capacity=100).overlap == 0
    assert rm.compare(rank, -rank, one_round, capacity=300).overlap == pytest.approx(200 / 400)
    assert rm.compare(rank, rank * 0, one_round, capacity=100).overlap == pytest.approx(25 / 175)


def test_the_interval_of_a_difference_covers(panel):
    rng, hits = np.random.default_rng(0), []
    for _ in range(60):
        noise = [
            pd.Series(panel.X["arrears"] + rng.normal(0, 2, len(panel)), panel.X.index)
            for _ in range(2)
        ]
        row = rm.compare(*noise, panel).frame().set_index("metric").loc["auc"]
        hits.append(row["low"] <= 0 <= row["high"])
    assert np.mean(hits) >= 0.88


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.05, "AUC: new is better than old"),
        (-0.03, 0.05, "AUC: new is level with old within 0.04, could be as much as 0.0300 worse"),
        (-0.05, 0.05, "AUC: new is not told apart from old, could be as much as 0.0500 worse"),
        (-0.05, -0.01, "AUC: new is worse than old, could be as much as 0.0500 worse"),
        (np.nan, np.nan, "AUC: new is not told apart from old"),
    ],
)
def test_it_says_what_the_difference_of_a_metric_of_the_gates_tells(low, high, said):
    both = pd.DataFrame({"metric": ["auc", "recall"], "low": low, "high": high, "note": ""})
    table = with_verdicts(both.assign(a=0.8, b=0.8, difference=0.0))
    found = rm.evaluation.Comparison(("new", "old"), table, 0.5, 100, 20, Capacity.parse(10))
    lines = repr(found).splitlines()
    assert [line for line in lines if ": new is " in line] == [said]
    assert said in found._repr_html_()


@pytest.mark.parametrize(("crises", "said"), [(12, "better than"), (4, "not told apart from")])
def test_a_list_without_a_hit_is_told_from_one_that_has_enough(crises, said):
    n, places = 300, 20
    frame = pd.DataFrame({"id": range(n), "y": 0.0, "first": -np.arange(n), "last": np.arange(n)})
    frame.loc[: crises - 1, "y"] = 1
    frame.loc[100:120, "y"] = 1
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    found = rm.compare(panel.X["first"], panel.X["last"], panel, places).frame()
    line = found.set_index("metric").loc["precision"]
    assert (line["a"], line["b"]) == (crises / places, 0)
    assert line["verdict"] == said
    assert np.isnan(line["low"]) == (crises < 5)


def test_only_figures_of_the_list_rest_on_the_crises_that_one_list_alone_holds():
    n = 300
    frame = pd.DataFrame({"id": range(n), "y": 1.0, "first": -np.arange(n), "last": np.arange(n)})
    frame.loc[[0, 1, 150, 299], "y"] = 0
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    found = rm.compare(panel.X["first"], panel.X["last"], panel, 20).frame().set_index("metric")
    assert found.loc["precision", ["low", "high"]].notna().all()
    assert found.loc["auc", "note"].startswith("no interval: it rests on fewer than 5")
