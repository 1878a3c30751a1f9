"""The reader of a published model makes the panel's columns from plain tables, by numpy alone."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import panel_records
import pytest
from random_worlds import features_of, generated, joined, records_of, rows_of
from served_columns import assert_same, assert_served, scorer_of, tables_of

import riskmodel as rm
from riskmodel import serving
from riskmodel.panel import Agg, Attribute, Features, Panel, build_panel
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.records import Records

BATCH = 20
# feeds that fail, arrive empty or begin late; late, resent and masked events; households that move
DISTURBED = {
    "moves": 0.1,
    "outage": {"loan_overdue": 2},
    "empty_delivery": {"power_cut": 2},
    "new_indicator": ("telecom_arrears",),
    "resent": 0.05,
    "members": True,
}


@pytest.mark.parametrize("n", [40, pytest.param(2_000, marks=pytest.mark.slow)])
def test_it_equals_the_kernel_on_any_history(n: int) -> None:
    """All aggregates over all windows; feeds late, out, empty, unmatched or of one area."""
    # a fact that is there again is none of settled tables, and is refused
    found = [replace(world, facts=[*dict.fromkeys(world.facts)]) for world in generated(n)]
    for rule in ("counted", "missing"):
        told = [world for world in found if world.partly_covered == rule]
        for first in range(0, len(told), BATCH):
            worlds = told[first : first + BATCH]
            world = joined(worlds)
            everybody = [f"{who}{n}" for who in ("a", "b", "without") for n in range(len(worlds))]
            records = records_of(world, everybody)
            panel = build_panel(
                records, rows_of(everybody), label=None, features=features_of(world)
            )
            assert_served(panel, records)


@pytest.fixture(scope="module")
def disturbed() -> Records:
    return rm.make_households(1_500, random_state=3, **DISTURBED)


@pytest.fixture(scope="module")
def panel(disturbed: Records) -> Panel:
    """The default columns, those of kinds among them, and attributes as texts."""
    return build_panel(
        disturbed,
        disturbed.rounds[[0, -1]],
        label=None,
        attributes=["household_type", "area"],
    )


def test_it_equals_the_default_columns_of_simulated_households(
    disturbed: Records, panel: Panel
) -> None:
    assert len([column for column in panel.columns if column.aggregate]) == 326
    assert {column.aggregate for column in panel.columns} >= {"kinds", "now", "spell", "recency"}
    assert any(indicator.masked for indicator in panel.catalogue.values())
    assert panel.X.isna().to_numpy().any()
    assert_served(panel, disturbed)


def some_records(seed: int) -> Records:
    """Long decimal values, readings, states, retractions and texts; feeds with gaps, by area."""
    events = panel_records.events(seed)
    rng = np.random.default_rng(seed)
    events["value"] = np.where(
        rng.random(len(events)) < 0.1, np.nan, rng.normal(0, 1e5, len(events))
    )
    coverage = pd.DataFrame(
        {
            "feed": ["rent", "rent", "income", "visit"],
            "area": [None, "south", None, "north"],
            "from_date": ["2022-05-01", None, "2022-09-15", "2023-01-01"],
            "to_date": ["2023-09-01", None, None, "2024-01-15"],
        }
    )
    day = pd.Series(pd.date_range("2022-06-01", "2024-02-01", freq="MS"))
    deliveries = pd.DataFrame(
        {
            "feed": rng.choice(["power", "visit", "debt"], len(day)),
            "area": rng.choice(np.array([None, "north", "south"], object), len(day)),
            "event_date": day,
            "known_date": day + pd.to_timedelta(rng.integers(0, 40, len(day)), "D"),
            "delivered": rng.random(len(day)) < 0.8,
        }
    )
    return panel_records.records(
        events.assign(value=events["value"].abs().where(events["code"] == "rent", events["value"])),
        coverage=coverage,
        deliveries=deliveries,
    )


EVERY = [
    Agg(
        name,
        [
            code
            for code, entry in panel_records.CATALOGUE.items()
            if entry.get("kind", "event") in aggregate.aspects
        ],
        {"any": ("60D", "6M", "5M", "ever"), "halves": ("60D", "5M"), "none": ("ever",)}[
            aggregate.window
        ],
    )
    for name, aggregate in AGGREGATES.items()
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rule", ["counted", "missing"])
def test_sums_means_and_deviations_of_any_numbers_are_equal_to_the_bit(
    seed: int, rule: str
) -> None:
    records = some_records(seed)
    attributes = [Attribute("gu"), Attribute("size", number=True)]
    features = Features([*EVERY, *attributes], rule)
    panel = build_panel(records, panel_records.ROUNDS, label=None, features=features)
    assert {"north", "south"} <= set(panel.X["gu"].dropna())
    assert_served(panel, records)


def test_a_first_day_of_the_records_cuts_windows_short() -> None:
    records = panel_records.records().replace(since=np.datetime64("2022-12-10"))
    features = Features([Agg.count(["power", "rent"], ("6M", "12M"))], "missing")
    panel = build_panel(records, panel_records.ROUNDS, label=None, features=features)
    assert 0 < panel.X["power__count__12M"].isna().sum() < len(panel)
    assert_served(panel, records, since="2022-12-10")
    with pytest.raises(AssertionError):
        assert_served(panel, records)


def test_rows_do_not_depend_on_each_other(disturbed: Records, panel: Panel) -> None:
    scorer, tables, day = scorer_of(panel), tables_of(disturbed), panel.X.index[-1][1]
    whole = serving.features(scorer, tables, day)
    ids = panel.X.xs(day, level=1).index.tolist()
    assert whole.household_id.tolist() == ids
    for chosen in (ids[7:8], ids[10:20], random.Random(0).sample(ids, len(ids)), ids[1::3]):
        rows = serving.features(scorer, tables, day.date(), iter(chosen))
        assert rows.household_id.tolist() == chosen
        place = [ids.index(household) for household in chosen]
        for name, cells in rows.columns.items():
            np.testing.assert_array_equal(cells, whole.columns[name][place], name)


def test_tables_may_come_in_any_order_of_rows_and_in_any_form(
    disturbed: Records, panel: Panel, tmp_path: Path
) -> None:
    scorer, day = scorer_of(panel), panel.X.index[-1][1]
    expected = panel.X.xs(day, level=1)
    frames = {name: disturbed.frame(name) for name in tables_of(disturbed)}
    mixed = {name: frame.sample(frac=1, random_state=1) for name, frame in frames.items()}
    for name, frame in mixed.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "notes.csv").write_text("not a table")
    read = serving.read_tables(tmp_path)
    assert set(read) == set(frames)
    with (tmp_path / "events.csv").open(newline="") as file:
        as_mappings = list(csv.DictReader(file))
    texts = {name: frame.astype(object) for name, frame in mixed.items()}
    for tables in (frames, mixed, read, read | {"events": as_mappings}, texts):
        made = serving.features(scorer, tables, np.datetime64(day, "D"))
        for name, cells in made.columns.items():
            assert_same(cells, expected[name], str(name))
