"""The panel that a backtest judges is built again from what was known, and must be the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.evaluation.replayed import replayed
from riskmodel.records.known_on import known_on

CODES = ["power_cut", "gas_cut", "card_overdue", "crisis"]


@pytest.fixture(scope="module")
def records() -> rm.Records:
    return rm.make_households(
        300, n_rounds=8, random_state=1, capacity=0.1, moves=0.05, members=True, resent=0.1
    )


@pytest.fixture(scope="module")
def panel(records: rm.Records) -> rm.Panel:
    return rm.build_panel(
        records,
        records.rounds,
        records.label,
        rm.Cohort(listed=True),
        rm.Features([rm.Agg.count(CODES, ["6M", "ever"]), rm.Agg.now("nhi_arrears")]),
        attributes=["household_type", "sigungu"],
    )


@pytest.fixture(scope="module")
def newest(panel: rm.Panel) -> rm.Panel:
    return panel[panel.as_of == panel.as_of.max()]


def test_the_panel_of_a_round_is_built_again_the_same(newest: rm.Panel) -> None:
    leaks = replayed(newest)
    assert leaks.questions == ()
    assert leaks.unasked == ()
    assert leaks.columns == len(newest.X.columns)


def test_what_is_known_on_a_day_is_known_before_it(records: rm.Records, newest: rm.Panel) -> None:
    day = np.datetime64(newest.as_of[0], "D")
    then = known_on(records, day)
    assert then.today == day
    for name in ("events", "attributes", "members", "contacts"):
        frame, whole = then.frame(name), records.frame(name)
        assert not (frame["known_date"] >= newest.as_of[0]).any()
        assert len(frame) == int((~(whole["known_date"] >= newest.as_of[0])).sum())


def test_what_is_taken_back_on_a_day_or_later_stands_before_it() -> None:
    facts = pd.DataFrame(
        {
            "household_id": ["a", "b", "c"],
            "code": "fire",
            "event_date": "2024-01-05",
            "retracted_date": ["2024-02-29", "2024-03-01", None],
        }
    )
    records = rm.Records.from_frames(
        facts, today="2024-06-01", complete_before={"fire": "2024-05-01"}
    )
    then = known_on(records, np.datetime64("2024-03-01"))
    assert then.events["retracted_date"].notna().tolist() == [True, False, False]
    assert then.complete_before == {"fire": np.datetime64("2024-03-01")}
    before = known_on(records, np.datetime64("2024-01-05"))
    assert len(before.events) == 0


def test_cells_that_were_put_in_later_are_asked_about(newest: rm.Panel) -> None:
    X = newest.X.copy()
    X.loc[X.index[:12], "power_cut__count__ever"] += 1
    X.loc[X.index[:3], "gas_cut__count__ever"] += 1
    asked = replayed(replace(newest, X=X)).questions
    assert [one.about for one in asked] == ["power_cut__count__ever", "gas_cut__count__ever"]
    figures = {one.about: one.figure for one in asked}
    assert figures["power_cut__count__ever"] == 12
    assert np.isnan(figures["gas_cut__count__ever"])


def test_categories_that_were_put_in_later_are_asked_about(newest: rm.Panel) -> None:
    area = newest.X["household_type"]
    turned = pd.Series(np.roll(area.to_numpy(), 1), area.index).astype(area.dtype)
    (question,) = replayed(replace(newest, X=newest.X.assign(household_type=turned))).questions
    assert question.about == "household_type"
    assert question.figure == (turned.astype(str) != area.astype(str)).sum()


def test_a_column_that_no_recipe_makes_is_asked_about(newest: rm.Panel) -> None:
    X = newest.X.assign(more=np.float32(1))
    (question,) = replayed(replace(newest, X=X)).questions
    assert question.figure == len(X)
    assert question.about == "more"


def test_records_that_were_known_by_their_event_date_alone_give_another_panel(
    records: rm.Records, newest: rm.Panel
) -> None:
    """The panel was joined by the event date; the records tell when it was known."""
    events = records.events
    joined = rm.Records.from_frames(
        events.assign(known_date=events["event_date"]),
        today=records.today,
        catalogue=records.catalogue,
        attributes=records.attributes,
    )
    assert newest.recipe is not None
    back_dated = rm.build_panel(
        joined,
        newest.as_of[:1],
        None,
        newest.recipe.cohort,
        rm.Features([rm.Agg.count(CODES, ["6M", "ever"])]),
    )
    asked = replayed(replace(back_dated, _records=records))
    assert "card_overdue__count__6M" in asked.named


def test_a_cohort_of_whom_nobody_knew_is_asked_about(records: rm.Records, newest: rm.Panel) -> None:
    index = newest.X.index.set_levels(newest.X.index.levels[0] + "x", level=0)
    renamed = replace(newest, X=newest.X.set_axis(index, axis=0))
    (question,) = replayed(renamed).questions
    assert question.about.startswith("who is in the cohort of ")
    assert question.figure == len(newest)


def test_rows_of_another_site_s_records_cannot_be_built_from_them(newest: rm.Panel) -> None:
    facts = pd.DataFrame({"household_id": ["a"], "code": ["fire"], "event_date": ["2020-01-05"]})
    others = rm.Records.from_frames(facts, today="2030-01-01")
    (question,) = replayed(replace(newest, _records=others)).questions
    assert question.about.startswith(f"round {newest.as_of[0]:%Y-%m-%d}, which cannot be built")
    assert np.isnan(question.figure)


def test_panels_that_cannot_be_built_again_say_why(records: rm.Records, newest: rm.Panel) -> None:
    (why,) = replayed(replace(newest, _records=None)).unasked
    assert "does not hold its records" in why
    chosen = rm.build_panel(records, newest.X.index.to_frame(index=False), None)
    (why,) = replayed(chosen).unasked
    assert "chosen" in why


def test_a_backtest_is_replayed(panel: rm.Panel) -> None:
    trial = rm.backtest(rm.make_classifier(panel, kind="logistic"), panel, baselines=[])
    assert trial.leaks.questions == ()
    assert trial.leaks.unasked == ()


def test_a_store_is_read_as_of_a_day_like_the_files_it_was_filled_with(tmp_path: Path) -> None:
    facts = "id,code,day,known\n1,fire,2024-01-05,2024-01-08\n2,fire,2024-02-05,2024-02-08\n"
    (tmp_path / "facts.csv").write_text(facts, encoding="utf-8")
    source = {
        "file": str(tmp_path / "facts.csv"),
        "household_id": "id",
        "code": {"column": "code"},
        "event_date": "day",
        "known_date": {"column": "known"},
    }
    manifest = {"name": "fires", "today": "2025-01-01", "events": [source]}
    rm.ingest(manifest, tmp_path / "store")
    stored = rm.read_records(tmp_path / "store")
    assert isinstance(stored.tables["events"], Path)
    day = np.datetime64("2024-02-01")
    then = known_on(stored, day)
    assert len(then.events) == 1
    assert then.digest == known_on(rm.read_records(manifest), day).digest
