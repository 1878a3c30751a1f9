"""The cohort and the label on real records: as counted once, by hand, in their README."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from riskmodel.evaluation import evaluate
from riskmodel.keys import as_days, rounds
from riskmodel.models import make_classifier
from riskmodel.panel import Agg, Features, Label, Panel, build_panel
from riskmodel.records import Records, read_records
from riskmodel.scoring import score_round
from riskmodel.splits import GroupSplit, TemporalSplit

MANIFEST = Path(__file__).resolve().parents[2] / "conf" / "data" / "nyc_evictions.yaml"


@pytest.fixture(scope="module")
def records(real_records: Path) -> Records:
    return read_records(MANIFEST, root=real_records / "nyc_evictions")


@pytest.fixture(scope="module")
def panel(records: Records) -> Panel:
    return build_panel(
        records,
        rounds("2017-07-01", "2018-07-01", "1M"),
        Label("eviction", "90D"),
        features=Features(
            [Agg.count("eviction"), Agg.recency("eviction"), Agg.distinct("eviction")]
        ),
    )


@pytest.mark.records
def test_cohort_is_those_with_a_visible_eviction(panel: Panel) -> None:
    train, test = TemporalSplit(test_from="2018-04-01").last(panel)
    assert (len(train), len(test)) == (82_241, 77_342)
    assert round(test.counts["positive"] / len(test), 3) == 0.074
    assert (panel.X["eviction__count__ever"] > 0).all()


@pytest.mark.records
def test_no_row_knows_the_future(records: Records, panel: Panel) -> None:
    past = records.events
    for day in (np.datetime64("2017-07-01"), np.datetime64("2018-04-01")):
        seen = past[as_days(past["event_date"]) < day]["household_id"].value_counts()
        counts = panel[as_days(panel.as_of) == day].X["eviction__count__ever"].droplevel(1)
        assert counts.astype(int).to_dict() == seen.to_dict()


@pytest.fixture(scope="module")
def left_out(panel: Panel) -> tuple[Panel, Panel]:
    """Training rows of four boroughs, and later rows of the Bronx."""
    return GroupSplit(leave_out="BRONX", test_from="2018-04-01").last(panel)


@pytest.mark.records
def test_rows_stand_in_the_borough_of_their_building(records: Records, panel: Panel) -> None:
    told = records.attributes.set_index("household_id")["text"]
    assert told.index.is_unique, "a building does not move"
    assert (panel.area.to_numpy() == told[panel.households].to_numpy()).all()
    assert panel.area.nunique() == 5


@pytest.mark.records
def test_a_borough_left_out_trains_nothing(panel: Panel, left_out: tuple[Panel, Panel]) -> None:
    train, test = left_out
    by_time, later = TemporalSplit(test_from="2018-04-01").last(panel)
    assert len(test) == (later.area == "BRONX").sum() > 10_000
    assert len(train) == (by_time.area != "BRONX").sum() > 50_000
    assert not train.households.isin(test.households).any()


@pytest.mark.records
def test_a_model_of_four_boroughs_is_judged_in_the_fifth_and_lists_in_each(
    records: Records, left_out: tuple[Panel, Panel]
) -> None:
    train, test = left_out
    model = make_classifier(train, "logistic").fit(train)
    elsewhere = evaluate(model, test, capacity=200)
    assert elsewhere.judged.areas == ("BRONX",)
    # on all boroughs together such models reach .75
    assert 0.6 < elsewhere.metrics["auc"] < 0.8
    assert any("BRONX" in note for note in elsewhere.notes)

    slots = {"BRONX": 50, "BROOKLYN": 40, "QUEENS": 30, "MANHATTAN": 20, "STATEN ISLAND": 0}
    listed = score_round(model, records, "2018-07-01", capacity=slots).frame()
    assert listed.groupby("area")["listed"].sum().to_dict() == slots
    own = listed[listed["area"] == "QUEENS"]
    assert own.loc[own["listed"], "margin"].min() >= own.loc[~own["listed"], "margin"].max()
