"""The rules applied to a round: who is left alone and why, who stands on which rung, who must."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.records.table_schemas import conform
from riskmodel.service import OutreachRules, apply_rules, urgent_frame
from riskmodel.service.rules.ladders import rungs_of
from riskmodel.service.rules.rule_parts import Bar, CoolOff, Floor, MustVisit, Rung
from riskmodel.service.rules.seen_codes import worsening_codes

DAY = "2024-07-01"
CATALOGUE = {
    "rent": {"direction": 1, "family": "housing"},
    "power": {"direction": 1, "family": "utilities"},
    "gas": {"direction": 1, "family": "utilities"},
    "own": {},
    "moved": {"direction": 0, "family": "family", "en": "moved"},
    "suicide": {"direction": 1, "sensitivity": "suicide"},
    "fire": {"direction": 0, "en": "fire"},
}
RUNGS = (
    Rung("text_message", "3D"),
    Rung("ai_call", "7D", tries=3),
    Rung("call", "1D"),
    Rung("mail", "14D"),
    Rung("visit", "14D"),
)
LADDER = tuple(rung.channel for rung in RUNGS)
PLAIN = OutreachRules(
    cool_off=CoolOff("6M", lifted_by=("new_kind", "urgent", "very_high")), ladder=RUNGS
)


def fact(household: str, code: str, on: str, known: str | None = None) -> dict[str, Any]:
    return {"household_id": household, "code": code, "event_date": on, "known_date": known or on}


def contact(household: str, result: str | None, on: str, **rest: Any) -> dict[str, Any]:
    row = {"household_id": household, "as_of_date": on[:7] + "-01", "result": result}
    return row | {"contact_date": on, "known_date": on, "channel": "call", "attempt": 1} | rest


@cache
def empty_records() -> rm.Records:
    one = pd.DataFrame([fact("a", "rent", "2023-01-05")])
    home = {"household_id": "a", "name": "gu", "known_date": "2023-01-01", "text": "Jung"}
    return rm.Records.from_frames(
        one, today="2024-12-31", catalogue=CATALOGUE, attributes=pd.DataFrame([home]), area="gu"
    )


def records_of(
    *contacts: dict[str, Any],
    facts: list[dict[str, Any]] | None = None,
    homes: dict[str, str] | None = None,
    **tables_of_service: list[dict[str, Any]],
) -> rm.Records:
    events = pd.DataFrame([fact(h, "rent", "2023-01-05") for h in "abc"] + (facts or []))
    places = homes or {"a": "Jung", "b": "Seo", "c": "Jung"}
    attributes = [
        {"household_id": h, "name": "gu", "known_date": "2023-01-01", "text": gu}
        for h, gu in places.items()
    ]
    rows = {"events": events, "attributes": pd.DataFrame(attributes)}
    if contacts:
        rows["contacts"] = pd.DataFrame(list(contacts))
    rows |= {name: pd.DataFrame(table) for name, table in tables_of_service.items()}
    records = empty_records()
    tables = {name: conform(name, table) for name, table in rows.items()}
    return records.replace(tables={**records.tables, **tables})


def listed_of(records: rm.Records, day: str = DAY, **columns: Any) -> pd.DataFrame:
    ids = sorted(set(records.events["household_id"]))
    return pd.DataFrame({"household_id": ids, "as_of_date": day, "score": 0.1, **columns})


def applied(
    records: rm.Records, rules: OutreachRules = PLAIN, day: str = DAY, **columns: Any
) -> pd.DataFrame:
    listed = listed_of(records, day, **columns)
    history = rm.contact_history(records, day)
    return apply_rules(listed, records, rules, history, day).set_index("household_id")


@pytest.mark.parametrize("result", ["need_confirmed", "no_need"])
def test_a_verdict_is_followed_by_a_cool_off_in_which_a_household_may_be_drawn(
    result: str,
) -> None:
    frame = applied(records_of(contact("a", result, "2024-03-05")))
    assert frame.loc["a", ["rule", "in_frame", "is_candidate"]].tolist() == [
        "cool_off",
        True,
        False,
    ]
    assert frame.loc[["b", "c"], "is_candidate"].all()
    later = applied(records_of(contact("a", result, "2024-03-05")), day="2024-09-05")
    assert later.loc["a", "rule"] is None


def test_two_new_kinds_are_two_indicators_of_which_nothing_was_seen_before() -> None:
    rules = OutreachRules(cool_off=CoolOff("6M", lifted_by=("two_new_kinds",)))
    verdict = contact("a", "no_need", "2024-03-05")
    one = [fact("a", "power", "2024-04-01"), fact("a", "power", "2024-05-01")]
    assert applied(records_of(verdict, facts=one), rules).loc["a", "rule"] == "cool_off"
    two = [*one, fact("a", "gas", "2024-05-01")]
    assert applied(records_of(verdict, facts=two), rules).loc["a", "rule"] is None


LIFTED: dict[str, tuple[dict[str, Any], str | None]] = {
    "a new kind": (fact("a", "power", "2024-04-01"), None),
    "a new kind told late": (fact("a", "power", "2024-01-10", "2024-04-01"), None),
    "a kind that was there": (fact("a", "power", "2024-02-01"), "cool_off"),
    "what points nowhere": (fact("a", "moved", "2024-04-01"), "cool_off"),
    "what is known only tomorrow": (fact("a", "power", "2024-04-01", DAY), "cool_off"),
    "an urgent kind": (fact("a", "suicide", "2024-04-01"), None),
}


@pytest.mark.parametrize(("event", "rule"), LIFTED.values(), ids=LIFTED)
def test_what_lifts_a_cool_off(event: dict[str, Any], rule: str | None) -> None:
    records = records_of(contact("a", "no_need", "2024-03-05"), facts=[event])
    assert applied(records).loc["a", "rule"] == rule


@pytest.mark.parametrize(
    ("before", "since", "rule"),
    [
        (("power", "2024-02-01"), ("gas", "2024-04-01"), "cool_off"),  # utilities, as before
        (("power", "2022-11-01"), ("gas", "2024-04-01"), None),  # paid off long ago
        (("moved", "2024-02-01"), ("gas", "2024-04-01"), None),
        (("rent", "2024-02-01"), ("gas", "2024-04-01"), None),
        (("power", "2024-02-01"), ("moved", "2024-04-01"), "cool_off"),
        (("power", "2024-02-01"), ("own", "2024-04-01"), None),  # of which nothing is declared
        (("own", "2024-02-01"), ("own", "2024-04-01"), "cool_off"),
    ],
)
def test_a_family_is_new_if_nothing_of_it_was_seen_before(
    before: tuple[str, str], since: tuple[str, str], rule: str | None
) -> None:
    records = records_of(
        contact("a", "no_need", "2024-03-05"), facts=[fact("a", *before), fact("a", *since)]
    )
    rules = OutreachRules(cool_off=CoolOff("6M", lifted_by=("new_family",)))
    assert applied(records, rules).loc["a", "rule"] == rule


def test_an_urgent_kind_lifts_again_and_only_where_the_rules_say_so() -> None:
    again = [fact("a", "suicide", "2024-02-01"), fact("a", "suicide", "2024-04-01")]
    records = records_of(contact("a", "no_need", "2024-03-05"), facts=again)
    assert applied(records).loc["a", "rule"] is None
    rules = OutreachRules(cool_off=CoolOff("6M", lifted_by=("new_kind",)))
    assert applied(records, rules).loc["a", "rule"] == "cool_off"


def test_the_highest_band_lifts() -> None:
    records = records_of(contact("a", "no_need", "2024-03-05"))
    assert applied(records, band="very high").loc["a", "rule"] is None
    assert applied(records, band="high").loc["a", "rule"] == "cool_off"


def test_a_refusal_is_respected_whatever_comes() -> None:
    records = records_of(
        contact("a", "refused", "2024-03-05"), facts=[fact("a", "power", "2024-04-01")]
    )
    assert applied(records, band="very high").loc["a", "rule"] == "refused_lately"
    short = OutreachRules(after_refusal="60D")
    assert applied(records, short).loc["a", "rule"] is None


@pytest.mark.parametrize("reason", ["died", "in_institution"])
def test_who_has_left_leaves_the_frame(reason: str) -> None:
    frame = applied(records_of(contact("a", "not_reached", "2024-03-05", reason=reason)))
    assert frame.loc["a", ["rule", "in_frame"]].tolist() == [reason, False]
    assert frame.loc["a", ["channels", "due_by"]].tolist() == [(), ()]


def request(kind: str, effect: str | None, decided: str | None = "2024-05-10") -> dict[str, Any]:
    row = {"household_id": "a", "request_id": "1", "kind": kind, "received": "2024-05-02"}
    outcome = None if decided is None else "upheld"
    return (
        row
        | {"known_date": "2024-05-02", "decided": decided, "outcome": outcome}
        | {"effect": effect}
    )


def test_an_upheld_objection_leaves_the_frame_and_one_that_waits_does_not() -> None:
    upheld = applied(records_of(requests=[request("objection", "not_listed")]))
    assert upheld.loc["a", ["rule", "in_frame"]].tolist() == ["objection_upheld", False]
    waits = applied(records_of(requests=[request("objection", None, None)]))
    assert waits.loc["a", "rule"] is None


@pytest.mark.parametrize("effect", ["no_ai_call", "by_human"])
def test_who_asked_for_a_human_is_never_called_by_a_machine(effect: str) -> None:
    frame = applied(records_of(requests=[request("objection", effect)]))
    assert frame.loc["a", "rule"] is None
    assert frame.loc["a", "channels"] == ("text_message", "call", "mail", "visit")


def test_a_refusal_by_letter_counts_as_one_at_the_door() -> None:
    frame = applied(records_of(requests=[request("refusal", None, None)]))
    assert frame.loc["a", "rule"] == "refused_lately"


def case(kind: str, until: str | None = None) -> dict[str, Any]:
    row = {"household_id": "a", "case_id": "1", "kind": kind, "service": "care"}
    return row | {"from_date": "2024-03-01", "to_date": until, "known_date": "2024-03-01"}


def test_a_case_of_others_is_left_to_them_as_the_rules_say() -> None:
    care = records_of(cases=[case("public_care")])
    assert applied(care).loc["a", ["rule", "in_frame"]].tolist() == ["public_care", True]
    assert applied(records_of(cases=[case("public_care", "2024-06-01")])).loc["a", "rule"] is None
    other = records_of(cases=[case("other_service")])
    assert applied(other).loc["a", "rule"] is None
    both = OutreachRules(elsewhere=("public_care", "other_service"))
    assert applied(other, both).loc["a", "rule"] == "other_service"


def test_an_urgent_sign_goes_out_the_same_day_and_leaves_the_round() -> None:
    sign = {"household_id": "a", "sign_id": "1", "sign": "fire", "seen": "2024-06-30"}
    records = records_of(signs=[{**sign, "known_date": "2024-06-30", "seen_by": "carrier"}])
    assert applied(records).loc["a", ["rule", "in_frame"]].tolist() == ["urgent", False]
    (row,) = urgent_frame(rm.contact_history(records, DAY), PLAIN, DAY).itertuples(index=False)
    assert (row.household_id, row.sign, row.channel) == ("a", "fire", "call")
    assert row.due_by == pd.Timestamp("2024-06-30")
    answered = contact("a", "no_need", "2024-06-30")
    after = records.replace(
        tables={**records.tables, "contacts": conform("contacts", pd.DataFrame([answered]))}
    )
    assert urgent_frame(rm.contact_history(after, DAY), PLAIN, DAY).empty


def test_no_answer_is_followed_by_no_cool_off_but_by_the_next_rung() -> None:
    frame = applied(records_of(contact("a", "not_reached", "2024-06-05", reason="no_answer")))
    assert frame.loc["a", "rule"] is None
    assert frame.loc["a", "channels"] == ("mail", "visit")
    assert frame.loc["b", "channels"] == LADDER


def test_who_has_no_number_is_not_called_again_until_the_case_is_closed() -> None:
    none = contact("a", "not_reached", "2024-06-05", channel="ai_call", reason="no_number")
    assert applied(records_of(none)).loc["a", "channels"] == ("mail", "visit")
    met = contact("a", "not_told", "2024-06-20", channel="visit")
    assert applied(records_of(none, met)).loc["a", "channels"] == LADDER
    calls = OutreachRules(ladder=PLAIN.ladder[:3])
    assert applied(records_of(none), calls).loc["a", "channels"] == ("ai_call", "call")


def test_who_was_listed_again_after_a_verdict_and_not_reached_is_not_left_alone() -> None:
    again = contact("a", "not_reached", "2024-06-05", reason="no_answer")
    frame = applied(records_of(contact("a", "no_need", "2024-03-05"), again))
    assert frame.loc["a", "rule"] is None


@pytest.mark.parametrize(("result", "rule"), [("not_executed", "cool_off"), ("not_reached", None)])
def test_a_cool_off_ends_by_an_attempt_and_not_by_being_listed(
    result: str, rule: str | None
) -> None:
    again = contact("a", result, "2024-05-05")
    assert applied(records_of(again)).loc[["a", "b"], "waited"].tolist() == [61, 0]
    frame = applied(records_of(contact("a", "no_need", "2024-03-05"), again))
    assert frame.loc["a", "rule"] == rule
    assert frame.loc["a", "lifted_by"] == (() if rule else ("no_answer",))
    assert frame.loc["a", "overdue"] == (rule is None)
    listed = {"household_id": "a", "as_of_date": "2024-05-01", "list": "l", "drawn": True}
    records = records_of(contact("a", "no_need", "2024-03-05"), lists=[listed])
    assert applied(records).loc["a", "rule"] == "cool_off"


def test_what_lifted_a_cool_off_is_told_with_its_news() -> None:
    rules = OutreachRules(
        cool_off=CoolOff("6M", lifted_by=("two_new_kinds", "urgent", "very_high")), ladder=RUNGS
    )
    verdict = contact("a", "no_need", "2024-03-05")
    two = [fact("a", "power", "2024-04-01"), fact("a", "gas", "2024-05-01")]
    old = fact("b", "suicide", "2024-02-01")

    def told(**columns: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        records = records_of(verdict, facts=[*facts, old], homes={"a": "Jung", "b": "Seo"})
        frame = applied(records, rules, **columns)
        assert frame.loc["b", ["lifted_by", "news"]].tolist() == [(), ()], "it had no verdict"
        return frame.loc["a", "lifted_by"], frame.loc["a", "news"]

    facts = two[:1]
    assert told() == ((), ())
    assert told(band="very high") == (("very_high",), ())
    facts = two
    assert told() == (("two_new_kinds",), ("gas", "power"))
    facts = [*two, fact("a", "suicide", "2024-03-05")]
    kinds = ("two_new_kinds", "urgent")
    assert told() == (kinds, ("gas", "power", "suicide"))
    facts = [fact("a", "suicide", "2024-02-05"), fact("a", "suicide", "2024-04-05")]
    assert told() == (("urgent",), ("suicide",))


def test_after_a_cool_off_nothing_has_to_lift_it() -> None:
    facts = [fact("a", code, "2024-04-01") for code in ("power", "gas", "suicide")]
    records = records_of(contact("a", "no_need", "2023-12-31"), facts=facts)
    frame = applied(records, band="very high")
    assert frame.loc["a", ["rule", "lifted_by", "news"]].tolist() == [None, (), ()]


def test_every_step_has_a_day_counted_from_the_round() -> None:
    frame = applied(records_of(contact("a", "not_reached", "2024-06-05", reason="no_answer")))
    assert [str(day) for day in frame.loc["a", "due_by"]] == ["2024-07-15", "2024-07-29"]
    assert [str(day) for day in frame.loc["b", "due_by"]] == [
        "2024-07-04",
        "2024-07-11",
        "2024-07-12",
        "2024-07-26",
        "2024-08-09",
    ]
    assert all(
        len(channels) == len(days)
        for channels, days in zip(frame["channels"], frame["due_by"], strict=True)
    )


def test_what_is_barred_is_left_out_of_the_ladder_and_no_due_day_tells_of_it() -> None:
    frame = applied(records_of(facts=[fact("a", "suicide", "2023-06-01")]))
    assert frame.loc["a", "channels"] == ("text_message", "call", "mail", "visit")
    days = [dict(zip(frame.at[h, "channels"], frame.at[h, "due_by"], strict=True)) for h in "ab"]
    assert "ai_call" not in days[0]
    assert days[0].items() <= days[1].items()
    long_ago = OutreachRules(
        ladder=RUNGS, barred=(Bar(("ai_call",), codes=("suicide",), within="6M"),)
    )
    assert (
        applied(records_of(facts=[fact("a", "suicide", "2023-06-01")]), long_ago).loc[
            "a", "channels"
        ]
        == LADDER
    )


def test_who_stands_on_a_barred_rung_alone_gets_the_last_that_is_not() -> None:
    rules = OutreachRules(ladder=RUNGS, barred=(Bar(("mail", "visit"), families=("utilities",)),))
    records = records_of(
        contact("a", "not_reached", "2024-06-05", channel="mail"),
        facts=[fact("a", "power", "2024-02-01")],
    )
    assert applied(records, rules).loc["a", "channels"] == ("call",)


RENT_AND_POWER = MustVisit(
    "rent and power", "visit", all_of=("rent",), any_of=("power", "fire"), within="6M"
)


@pytest.mark.parametrize(
    ("facts", "is_owed"),
    [
        ([fact("a", "rent", "2024-05-01"), fact("a", "power", "2024-06-01")], True),
        ([fact("a", "rent", "2024-05-01"), fact("a", "fire", "2024-06-01")], True),
        ([fact("a", "rent", "2024-05-01")], False),
        ([fact("a", "power", "2024-06-01")], False),
        ([fact("a", "rent", "2024-05-01"), fact("a", "power", "2023-06-01")], False),
    ],
)
def test_a_local_rule_owes_a_channel(facts: list[dict[str, Any]], *, is_owed: bool) -> None:
    rules = OutreachRules(ladder=RUNGS, must_visit=(RENT_AND_POWER,))
    row = applied(records_of(facts=facts), rules).loc["a"]
    assert (row["must"], row["must_rule"]) == (
        ("visit", "rent and power") if is_owed else (None, None)
    )
    assert row["channels"] == (("visit",) if is_owed else LADDER)


def test_a_local_rule_holds_where_it_says_and_for_candidates_alone() -> None:
    seen = [fact(h, code, "2024-06-01") for h in "abc" for code in ("rent", "power")]
    records = records_of(contact("c", "no_need", "2024-06-20"), facts=seen)
    here = MustVisit("in Jung", "call", any_of=("power",), where={"gu": ("Jung",)})
    frame = applied(records, OutreachRules(must_visit=(here,)))
    assert frame["must"].tolist() == ["call", None, None]
    assert frame.loc["a", "channels"] == ("call", "mail", "visit")
    assert frame.loc["c", "rule"] == "cool_off"


def test_a_must_visit_never_leads_back_down_the_ladder() -> None:
    records = records_of(
        contact("a", "not_reached", "2024-06-05", channel="mail"),
        facts=[fact("a", "power", "2024-06-01")],
    )
    rules = OutreachRules(ladder=RUNGS, must_visit=(MustVisit("power", "call", any_of=("power",)),))
    assert applied(records, rules).loc["a", "must"] == "visit"


def test_floors_count_candidates_of_their_group() -> None:
    floors = (Floor("Jung", 0.5, {"gu": "Jung"}), Floor("all", 1, {"gu": ("Jung", "Seo")}))  # type: ignore[dict-item]
    frame = applied(records_of(contact("c", "no_need", "2024-06-20")), OutreachRules(floors=floors))
    assert frame["floors"].tolist() == [("Jung", "all"), ("all",), ()]


def test_the_area_is_the_lists_or_where_the_household_lives_now() -> None:
    assert applied(records_of())["area"].tolist() == ["Jung", "Seo", "Jung"]
    assert applied(records_of(), area="Nam")["area"].tolist() == ["Nam"] * 3


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another round": ({"as_of_date": "2024-05-01"}, "the list is of 2024-05-01"),
    "two rounds": (
        {"as_of_date": ["2024-05-01", DAY, DAY]},
        "the list is of 2024-05-01 to 2024-07-01",
    ),
    "no score": ({"score": [0.1, np.nan, 0.2]}, "has 1 household without a score"),
    "a household twice": ({"household_id": ["a", "b", "a"]}, "has 1 household more than once"),
    "two forms of one": ({"household_id": ["a", " a", "b"]}, "has 1 household more than once"),
    "a stranger": ({"household_id": ["a", "b", "x"]}, "do not know 1 of the 3 listed households"),
    "no id": ({"household_id": ["a", "b", None]}, "has 1 household without an id"),
}


@pytest.mark.parametrize(("columns", "message"), REFUSED.values(), ids=REFUSED)
def test_a_list_that_cannot_be_right_is_refused(columns: dict[str, Any], message: str) -> None:
    records = records_of()
    listed = listed_of(records).assign(**columns)
    with pytest.raises(ConfigError, match=message) as caught:
        apply_rules(listed, records, PLAIN, rm.contact_history(records, DAY), DAY)
    assert caught.value.next_step
    assert "'x'" not in str(caught.value)


def test_what_is_no_list_and_no_history_is_refused() -> None:
    records = records_of()
    history = rm.contact_history(records, DAY)
    with pytest.raises(ConfigError, match="has no column 'score'"):
        apply_rules(listed_of(records).drop(columns="score"), records, PLAIN, history, DAY)
    with pytest.raises(ConfigError, match="rm.contact_history"):
        apply_rules(listed_of(records), records, PLAIN, history[["household_id"]], DAY)


def test_a_code_that_the_records_do_not_have_is_refused_by_its_place() -> None:
    rules = OutreachRules(must_visit=(MustVisit("cut", "visit", any_of=("powr",)),))
    with pytest.raises(ConfigError, match="must_visit, cut: unknown indicator 'powr'"):
        applied(records_of(), rules)


def test_rules_by_their_name_alone_are_refused_with_how_they_are_read() -> None:
    records = records_of()
    history = rm.contact_history(records, DAY)
    with pytest.raises(ConfigError, match="rm.OutreachRules.read"):
        apply_rules(listed_of(records), records, "korea", history, DAY)  # type: ignore[arg-type]


def test_an_area_that_there_is_not_is_refused() -> None:
    rules = OutreachRules(floors=(Floor("Jung", 1, {"gu": ("Jun",)}),))
    homes = {f"h{number}": "Jung" for number in range(12)}
    facts = [fact(household, "rent", "2023-01-05") for household in homes]
    records = records_of(facts=facts, homes=homes)
    with pytest.raises(ConfigError, match="'Jun' is no gu of these records") as caught:
        applied(records, rules)
    assert "did you mean 'Jung'" in str(caught.value)
    nowhere = OutreachRules(floors=(Floor("rural", 1, {"kind": ("rural",)}),))
    with pytest.raises(PanelError, match="no attribute 'kind'"):
        applied(records, nowhere)


def test_the_order_of_the_list_does_not_matter() -> None:
    records = records_of(contact("a", "no_need", "2024-03-05"))
    listed, history = listed_of(records), rm.contact_history(records, DAY)
    frame = apply_rules(listed, records, PLAIN, history, DAY)
    turned = apply_rules(listed[::-1], records, PLAIN, history[::-1], DAY)
    pd.testing.assert_frame_equal(turned[::-1].reset_index(drop=True), frame)


@settings(max_examples=200, deadline=None)
@given(unanswered=st.integers(0, 20), last=st.sampled_from([None, *LADDER, "office", "online"]))
def test_a_rung_never_falls_and_is_above_the_last_attempts_once_that_is_used_up(
    unanswered: int, last: str | None
) -> None:
    ladder = PLAIN.ladder
    counts = np.arange(unanswered + 1)
    rungs = rungs_of(ladder, counts, pd.Series([last] * len(counts), dtype=object))
    assert (np.diff(rungs) >= 0).all()
    if last in LADDER and unanswered:
        own = LADDER.index(last)
        is_used_up = unanswered >= ladder[own].tries
        assert rungs[-1] >= min(own + is_used_up, len(ladder) - 1)
    assert rungs_of(ladder, np.array([0]), pd.Series([last], dtype=object)).tolist() == [0]


ROUND = "2025-01-01"


@cache
def world(seed: int) -> rm.Records:
    return rm.make_households(2_000, n_rounds=10, preset="korea", capacity=0.1, random_state=seed)


@pytest.mark.parametrize("lift", ["new_kind", "two_new_kinds", "new_family"])
def test_a_planted_worsening_inside_a_cool_off_is_lifted_every_time(lift: str) -> None:
    records, kinds = world(0), 1 + (lift == "two_new_kinds")
    rules = OutreachRules(ladder=RUNGS, cool_off=CoolOff("12M", lifted_by=(lift,)))
    before = applied(records, rules, ROUND)
    cooling = before.index[before["rule"] == "cool_off"]
    assert len(cooling) > 50
    verdicts = rm.contact_history(records, ROUND).set_index("household_id")["verdict_date"]
    families = {code: records.catalogue[code].family for code in records.catalogue}
    rng, events = np.random.default_rng(0), records.events
    seen = events.groupby("household_id")["code"].agg(set)
    planted = []
    for household in cooling:
        own = seen.get(household, set())
        known = {families[code] for code in own} if lift == "new_family" else set()
        worse = sorted(worsening_codes(records.catalogue) - own)
        new = [code for code in worse if families[code] not in known]
        days = (pd.Timestamp(ROUND) - verdicts[household]).days
        day = verdicts[household] + pd.Timedelta(days=int(rng.integers(0, days)))
        codes = rng.choice(new, min(kinds, len(new)), replace=False)
        planted += [fact(household, str(code), str(day.date())) for code in codes]
    everything = conform("events", pd.concat([events, pd.DataFrame(planted)]))
    after = records.replace(tables={**records.tables, "events": everything})
    lifted = applied(after, rules, ROUND)
    worsened = cooling.intersection([one["household_id"] for one in planted])
    assert len(worsened) > 0.9 * len(cooling)
    assert lifted.loc[worsened, "is_candidate"].all()
    others = before.index.difference(worsened)
    pd.testing.assert_series_equal(lifted.loc[others, "rule"], before.loc[others, "rule"])


@pytest.mark.parametrize("seed", range(2))
def test_of_the_unanswered_none_is_closed_and_each_stands_higher_or_is_overdue(seed: int) -> None:
    records = world(seed)
    history = rm.contact_history(records, ROUND).set_index("household_id")
    waiting = history[(history["unanswered"] > 0) & history["left"].isna()]
    assert len(waiting) > 20
    assert (waiting["state"] != "closed").all()
    frame = applied(records, PLAIN, ROUND)
    own = frame.loc[waiting.index.intersection(frame.index)]
    assert own["in_frame"].all()
    assert not (own["rule"] == "cool_off").any()
    tried = waiting.loc[own.index, "last_channel"]
    rungs = [LADDER.index(channels[0]) for channels in own["channels"]]
    lasts = [LADDER.index(channel) if channel in LADDER else -1 for channel in tried]
    top = len(LADDER) - 1
    assert all(rung > last or rung == top for rung, last in zip(rungs, lasts, strict=True))
    is_open = own["is_candidate"] & (waiting.loc[own.index, "state"] == "overdue")
    assert own.loc[is_open, "overdue"].all()


def test_who_told_of_fire_goes_to_a_human_the_same_day() -> None:
    told = pd.DataFrame(
        {
            "household_id": ["b", "a", "c"],
            "area": "Jung",
            "urgent": [("fire",), ("fire", "suicide"), ()],
            "urgent_since": pd.to_datetime(["2024-06-30", "2024-06-28", None]),
        }
    )
    frame = urgent_frame(told, OutreachRules(), "2024-06-30")
    assert frame["household_id"].tolist() == ["a", "a", "b"]
    assert frame["due_by"].tolist() == frame["told"].tolist()
    assert frame["overdue"].tolist() == [True, True, False]
    assert set(frame["channel"]) == {"call"}


VERDICTS = ("need_confirmed", "no_need")
MET = (*VERDICTS, "refused", "not_told")


def rule_by_hand(contacts: list[dict[str, Any]], facts: list[dict[str, Any]]) -> str | None:
    """Return the rule that a reader of the tables would name; of contacts of one day the later."""
    day = np.datetime64(DAY)
    known = sorted(
        (c for c in contacts if np.datetime64(c["contact_date"]) < day),
        key=lambda c: (c["contact_date"], c["attempt"]),
    )
    if not known:
        return None
    last = known[-1]
    refused_until = np.datetime64(last["contact_date"]) + np.timedelta64(366, "D")
    if last["result"] == "refused" and refused_until > day:
        return "refused_lately"
    verdicts = [c for c in known if c["result"] in VERDICTS]
    if not verdicts:
        return None
    told = verdicts[-1]["contact_date"]
    first_open = max(c["as_of_date"] for c in known)
    met = max(c["contact_date"] for c in known if c["result"] in MET)
    if first_open > met or np.datetime64(told) + np.timedelta64(184, "D") <= day:
        return None
    codes = {fact["code"] for fact in facts}
    for code in codes - {"moved"}:
        days = [fact["event_date"] for fact in facts if fact["code"] == code]
        if any(told <= on < DAY for on in days) and not any(on < told for on in days):
            return None
    return "cool_off"


@pytest.mark.parametrize("seed", range(2))
def test_the_rule_is_what_a_reader_of_the_tables_would_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    months = ["2024-03", "2024-04", "2024-05", "2024-06"]
    homes = {f"h{number:03d}": "Jung" for number in range(300)}
    contacts: dict[str, list[dict[str, Any]]] = {}
    facts: dict[str, list[dict[str, Any]]] = {}
    for household in homes:
        tried = sorted(rng.choice(months, rng.integers(0, 4), replace=False))
        results = rng.choice([*MET, "not_reached"], len(tried))
        days = rng.integers(2, 28, len(tried))
        contacts[household] = [
            contact(household, str(result), f"{month}-{day:02d}")
            for month, day, result in zip(tried, days, results, strict=True)
        ]
        facts[household] = [
            fact(household, str(rng.choice(["power", "moved"])), f"{month}-{day:02d}")
            for month, day in zip(rng.choice(months, 2), rng.integers(1, 28, 2), strict=True)
        ]
    records = records_of(
        *(one for some in contacts.values() for one in some),
        facts=[one for some in facts.values() for one in some],
        homes=homes,
    )
    rules = OutreachRules(cool_off=CoolOff("6M", lifted_by=("new_kind",)))
    found = applied(records, rules)["rule"]
    named = {household: rule_by_hand(contacts[household], facts[household]) for household in homes}
    assert set(named.values()) == {None, "refused_lately", "cool_off"}
    assert found.loc[list(homes)].to_dict() == named
