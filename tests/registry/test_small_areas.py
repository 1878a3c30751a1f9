"""A capacity by area names no area of few households in anything that is published."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from wide_gates import WIDE

import riskmodel as rm
from mended import Note
from riskmodel.records import Records
from riskmodel.scoring import score_round

HAMLET, FARM = "Rose Lane hamlet", "Lee farm"


@pytest.fixture(scope="module")
def small(study: SimpleNamespace) -> SimpleNamespace:
    """The study, where three households live in a hamlet and two on a farm."""
    made = study.records
    attributes = made.attributes.copy()
    is_area = attributes["name"] == made.area
    households = attributes.loc[is_area, "household_id"].unique()
    for name, some in ((HAMLET, households[:3]), (FARM, households[3:5])):
        attributes.loc[is_area & attributes["household_id"].isin(some), "text"] = name
    records = Records.from_frames(
        made.events,
        today=made.today,
        catalogue=made.catalogue,
        attributes=attributes,
        coverage=made.coverage,
        area=made.area,
    )
    features = rm.Features([rm.Agg.count(["crisis", "loan_overdue", "power_cut"], ["6M", "ever"])])
    label = study.panel.label
    panel = rm.build_panel(records, rounds=made.rounds, label=label, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    areas = [*pd.unique(panel.area.dropna())]
    capacity = {**dict.fromkeys(areas, 4), HAMLET: 2, FARM: 1}
    day = str(made.rounds[-1].date())
    evaluation = rm.evaluate(model, test, capacity=capacity)
    return SimpleNamespace(
        records=records, model=model, evaluation=evaluation, capacity=capacity, day=day
    )


def texts_of(*folders: Path) -> list[str]:
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return [file.read_bytes().decode("utf-8", "ignore") for file in files]


def test_settings_card_and_record_name_none_and_score_goes_on(
    small: SimpleNamespace, registry: Path, mended: Note
) -> None:
    version = rm.publish(small.model, small.evaluation, "small")
    kept = rm.load(version).settings.capacity
    expected = {area: 4 for area in small.capacity if area not in (HAMLET, FARM)}
    assert kept.value == {**expected, "other": 3}

    day = small.day
    asked = rm.score(version, small.records, day, capacity=small.capacity)
    listed = rm.score(version, small.records, day)
    assert len(listed) == len(asked)
    in_small = [table.table["area"].isin([HAMLET, FARM]) for table in (asked, listed)]
    listed_there = [
        int((rows & result.table["listed"]).sum())
        for rows, result in zip(in_small, (asked, listed), strict=True)
    ]
    assert listed_there[0] == listed_there[1]

    rm.promote(version, small.records, "kim", "better", small.capacity, gates=WIDE)
    names = [name for name in (HAMLET, FARM) if any(name in text for text in texts_of(registry))]
    assert names == []
    mended(
        "personal data",
        tried="capacity by area, with two areas of 3 and 2 households",
        before="settings.json and the promotion's record name them with their capacity",
        now=f"they share {kept.value['other']}; names found in the registry: {names}",
    )


def test_a_trace_tells_the_rank_within_the_shared_capacity(
    small: SimpleNamespace, registry: Path
) -> None:
    version = rm.publish(small.model, small.evaluation, "small")
    day = small.day
    table = rm.score(version, small.records, day).table
    household = table.loc[table["area"] == FARM, "household_id"].iloc[0]
    traced = rm.trace(rm.load(version), small.records, day, household, lang="en")
    assert traced.standing.slots == min(3, int(table["area"].isin([HAMLET, FARM]).sum()))
    assert "other" in " ".join(traced.because)


def test_the_lists_own_record_pools_them(small: SimpleNamespace) -> None:
    result = score_round(small.model, small.records, small.day, small.capacity)
    assert {HAMLET, FARM} & {*result.table["area"]}
    assert result.made_of.capacity["other"] == 3
    assert not {HAMLET, FARM} & {*result.made_of.capacity}
