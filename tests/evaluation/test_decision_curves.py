"""A decision curve is that of its contacts, tells no small cell, and refuses what is no chance."""

from __future__ import annotations

from dataclasses import replace
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


def test_exactly_so_many_households_of_each_class_are_enough() -> None:
    """Of 20 households ten lie above .5, three of them with a crisis, and as many below it."""
    frame = pd.DataFrame({"id": range(20), "p": np.repeat([0.3, 0.7], 10), "y": 0.0})
    frame.loc[[0, 1, 2, 10, 11, 12], "y"] = 1

    def told(given: pd.DataFrame) -> int:
        panel = rm.Panel.from_frame(given, household_id="id", as_of_date="2024-05-01", y="y")
        evaluation = rm.evaluate(panel.X["p"].astype(float), panel, probability=True)
        return len(decision_curve(evaluation, thresholds=[0.5]).frame())

    assert told(frame) == 1
    turned = frame.assign(y=1 - frame["y"])
    assert told(turned) == 1
    # one household less, one crisis less, one household without a crisis less; on either side
    for start in (0, 10):
        assert told(frame.drop(start + 9)) == 0
        assert told(frame.assign(y=frame["y"].where(frame["id"] != start, 0.0))) == 0
        assert told(turned.assign(y=turned["y"].where(turned["id"] != start, 1.0))) == 0


def test_weights_weigh_who_is_contacted_and_all_three_values(
    panel: rm.Panel, truth: pd.Series
) -> None:
    """Weights of whole numbers are rows that stand so many times."""
    weight = pd.Series(1.0 + np.arange(len(panel)) % 3, panel.X.index)
    given = replace(panel, weight=weight)
    scores = rm.evaluate(truth, given, probability=True, min_cell=1)
    (line,) = decision_curve(scores, thresholds=[0.2]).frame().itertuples()
    many = np.repeat(np.arange(len(panel)), weight.astype(int))
    y, p = panel.y.to_numpy()[many], truth.to_numpy()[many]
    assert line.contacted == pytest.approx((p >= 0.2).mean())
    assert line.value == pytest.approx(1000 * ((p >= 0.2) * (y - (1 - y) / 4)).mean())
    assert line.everyone == pytest.approx(1000 * (y - (1 - y) / 4).mean())


def test_thresholds_are_told_once_and_in_order(right: Evaluation) -> None:
    table = decision_curve(right, thresholds=[0.3, 0.1, 0.3]).frame()
    assert table["threshold"].tolist() == [0.1, 0.3]


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
