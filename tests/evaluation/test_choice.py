"""The choice of a backtest: the simplest kind that is about as good as the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.evaluation import Backtest, Standing
from riskmodel.evaluation.choice import chosen_of, ranking_of, standings_of
from riskmodel.metrics import Capacity
from riskmodel.models import KINDS

CAPACITY = Capacity.parse(0.05)


def standing(behind: float, se: float, complexity: int) -> Standing:
    return Standing(0.3 - behind, behind, se, complexity)


BEST = standing(0.0, 0.0, 3)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ({}, "best"),
        ({"simple": standing(0.01, 0.01, 1)}, "simple"),
        ({"simple": standing(0.0101, 0.01, 1)}, "best"),
        ({"harder": standing(0.001, 0.01, 4)}, "best"),
        ({"as hard": standing(0.001, 0.01, 3)}, "best"),
        ({"simple": standing(0.01, 0.02, 1), "simplest": standing(0.02, 0.02, 0)}, "simplest"),
        ({"simple": standing(0.01, 0.02, 1), "better": standing(0.005, 0.02, 1)}, "better"),
        ({"equal": standing(0.0, 0.0, 3)}, "best"),
    ],
)
def test_the_simplest_within_one_standard_error_is_chosen(others, chosen):
    assert chosen_of({"best": BEST, **others}) == chosen


def test_the_first_of_equals_is_chosen():
    assert chosen_of({"a": BEST, "b": BEST}) == "a"
    assert chosen_of({"b": BEST, "a": BEST}) == "b"


def test_the_ranking_has_the_best_first_and_equals_in_their_order():
    standings = {"c": standing(0.02, 0.01, 1), "b": BEST, "a": BEST}
    table = ranking_of(standings)
    assert table.index.tolist() == ["b", "a", "c"]
    assert table.loc["c"].to_dict() == pytest.approx(standings["c"]._asdict())
    many = {f"model {number}": BEST for number in range(50)}
    assert ranking_of(many).index.tolist() == list(many)


def test_kinds_are_ordered_from_rules_to_blends():
    order = ["area_rate", "logistic", "ebm", "lightgbm", "blend"]
    assert [KINDS[kind].complexity for kind in order] == [0, 1, 2, 3, 4]
    assert {KINDS[kind].complexity for kind in ("indicator_count", "longest_arrears")} == {0}


def scored(panel: rm.Panel, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"margin": values, "score": np.nan}, index=panel.X.index)


def test_the_standard_error_is_that_of_the_paired_difference_by_household(panel, truth):
    """With one cut it is the one of `compare`."""
    poor = truth + np.random.default_rng(0).normal(0, 0.2, len(panel))
    cut = {"poor": scored(panel, poor), "good": scored(panel, truth)}
    found = standings_of([(panel, cut)], {"poor": 1, "good": 3}, CAPACITY)
    line = rm.compare(truth, poor, panel, 0.05).frame().set_index("metric").loc["average_precision"]
    assert list(found) == ["poor", "good"]
    assert found["good"] == (line["a"], 0.0, 0.0, 3)
    assert found["poor"].mean == line["b"]
    assert found["poor"].behind == pytest.approx(line["difference"], abs=1e-12)
    half = (line["high"] - line["low"]) / 2
    assert found["poor"].se == pytest.approx(half / 1.96, rel=0.05)


def test_households_of_several_cuts_are_summed_before_they_are_squared(panel, truth):
    """Twice the same cut has the error of one, not the smaller one of independent cuts."""
    poor = truth + np.random.default_rng(0).normal(0, 0.2, len(panel))
    cut = panel, {"good": scored(panel, truth), "poor": scored(panel, poor)}
    once, twice = (
        standings_of(cuts, {"good": 3, "poor": 1}, CAPACITY)["poor"] for cuts in ([cut], [cut] * 2)
    )
    assert twice == pytest.approx(once)


def test_cuts_of_other_households_have_the_error_of_a_mean(panel, truth):
    poor = truth + np.random.default_rng(0).normal(0, 0.2, len(panel))
    half = panel.households < "h200"
    cuts = []
    for rows in (half, ~half):
        part = panel[rows]
        own = {"good": truth[part.X.index], "poor": poor[part.X.index]}
        cuts.append((part, {name: scored(part, values) for name, values in own.items()}))
    complexity = {"good": 3, "poor": 1}
    parts = [standings_of([cut], complexity, CAPACITY)["poor"] for cut in cuts]
    both = standings_of(cuts, complexity, CAPACITY)["poor"]
    assert both.mean == pytest.approx(np.mean([part.mean for part in parts]))
    assert both.se == pytest.approx(np.hypot(parts[0].se, parts[1].se) / 2, rel=0.01)


def test_a_household_alone_has_no_standard_error(panel, truth):
    alone = panel[panel.households == panel.households[0]]
    y = pd.Series(np.arange(len(alone)) % 2.0, alone.X.index)
    alone = replace(alone, y=y)
    cut = {"a": scored(alone, truth[alone.X.index]), "b": scored(alone, -truth[alone.X.index])}
    found = standings_of([(alone, cut)], {"a": 3, "b": 1}, CAPACITY)
    assert {each.se for each in found.values()} == {0.0}
    assert chosen_of(found) == ranking_of(found).index[0]


@pytest.fixture(scope="module")
def curved() -> rm.Panel:
    """Return rows whose risk is least in the middle, which no sum of columns can follow."""
    rng = np.random.default_rng(3)
    n, rounds = 600, 4
    who, when = np.repeat(np.arange(n), rounds), np.tile(np.arange(rounds), n)
    x = rng.normal(size=n * rounds)
    days = rm.rounds("2023-01-01", "2023-07-01", every="2M")
    frame = pd.DataFrame({"id": who, "date": days[when], "x": x})
    frame["y"] = (rng.random(len(x)) < expit(3 * np.abs(x) + 0.5 * x - 4.5)).astype(float)
    return rm.Panel.from_frame(
        frame, household_id="id", as_of_date="date", y="y", label=rm.Label("y", window="2M")
    )


@pytest.fixture(scope="module")
def trial(panel: rm.Panel) -> Backtest:
    return trial_of(panel)


def trial_of(panel: rm.Panel) -> Backtest:
    trees = rm.make_classifier(panel, seeds=1, n_estimators=20)
    logistic = rm.make_classifier(panel, kind="logistic")
    return rm.backtest(trees, panel, capacity=0.05, baselines=("logistic",), kinds=[logistic])


def test_trees_are_chosen_where_they_see_more(curved):
    trial = trial_of(curved)
    assert trial.chosen == trial.ranking.index[0] == "lightgbm"
    behind = trial.ranking.loc["logistic"]
    assert behind["behind"] > behind["se"] > 0
    said = next(line for line in repr(trial).splitlines() if line.startswith("chosen"))
    assert said.startswith("chosen: lightgbm, by the highest mean average precision over the cuts")
    assert said.endswith("above logistic), none simpler within one standard error")


def test_the_simpler_is_chosen_where_they_see_no_more(trial):
    standings = trial.standings
    assert standings["logistic"].is_near
    assert trial.chosen == "logistic"


def test_it_is_said_where_the_best_is_not_chosen(trial):
    standings = {"lightgbm": Standing(0.35, 0.0, 0.0, 3), "logistic": Standing(0.34, 0.01, 0.02, 1)}
    shown = repr(replace(trial, standings=standings))
    assert (
        "chosen: logistic, the simplest within one standard error of the best, lightgbm (mean "
        "average precision over the cuts 0.0100 +- 0.0200 below 0.350)"
    ) in shown.splitlines()


def test_only_one_candidate_is_left_and_another_name_is_refused(trial):
    alone = trial.only("lightgbm")
    assert alone.candidates == ("lightgbm",)
    assert alone.standings["lightgbm"].behind == alone.standings["lightgbm"].se == 0
    assert "the model: lightgbm" in repr(alone).splitlines()
    assert list(alone.evaluations) == list(trial.evaluations)
    for name in ("lightgmb", "arrears"):
        with pytest.raises(ConfigError, match="was no candidate of the backtest") as found:
            trial.only(name)
        assert found.value.code == "backtest.unknown"


def test_comparisons_are_of_the_chosen_with_all_others(panel):
    trial = rm.backtest(
        rm.make_classifier(panel, kind="logistic"), panel, baselines=(), rules=["arrears", "income"]
    )
    found = trial.comparisons()
    assert (found.name, list(found.against)) == ("logistic", ["arrears", "income"])
    alone = trial.beats("arrears").frame().set_index("metric")
    both = found["arrears"].frame().set_index("metric")
    assert both.loc["auc", "difference"] == alone.loc["auc", "difference"]
    assert both.loc["auc", "low"] < alone.loc["auc", "low"]
    single = rm.backtest(rm.make_classifier(panel, kind="logistic"), panel, baselines=())
    with pytest.raises(ConfigError, match="no model to compare with"):
        single.comparisons()
