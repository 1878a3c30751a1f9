"""compare with several others: intervals that hold together, and lists of models that are none."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import Comparisons

benchmark = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "comparing.py"), run_name="comparing"
)
held_together = benchmark["held_together"]
METRICS = ["auc", "average_precision", "precision", "recall"]


@pytest.fixture(scope="module")
def scores(panel: rm.Panel, truth: pd.Series) -> list[pd.Series]:
    """Return a good score and three poorer ones, of which two share half of their noise."""
    rng = np.random.default_rng(1)
    shared = rng.normal(size=len(panel))
    noises = [shared + rng.normal(size=len(panel)), shared + rng.normal(size=len(panel))]
    others = [truth + 0.1 * noise for noise in noises]
    named = [truth, *others, panel.X["arrears"].astype(float)]
    return [each.rename(name) for each, name in zip(named, "abcd", strict=True)]


@pytest.fixture(scope="module")
def several(panel: rm.Panel, scores: list[pd.Series]) -> Comparisons:
    return rm.compare(scores[0], scores[1:], panel, 0.05)


def test_each_is_the_pair_with_wider_intervals(several, scores, panel):
    assert list(several.against) == ["b", "c", "d"]
    assert len(several) == 3
    for other in scores[1:]:
        alone, together = rm.compare(scores[0], other, panel, 0.05), several[other.name]
        one, wide = alone.frame(), together.frame()
        same = ["metric", "a", "b", "difference", "estimand", "note"]
        pd.testing.assert_frame_equal(one[same], wide[same])
        ratio = (wide["high"] - wide["low"]) / (one["high"] - one["low"])
        assert ratio.between(1.1, 1.3).all()
        assert together.overlap == alone.overlap
        assert (alone.together, together.together) == (1, 3)


def test_a_tipping_point_is_that_of_the_joint_interval(several, scores, panel):
    alone = rm.compare(scores[0], scores[3], panel, 0.05).tipping
    together = several["d"].tipping
    assert 0 < together.missed < alone.missed
    assert together.could_be_missed == alone.could_be_missed


def test_a_list_of_one_has_the_interval_of_the_pair(scores, panel):
    alone = rm.compare(scores[0], scores[1], panel, 0.05)
    listed = rm.compare(scores[0], (scores[1],), panel, 0.05)
    pd.testing.assert_frame_equal(listed["b"].frame(), alone.frame())
    assert repr(listed["b"]) == repr(alone)


def test_the_order_of_the_others_changes_nothing(several, scores, panel):
    turned = rm.compare(scores[0], scores[:0:-1], panel, 0.05)
    for name in "bcd":
        found, known = turned[name].frame(), several[name].frame()
        assert found["verdict"].tolist() == known["verdict"].tolist()
        assert found[["low", "high"]].to_numpy() == pytest.approx(
            known[["low", "high"]].to_numpy(), abs=1e-3
        )


def test_they_are_one_table_and_print(several):
    table = several.frame()
    assert table.columns[:3].tolist() == ["against", "metric", "a"]
    assert table.groupby("against")["metric"].apply(list).to_dict() == dict.fromkeys("bcd", METRICS)
    shown, page = repr(several), several._repr_html_()
    assert shown.startswith("a - each of 3 on 3,200 rows, ")
    for told in (shown, page):
        assert "95 % interval, all 3 together" in told
        assert "AUC: a is better than d" in told
        assert "precision at capacity: a is better, no longer if" in told
        assert "% of the households on the list of a or c are on both" in told
        assert told.count("intervals are for households and lists like these") == 1


def test_probabilities_are_compared_among_those_that_are(model, truth, panel):
    rank = panel.X["arrears"].rename("rank")
    found = rm.compare(model, [rm.evaluate(truth, panel, name="t", probability=True), rank], panel)
    assert "brier" in set(found["t"].frame()["metric"])
    assert "brier" not in set(found["rank"].frame()["metric"])
    pair = rm.compare(model, rm.evaluate(truth, panel, probability=True), panel).frame()
    own, alone = (t.set_index("metric").loc["brier"] for t in (found["t"].frame(), pair))
    assert (own["low"], own["high"]) == (alone["low"], alone["high"])
    said = "of 2 comparisons, the interval holds for the 1 comparison that has it"
    heading = rm.metrics.METRICS["brier"].heading
    for page in (repr(found), found._repr_html_(), repr(found["t"])):
        assert page.count(f"{heading}: {said}") == 1
    assert "of 2 comparisons" not in repr(found["rank"])


def test_models_of_one_name_are_numbered(panel, scores):
    same = [each.rename("s") for each in scores]
    found = rm.compare(same[0], same[1:], panel)
    assert found.name == "s"
    assert list(found.against) == ["s 2", "s 3", "s 4"]
    assert found["s 3"].names == ("s", "s 3")
    pair = rm.compare(same[0], same[1], panel)
    assert pair.names == ("s", "s 2")
    assert "AUC: s is better than s 2" in repr(pair)


def test_a_number_that_is_a_name_already_is_not_given_twice(panel, scores):
    named = [each.rename(name) for each, name in zip(scores, ["s", "s", "s 2", "s"], strict=True)]
    assert list(rm.compare(named[0], named[1:], panel).against) == ["s 3", "s 2", "s 4"]


def test_a_note_on_a_model_and_itself_stands_once(model, panel):
    notes = rm.compare(model, model, panel).notes
    assert notes
    assert len(notes) == len({note.split(": ", 1)[-1] for note in notes})


def test_a_list_that_is_drawn_anew_at_another_capacity_is_told(truth, scores, panel):
    at_5, at_9 = (rm.evaluate(truth, panel, capacity, name="t") for capacity in (0.05, 9))
    told = (
        "evaluated at capacity 9 per round; its list is drawn anew, at capacity 5 % of each round"
    )
    assert rm.compare(at_5, scores[1], panel, 0.05).notes == ()
    assert rm.compare(scores[1], at_9, panel, 0.05).notes == (f"t: {told}",)
    by_area = [
        rm.evaluate(truth, panel, dict.fromkeys(["north", "south", "west"], n)) for n in (3, 4)
    ]
    found = rm.compare(by_area[0], [scores[1], by_area[1]], panel, by_area[0].capacity)
    (note,) = found["truth 2"].notes
    assert note.startswith("truth 2: evaluated at another capacity; its list is drawn anew")
    assert f"t: {told}" in repr(rm.compare(scores[1], [scores[2], at_9], panel, 0.05))


def test_no_other_model_is_refused(scores, panel):
    with pytest.raises(ConfigError, match="no model to compare with") as found:
        rm.compare(scores[0], [], panel)
    assert found.value.code == "comparison.none"


@pytest.mark.parametrize("order", [(0, 1, 1), (0, 1, 0), (0, 0)])
def test_a_model_that_stands_twice_is_refused(scores, panel, order):
    first, *others = [scores[number] for number in order]
    with pytest.raises(ConfigError, match="stands twice among the models") as found:
        rm.compare(first, others, panel)
    assert found.value.code == "comparison.twice"


def test_an_evaluation_of_another_label_is_refused(truth, scores, panel):
    evaluation = rm.evaluate(truth, panel, name="other")
    relabelled = replace(panel, label=rm.Label("crisis", window="4M"))
    for others in (evaluation, [scores[1], evaluation]):
        with pytest.raises(ConfigError, match="other is an evaluation of the label") as found:
            rm.compare(truth, others, relabelled)
        assert found.value.code == "comparison.label"
    with pytest.raises(ConfigError, match="is an evaluation of the label"):
        rm.compare(evaluation, truth, relabelled)
    assert rm.compare(truth, evaluation, replace(panel, label=None)).rows == len(panel)


def test_scores_of_other_rows_are_refused(truth, scores, panel):
    part = panel[panel.as_of == panel.as_of.max()]
    with pytest.raises(PanelError, match="have no score"):
        rm.compare(truth, [scores[1], scores[2][part.X.index]], panel)


def test_another_name_is_refused_with_the_nearest(several):
    with pytest.raises(ConfigError, match="was not compared with 'bb'.*did you mean 'b'"):
        several["bb"]


def test_a_household_alone_has_no_interval(panel, scores):
    alone = panel[panel.households == panel.households[0]]
    y = pd.Series(np.arange(len(alone)) % 2.0, alone.X.index)
    found = rm.compare(scores[0], scores[1:3], replace(alone, y=y))
    assert found.frame()["low"].isna().all()
    assert found.frame()["note"].str.startswith("no interval").all()
    assert set(found.frame()["verdict"]) == {"not told apart from"}


@pytest.mark.parametrize("apart", [0.0, benchmark["POORER"]])
def test_intervals_of_three_hold_together(apart):
    """In a few samples; `benchmarks/comparing.py` takes 500."""
    least = 0.93 - 2 * np.sqrt(0.93 * 0.07 / 30)
    assert held_together(range(30), apart, population=20_000).ge(least).all()


def test_intervals_of_single_pairs_hold_together_less_often():
    seeds = range(30)
    together, pairs = (held_together(seeds, 0.0, by_pairs=by_pairs) for by_pairs in (False, True))
    assert pairs.mean() < together.mean()
