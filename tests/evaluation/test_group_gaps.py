"""Gaps between groups at capacity: what the tables show, drawn to the others, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import Evaluation, GroupGaps, group_gaps


@pytest.fixture(scope="module")
def households() -> pd.DataFrame:
    """Chances that are right for families and too low for singles; three households are apart."""
    rng = np.random.default_rng(0)
    n = 3_000
    kind = rng.choice(["family", "single", "student"], n, p=[0.5, 0.4, 0.1])
    kind[:3] = "abbey"
    risk = rng.uniform(0, 0.5, n)
    crisis = (rng.random(n) < risk).astype(float)
    told = np.where(kind == "single", 0.7 * risk, risk)
    return pd.DataFrame(
        {"id": range(n), "risk": told, "crisis": crisis, "type": kind, "sex": "unknown"}
    )


def judged(
    frame: pd.DataFrame,
    capacity: int = 900,
    weight: np.ndarray | None = None,
    **changed: object,
) -> Evaluation:
    panel = rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="2024-05-01",
        y="crisis",
        features=["risk"],
        groups=["type", "sex"],
        min_households=1,
    )
    if weight is not None:
        panel = replace(panel, weight=pd.Series(weight, panel.X.index))
    return rm.evaluate(panel.X["risk"].astype(float), panel, capacity=capacity, **changed)


@pytest.fixture(scope="module")
def evaluation(households: pd.DataFrame) -> Evaluation:
    return judged(households)


@pytest.fixture(scope="module")
def gaps(evaluation: Evaluation) -> GroupGaps:
    return group_gaps(evaluation, by="type")


def of(gaps: GroupGaps, figure: str) -> pd.DataFrame:
    table = gaps.frame()
    return table[table["figure"].eq(figure)].set_index("group")


def test_the_planted_gap_is_found(gaps: GroupGaps) -> None:
    assert gaps.found["recall"] == ["single"]
    assert "single found with a recall that is lower than the others'" in repr(gaps)
    gap = of(gaps, "recall").loc["single"]
    assert gap["gap_low"] < gap["gap"] < gap["gap_high"] < -0.05
    assert gap["gap"] == pytest.approx(gap["value"] - gap["others"])


@pytest.mark.parametrize(
    ("missed", "found", "recall", "omission"),
    [(1_400, ["a"], (0.96, 1), (0.98, 1)), (1_150, [], (0.05, 0.4), (0.001, 0.15))],
)
def test_a_gap_beyond_the_margin_is_found_and_one_within_it_is_not(
    missed: int, found: list[str], recall: tuple[float, float], omission: tuple[float, float]
) -> None:
    """Of two groups of 8,000 one misses more; margins are .05 of recall and 1.25 times the rate.

    Both have 1,000 of their crises on the list; the other has 1,000 off it.
    """
    places = np.arange(8_000)
    groups = {"a": missed, "b": 1_000}
    parts = [
        pd.DataFrame(
            {
                "type": name,
                "risk": np.where(places < 1_500, 2.0, 1.0) - places / 1e5,
                "crisis": (places < 1_000) | ((places >= 1_500) & (places < 1_500 + off)),
            }
        )
        for name, off in groups.items()
    ]
    frame = pd.concat(parts, ignore_index=True).astype({"crisis": float})
    gaps = group_gaps(judged(frame.assign(id=frame.index, sex="unknown"), capacity=3_000), "type")
    assert gaps.found == {"recall": found, "false_omission_rate": found}
    for figure, (low, high) in (("recall", recall), ("false_omission_rate", omission)):
        behind = of(gaps, figure)["behind"]
        assert low <= behind["a"] <= high
        assert behind["b"] < 0.001
    assert of(gaps, "recall").loc["a", "observed"] == pytest.approx(1_000 / (1_000 + missed))
    rate = of(gaps, "false_omission_rate").loc["a"]
    assert rate["observed"] == pytest.approx(missed / 6_500)
    assert (rate["low"] + rate["high"]) / 2 == pytest.approx(missed / 6_500, rel=0.03)


def test_observed_shares_are_those_of_the_evaluations_table(
    gaps: GroupGaps, evaluation: Evaluation
) -> None:
    shown = evaluation.by_group
    assert shown is not None
    shown = shown[shown["group"].eq("type") & shown["note"].eq("")].set_index("value")
    recall, omission = of(gaps, "recall"), of(gaps, "false_omission_rate")
    np.testing.assert_allclose(recall.loc[shown.index, "observed"], shown["recall"])
    np.testing.assert_allclose(recall.loc[shown.index, "rows"], shown["positives"].astype(float))
    left = shown["rows"] - shown["selected"]
    missed = shown["positives"] * (1 - shown["recall"])
    np.testing.assert_allclose(omission.loc[shown.index, "observed"], (missed / left).astype(float))
    np.testing.assert_allclose(omission.loc[shown.index, "rows"], left.astype(float))


def test_weights_weigh_both_shares_and_not_the_rows(
    households: pd.DataFrame, gaps: GroupGaps
) -> None:
    weighted = judged(households, weight=1.0 + np.arange(len(households)) % 4)
    found = group_gaps(weighted, by="type")
    shown = weighted.by_group
    assert shown is not None
    shown = shown[shown["group"].eq("type") & shown["note"].eq("")].set_index("value")
    recall, omission = of(found, "recall"), of(found, "false_omission_rate")
    np.testing.assert_allclose(recall.loc[shown.index, "observed"], shown["recall"])
    drawn = weighted.drawn()
    rows = drawn.rows.assign(off=1 - drawn.selection.inclusion, type=weighted.groups["type"])
    off = rows["weight"] * rows["off"]
    missed = (off * rows["y"]).groupby(rows["type"]).sum() / off.groupby(rows["type"]).sum()
    np.testing.assert_allclose(omission.loc[shown.index, "observed"], missed[shown.index])
    pd.testing.assert_series_equal(recall["rows"], of(gaps, "recall")["rows"])
    width = recall["high"] - recall["low"]
    assert width["family"] > (of(gaps, "recall")["high"] - of(gaps, "recall")["low"])["family"]


def test_a_group_of_three_is_marked_and_not_told(gaps: GroupGaps) -> None:
    for figure in ("recall", "false_omission_rate"):
        line = of(gaps, figure).loc["abbey"]
        assert "fewer than 10 households" in line["note"]
        assert line.drop(["figure", "note"]).isna().all()
    assert "min_cell=1" in repr(gaps)


def test_what_is_printed_follows_from_shown_cells_and_totals(
    gaps: GroupGaps, evaluation: Evaluation
) -> None:
    """Rows that change their hidden group change nothing."""
    groups = evaluation.groups.astype({"type": "str"})
    hidden = of(gaps, "recall").query("note != ''").index
    assert len(hidden) > 1
    moved = groups["type"].where(~groups["type"].isin(hidden), hidden[0])
    other = replace(evaluation, groups=groups.assign(type=moved))
    pd.testing.assert_frame_equal(group_gaps(other, by="type").frame(), gaps.frame())


def test_with_every_cell_shown_small_groups_are_drawn_to_the_others(
    households: pd.DataFrame,
) -> None:
    gaps = group_gaps(judged(households, min_cell=1), by="type")
    table = of(gaps, "false_omission_rate")
    assert (table["note"] == "").all()
    own, drawn = (abs(table.loc["abbey", name] - 0.2) for name in ("observed", "value"))
    assert drawn < max(own, 0.1)
    assert table.loc["abbey", "high"] - table.loc["abbey", "low"] > 0.1


def test_a_group_without_a_crisis_has_no_recall(households: pd.DataFrame) -> None:
    safe = households.assign(
        crisis=households["crisis"].where(households["type"].ne("student"), 0.0)
    )
    gaps = group_gaps(judged(safe, min_cell=1), by="type")
    line = of(gaps, "recall").loc["student"]
    assert line["note"] == "no row with the outcome"
    assert np.isnan(line["value"])
    assert np.isfinite(of(gaps, "false_omission_rate").loc["student", "value"])


@pytest.mark.parametrize(
    ("by", "said"),
    [("typ", "did you mean 'type'"), (None, "tables by 2 columns")],
)
def test_a_column_without_a_table_is_refused(
    evaluation: Evaluation, by: str | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        group_gaps(evaluation, by=by)
    assert error.value.code == "evaluation.group"


@pytest.mark.parametrize("capacity", [900, 5], ids=["shown", "hidden"])
def test_one_group_has_no_others(households: pd.DataFrame, capacity: int) -> None:
    with pytest.raises(PanelError, match="sex has one group") as error:
        group_gaps(judged(households, capacity), by="sex")
    assert error.value.code == "groups.one"


def test_hidden_groups_are_not_called_one_group(households: pd.DataFrame) -> None:
    with pytest.raises(PanelError, match="hide all groups.*larger capacity.*min_cell=1") as error:
        group_gaps(judged(households, capacity=5), by="type")
    assert error.value.code == "groups.hidden"


@pytest.mark.filterwarnings("error")
def test_with_everyone_listed_the_false_omission_rate_is_marked(households: pd.DataFrame) -> None:
    gaps = group_gaps(judged(households, capacity=3_000, min_cell=1), by="type")
    table = of(gaps, "false_omission_rate")
    assert (table["note"] == "all rows are listed").all()
    assert table["value"].isna().all()
    assert (of(gaps, "recall")["observed"] == 1).all()


def test_the_area_is_a_column_of_groups_too(panel: rm.Panel) -> None:
    evaluation = rm.evaluate(panel.X["arrears"].astype(float), panel, capacity=60)
    gaps = group_gaps(evaluation, by="area")
    assert set(of(gaps, "recall").index) == {"north", "south", "west"}
    assert "<table>" in gaps._repr_html_()


def test_an_evaluation_without_groups_says_how_to_get_them() -> None:
    frame = pd.DataFrame({"id": range(40), "arrears": range(40), "y": [0, 1] * 20})
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    evaluation = rm.evaluate(panel.X["arrears"].astype(float), panel, 5)
    for by in (None, "type"):
        with pytest.raises(ConfigError, match="build the panel with groups"):
            group_gaps(evaluation, by=by)
