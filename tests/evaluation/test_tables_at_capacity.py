"""What a list reaches adds up over rounds and areas, and small cells stay hidden and counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.evaluation import capacity_tables

OF_LIST = ["precision", "recall", "lift", "crises_reached", "crises_expected"]


def test_crises_add_up_over_rounds_and_areas(panel: rm.Panel, truth: pd.Series) -> None:
    evaluation = rm.evaluate(truth, panel, 0.1, probability=True, name="truth")
    table = capacity_tables(evaluation).frame()
    assert table["by"].value_counts().to_dict() == {"all": 1, "round": 8, "area": 3}
    overall, parts = table.iloc[0], table.iloc[1:].groupby("by")
    for figure in OF_LIST:
        assert overall[figure] == evaluation.metrics[figure]
        assert (table[f"{figure}_low"] < table[figure]).all()
        assert (table[figure] < table[f"{figure}_high"]).all()
    for figure in ("listed", "rows", "positives", "crises_reached", "crises_expected"):
        assert parts[figure].sum().to_numpy(float) == pytest.approx(float(overall[figure]))
    listed = truth.groupby(level="as_of_date").rank(ascending=False) <= 40
    assert overall["crises_reached"] == panel.y[listed].sum()
    assert overall["crises_expected"] == pytest.approx(truth[listed].sum())


def test_it_prints_a_line_for_all_for_each_round_and_each_area(
    panel: rm.Panel, truth: pd.Series
) -> None:
    found = capacity_tables(rm.evaluate(truth, panel, 0.1, probability=True, name="truth"))
    lines = repr(found).split("\n")
    assert lines[0] == "truth: lists at capacity 10 % of each round"
    assert lines[2].endswith("  crises expected")
    assert [line.split("  ")[0] for line in lines[3:]] == [
        "all rounds",
        *(f"round {day}" for day in found.table.loc[found.table["by"] == "round", "where"]),
        "area north",
        "area south",
        "area west",
    ]
    assert "<table>" in found._repr_html_()


def test_what_is_too_small_is_counted_and_not_shown(panel: rm.Panel, truth: pd.Series) -> None:
    area = np.where(panel.households < "h003", "hamlet", panel.area.astype(str))
    changed = replace(panel, groups=panel.groups.assign(area=pd.Categorical(area)))
    changed = replace(changed, group_vocabulary={})
    found = capacity_tables(rm.evaluate(truth, changed, 0.1))
    hidden = found.table[found.table["note"] != ""]
    assert len(hidden) >= 2  # one alone could be told from the total
    assert hidden[[*OF_LIST[:4], "listed"]].isna().all(axis=None)
    assert f"{len(hidden)} by area: suppressed: fewer than 10 households" in repr(found)
    assert not any(f"area {name}" in repr(found) for name in hidden["where"])


def test_scores_that_are_no_probabilities_expect_nothing(panel: rm.Panel, truth: pd.Series) -> None:
    found = capacity_tables(rm.evaluate(truth, panel, 0.1))
    assert "crises_reached" in found.frame()
    assert "crises_expected" not in found.frame()
    assert "expected" not in repr(found)


def test_an_area_without_a_place_reaches_nobody(panel: rm.Panel, truth: pd.Series) -> None:
    capacity = {"north": 20, "south": 20, "west": 0}
    table = capacity_tables(rm.evaluate(truth, panel, capacity, min_cell=1)).frame()
    west = table.set_index("where").loc["west"]
    assert (west["listed"], west["crises_reached"], west["recall"]) == (0, 0, 0)
    assert np.isnan(west["precision"])


def test_rows_without_areas_have_no_line_for_them(frame: pd.DataFrame) -> None:
    plain = rm.Panel.from_frame(
        frame, household_id="id", as_of_date="date", y="crisis", features=["arrears"]
    )
    table = capacity_tables(rm.evaluate(plain.X["arrears"], plain, 0.1)).frame()
    assert set(table["by"]) == {"all", "round"}
