"""Areas or sites are left out, crossed with time: neither their rows nor households train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.cli.studies import split_of
from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import as_days
from riskmodel.records import Records
from riskmodel.splits import GroupSplit, TemporalSplit

LABEL = rm.Label("crisis", window="4M", maturity="2M")
AREAS = np.array(["north", "south", "west", "tiny"])


def panel_of(**changes: Any) -> rm.Panel:
    """Return 200 households on 8 dates; every fifth one of the north lived in the south before."""
    days = rm.rounds("2023-01-01", "2024-03-01", every="2M")
    keys = pd.MultiIndex.from_product([range(200), days], names=["id", "day"]).to_frame(index=False)
    frame = keys.assign(
        x=2 * (keys["id"] % 5) + keys["id"] % 7,
        y=(keys["id"] % 5 < 2).astype(float),
        area=AREAS[np.where(keys["id"] < 4, 3, keys["id"] % 3)],
        site=np.where(keys["id"] % 2, "A", "B"),
    )
    moved = (frame["area"] == "north") & (frame["id"] % 5 == 0) & (frame["day"] < "2023-09-01")
    frame.loc[moved, "area"] = "south"
    wanted = {"groups": ["site"], "area": "area", **changes}
    return rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="day",
        y="y",
        features=["x"],
        label=LABEL,
        today="2025-01-01",
        **wanted,
    )


def test_the_tested_area_its_households_and_its_time_are_in_no_training_row() -> None:
    panel = panel_of()
    train, test = GroupSplit(leave_out="north", test_rounds=2).last(panel)
    assert set(test.area) == {"north"}
    assert set(as_days(test.as_of)) == {np.datetime64("2024-01-01"), np.datetime64("2024-03-01")}
    assert "north" not in set(train.area)
    assert not train.households.isin(test.households).any()
    moved = panel.households[(panel.area == "south") & panel.households.isin(test.households)]
    assert len(moved), "some tested households lived in the south before"
    first_test = as_days(test.as_of).min()
    assert (LABEL.matures_on(as_days(train.as_of)) <= first_test).all()

    by_time = TemporalSplit(test_rounds=2).last(panel)[0]
    others = by_time[(by_time.area != "north").to_numpy() & ~by_time.households.isin(moved)]
    assert train.X.equals(others.X)


def test_each_area_is_tested_once_by_a_model_without_it() -> None:
    panel = panel_of()
    split = GroupSplit()
    cuts = list(split.split(panel))
    assert split.n_cuts(panel) == len(cuts) == 3
    tested = [set(test.area) for _, test in cuts]
    assert sorted(map(sorted, tested)) == [["north"], ["south"], ["west"]]
    for train, test in cuts:
        assert set(train.area).isdisjoint(set(test.area))
        assert "tiny" in set(train.area), "areas of few households are tested by no cut"
    assert split.last(panel)[1].X.equals(cuts[-1][1].X)


def test_groups_are_dealt_into_fewer_cuts() -> None:
    cuts = list(GroupSplit(n_splits=2).split(panel_of()))
    tested = [set(test.area) for _, test in cuts]
    assert len(cuts) == 2
    assert set.union(*tested) == {"north", "south", "west"}
    assert tested[0].isdisjoint(tested[1])
    assert len(list(GroupSplit(n_splits=9).split(panel_of()))) == 3


def test_sites_are_left_out_as_areas_are() -> None:
    train, test = GroupSplit("site", leave_out=["A"]).last(panel_of())
    groups = [set(side.groups["site"]) for side in (train, test) if side.groups is not None]
    assert groups == [{"B"}, {"A"}]


def test_a_backtest_takes_it_and_says_what_was_split() -> None:
    panel = panel_of()
    model = rm.make_classifier(panel, kind="logistic")
    backtest = rm.backtest(model, panel, split=GroupSplit(), baselines=(), capacity=0.1)
    test = backtest.evaluations["logistic"]
    assert list(backtest.cuts.index) == [1, 2, 3]
    assert set(test.by_area["area"]) == {"north", "south", "west"}
    assert any("no row and no household of the tested area is in training" in n for n in test.notes)

    train, held = GroupSplit(leave_out="west").last(panel)
    alone = rm.evaluate(model.fit(train), held, capacity=0.1)
    own = backtest.table.query("metric == 'auc' and split != 'pooled'")["value"]
    assert alone.metrics["auc"] in own.to_list()


def test_a_model_is_told_that_its_test_area_is_new() -> None:
    train, test = GroupSplit(leave_out="north").last(panel_of())
    model = rm.make_classifier(train, kind="logistic").fit(train)
    assert "1 of 1 areas are not in the fit: north" in rm.evaluate(model, test).notes


@pytest.mark.parametrize(
    "arguments", [{"leave_out": []}, {"n_splits": 1}, {"leave_out": "north", "n_splits": 2}]
)
def test_arguments_that_contradict_each_other_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        GroupSplit(**arguments)
    assert caught.value.code == "split.arguments"


def test_unknown_groups_and_empty_sides_are_refused() -> None:
    with pytest.raises(ConfigError, match="'nort'.*'north'"):
        GroupSplit(leave_out="nort").last(panel_of())
    with pytest.raises(ConfigError, match="no group 'region'"):
        GroupSplit("region").last(panel_of())
    with pytest.raises(ConfigError, match="no groups"):
        GroupSplit().last(panel_of(area=None, groups=[]))
    with pytest.raises(PanelError) as caught:
        GroupSplit(leave_out=["north", "south", "west", "other"]).last(panel_of())
    assert (caught.value.code, caught.value.place) == ("split.empty", "train")
    one = panel_of()
    with pytest.raises(PanelError, match="has 1 groups of 'area'"):
        GroupSplit().last(one[(one.area == "north").to_numpy()])


def records_of(**values: list[Any]) -> Records:
    """Return records of 21 households, each with one fact and one area."""
    ids = [f"h{number:02}" for number in range(21)]
    facts = pd.DataFrame({"household_id": ids, "code": "rent", "event_date": "2023-01-01"})
    areas = pd.DataFrame({"household_id": ids, "name": "gu", "known_date": None, **values})
    return Records.from_frames(facts, today="2024-01-01", attributes=areas, area="gu")


def test_a_group_that_the_records_never_name_is_refused_without_naming_small_ones() -> None:
    records = records_of(text=["north"] * 10 + ["south"] * 10 + ["hamlet"])
    GroupSplit(leave_out=["north", "hamlet", "other"]).check(records)
    with pytest.raises(ConfigError, match=r"'nort'.*Allowed: north, south\.") as caught:
        GroupSplit(leave_out="nort").check(records)
    assert "hamlet" not in str(caught.value)


def test_areas_of_numbers_are_checked_by_the_names_that_tables_give_them() -> None:
    records = records_of(number=[1.0] * 10 + [2.5] * 11)
    GroupSplit(leave_out=["1", "2.5"]).check(records)
    with pytest.raises(ConfigError, match=r"'3'.*Allowed: 1, 2\.5\."):
        GroupSplit(leave_out="3").check(records)


def test_the_shell_splits_by_area_too() -> None:
    section = {"by": "area", "leave_out": ["north"], "test_rounds": 2, "test_from": None}
    assert split_of(section) == GroupSplit(leave_out="north", test_rounds=2)
    with pytest.raises(ConfigError, match=r"split\.leave_out must be given"):
        split_of({**section, "leave_out": None})
    from_day = split_of({**section, "test_rounds": None, "test_from": "2024-01-01"})
    assert from_day == GroupSplit(leave_out="north", test_from="2024-01-01")
