"""A round's plan: everybody is on it or left out by a rule, within budgets, by known chances."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records.table_schemas import conform
from riskmodel.service import Outreach, outreach

DAY = "2024-09-01"
CHANNELS: dict[str, Any] = {
    "ai_call": {"minutes": 2, "reach": 0.4, "budgets": [{"minutes": 300}]},
    "call": {"minutes": 15, "reach": 0.5, "budgets": [{"by": "area", "minutes": 30}]},
    "visit": {"minutes": 40, "reach": 0.65, "budgets": [{"by": "area", "minutes": 80}]},
}


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(
        2_000, n_rounds=8, preset="korea", capacity=0.1, random_state=3, support=0.5
    )
    ids = np.unique(records.events["household_id"])
    score = np.random.default_rng(0).beta(1, 12, len(ids))
    listed = pd.DataFrame({"household_id": ids, "as_of_date": DAY, "score": score})
    return SimpleNamespace(records=records, listed=listed)


def planned(study: SimpleNamespace, **options: Any) -> Outreach:
    given = {"rules": "korea", "channels": CHANNELS} | options
    return outreach(study.listed, study.records, **given)


@pytest.fixture(scope="module")
def drawn(study: SimpleNamespace) -> Outreach:
    return planned(study, explore=0.3, seed=3)


def test_everybody_is_on_the_plan_or_left_out_by_a_rule(
    study: SimpleNamespace, drawn: Outreach
) -> None:
    on, out = set(drawn.table["household_id"]), drawn.left_out["household_id"]
    assert out.is_unique
    assert on.isdisjoint(out)
    assert on | set(out) == set(study.listed["household_id"])
    assert drawn.left_out["rule"].notna().all()
    assert {"cool_off", "no_room"} <= set(drawn.left_out["rule"])


def test_the_order_of_rows_changes_no_byte(study: SimpleNamespace, drawn: Outreach) -> None:
    shuffled = SimpleNamespace(
        records=study.records, listed=study.listed.sample(frac=1, random_state=1)
    )
    again = planned(shuffled, explore=0.3, seed=3)
    assert again.plan_id == drawn.plan_id
    pd.testing.assert_frame_equal(again.table, drawn.table)
    pd.testing.assert_frame_equal(again.left_out, drawn.left_out)


def test_no_budget_is_overdrawn_by_chosen_and_drawn_together(drawn: Outreach) -> None:
    spent = drawn.table.groupby("channel")["minutes"].sum()
    assert spent["ai_call"] <= 300
    by_area = drawn.table.groupby(["channel", "area"])["minutes"].sum()
    assert by_area["call"].max() <= 30
    assert by_area["visit"].max() <= 80
    kept = drawn.prices["used"] + drawn.prices["reserved"]
    assert (kept <= drawn.prices["minutes"] + 1e-9).all()


def test_chances_add_up_to_who_is_on_the_plan_on_average(study: SimpleNamespace) -> None:
    plans = [planned(study, explore=0.3, seed=seed) for seed in range(12)]
    expected = [plan.households()["probability"].sum() for plan in plans]
    expected = [
        first + plan.left_out["probability"].sum()
        for first, plan in zip(expected, plans, strict=True)
    ]
    assert np.ptp(expected) < 1e-9, "the chances are the same whatever was drawn"
    sizes = [len(plan) for plan in plans]
    assert abs(np.mean(sizes) - expected[0]) < 4 * np.std(sizes) / np.sqrt(len(sizes)) + 1e-9
    chances = [
        pd.concat([plan.households(), plan.left_out]).set_index("household_id")["probability"]
        for plan in plans[:2]
    ]
    pd.testing.assert_series_equal(chances[0].sort_index(), chances[1].sort_index())


def test_a_list_without_bands_is_told_that_none_lifts(study: SimpleNamespace) -> None:
    assert any("the list has no band" in note for note in planned(study).notes)
    banded = SimpleNamespace(records=study.records, listed=study.listed.assign(band="usual"))
    assert not any("no band" in note for note in planned(banded).notes)


def test_everybody_of_the_frame_may_be_drawn(drawn: Outreach) -> None:
    left = drawn.left_out
    assert (left.loc[left["in_frame"], "probability"] > 0).all()
    assert (left.loc[~left["in_frame"], "probability"] == 0).all()
    assert left.loc[left["rule"] == "cool_off", "in_frame"].all()


def test_who_is_drawn_has_the_whole_ladder(drawn: Outreach) -> None:
    rows = drawn.table[drawn.table["stratum"] != "certain"]
    assert len(rows)
    for _, own in rows.groupby("household_id"):
        channels = own["channel"].tolist()
        assert channels == [name for name in CHANNELS if name in channels]
        assert channels[-1] == "visit"
        assert own["step"].tolist() == list(range(1, len(own) + 1))
        assert own["state"].tolist() == ["planned", *["reserved"] * (len(own) - 1)]
        assert own["due_by"].is_monotonic_increasing
    certain = drawn.table[drawn.table["stratum"] == "certain"]
    assert certain["household_id"].is_unique
    assert certain["state"].eq("planned").all()


def test_whom_the_allocation_chooses_depends_on_no_draw(study: SimpleNamespace) -> None:
    first, second = (planned(study, explore=0.3, seed=seed).households() for seed in (1, 2))
    always = [set(rows.loc[rows["probability"] == 1, "household_id"]) for rows in (first, second)]
    assert always[0] == always[1]
    assert set(first["household_id"]) != set(second["household_id"])


def test_a_must_visit_is_visited_and_named(study: SimpleNamespace) -> None:
    code = study.records.events["code"].value_counts().index[0]
    rule = {"name": "우리 동네", "channel": "visit", "all_of": [code], "within": "12M"}
    plan = planned(study, rules={"must_visit": [rule]})
    own = plan.table[plan.table["rule"] == "우리 동네"]
    assert len(own)
    assert own["channel"].eq("visit").all()
    assert any("우리 동네" in note and "there is no room" in note for note in plan.notes)


def test_an_area_without_room_is_told_with_the_need_that_it_costs(study: SimpleNamespace) -> None:
    areas = sorted(study.records.attributes.query("name == 'area'")["text"].unique())
    none = dict.fromkeys(areas, 80) | {areas[0]: 0}
    visits = {"visit": CHANNELS["visit"] | {"budgets": [{"by": "area", "minutes": none}]}}
    plan = planned(study, rules="default", channels=visits, explore=0.3, seed=1)
    assert areas[0] not in set(plan.table["area"])
    assert any("no room in 1 area" in note and areas[0] in note for note in plan.notes)
    assert any("nobody can be drawn in 1 area" in note for note in plan.notes)
    closed = plan.left_out[plan.left_out["area"] == areas[0]]
    told = closed.loc[closed["rule"] == "no_room", "score"].sum()
    assert any(f"({told:.1f})" in note for note in plan.notes)


@pytest.mark.parametrize(("candidates", "is_named"), [(9, False), (10, True)])
def test_an_area_of_fewer_than_ten_candidates_is_counted_and_not_named(
    study: SimpleNamespace, candidates: int, *, is_named: bool
) -> None:
    homes = study.records.attributes.query("name == 'area'").set_index("household_id")["text"]
    areas = study.listed["household_id"].map(homes)
    name = areas.value_counts().index[0]
    rules = {"cool_off": {"span": "0D"}, "after_refusal": "0D"}
    few = study.listed[(areas == name).cumsum().le(candidates) | (areas != name)]
    none = dict.fromkeys(sorted(set(homes)), 80) | {name: 0}
    visits = {"visit": CHANNELS["visit"] | {"budgets": [{"by": "area", "minutes": none}]}}
    small = SimpleNamespace(records=study.records, listed=few)
    plan = planned(small, rules=rules, channels=visits, area_prices=False)
    (note,) = (note for note in plan.notes if "no room in" in note)
    assert (plan.left_out["area"] == name).sum() == candidates
    assert (f"{name} (" in note) == is_named
    assert ("1 of fewer than 10 households" in note) == (not is_named)


def test_overdue_cases_come_first_or_are_counted(study: SimpleNamespace) -> None:
    plan = planned(study, due="1M")
    history = rm.contact_history(study.records, DAY, due="1M").set_index("household_id")
    overdue = set(history.index[history["state"] == "overdue"]) & set(study.listed["household_id"])
    on = set(plan.table.loc[plan.table["rule"] == "overdue", "household_id"])
    out = set(plan.left_out.loc[plan.left_out["overdue"], "household_id"])
    assert on
    assert on | out >= overdue - set(
        plan.left_out.loc[~plan.left_out["rule"].isin(["no_room"]), "household_id"]
    ) - set(plan.table.loc[plan.table["rule"].notna(), "household_id"])
    assert on.isdisjoint(out)


def test_a_list_of_the_library_and_of_arrow_is_taken_as_it_is(study: SimpleNamespace) -> None:
    import pyarrow as pa

    frame = planned(study)
    wrapped = SimpleNamespace(records=study.records, listed=SimpleNamespace(table=study.listed))
    arrow = SimpleNamespace(records=study.records, listed=pa.Table.from_pandas(study.listed))
    assert planned(wrapped).plan_id == frame.plan_id
    assert planned(arrow).plan_id == frame.plan_id


def test_a_price_is_what_60_more_minutes_find(study: SimpleNamespace) -> None:
    by_area = {name: CHANNELS[name] for name in ("call", "visit")}
    plan = planned(study, channels=by_area)
    row = plan.prices.query("channel == 'visit'").sort_values("price").iloc[-1]
    minutes = dict.fromkeys(plan.prices.query("channel == 'visit'")["group"], 80)
    budgets = [{"by": "area", "minutes": minutes | {row["group"]: 140}}]
    more = planned(study, channels=by_area | {"visit": CHANNELS["visit"] | {"budgets": budgets}})
    gained = more.table["value"].sum() - plan.table["value"].sum()
    assert gained == pytest.approx(row["price"], abs=1e-9)
    assert row["price"] > 0
    without = planned(study, area_prices=False).prices.set_index("by")["price"]
    assert without["area"].isna().all()
    assert without[""] >= 0


def test_floors_are_kept(study: SimpleNamespace) -> None:
    kinds = study.records.attributes.query("name == 'household_type'")["text"].value_counts()
    kind = kinds.index[-1]
    rule = {"floors": [{"name": "few", "where": {"household_type": kind}, "least": 40}]}
    plan = planned(study, rules=rule)
    own = study.records.attributes.query("name == 'household_type' and text == @kind")
    assert plan.table["household_id"].isin(own["household_id"]).sum() >= 40


def test_a_floor_for_which_too_few_count_is_told(study: SimpleNamespace) -> None:
    homes = study.records.attributes.query("name == 'area'")["text"]
    area = homes.value_counts().index[0]
    floors = [{"name": "우리 동", "where": {"area": area}, "least": 1_000}]
    ample = {"mail": {"minutes": 1, "reach": 0.5, "budgets": [{"minutes": 10_000}]}}
    plan = planned(study, rules={"floors": floors}, channels=ample)
    (note,) = (note for note in plan.notes if "floor" in note)
    there = (plan.table["area"] == area).sum()
    assert note.startswith(f"floor '우리 동' asks for 1,000 households, and {there} households may")
    few = planned(study, rules={"floors": [floors[0] | {"least": 3}]}, channels=ample)
    assert not any("floor" in note for note in few.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"explore": 0.1}, "a draw needs a seed"),
        ({"seed": 1}, "nothing is drawn"),
        ({"explore": 1.5, "seed": 1}, "explore is no share"),
        ({"channels": {"vist": {"minutes": 1, "reach": 1}}}, "did you mean 'visit'"),
        ({"rules": {"cool_off": {"span": "6M"}}, "channels": None}, "come without channels"),
        ({"rules": "korae"}, "did you mean 'korea'"),
        ({"due": "two months"}, "due"),
        ({"other": ["H0000001"]}, "and nothing is drawn"),
        ({"area_prices": "no"}, "area_prices is of type str"),
        ({"explore": "10%", "seed": 1}, "explore is no share"),
        ({"explore": 1, "seed": 1}, "explore is no share"),
        ({"explore": 0, "seed": 1}, "explore is no share"),
        ({"explore": 0.1, "seed": 1.0}, "a draw needs a seed"),
        ({"explore": 0.1, "seed": -1}, "a draw needs a seed"),
    ],
)
def test_what_makes_no_plan_is_refused(
    study: SimpleNamespace, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        planned(study, **options)


def test_a_list_of_several_rounds_or_without_a_day_is_refused(study: SimpleNamespace) -> None:
    two = study.listed.assign(as_of_date=[DAY, "2024-11-01"] * (len(study.listed) // 2) + [DAY])
    for listed, message in (
        (two, "holds 2 rounds"),
        (study.listed.drop(columns="as_of_date"), "no column 'as_of_date'"),
        (study.listed.drop(columns="household_id"), "no column 'household_id'"),
        (study.listed.iloc[:0], "is empty"),
        (study.listed.assign(as_of_date=None), "has rows without a day"),
        (study.listed.assign(as_of_date="soon"), "listed, as_of_date: something"),
        (pd.concat([study.listed, study.listed[["score"]]], axis=1), "several columns 'score'"),
        (pd.concat([study.listed, study.listed.iloc[:2]]), "2 households more than once"),
        (study.listed.assign(household_id=range(len(study.listed))), "do not know 1,855 of"),
        ("list.csv", "of type str"),
    ):
        with pytest.raises(ConfigError, match=message):
            outreach(listed, study.records, "korea", CHANNELS)


def test_what_areas_share_is_set_aside_for_as_many_as_can_be_drawn_at_once(
    study: SimpleNamespace,
) -> None:
    visits = {"visit": CHANNELS["visit"] | {"budgets": [{"minutes": 400}]}}
    plans = [planned(study, channels=visits, explore=0.1, seed=seed) for seed in range(5)]
    assert {len(plan) for plan in plans} == {10}, "one ladder of 40 minutes is set aside, not two"
    assert {int((plan.table["stratum"] != "certain").sum()) for plan in plans} == {1}
    small = planned(study, channels=visits, explore=0.001, seed=1)
    assert any("sets 40 of 400 minutes of visit aside" in note for note in small.notes)


@pytest.mark.parametrize(
    "other", ["H0000001", ["nobody"], pd.Series([0.5, 0.4]), pd.Series([None], ["H0000001"])]
)
def test_another_models_list_that_fits_nobody_is_refused(
    study: SimpleNamespace, other: Any
) -> None:
    with pytest.raises(ConfigError, match="other names no household of this round"):
        planned(study, explore=0.3, seed=1, other=other)


def test_ids_are_written_as_the_records_write_them(study: SimpleNamespace) -> None:
    odd = study.listed.assign(household_id=" " + study.listed["household_id"])
    again = planned(SimpleNamespace(records=study.records, listed=odd))
    assert again.plan_id == planned(study).plan_id


def test_a_round_after_the_records_is_refused(study: SimpleNamespace) -> None:
    late = SimpleNamespace(
        records=study.records, listed=study.listed.assign(as_of_date="2027-01-01")
    )
    with pytest.raises(ConfigError, match="lies after the day up to which the records"):
        planned(late)
    with pytest.raises(ConfigError, match="the list is empty"):
        planned(SimpleNamespace(records=study.records, listed=study.listed.iloc[:0]))


def test_without_a_draw_who_is_on_the_plan_is_on_it_for_certain(study: SimpleNamespace) -> None:
    by_area = {name: CHANNELS[name] for name in ("call", "visit")}
    plan = planned(study, channels=by_area)
    assert plan.table["probability"].eq(1.0).all()
    assert plan.left_out["probability"].eq(0.0).all()
    assert not any("less than the best" in note for note in plan.notes), "it is exact by area"


def test_who_can_have_no_channel_is_never_drawn_and_told_by_a_rule(study: SimpleNamespace) -> None:
    kinds = study.records.attributes.query("name == 'household_type'")
    kind = kinds["text"].value_counts().index[0]
    need = {"needs": [{"attribute": "household_type", "none_of": [kind]}]}
    plan = planned(study, channels={"visit": CHANNELS["visit"] | need}, explore=0.5, seed=2)
    those = set(kinds.loc[kinds["text"] == kind, "household_id"])
    assert those.isdisjoint(plan.table["household_id"])
    left = plan.left_out[plan.left_out["household_id"].isin(those)]
    assert left["probability"].eq(0.0).all()
    assert set(left["rule"]) <= {"no_channel", "cool_off", "refused_lately"}
    assert left["rule"].eq("no_channel").sum() > 100


def test_whose_score_is_0_is_told_that_nothing_is_gained(study: SimpleNamespace) -> None:
    scores = study.listed["score"].where(study.listed.index % 3 > 0, 0.0)
    plan = planned(SimpleNamespace(records=study.records, listed=study.listed.assign(score=scores)))
    left = plan.left_out[~plan.left_out["overdue"]]
    assert left.loc[left["rule"] == "no_gain", "score"].eq(0).all()
    assert left.loc[left["rule"] == "no_room", "score"].gt(0).all()
    assert left["rule"].eq("no_gain").sum() > 300


def test_a_plan_is_told_in_another_language_and_is_the_same_plan(
    study: SimpleNamespace, drawn: Outreach, tmp_path: Path
) -> None:
    korean = planned(study, explore=0.3, seed=3, lang="ko")
    assert korean.plan_id == drawn.plan_id
    assert len(korean.notes) == len(drawn.notes) >= 2
    told = [*repr(korean).splitlines()[-len(korean.notes) - 1 :], *korean.notes]
    assert all(re.search("[가-힣]", line) for line in told)
    assert not re.search("[가-힣]", repr(drawn))
    assert "재연락 유예 기간" in repr(korean)
    assert Outreach.read(korean.save(tmp_path / "plan")).lang == "ko"
    with pytest.raises(ConfigError, match="Allowed: en, ko"):
        planned(study, lang="kr")


def test_overdue_cases_without_room_are_told_with_their_longest(study: SimpleNamespace) -> None:
    plan = planned(study, due="1M", channels={"visit": CHANNELS["visit"]})
    waits = plan.left_out[plan.left_out["overdue"]]
    assert waits["open_since"].notna().all()
    since = str(waits["open_since"].min().date())
    assert any(f"the longest open since {since}" in note for note in plan.notes)


def test_who_is_overdue_is_turned_to_by_a_person_or_told_to_wait_for_one(
    study: SimpleNamespace,
) -> None:
    letters = {"mail": {"minutes": 5, "reach": 0.1, "budgets": [{"minutes": 10_000}]}}
    rungs = [
        {"channel": "visit", "within": "14D", "tries": 99},
        {"channel": "mail", "within": "7D"},
    ]
    ways = {"rules": {"ladder": rungs}, "channels": {"visit": CHANNELS["visit"]} | letters}
    plan = planned(study, due="1M", **ways)
    first = plan.table[plan.table["rule"] == "overdue"]
    assert len(first)
    history = rm.contact_history(study.records, DAY, due="1M").set_index("household_id")
    by_letter = first.loc[first["channel"] == "mail", "household_id"]
    assert history["last_channel"].loc[by_letter].eq("mail").all(), "no visit is left to these"
    assert len(by_letter) < len(first)
    late = history["state"].reindex(plan.table["household_id"]).eq("overdue").to_numpy()
    written = plan.table[late & plan.table["rule"].isna().to_numpy()]
    assert len(written)
    assert written["channel"].eq("mail").all()
    households = "1 household" if len(written) == 1 else f"{len(written):,} households"
    assert any(f"no person had room to speak with: {households}" in note for note in plan.notes)
    alone = planned(study, due="1M", **ways | {"channels": letters})
    assert (alone.table["rule"] == "overdue").any(), "a service of letters has no person"


def lifted_study(study: SimpleNamespace, *codes: str) -> tuple[SimpleNamespace, str]:
    """Return the study with news of one household in a cool-off, and that household."""
    left, events = planned(study).left_out, study.records.events
    cools = left.loc[left["rule"] == "cool_off", "household_id"]
    household = cools[~cools.isin(events.loc[events["code"].isin(codes), "household_id"])].iloc[0]
    verdicts = rm.contact_history(study.records, DAY).set_index("household_id")["verdict_date"]
    day = str(verdicts[household].date())
    news = pd.DataFrame([{"household_id": household, "code": c, "event_date": day} for c in codes])
    events = pd.concat([events, news.assign(known_date=day)])
    tables = {**study.records.tables, "events": conform("events", events)}
    first = study.listed["household_id"] == household
    listed = study.listed.assign(score=study.listed["score"].where(~first, 1.0))
    return SimpleNamespace(records=study.records.replace(tables=tables), listed=listed), household


def test_a_row_says_in_words_what_lifted_the_cool_off(study: SimpleNamespace) -> None:
    news, household = lifted_study(study, "power_cut", "loan_overdue")
    names = [news.records.catalogue[code].name("ko") for code in ("loan_overdue", "power_cut")]
    english, korean = (planned(news, lang=lang) for lang in ("en", "ko"))
    told = english.table.set_index("household_id")["lifted"]
    assert told[household].startswith("two new kinds of trouble or more, urgent news (")
    assert news.records.catalogue["power_cut"].name("en") in told[household]
    told = korean.table.set_index("household_id")["lifted"]
    assert told[household].startswith("새로운 유형의 어려움 2가지 이상, 긴급한 새 소식(")
    assert all(name in told[household] for name in names)
    assert told.notna().sum() < 0.2 * len(told), "nobody else has a cool-off to be lifted"


def test_what_is_sensitive_is_not_named_by_what_lifted_a_cool_off(study: SimpleNamespace) -> None:
    masked = [c for c, one in study.records.catalogue.items() if one.sensitivity == "suicide"]
    news, household = lifted_study(study, masked[0])
    told = planned(news).table.set_index("household_id")["lifted"]
    assert told[household] == "urgent news (sensitive information)"


def test_no_book_tells_what_lifted_a_cool_off(study: SimpleNamespace, tmp_path: Path) -> None:
    news, household = lifted_study(study, "power_cut", "loan_overdue")
    plan = planned(news)
    told = set(plan.table["lifted"].dropna())
    assert told
    handed = rm.hand_out(plan, tmp_path / "handed")
    held: set[str] = set()
    for path in handed.files:
        if path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path):
                held |= {str(cell.value) for row in sheet.iter_rows() for cell in row}
        else:
            held.add(path.read_text(encoding="utf-8-sig"))
    assert household in held
    assert not any(part in text for text in held for part in (*told, "new kinds", "lifted"))
