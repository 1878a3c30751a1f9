"""A decision curve is that of its contacts, tells no small cell, and refuses what is no chance."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import Evaluation, decision_curve


@pytest.fixture(scope="module")
def right(panel: rm.Panel, truth: pd.Series) -> Evaluation:
    return rm.evaluate(truth, panel, probability=True, name="truth")


def test_each_point_is_the_net_benefit_of_who_is_contacted(right: Evaluation) -> None:
    table = decision_curve(right, thresholds=[0.3, 0.1]).frame()
    scores = right.scores
    assert table["threshold"].tolist() == [0.1, 0.3]
    for line in table.itertuples():
        contacted = scores["y"][scores["score"] >= line.threshold]
        odds = line.threshold / (1 - line.threshold)
        hits, in_vain = contacted.sum(), (1 - contacted).sum()
        assert line.value == pytest.approx(1000 * (hits - odds * in_vain) / len(scores))
        assert line.contacted == pytest.approx(len(contacted) / len(scores))
        assert line.low < line.value < line.high


def test_right_probabilities_are_worth_more_than_everyone_and_nobody(right: Evaluation) -> None:
    table = decision_curve(right).frame()
    assert (table["value"] > table["everyone"]).all()
    assert (table["value"] > 0).all()
    found = repr(decision_curve(right))
    assert "truth: net benefit, crises reached per 1,000 rows; 3,200 rows of 400 hous" in found
    assert "contacting nobody has a net benefit of 0" in found
    assert "<table>" in decision_curve(right)._repr_html_()


def test_intervals_are_wider_for_households_than_for_as_many_rows(
    panel: rm.Panel, truth: pd.Series
) -> None:
    scores = rm.evaluate(truth, panel, probability=True).scores
    alone = scores.reset_index().assign(row=range(len(scores)))
    as_rows = rm.Panel.from_frame(
        alone, household_id="row", as_of_date="as_of_date", y="y", features=["score"]
    )
    one = rm.evaluate(as_rows.X["score"], as_rows, probability=True)
    of_rows = decision_curve(one, thresholds=[0.1]).table
    of_households = decision_curve(
        rm.evaluate(truth, panel, probability=True), thresholds=[0.1]
    ).table
    assert of_rows["value"].item() == pytest.approx(of_households["value"].item())
    width = of_households["high"] - of_households["low"]
    assert (width > of_rows["high"] - of_rows["low"]).all()


def test_no_small_cell_lies_between_what_is_told(panel: rm.Panel, truth: pd.Series) -> None:
    fine = np.linspace(0.001, 0.999, 400)
    told = decision_curve(rm.evaluate(truth, panel, probability=True), thresholds=fine)
    assert 0 < told.left_out < 400
    said = (
        "thresholds left out, since fewer than 10 households or 3 of a class would lie between two,"
        f" above the highest or below the lowest: {told.left_out}"
    )
    assert said in repr(told).splitlines()
    scores = rm.evaluate(truth, panel, probability=True).scores
    edges = [-np.inf, *told.table["threshold"], np.inf]
    for low, high in pairwise(edges):
        cell = scores[(scores["score"] >= low) & (scores["score"] < high)]
        counts = cell.reset_index().groupby("y")["household_id"].nunique()
        assert cell.index.get_level_values("household_id").nunique() >= 10
        assert len(counts) == 2
        assert counts.min() >= 3
    every = rm.evaluate(truth, panel, probability=True, min_cell=1)
    assert decision_curve(every, thresholds=fine).left_out == 0


def test_many_households_of_which_two_had_a_crisis_are_left_out_by_the_rule_that_is_told() -> None:
    frame = pd.DataFrame({"id": range(200), "p": np.linspace(0.01, 0.4, 200), "y": 0.0})
    frame.loc[[10, 20, 30, 180, 190], "y"] = 1
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    told = decision_curve(rm.evaluate(panel.X["p"], panel, probability=True), thresholds=[0.2])
    assert (told.left_out, len(told.frame())) == (1, 0)
    for page in (repr(told), told._repr_html_()):
        assert "fewer than 10 households or 3 of a class" in page
        assert "contacted " not in page


def test_rows_of_one_household_have_a_value_and_no_interval(panel, truth) -> None:
    alone = panel[panel.households == panel.households[0]]
    y = pd.Series(np.arange(len(alone)) % 2.0, alone.X.index)
    alone = rm.Panel(**{**vars(alone), "y": y})
    given = (truth[alone.X.index], alone)
    hidden = decision_curve(rm.evaluate(*given, probability=True))
    assert hidden.frame().empty
    told = decision_curve(rm.evaluate(*given, probability=True, min_cell=1), thresholds=[0.01])
    line = told.frame().iloc[0]
    assert np.isfinite(line["value"])
    assert np.isnan(line[["low", "high"]].astype(float)).all()
    for page in (repr(hidden), repr(told), told._repr_html_()):
        assert "no interval: one household cannot tell" in page


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ([0.0, 0.1, 1.0], "2 of 3 thresholds are no chance"),
        ([float("nan")], "1 of 1 thresholds are no chance"),
        (["Kim"], "1 of 1 thresholds are no chance"),
        ([], "no threshold is given"),
    ],
)
def test_what_is_no_chance_is_refused(right: Evaluation, thresholds: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        decision_curve(right, thresholds=thresholds)
    assert refusal.value.code == "decision_curve.threshold"
    assert "Kim" not in str(refusal.value)


def test_scores_that_are_no_probabilities_are_refused(panel: rm.Panel) -> None:
    with pytest.raises(PanelError, match="not said to be probabilities") as refusal:
        decision_curve(rm.evaluate(panel.X["arrears"], panel))
    assert refusal.value.code == "decision_curve.scores"
