"""evaluate: one rule for models and other scores; every metric has its interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError

FIGURES = [
    "base_rate",
    "auc",
    "average_precision",
    "brier",
    "log_loss",
    "calibration_slope",
    "calibration_intercept",
    "precision",
    "recall",
    "lift",
    "crises_reached",
    "crises_expected",
]


def test_a_model_is_judged_by_its_own_margin_and_probability(model, panel):
    found = rm.evaluate(model, panel, capacity=0.05)
    chance = model.predict_proba(panel.X)[:, 1]
    expected = {
        "auc": roc_auc_score(panel.y, model.margin(panel.X)),
        "average_precision": average_precision_score(panel.y, model.margin(panel.X)),
        "brier": brier_score_loss(panel.y, chance),
        "log_loss": log_loss(panel.y, chance),
    }
    assert list(found.metrics) == FIGURES
    assert {name: found.metrics[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    assert np.array_equal(found.scores["margin"], model.margin(panel.X))


def test_every_figure_lies_in_its_interval(model, panel):
    table = rm.evaluate(model, panel, capacity=0.3).frame()
    assert list(table) == [
        "metric",
        "value",
        "low",
        "high",
        "estimand",
        "labels",
        "rows",
        "positives",
        "note",
        "worst",
        "best",
    ]
    assert ((table["low"] < table["value"]) & (table["value"] < table["high"])).all()
    assert (table["rows"] == len(panel)).all()


def test_the_truth_is_calibrated(truth, panel):
    found = rm.evaluate(truth, panel, name="the truth", probability=True)
    table = found.frame().set_index("metric")
    assert table.loc["calibration_slope", "low"] < 1 < table.loc["calibration_slope", "high"]
    assert (
        table.loc["calibration_intercept", "low"] < 0 < table.loc["calibration_intercept", "high"]
    )
    assert (found.reliability["rows"] >= 10).all()
    assert found.reliability["rows"].sum() == len(panel)
    inside = found.reliability.eval("low <= predicted <= high")
    assert inside.mean() >= 0.7


def test_a_series_in_any_order_and_any_key_type_is_the_same(truth, panel):
    expected = rm.evaluate(truth, panel).frame()
    shuffled = truth.sample(frac=1, random_state=0)
    keys = shuffled.index.to_frame(index=False)
    texts = shuffled.set_axis(
        pd.MultiIndex.from_arrays([keys["household_id"], keys["as_of_date"].astype(str)])
    )
    for scores in (shuffled, texts):
        pd.testing.assert_frame_equal(rm.evaluate(scores, panel).frame(), expected)


def test_numbers_as_household_ids_find_their_rows():
    df = pd.DataFrame(
        {"id": np.arange(40), "arrears": np.arange(40) % 7, "crisis": np.arange(40) % 2}
    )
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    index = pd.MultiIndex.from_product([df["id"], [pd.Timestamp("2024-05-01")]])
    assert rm.evaluate(pd.Series(df["arrears"].to_numpy(), index=index), panel).rows == 40


def test_scores_of_another_scale_are_ranked_alike_but_not_called_probabilities(truth, panel):
    by_chance = rm.evaluate(truth, panel, probability=True)
    by_points = rm.evaluate(100 * truth + 3, panel)
    assert {"brier", "calibration_slope"} <= {*by_chance.metrics}
    assert "brier" not in by_points.metrics
    assert by_points.reliability.empty
    assert any("not said to be probabilities" in note for note in by_points.notes)
    for name in by_points.metrics:
        assert by_points.metrics[name] == pytest.approx(by_chance.metrics[name], abs=1e-12)


def test_any_fitted_classifier_is_judged(panel):
    X = panel.X.fillna(0)
    other = LogisticRegression().fit(X, panel.y)
    found = rm.evaluate(other, replace(panel, X=X))
    assert found.name == "LogisticRegression"
    assert found.metrics["auc"] == pytest.approx(
        roc_auc_score(panel.y, other.predict_proba(X)[:, 1]), abs=1e-12
    )


def test_rows_without_a_label_are_left_out_and_counted(truth, panel):
    hole = np.arange(len(panel)) % 5 == 0
    found = rm.evaluate(truth, replace(panel, y=panel.y.mask(hole)))
    assert found.unlabelled == hole.sum()
    assert found.rows + found.unlabelled == len(panel)
    assert f"{hole.sum():,} rows without a label are left out" in repr(found)
    pd.testing.assert_frame_equal(found.frame(), rm.evaluate(truth[~hole], panel[~hole]).frame())


@pytest.mark.parametrize(("rows", "told"), [(9, "fewer than 10 rows"), (10, "10 rows")])
def test_few_rows_are_left_out_without_their_number(truth, panel, rows, told):
    hole = np.arange(len(panel)) < rows
    notes = rm.evaluate(truth, replace(panel, y=panel.y.mask(hole))).notes
    assert f"{told} without a label are left out; the list is drawn among the others" in notes
    weighted = replace(panel, weight=pd.Series(np.where(hole, 0.0, 1.0), panel.X.index))
    of_weight = rm.evaluate(truth, weighted).notes
    assert f"rows are weighted, the capacity counts rows; {told} of weight 0 are left out" in (
        of_weight
    )


@pytest.mark.parametrize(("rows", "told"), [(9, "fewer than 10 rows tie"), (10, "10 rows tie")])
def test_few_rows_that_tie_are_not_counted(truth, panel, rows, told):
    of_one_round = panel.as_of == panel.as_of[0]
    tied = of_one_round & (np.cumsum(of_one_round) <= rows)
    notes = rm.evaluate(truth.mask(tied, 2.0), panel, capacity=1).notes
    assert any(note.startswith(f"{told} at the cut") for note in notes)


def test_weights_are_used_and_weight_nothing_is_no_row(truth, panel):
    weight = pd.Series(np.where(np.arange(len(panel)) % 3 == 0, 0.0, 2.5), panel.X.index)
    kept = (weight > 0).to_numpy()
    found = rm.evaluate(truth, replace(panel, weight=weight))
    pd.testing.assert_frame_equal(found.frame(), rm.evaluate(truth[kept], panel[kept]).frame())
    rng = np.random.default_rng(0)
    weight = pd.Series(rng.random(len(panel)), panel.X.index)
    expected = roc_auc_score(panel.y, truth, sample_weight=weight)
    found = rm.evaluate(truth, replace(panel, weight=weight))
    assert found.metrics["auc"] == pytest.approx(expected, abs=1e-12)
    assert any("rows are weighted" in note for note in found.notes)


def test_rounds_areas_and_groups_add_up(truth, panel):
    found = rm.evaluate(truth, panel, capacity=0.05, min_cell=1)
    assert found.by_round["round"].tolist() == list(found.rounds)
    assert found.by_group["group"].unique().tolist() == ["type"]
    for table in (found.by_round, found.by_area, found.by_group):
        assert table["rows"].sum() == len(panel)
        assert table["positives"].sum() == found.positives
        assert table["selected"].sum() == pytest.approx(found.listed)
        for metric, per in (("precision", "selected"), ("recall", "positives")):
            mean = np.average(table[metric], weights=table[per].astype(float))
            assert mean == pytest.approx(found.metrics[metric])
        assert (table["recall_low"] < table["recall"]).all()
        assert (table["recall"] < table["recall_high"]).all()


def test_capacity_by_area_lists_so_many_in_each(truth, panel):
    found = rm.evaluate(truth, panel, capacity={"north": 10, "south": 5, "west": 0.1}, min_cell=1)
    rounds = len(found.rounds)
    selected = found.by_area.set_index("area")["selected"]
    assert selected.to_dict() == {
        "north": 10 * rounds,
        "south": 5 * rounds,
        "west": 14 * rounds,
    }  # of 133 each
    assert "at capacity by area" in repr(found)


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        (1.0, "1.0 can mean everyone"),
        ({"north": 1, "south": 1, "wset": 1}, "did you mean 'west'"),
    ],
)
def test_a_capacity_is_refused_before_anything_is_scored(panel, capacity, words):
    no_model = rm.RiskClassifier()
    with pytest.raises(ConfigError, match=words):
        rm.evaluate(no_model, panel, capacity)
    with pytest.raises(ConfigError, match=words):
        rm.compare(no_model, no_model, panel, capacity)
    with pytest.raises(ConfigError, match=words):
        rm.backtest(no_model, panel, capacity=capacity)


def test_an_area_without_rows_is_named_and_one_without_capacity_refused(truth, panel):
    capacity = {"north": 10, "south": 5, "west": 0.1}
    without_west = panel[(panel.area != "west").to_numpy()]
    found = rm.evaluate(truth[without_west.X.index], without_west, capacity)
    assert "areas with a capacity but without households here: west" in found.notes
    with pytest.raises(ConfigError, match="1 of 3 areas have no capacity: west"):
        rm.evaluate(truth, panel, capacity={"north": 10, "south": 5})


def test_an_area_without_capacity_is_refused_before_anything_is_fitted(panel):
    cannot_be_fitted = rm.RiskClassifier(seeds=0)
    with pytest.raises(ConfigError, match="seeds"):
        rm.backtest(cannot_be_fitted, panel, capacity=10, baselines=())
    with pytest.raises(ConfigError, match="1 of 3 areas have no capacity: west"):
        rm.backtest(cannot_be_fitted, panel, capacity={"north": 10, "south": 5}, baselines=())


@pytest.mark.parametrize(("capacity", "fewest", "most"), [(1, 2, 2), (0.02, 0, 2), (3, 0, 2)])
def test_areas_without_a_place_are_counted_and_named(
    truth, panel, capacity, fewest, most, mended
) -> None:
    found = rm.evaluate(truth, panel, capacity=capacity)
    listed = truth.groupby(panel.as_of).rank(ascending=False) <= found.listed / 8
    without = [
        {"north", "south", "west"} - set(panel.area[listed & (panel.as_of == day)])
        for day in panel.as_of.unique()
    ]
    counts = sorted({len(areas) for areas in without})
    note = next((note for note in found.notes if "no household on the list" in note), "")
    span = " to ".join(map(str, dict.fromkeys([counts[0], counts[-1]])))
    which = ", ".join(sorted(set().union(*without)))
    assert (
        note
        == f"{span} of 3 areas have no household on the list of a round; in some round: {which}"
    )
    assert fewest <= counts[0] <= counts[-1] <= most
    mended("capacity", tried=f"evaluate, capacity={capacity}", before="no word of it", now=note)


def test_no_note_where_every_area_has_a_place_or_its_own_capacity(truth, panel) -> None:
    by_area = dict.fromkeys(["north", "south", "west"], 0) | {"north": 5}
    for capacity in (0.5, by_area):
        notes = rm.evaluate(truth, panel, capacity=capacity).notes
        assert not any("no household on the list" in note for note in notes)


def test_an_area_without_a_place_that_few_households_have_is_counted_only(truth, panel) -> None:
    hamlet = panel.groups["area"].astype(object).where(panel.households != "h003", "a hamlet")
    changed = replace(panel, groups=panel.groups.assign(area=hamlet), group_vocabulary={})
    notes = rm.evaluate(truth, changed, capacity=1).notes
    note = next(note for note in notes if "no household on the list" in note)
    assert note.endswith("north, south, west and 1 small one")


def test_a_capacity_above_the_rows_is_told(truth, panel) -> None:
    every = "the capacity is above the rows of every round: all of them are listed"
    assert every in rm.evaluate(truth, panel, capacity=401).notes
    assert every in rm.compare(truth, truth.rename("b"), panel, capacity=401).notes
    assert every not in rm.evaluate(truth, panel, capacity=400).notes
    by_area = {"north": 500, "south": 5, "west": 5}
    told = "areas with a capacity above their rows, in some round, which are all listed: north"
    assert told in rm.evaluate(truth, panel, capacity=by_area).notes
    # rows without a label are on no list
    hole = (panel.as_of == panel.as_of.max()) & (panel.X["income"].to_numpy() > 0)
    fewer = replace(panel, y=panel.y.mask(hole))
    of_one = "the capacity is above the rows of 1 of 8 rounds: all of them are listed"
    assert of_one in rm.evaluate(truth, fewer, capacity=400).notes


def test_weights_weigh_the_figures_and_not_the_slots(truth, panel):
    weight = pd.Series(np.where(np.arange(len(panel)) % 2, 9.0, 1.0), panel.X.index)
    found = rm.evaluate(truth, replace(panel, weight=weight), capacity=0.1)
    top = (
        truth.groupby(level="as_of_date").rank(ascending=False) <= 40
    )  # a tenth of each round's 400
    assert found.listed == top.sum()
    expected = np.average(panel.y[top], weights=weight[top])
    assert found.metrics["precision"] == pytest.approx(expected, abs=1e-12)


def test_a_frame_with_rounds_of_its_own_shares_capacity_by_them(frame):
    frame = frame.assign(round=np.where(frame["date"] < "2024-01-01", "first", "second"))
    panel = rm.Panel.from_frame(
        frame, household_id="id", as_of_date="date", y="crisis", features=["arrears"], round="round"
    )
    found = rm.evaluate(panel.X["arrears"], panel, capacity=30)
    assert found.rounds == ("first", "second")
    assert found.listed == 60


def test_ties_at_the_cut_stand_open(panel):
    found = rm.evaluate(panel.X["arrears"], panel, capacity=0.05)
    table = found.frame().set_index("metric")
    for name in ("precision", "recall", "lift"):
        assert table.loc[name, "worst"] < table.loc[name, "value"] < table.loc[name, "best"]
    assert "ties at the cut" in repr(found)
    assert "ties at the cut" in found._repr_html_()
    nobody_ties = rm.evaluate(pd.Series(np.arange(len(panel)), panel.X.index), panel)
    assert "ties at the cut" not in repr(nobody_ties)


def test_small_cells_are_suppressed_and_said_so(truth, panel):
    kind = panel.groups["type"].astype(str).to_numpy(dtype=object)
    kind[:4] = "rare"
    groups = panel.groups.assign(type=pd.Categorical(kind))
    found = rm.evaluate(truth, replace(panel, groups=groups))
    row = found.by_group.set_index("value").loc["other"]
    assert row.drop(["note", "group"]).isna().all()
    assert "suppressed" in row["note"]
    hidden = found.by_group["rows"].isna().sum()
    assert hidden == 2  # one alone could be told from the totals
    assert "2 small cells" in repr(found)
    shown = rm.evaluate(truth, replace(panel, groups=groups), min_cell=1)
    assert shown.by_group.set_index("value").loc["other", "rows"] == 4


def test_too_few_crises_give_figures_without_intervals_but_for_those_of_the_list(truth, panel):
    y = panel.y.where(np.cumsum(panel.y) <= 4, 0)
    found = rm.evaluate(truth, replace(panel, y=y))
    low = found.frame().set_index("metric")["low"]
    assert low[low.notna()].index.tolist() == [
        "precision",
        "recall",
        "lift",
        "crises_reached",
    ]
    assert "fewer than 5 households" in repr(found)


def test_a_list_of_nobody_says_why_its_figures_have_no_interval(truth, panel):
    found = rm.evaluate(truth, panel, capacity={"north": 0, "south": 0, "west": 0})
    of_list = found.frame().set_index("metric").loc[["precision", "lift"]]
    assert of_list["value"].isna().all()
    assert of_list["note"].eq("not defined on these rows").all()


def test_printing_names_what_is_shown(model, panel):
    found = rm.evaluate(model, panel, capacity=0.05)
    text = repr(found)
    assert text.startswith(
        "logistic: crisis within 2M, 8 rounds 2023-01-01 .. 2024-03-01\n3,200 rows, "
    )
    assert "list of 160 at capacity 5 % of each round" in text
    for line in ("base rate", "AUC", "Brier score", "calibration slope", "precision at capacity"):
        assert f"\n{line}  " in text
    assert all(
        cell in found._repr_html_() for cell in ("<table>", "average precision", "95 % interval")
    )


def test_scores_that_miss_rows_are_counted_in_the_refusal(truth, panel):
    with pytest.raises(PanelError, match="7 of the panel's 3,200 rows have no score"):
        rm.evaluate(truth.iloc[7:], panel)
    with pytest.raises(PanelError, match="1 of the panel's"):
        rm.evaluate(truth.mask(np.arange(len(truth)) == 3), panel)


def test_scores_without_both_keys_say_how_to_set_them(truth, panel):
    with pytest.raises(ConfigError, match="set_index"):
        rm.evaluate(truth.reset_index(drop=True), panel)
    with pytest.raises(ConfigError, match="repeat"):
        rm.evaluate(pd.concat([truth, truth.iloc[:2]]), panel)
    with pytest.raises(ConfigError, match="a fitted classifier, or a Series"):
        rm.evaluate(truth.to_frame(), panel)


def test_labels_that_judge_nothing_are_refused(truth, panel):
    with pytest.raises(PanelError, match="no row has a label"):
        rm.evaluate(truth, replace(panel, y=None))
    with pytest.raises(PanelError, match="one class"):
        rm.evaluate(truth, replace(panel, y=panel.y * 0))
    weightless = pd.Series(0.0, panel.X.index)
    with pytest.raises(PanelError, match="no row has a label and a weight above 0"):
        rm.evaluate(truth, replace(panel, weight=weightless))


def test_a_misspelled_group_lists_the_groups(truth, panel):
    with pytest.raises(ConfigError, match="did you mean 'type'"):
        rm.evaluate(truth, panel, groups=["typ"])
    by_area = rm.evaluate(truth, panel, groups=["area"]).by_group
    assert by_area["group"].unique().tolist() == ["area"]
