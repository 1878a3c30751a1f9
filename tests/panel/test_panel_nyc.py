"""The cohort and the label on real records: as counted once, by hand, in their README."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from riskmodel.keys import as_days, rounds
from riskmodel.panel import Agg, Features, Label, Panel, build_panel
from riskmodel.records import Records, read_records
from riskmodel.splits import TemporalSplit

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
