"""Lists of models and rounds are compared as sets, ties by their chance, and others are refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import list_stability
from riskmodel.evaluation.stable_lists import jaccard


def test_a_model_agrees_with_itself_and_a_turned_one_shares_no_place(
    panel: rm.Panel, truth: pd.Series
) -> None:
    one = rm.evaluate(truth, panel, 0.05)
    turned = rm.evaluate(-truth, panel, 0.05)
    same, opposite = list_stability(one, one), list_stability(one, turned)
    assert (same.over_models, same.arbitrary) == (1, 0)
    assert opposite.over_models == 0
    assert opposite.arbitrary == pytest.approx(1)
    assert same.places == one.listed == 160


def test_lists_are_compared_as_sets(panel: rm.Panel, truth: pd.Series) -> None:
    rng = np.random.default_rng(0)
    scores = [truth + 0.05 * pd.Series(rng.normal(size=len(truth)), truth.index) for _ in range(3)]
    found = list_stability(
        *(rm.evaluate(each, panel, 0.05, name=f"m{i}") for i, each in enumerate(scores))
    )
    lists = [
        set(each.groupby(level="as_of_date").nlargest(20).index.droplevel(0)) for each in scores
    ]
    expected = [
        len(lists[i] & lists[j]) / len(lists[i] | lists[j]) for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    table = found.frame()
    models = table[table["over"] == "models"]
    assert models["jaccard"].tolist() == pytest.approx(expected)
    assert models[["first", "second"]].to_numpy().tolist() == [
        ["m0", "m1"],
        ["m0", "m2"],
        ["m1", "m2"],
    ]
    counted = pd.Series([row for each in lists for row in each]).value_counts()
    assert found.arbitrary == pytest.approx(counted[counted < 3].sum() / counted.sum())
    assert f"{len(expected)}      " in repr(found)
    assert "<table>" in found._repr_html_()


def test_rounds_are_compared_in_the_order_of_time_among_households_of_both(
    panel: rm.Panel, truth: pd.Series
) -> None:
    household = truth.index.get_level_values("household_id")
    lasting = pd.Series(pd.factorize(household)[0].astype(float), truth.index)
    found = list_stability(rm.evaluate(lasting, panel, 0.05))
    assert found.over_rounds == 1
    assert np.isnan([found.over_models, found.arbitrary]).all()
    assert found.table["first"].is_monotonic_increasing
    assert len(found.table) == 7
    assert "of a round and the next" in repr(found)
    assert "two models" not in repr(found)

    # the first round lists the first half alone, who are not in the second round at all
    frame = pd.DataFrame(
        {
            "id": [f"h{i:02d}" for i in (*range(40), *range(20, 60))],
            "date": np.repeat(["2024-01-01", "2024-03-01"], 40),
            "s": np.r_[np.arange(40), np.arange(40)].astype(float),
            "y": np.tile([0.0, 1], 40),
        }
    )
    two = rm.Panel.from_frame(frame, household_id="id", as_of_date="date", y="y", features=["s"])
    # listed: h30 to h39, and h50 to h59, of whom only the former are in both rounds
    assert list_stability(rm.evaluate(two.X["s"], two, 10)).over_rounds == 0
    assert list_stability(rm.evaluate(two.X["s"], two, 40)).over_rounds == 1


def test_each_pair_of_rounds_has_the_index_of_its_two_lists(
    panel: rm.Panel, truth: pd.Series
) -> None:
    lists = [
        set(of_round.droplevel("as_of_date").nlargest(20).index)
        for _, of_round in truth.groupby(level="as_of_date")
    ]
    expected = [len(one & other) / len(one | other) for one, other in pairwise(lists)]
    assert len(set(expected)) > 2
    found = list_stability(rm.evaluate(truth, panel, 20)).table
    assert found["jaccard"].tolist() == pytest.approx(expected)


def test_places_drawn_among_ties_are_arbitrary(panel: rm.Panel, truth: pd.Series) -> None:
    same = pd.Series(1.0, truth.index)
    found = list_stability(rm.evaluate(same, panel, 0.05))
    assert found.by_lot == 1
    assert "100 % of the places are drawn among rows that tie" in repr(found)
    assert list_stability(rm.evaluate(truth, panel, 0.05)).by_lot == 0
    points = panel.X["arrears"].astype(float)
    one = rm.evaluate(points, panel, 0.05)
    inclusion = one.drawn().selection.inclusion
    tied = inclusion[(inclusion > 0) & (inclusion < 1)].sum()
    assert list_stability(one).by_lot == pytest.approx(tied / one.listed)


def test_one_list_of_one_round_is_compared_with_nothing() -> None:
    frame = pd.DataFrame({"id": range(40), "arrears": range(40), "y": [0, 1] * 20})
    one = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    found = list_stability(rm.evaluate(one.X["arrears"].astype(float), one, 10))
    assert found.frame().empty
    assert "Jaccard" not in repr(found) + found._repr_html_()
    assert "one list of one round; name other evaluations" in repr(found)


def one_round(households: int, scores: np.ndarray, y: np.ndarray) -> rm.Panel:
    frame = pd.DataFrame({"id": range(households), "s": scores.astype(float), "y": y})
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")


@pytest.mark.parametrize(
    ("models", "listing", "is_arbitrary"),
    [(5, 1, True), (5, 4, True), (6, 1, False), (6, 5, False), (10, 2, True), (10, 8, True)],
)
def test_places_of_20_to_80_percent_of_the_models_are_arbitrary(models, listing, is_arbitrary):
    """Each list has nine rows of all models, and the tenth is one of two."""
    panel = one_round(40, np.arange(40), np.tile([0.0, 1], 20))
    usual = panel.X["s"].astype(float)
    other = usual.replace({29.0: 30.0, 30.0: 29.0})
    lists = [usual] * listing + [other] * (models - listing)
    found = list_stability(*(rm.evaluate(each, panel, 10) for each in lists))
    assert found.arbitrary == pytest.approx(0.1 if is_arbitrary else 0.0)


def test_a_household_of_several_dates_in_a_round_counts_by_its_best_chance() -> None:
    frame = pd.DataFrame(
        {
            "id": [f"h{i:02d}" for i in [*range(20), *range(20), *range(20)]],
            "date": np.repeat(["2024-01-01", "2024-01-15", "2024-03-01"], 20),
            "round": np.repeat(["first", "first", "second"], 20),
            # of the first dates the upper half, of the second ones the lower half
            "s": np.r_[np.arange(20) - 100.0, 20 - np.arange(20.0), np.arange(20.0)],
            "y": np.tile([0.0, 1], 30),
        }
    )
    panel = rm.Panel.from_frame(
        frame, household_id="id", as_of_date="date", y="y", features=["s"], round="round"
    )
    # listed: h00 to h09 by their second date in the first round; h10 to h19 in the second
    assert list_stability(rm.evaluate(panel.X["s"], panel, 10)).over_rounds == 0
    # all of them by one of two dates, then h00 to h19
    assert list_stability(rm.evaluate(panel.X["s"], panel, 20)).over_rounds == 1


def test_rounds_of_several_models_are_told_by_the_mean(panel: rm.Panel, truth: pd.Series) -> None:
    points = panel.X["arrears"].astype(float)
    scores = (truth, truth + 0.1 * points, -truth)
    own = [list_stability(rm.evaluate(each, panel, 0.05)).table["jaccard"] for each in scores]
    found = list_stability(*(rm.evaluate(each, panel, 0.05) for each in scores)).table
    rounds = found.loc[found["over"] == "rounds", "jaccard"]
    assert rounds.tolist() == pytest.approx(np.mean(own, axis=0).tolist())


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_index_is_symmetric_and_between_nothing_and_one(
    pairs: list[tuple[float, float]],
) -> None:
    one, other = np.array(pairs).T
    found = jaccard(one, other)
    assert found == pytest.approx(jaccard(other, one), nan_ok=True)
    assert np.isnan(found) or -1e-12 <= found <= 1 + 1e-12


def test_evaluations_of_other_rows_or_another_capacity_are_refused(
    panel: rm.Panel, truth: pd.Series
) -> None:
    one = rm.evaluate(truth, panel, 0.05)
    fewer = panel[np.arange(len(panel)) % 2 == 0]
    with pytest.raises(PanelError, match="on other rows") as rows:
        list_stability(one, rm.evaluate(truth[fewer.X.index], fewer, 0.05))
    assert rows.value.code == "list_stability.rows"
    with pytest.raises(ConfigError, match="10 % of each round, that of truth for 5 %") as capacity:
        list_stability(one, rm.evaluate(truth, panel, 0.1))
    assert capacity.value.code == "list_stability.capacity"


def test_what_is_no_evaluation_is_refused_wherever_it_stands(panel, truth) -> None:
    one = rm.evaluate(truth, panel, 0.05)
    for passed in ((truth,), (one, truth), (one, one, truth)):
        with pytest.raises(ConfigError, match="Allowed: an Evaluation.*rm.evaluate") as found:
            list_stability(*passed)
        assert found.value.code == "arguments.type"
