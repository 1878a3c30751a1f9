"""The allocation is the best that there is, keeps to every budget, and tells who is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from allocation_cases import (
    CHANNELS,
    best,
    channels_of,
    frame_of,
    options_of,
    records_with,
    steps_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.errors import ConfigError, PanelError
from riskmodel.service.channels.allocation import HEAD, Allocation, allocate, fill
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.options import Options, options


def is_kept(found: Allocation) -> bool:
    rows = found.budgets
    return bool((rows["used"] + rows["reserved"] <= rows["minutes"]).all())


def minutes_by_hand(choice: Options, found: Allocation) -> np.ndarray:
    used = np.zeros(len(choice.budgets.table))
    for row in found.chosen.itertuples():
        for budget in choice.budgets.of[row.channel][row.household]:
            used[budget] += row.minutes
    return used


def head_of(frame: pd.DataFrame, steps: dict[int, Any], household: int, channel: str) -> float:
    """Return what a step counts more: for an overdue household, if a person speaks with it."""
    by_person = {"call", "visit"} & {step[0] for step in steps[household]}
    return HEAD * (frame["overdue"][household] and channel in (by_person or CHANNELS))


def gain_of(frame: pd.DataFrame, steps: dict[int, Any], found: Allocation) -> float:
    chosen = zip(found.chosen["household"], found.chosen["channel"], strict=True)
    heads = [head_of(frame, steps, household, channel) for household, channel in chosen]
    return float(found.chosen["value"].sum() + sum(heads))


def check_against_counting(seed: int) -> None:
    """Compare with the best of all allocations: must-visits first, then the rest with floors."""
    rng = np.random.default_rng(seed)
    frame = frame_of(int(rng.integers(1, 13)), seed)
    choice = options_of(frame, channels_of(frame, seed, shares=bool(seed % 2)))
    least = {} if seed % 3 else {"single": 1, "rural": 1}
    steps = steps_of(choice)
    room = choice.budgets.table["minutes"].to_numpy(float, copy=True)
    gains = {
        h: [
            (c, minutes, value + head_of(frame, steps, h, c), rows) for c, minutes, value, rows in s
        ]
        for h, s in steps.items()
    }

    musts = {h: [s for s in each if s[0] == frame["must"][h]] for h, each in gains.items()}
    musts = {h: each for h, each in musts.items() if each}
    first = best(musts, room, dict.fromkeys(musts, HEAD), {}, {})
    assert first is not None
    got = first[1]
    counts = dict(enumerate(frame["floors"]))
    for household, channel in got.items():
        _, minutes, _, rows = next(s for s in steps[household] if s[0] == channel)
        room[list(rows)] -= minutes
    left = {
        name: max(n - sum(name in counts[h] for h in got), 0)
        for name, n in least.items()
        if any(name in names for names in frame["floors"])
    }
    asked = {name: least[name] for name in left}
    rest = best({h: s for h, s in gains.items() if h not in got}, room, {}, counts, left)
    if rest is None:
        with pytest.raises(ConfigError, match=r"\[channels\.floor\]"):
            allocate(frame, choice, floors=asked)
        return
    found = allocate(frame, choice, floors=asked)
    want = sum(next(s[2] for s in gains[h] if s[0] == c) for h, c in got.items())
    assert gain_of(frame, steps, found) == pytest.approx(want + rest[0], abs=1e-9)
    chosen = dict(zip(found.chosen["household"], found.chosen["channel"], strict=True))
    assert {h: chosen.get(h) for h in got} == got
    assert found.gap == 0
    assert is_kept(found)


@pytest.mark.parametrize("part", range(4))
def test_the_allocation_is_the_best_of_all_allocations(part: int) -> None:
    for seed in range(15 * part, 15 * part + 15):
        check_against_counting(seed)


@given(st.integers(0, 10**6), st.integers(13, 60), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_budget_is_ever_overdrawn(seed: int, households: int, shares: bool) -> None:
    frame = frame_of(households, seed, areas=3)
    choice = options_of(frame, channels_of(frame, seed, shares=shares))
    found = allocate(frame, choice)
    used = minutes_by_hand(choice, found)
    assert (used <= choice.budgets.table["minutes"] + 1e-9).all()
    assert used == pytest.approx(found.budgets["used"].to_numpy())
    assert not found.chosen["household"].duplicated().any()
    assert set(found.chosen["household"]) <= set(np.flatnonzero(frame["is_candidate"]))
    # every candidate either gets a step or is told by which rule it is left out
    told = [*found.chosen["household"], *found.left_out["household"]]
    assert sorted(told) == np.flatnonzero(frame["is_candidate"]).tolist()


@given(st.integers(0, 10**6), st.integers(20, 60), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_pruning_loses_nothing(seed: int, households: int, shares: bool, floors: bool) -> None:
    frame = frame_of(households, seed, areas=1)
    choice = options_of(frame, channels_of(frame, seed, shares=shares))
    asked = {"single": 1} if floors else {}
    try:
        whole = allocate(frame, choice, floors=asked, prunes=False)
    except ConfigError:
        with pytest.raises(ConfigError):
            allocate(frame, choice, floors=asked)
        return
    pruned, steps = allocate(frame, choice, floors=asked), steps_of(choice)
    assert gain_of(frame, steps, pruned) == pytest.approx(gain_of(frame, steps, whole), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    # many ties: three scores for all
    frame = frame_of(60, seed, areas=3)
    frame["score"] = np.round(frame["score"], 1)
    channels = channels_of(frame, seed)
    orders = [np.arange(60), np.random.default_rng(seed).permutation(60), np.arange(60)[::-1]]
    plans = []
    for order in orders:
        other = frame.iloc[order].reset_index(drop=True)
        found = allocate(other, options_of(other, channels))
        ids = other["household_id"].to_numpy()[found.chosen["household"].to_numpy(int)]
        plans.append(found.chosen.assign(household=ids))
    for plan in plans[1:]:
        pd.testing.assert_frame_equal(plan, plans[0])


def one_area(scores: list[float], **columns: object) -> pd.DataFrame:
    n = len(scores)
    frame = pd.DataFrame(
        {
            "household_id": [f"h{number}" for number in range(n)],
            "area": "A",
            "score": scores,
            "is_candidate": True,
            "channels": pd.Series([("call", "visit")] * n, dtype=object),
            "must": pd.Series([None] * n, dtype=object),
            "must_rule": pd.Series([None] * n, dtype=object),
            "overdue": False,
            "floors": pd.Series([()] * n, dtype=object),
        }
    )
    return frame.assign(**columns)


def visits(minutes: float | dict[str, float], **keys: object) -> Channels:
    budget = {"by": "area", "minutes": minutes}
    return Channels.read({"visit": {"minutes": 40, "reach": 0.5, "budgets": [budget], **keys}})


def chosen_ids(frame: pd.DataFrame, found: Allocation) -> list[str]:
    return frame["household_id"].to_numpy()[found.chosen["household"].to_numpy(int)].tolist()


def test_of_equal_households_the_earlier_id_has_the_step() -> None:
    frame = one_area([0.3] * 6).iloc[::-1].reset_index(drop=True)
    found = allocate(frame, options_of(frame, visits(80)))
    assert chosen_ids(frame, found) == ["h0", "h1"]


def test_an_overdue_household_goes_before_any_one_other() -> None:
    frame = one_area([0.9, 0.01], overdue=[False, True])
    found = allocate(frame, options_of(frame, visits(40)))
    assert chosen_ids(frame, found) == ["h1"]
    # what is told is what the steps find, without the place in the queue
    assert found.value == pytest.approx(0.005)


def test_an_overdue_household_is_turned_to_by_a_person_before_others() -> None:
    frame = one_area([0.9, 0.8, 0.01], overdue=[False, False, True])
    frame["channels"] = [("mail", "visit")] * 3
    ways = {
        "mail": {"minutes": 5, "reach": 0.9, "budgets": [{"by": "area", "minutes": 5}]},
        "visit": {"minutes": 40, "reach": 0.5, "budgets": [{"by": "area", "minutes": 40}]},
    }
    found = allocate(frame, options_of(frame, Channels.read(ways)))
    assert dict(zip(found.chosen["household"], found.chosen["channel"], strict=True)) == {
        0: "mail",
        2: "visit",
    }
    letters = Channels.read({"mail": ways["mail"]})
    alone = allocate(frame, options_of(frame, letters))
    assert chosen_ids(frame, alone) == ["h2"], "it can have nothing but letters"


def test_of_overdue_households_nobody_waits_for_ever() -> None:
    frame = one_area([0.6, 0.01], overdue=True)
    longer = frame.assign(waited=[60, 600])
    assert chosen_ids(frame, allocate(frame, options_of(frame, visits(40)))) == ["h0"]
    assert chosen_ids(longer, allocate(longer, options_of(longer, visits(40)))) == ["h1"]
    early = frame.assign(waited=[60, 120])
    assert chosen_ids(early, allocate(early, options_of(early, visits(40)))) == ["h0"]
    others = longer.assign(overdue=False)
    assert chosen_ids(others, allocate(others, options_of(others, visits(40)))) == ["h0"]


def test_who_finds_nothing_is_told_apart_from_who_has_no_room_and_who_can_have_no_channel() -> None:
    frame = one_area([0.9, 0.0, 0.5, 0.4, 0.0], overdue=[False] * 4 + [True])
    frame["channels"] = [("visit",), ("visit",), (), ("visit",), ("visit",)]
    found = allocate(frame, options_of(frame, visits(40)))
    rules = {0: "no_room", 1: "no_gain", 2: "no_channel", 3: "no_room"}
    assert dict(found.left_out.values.tolist()) == rules
    assert chosen_ids(frame, found) == ["h4"], "an overdue case is turned to whatever its score"
    deaf = allocate(frame, options_of(frame, visits(40, reach=0.0)))
    assert dict(deaf.left_out.values.tolist())[0] == "no_gain"


def test_a_must_visit_goes_before_what_is_worth_more() -> None:
    frame = one_area([0.9, 0.01], must=[None, "visit"], must_rule=[None, "rent"])
    found = allocate(frame, options_of(frame, visits(40)))
    assert chosen_ids(frame, found) == ["h1"]
    assert found.left_out["rule"].tolist() == ["no_room"]
    assert found.unmet.empty


def test_of_must_visits_without_room_as_many_as_can_be_are_carried_out_and_the_others_told() -> (
    None
):
    frame = one_area([0.2, 0.1, 0.3], must="visit", must_rule="rent")
    found = allocate(frame, options_of(frame, visits(80)))
    assert chosen_ids(frame, found) == ["h0", "h2"]
    assert found.unmet.values.tolist() == [[1, "visit", "rent", "no_room"]]
    assert found.left_out.values.tolist() == [[1, "no_room"]]


def test_a_must_visit_whose_budget_has_no_minutes_is_told_so() -> None:
    frame = one_area([0.2], must="visit", must_rule="rent")
    found = allocate(frame, options_of(frame, visits(0)))
    assert found.unmet["why"].tolist() == ["no_minutes"]


def test_a_must_visit_by_a_channel_that_the_service_has_not_is_told_so() -> None:
    frame = one_area([0.2], must="call", must_rule="rent", channels=[("call",)])
    found = allocate(frame, options_of(frame, visits(40)))
    assert found.unmet["why"].tolist() == ["not_offered"]
    assert found.left_out["rule"].tolist() == ["no_channel"]


def test_a_must_call_without_a_phone_is_told_by_the_need_and_stays_a_candidate_for_a_visit() -> (
    None
):
    channels = Channels.read(
        {
            "call": {
                "minutes": 15,
                "reach": 0.5,
                "needs": [{"attribute": "phone"}],
                "budgets": [{"minutes": 60}],
            },
            "visit": {"minutes": 40, "reach": 0.5, "budgets": [{"by": "area", "minutes": 40}]},
        }
    )
    frame = one_area([0.2, 0.1], must="call", must_rule="rent")
    records = records_with({"phone": {"h1": "known"}})
    found = allocate(frame, options(frame, records, channels, "2024-05-01"))
    assert found.unmet.values.tolist() == [[0, "call", "rent", "phone"]]
    assert dict(zip(chosen_ids(frame, found), found.chosen["channel"], strict=True)) == {
        "h0": "visit",
        "h1": "call",
    }


def test_floors_are_kept_at_a_price() -> None:
    frame = one_area([0.9, 0.8, 0.1], floors=[(), (), ("rural",)])
    found = allocate(frame, options_of(frame, visits(80)), floors={"rural": 1})
    assert chosen_ids(frame, found) == ["h0", "h2"]


def test_a_floor_is_kept_where_channels_share_minutes_that_do_not_go_into_whole_steps() -> None:
    frame = one_area([0.9, 0.8, 0.7, 0.01], floors=[(), (), (), ("rural",)])
    visit = {"minutes": 40, "reach": 0.7, "budgets": [{"by": "area", "minutes": 100}]}
    call = {"minutes": 15, "reach": 0.3, "shares": "visit"}
    choice = options_of(frame, Channels.read({"call": call, "visit": visit}))
    assert "h3" not in chosen_ids(frame, allocate(frame, choice))
    assert "h3" in chosen_ids(frame, allocate(frame, choice, floors={"rural": 1}))


def test_floors_above_capacity_are_refused_by_name() -> None:
    frame = one_area([0.9] * 30, floors=[("rural",)] * 30)
    choice = options_of(frame, visits(400))
    with pytest.raises(ConfigError, match="floor 'rural' asks for 11 .* have room for 10"):
        allocate(frame, choice, floors={"rural": 11})
    assert len(allocate(frame, choice, floors={"rural": 10}).chosen) == 10


def test_floors_that_only_together_have_no_room_are_all_named() -> None:
    frame = one_area([0.9, 0.8], floors=[("rural",), ("single",)])
    with pytest.raises(ConfigError, match="all floors together: rural, single"):
        allocate(frame, options_of(frame, visits(40)), floors={"rural": 1, "single": 1})


def test_a_floor_that_nobody_counts_for_is_refused_with_the_nearest() -> None:
    frame = one_area([0.9], floors=[("rural",)])
    with pytest.raises(ConfigError, match="did you mean 'rural'"):
        allocate(frame, options_of(frame, visits(40)), floors={"rurl": 1})


def test_what_is_reserved_is_left_and_may_be_filled_later() -> None:
    frame = one_area([0.9, 0.8, 0.7])
    choice = options_of(frame, visits(120))
    found = allocate(frame, choice, reserve={("visit", "A"): 80})
    assert chosen_ids(frame, found) == ["h0"]
    assert found.budgets[["reserved", "used"]].values.tolist() == [[80, 40]]
    more = fill(frame, choice, found, reserve={("visit", "A"): 40})
    assert chosen_ids(frame, more) == ["h1"]
    assert more.budgets[["reserved", "used"]].values.tolist() == [[40, 80]]
    assert more.left_out["household"].tolist() == [2]


def test_a_reserve_in_an_area_counts_in_every_budget_of_its_households() -> None:
    frame = one_area([0.9, 0.8, 0.7, 0.6], area=["A", "A", "A", "B"])
    offices = {"h0": "east", "h1": "west", "h2": "east", "h3": "north"}
    channels = Channels.read(
        {
            "mail_carrier": {
                "minutes": 10,
                "reach": 0.4,
                "budgets": [{"by": "post_office", "minutes": 20}, {"minutes": 50}],
            }
        }
    )
    frame["channels"] = pd.Series([("mail_carrier",)] * 4, dtype=object)
    choice = options(frame, records_with({"post_office": offices}), channels, "2024-05-01")
    found = allocate(frame, choice, reserve={("mail_carrier", "A"): 10})
    reserved = found.budgets.set_index(["by", "group"])["reserved"].to_dict()
    assert reserved == {
        ("post_office", "east"): 10,
        ("post_office", "north"): 0,
        ("post_office", "west"): 10,
        ("", ""): 10,
    }
    assert chosen_ids(frame, found) == ["h0", "h1", "h3"]


@pytest.mark.parametrize(
    ("reserve", "message"),
    [
        ({("visit", "A"): 200}, "200 minutes are reserved of the 120 of visit of area 'A'"),
        ({("vist", "A"): 2}, "'vist' is no channel of this round.*did you mean 'visit'"),
        ({("visit", "Z"): 2}, "'Z' is no area of this round"),
        ({("visit", "A"): float("nan")}, "reserve: no number that can be meant"),
    ],
)
def test_a_reserve_that_cannot_be_is_refused(
    reserve: dict[tuple[str, str], float], message: str
) -> None:
    frame = one_area([0.9])
    with pytest.raises(ConfigError, match=message):
        allocate(frame, options_of(frame, visits(120)), reserve=reserve)


def test_zero_budgets_everywhere_choose_nobody() -> None:
    frame = one_area([0.9, 0.8])
    found = allocate(frame, options_of(frame, visits(0)))
    assert found.chosen.empty
    assert found.value == found.gap == 0
    assert found.left_out["rule"].tolist() == ["no_room", "no_room"]


@pytest.mark.parametrize("rows", [0, 2])
def test_a_round_without_candidates_is_an_empty_one(rows: int) -> None:
    frame = one_area([0.9, 0.8], is_candidate=False).iloc[:rows]
    found = allocate(frame, options_of(frame, visits(40)))
    assert found.chosen.empty
    assert found.left_out.empty
    assert found.unmet.empty


def test_a_step_that_costs_no_minutes_needs_no_budget() -> None:
    frame = one_area([0.9, 0.8], channels=[("text_message",), ("text_message",)])
    channels = Channels.read({"text_message": {"minutes": 0, "reach": 0.1}})
    assert len(allocate(frame, options_of(frame, channels)).chosen) == 2


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"by": "area", "minutes": {"A": 40, "B": 40}}, "'B' is no area of these records"),
        ({"by": "area", "minutes": {"other": 40}}, None),
    ],
)
def test_a_budget_of_a_group_that_there_is_not_is_refused(
    budget: dict[str, object], message: str | None
) -> None:
    frame = one_area([0.9] * 12)
    channels = Channels.read({"visit": {"minutes": 40, "reach": 0.5, "budgets": [budget]}})
    if message is None:
        assert len(options_of(frame, channels).budgets.table) == 1
        return
    with pytest.raises(ConfigError, match=message):
        options_of(frame, channels)


def test_a_group_without_a_budget_is_refused_and_named_only_if_it_is_large() -> None:
    frame = one_area([0.9] * 24, area=["A"] * 10 + ["B"] * 12 + ["few"] * 2)
    with pytest.raises(ConfigError) as caught:
        options_of(frame, visits({"A": 40}))
    assert "2 of 3 groups have no budget: B, and 1 group of fewer than 10" in str(caught.value)
    assert "few," not in str(caught.value)


def test_an_attribute_that_the_records_do_not_have_is_refused() -> None:
    with pytest.raises(PanelError, match="the records have no attribute 'phone'"):
        options_of(one_area([0.9]), visits(40, needs=[{"attribute": "phone"}]))


def test_a_score_that_is_no_chance_is_refused() -> None:
    with pytest.raises(ConfigError, match="a score is no chance"):
        options_of(one_area([1.3]), visits(40))


def test_needs_are_of_the_day_and_what_is_unknown_passes_only_where_it_may() -> None:
    needs = [
        {"attribute": "language", "one_of": ["ko", "en"], "if_unknown": True},
        {"attribute": "hearing", "none_of": "deaf"},
    ]
    frame = one_area([0.5] * 4)
    records = records_with(
        {"language": {"h0": "ko", "h1": "vi"}, "hearing": {"h2": "deaf", "h3": "good"}}
    )
    choice = options(frame, records, visits(160, needs=needs), "2024-05-01")
    assert choice.table["household"].tolist() == [0, 3]
    assert choice.barred.query("channel == 'visit'")["why"].tolist() == ["language", "hearing"]


def test_reach_and_minutes_may_differ_by_an_attribute() -> None:
    frame = one_area([0.5] * 3)
    records = records_with({"kind": {"h0": "rural", "h1": "urban"}})
    keys = {"reach": {"usual": 0.5, "by": "kind", "values": {"rural": 0.4}}}
    choice = options(frame, records, visits(160, **keys), "2024-05-01")
    assert choice.table["reach"].tolist() == [0.4, 0.5, 0.5]
    keys = {"reach": {"usual": 0.5, "by": "kind", "values": {"rurall": 0.4}}}
    with pytest.raises(ConfigError, match="'rurall' is no kind of these records"):
        options(frame, records, visits(160, **keys), "2024-05-01")
