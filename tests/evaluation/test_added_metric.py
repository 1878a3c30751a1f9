"""A metric that is added to the registry stands in every result, with its own direction."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.card.evidence import write_card
from riskmodel.evaluation.non_inferiority import BETTER, WORSE, with_verdicts
from riskmodel.metrics import METRICS, Metric, Observation, Use, households_of_both_classes


def missed(rows) -> float:
    """Return the weighted share of crises that are not listed: a loss at capacity."""
    return 1 - METRICS["recall"].estimate(rows)


MISSED = Metric(
    name="missed",
    title="missed crises",
    estimate=missed,
    influence=lambda rows: -METRICS["recall"].influence(rows),
    support=households_of_both_classes,
    scale="logit",
    greater_is_better=False,
    is_at_capacity=True,
    uses=frozenset(Use),
)


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setitem(METRICS, "missed", MISSED)


@pytest.mark.usefixtures("added")
def test_it_stands_in_every_table_of_an_evaluation(truth, panel):
    found = rm.evaluate(truth, panel, capacity=0.05, min_cell=1)
    assert found.metrics["missed"] == pytest.approx(1 - found.metrics["recall"])
    line = found.frame().set_index("metric").loc["missed"]
    assert line["low"] < line["value"] < line["high"]
    assert "missed crises at capacity" in repr(found)
    for table in (found.by_round, found.by_area, found.by_group):
        assert table["missed"].to_numpy() == pytest.approx(1 - table["recall"].to_numpy())
    tied = rm.evaluate(panel.X["arrears"], panel).frame().set_index("metric").loc["missed"]
    assert min(tied["best"], tied["worst"]) < tied["value"] < max(tied["best"], tied["worst"])


@pytest.mark.usefixtures("added")
def test_it_is_compared(truth, panel):
    found = rm.compare(truth, panel.X["arrears"], panel, capacity=0.05)
    table = found.frame().set_index("metric")
    assert table.loc["missed", "difference"] == pytest.approx(-table.loc["recall", "difference"])
    assert "missed crises at capacity" in repr(found)


@pytest.mark.usefixtures("added")
def test_it_stands_in_a_backtest_and_who_misses_fewer_is_not_beaten(panel, truth):
    oracle = replace(panel, X=panel.X.assign(oracle=truth.to_numpy()))
    weak = rm.make_classifier(oracle, kind="area_rate")
    trial = rm.backtest(weak, oracle, baselines=(), rules=["oracle", "-oracle"], capacity=0.05)
    assert set(trial.frame().query("metric == 'missed'")["model"]) == set(trial.evaluations)
    assert "missed crises" in repr(trial).splitlines()[3]
    told = next(line for line in repr(trial).splitlines() if "not beaten on missed" in line)
    assert told == "not beaten on missed crises: oracle"


@pytest.mark.usefixtures("added")
def test_it_stands_on_the_card(panel):
    model = rm.make_classifier(panel, kind="logistic")
    train, test = rm.TemporalSplit().last(panel)
    fitted = model.fit(train)
    evaluation = rm.evaluate(fitted, test, capacity=0.1)
    facts = {"population": {"entity": "household"}, "data": {"digest": "of a frame"}}
    card = write_card(fitted, evaluation, "m", explanation={"method": "exact"}, facts=facts)
    lines = {line["metric"]: line for line in card.metrics}
    assert lines["missed crises at capacity"]["value"] == evaluation.metrics["missed"]
    assert all("missed" in line for line in card.by_area)


@pytest.mark.usefixtures("added")
def test_a_promotion_turns_a_loss_round():
    table = pd.DataFrame({"metric": ["missed", "recall"] * 2})
    table["low"] = [-0.2, -0.2, 0.1, 0.1]
    table["high"] = [-0.1, -0.1, 0.2, 0.2]
    told = with_verdicts(table)
    assert told["verdict"].tolist() == [BETTER, WORSE, WORSE, BETTER]
    assert told["at_worst"].tolist() == [0.0, 0.2, 0.2, 0.0]


def test_a_metric_of_complete_outcomes_is_not_given_under_a_selective_label(
    truth, panel, monkeypatch
):
    everyone_only = replace(MISSED, observations=frozenset({Observation.COMPLETE}))
    monkeypatch.setitem(METRICS, "missed", everyone_only)
    selective = rm.Label("crisis", window="2M", observed_by="visit")
    assert "missed" in rm.evaluate(truth, panel).metrics
    found = rm.evaluate(truth, replace(panel, label=selective))
    assert "missed" not in found.metrics
    assert "missed" not in found.by_round
    compared = rm.compare(truth, truth, replace(panel, label=selective))
    assert "missed" not in set(compared.frame()["metric"])


def test_values_of_another_scale_have_no_added_metric_of_probabilities(truth, panel, monkeypatch):
    probabilities_only = replace(MISSED, needs_probabilities=True)
    monkeypatch.setitem(METRICS, "missed", probabilities_only)
    assert "missed" not in rm.evaluate(pd.Series(100 * truth + 3), panel).metrics
