"""What holds of requests, referrals, other services' cases and signs on a day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_history_of_contacts import DAY, contact, empty_records, history_of, listed

import riskmodel as rm
from riskmodel.records.known_on import known_on
from riskmodel.records.service_words import EFFECTS, SIGNS, URGENT
from riskmodel.records.table_schemas import SERVICE_TABLES, conform

HOUSEHOLD = "가구-007"
NEVER = {"household_id": "z", "code": "fire", "event_date": "2023-01-01"}


def records_of(**tables: list[dict[str, Any]] | None) -> rm.Records:
    given = {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}
    events = given.pop("events", pd.DataFrame([NEVER]))
    return rm.Records.from_frames(events, today="2024-12-31", **given)


def held(**tables: list[dict[str, Any]]) -> rm.Records:
    """Return records of rows that are taken as they are, without a door that settles them."""
    empty = empty_records()
    given = {name: conform(name, pd.DataFrame(rows)) for name, rows in tables.items()}
    return empty.replace(tables={**empty.tables, **given})


def request(kind: str, received: str, **more: Any) -> dict[str, Any]:
    return {"household_id": HOUSEHOLD, "kind": kind, "received": received} | more


def referral(received: str, by: str = "self", **more: Any) -> dict[str, Any]:
    return {"household_id": HOUSEHOLD, "referred_by": by, "received": received} | more


def case(kind: str, since: str, until: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"household_id": HOUSEHOLD, "kind": kind, "from_date": since, "to_date": until}
    return row | more


def sign(word: str, seen: str, **more: Any) -> dict[str, Any]:
    return {"household_id": HOUSEHOLD, "sign": word, "seen": seen, "seen_by": "carrier"} | more


def test_who_refers_itself_and_is_in_no_register_has_a_row() -> None:
    records = records_of(referrals=[referral("2024-06-10", area="중앙동")])
    found = history_of(HOUSEHOLD, records)
    assert not found["in_system"]
    assert (found["state"], found["rounds_listed"], found["area"]) == ("none", 0, "중앙동")
    assert (found["referrals"], found["referred_by"]) == (1, "self")
    assert found["referral_open"]
    assert found["last_referral"] == pd.Timestamp("2024-06-10")
    assert found["new_indicators"] == ()
    held = records_of(
        referrals=[referral("2024-06-10")], events=[NEVER | {"household_id": HOUSEHOLD}]
    )
    assert history_of(HOUSEHOLD, held)["in_system"]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("requests", request("explanation", "2024-06-01")),
        ("referrals", referral("2024-06-01", "neighbour")),
        ("cases", case("public_care", "2024-06-01")),
        ("signs", sign("bottles", "2024-06-01")),
    ],
)
def test_a_row_of_any_table_alone_brings_a_household_from_the_day_after_it_is_known(
    table: str, row: dict[str, Any]
) -> None:
    records = records_of(**{table: [row]})
    assert rm.contact_history(records, "2024-06-01").empty
    after = rm.contact_history(records, "2024-06-02")
    assert after["household_id"].tolist() == [HOUSEHOLD]
    assert after["state"].tolist() == ["none"]


def test_an_objection_holds_from_the_day_after_its_decision_with_its_effect() -> None:
    decided = {"decided": "2024-03-08", "outcome": "upheld"}
    rows = [request("objection", "2024-03-01", **decided)]
    records = records_of(requests=rows)
    before = history_of(HOUSEHOLD, records, "2024-03-08")
    assert pd.isna(before["upheld"])
    assert before["effects"] == ()
    assert before["requests_open"] == 1
    assert before["request_due"] == pd.Timestamp("2024-03-11")
    after = history_of(HOUSEHOLD, records, "2024-03-09")
    assert after["upheld"] == pd.Timestamp("2024-03-08")
    assert after["effects"] == ("not_listed",)
    assert after["requests_open"] == 0
    assert pd.isna(after["request_due"])
    milder = records_of(requests=[rows[0] | {"effect": "no_ai_call"}])
    assert history_of(HOUSEHOLD, milder)["effects"] == ("no_ai_call",)


@pytest.mark.parametrize("outcome", ["rejected", "withdrawn", "answered"])
def test_an_objection_that_was_not_upheld_changes_nothing(outcome: str) -> None:
    row = request(
        "objection", "2024-03-01", decided="2024-03-08", outcome=outcome, effect="corrected"
    )
    found = history_of(HOUSEHOLD, records_of(requests=[row]))
    assert pd.isna(found["upheld"])
    assert found["effects"] == ()


def test_a_refusal_holds_before_it_is_decided_until_it_is_rejected() -> None:
    row = request("refusal", "2024-03-01", effect="by_human", request_id="r")
    records = records_of(
        requests=[
            row | {"known_date": "2024-03-01"},
            row | {"known_date": "2024-05-02", "decided": "2024-05-01", "outcome": "rejected"},
        ]
    )
    held = history_of(HOUSEHOLD, records, "2024-03-02")
    assert held["refusal"] == pd.Timestamp("2024-03-01")
    assert (held["effects"], held["requests_open"]) == (("by_human",), 1)
    assert history_of(HOUSEHOLD, records, "2024-05-02")["effects"] == ("by_human",)
    after = history_of(HOUSEHOLD, records, "2024-05-03")
    assert pd.isna(after["refusal"])
    assert (after["effects"], after["requests_open"]) == ((), 0)


def test_a_case_of_another_service_holds_from_its_first_to_its_last_day() -> None:
    rows = [
        case("other_service", "2024-02-01", service="고독사 예방"),
        case("public_care", "2024-03-01", "2024-04-30", known_date="2024-02-20"),
    ]
    records = records_of(cases=rows)
    for day, kind, service in (
        ("2024-02-29", "other_service", "고독사 예방"),
        ("2024-03-01", "public_care", None),
        ("2024-04-30", "public_care", None),
        ("2024-05-01", "other_service", "고독사 예방"),
    ):
        found = history_of(HOUSEHOLD, records, day)
        assert found["other_case"] == kind
        assert found["case_service"] == service or (
            service is None and pd.isna(found["case_service"])
        )
    over = records_of(cases=[case("public_care", "2024-03-01", "2024-04-30")])
    assert pd.isna(history_of(HOUSEHOLD, over)["other_case"])


def attempt(channel: str, on: str, result: str = "no_need") -> dict[str, Any]:
    return contact(HOUSEHOLD, "2024-05-01", result, on, channel=channel)


@pytest.mark.parametrize(
    ("contacts", "is_answered"),
    [
        ([], False),
        ([attempt("visit", "2024-05-19")], False),
        ([attempt("visit", "2024-05-20")], True),
        ([attempt("call", "2024-05-25", "refused")], True),
        ([attempt("ai_call", "2024-05-25")], False),
        ([attempt("mail_carrier", "2024-05-25")], False),
        ([attempt("visit", "2024-05-25", "not_reached")], False),
    ],
)
def test_what_was_told_waits_for_a_human_who_meets_somebody(
    contacts: list[dict[str, Any]], is_answered: bool
) -> None:
    records = records_of(
        signs=[sign("fire", "2024-05-20"), sign("bottles", "2024-05-20")],
        referrals=[referral("2024-05-20")],
        contacts=contacts,
    )
    found = history_of(HOUSEHOLD, records)
    told = ((), ()) if is_answered else (("fire", "bottles"), ("fire",))
    assert (found["signs"], found["urgent"]) == told
    assert found["referral_open"] == (not is_answered)
    assert pd.isna(found["urgent_since"]) == is_answered


def test_an_answer_that_is_told_counts_from_the_day_after_it() -> None:
    records = records_of(
        signs=[sign("suicide", "2024-05-20", answered="2024-05-21", known_date="2024-05-20")]
    )
    assert history_of(HOUSEHOLD, records, "2024-05-21")["urgent"] == ("suicide",)
    after = history_of(HOUSEHOLD, records, "2024-05-22")
    assert (after["urgent"], after["signs"]) == ((), ())


def test_the_first_urgent_sign_says_since_when() -> None:
    rows = [
        sign("unwell", "2024-04-01"),
        sign("violence", "2024-05-02"),
        sign("fire", "2024-05-01"),
    ]
    found = history_of(HOUSEHOLD, records_of(signs=rows))
    assert found["urgent"] == ("violence", "fire")
    assert found["signs"] == ("violence", "fire", "unwell")
    assert found["urgent_since"] == pd.Timestamp("2024-05-01")


def test_another_address_is_told_by_an_attempt_until_it_is_met_or_registered_anew() -> None:
    gone = contact(HOUSEHOLD, "2024-03-01", "not_reached", "2024-03-05", reason="moved")
    home = {"household_id": HOUSEHOLD, "name": "dong", "known_date": "2024-01-01", "text": "A"}
    area = {"area": "dong", "groups": ["dong"]}

    def elsewhere(contacts: list[dict[str, Any]], homes: list[dict[str, Any]]) -> bool:
        records = rm.Records.from_frames(
            pd.DataFrame([NEVER]),
            contacts=pd.DataFrame(contacts),
            attributes=pd.DataFrame(homes),
            today="2024-12-31",
            **area,
        )
        return bool(history_of(HOUSEHOLD, records)["other_address"])

    assert elsewhere([gone], [home])
    assert elsewhere([gone | {"reason": "empty"}], [home])
    assert not elsewhere([gone | {"reason": "no_answer"}], [home])
    assert not elsewhere([gone, contact(HOUSEHOLD, "2024-03-01", "no_need", "2024-03-20")], [home])
    assert not elsewhere([gone], [home, home | {"known_date": "2024-04-01", "text": "B"}])
    assert elsewhere([gone], [home, home | {"known_date": "2024-06-15", "text": "B"}])


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"text": ["Y", "no"]}, [True, False]),
        ({"text": ["1", "0"]}, [True, False]),
        ({"number": [1.0, 0.0]}, [True, False]),
    ],
)
def test_another_address_is_told_by_an_attribute(cells: dict[str, Any], wanted: list[bool]) -> None:
    told = {"household_id": ["a", "b"], "name": "lives_elsewhere", "known_date": "2024-01-01"}
    records = rm.Records.from_frames(
        pd.DataFrame([NEVER]),
        attributes=pd.DataFrame(told | cells),
        lists=pd.DataFrame([listed("a", "2024-03-01"), listed("b", "2024-03-01")]),
        today="2024-12-31",
    )
    table = rm.contact_history(records, DAY, other_address="lives_elsewhere")
    assert table["other_address"].tolist() == wanted
    assert not rm.contact_history(records, DAY)["other_address"].any()
    with pytest.raises(rm.RiskmodelError, match="no attribute 'elsewhere'"):
        rm.contact_history(records, DAY, other_address="elsewhere")


days = st.dates(pd.Timestamp("2024-03-01").date(), pd.Timestamp("2024-07-01").date()).map(str)
households = st.sampled_from(["가", "나"])
rows_of_signs = st.builds(
    lambda household, word, seen, answered: sign(
        word, seen, household_id=household, answered=answered and max(answered, seen)
    ),
    households,
    st.sampled_from(SIGNS),
    days,
    st.none() | days,
)
rows_of_requests = st.builds(
    lambda household, kind, on, decided, outcome, effect: request(
        kind,
        on,
        household_id=household,
        decided=decided and max(decided, on),
        outcome=outcome,
        effect=effect,
    ),
    households,
    st.sampled_from(["objection", "refusal", "explanation"]),
    days,
    st.none() | days,
    st.sampled_from([None, "upheld", "rejected"]),
    st.sampled_from([None, *EFFECTS]),
)


def by_hand(
    household: str, signs: list[dict[str, Any]], requests: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what holds of a household on `DAY`, one plain step after the other."""
    waits, effects, n_open = set(), set(), 0
    for row in signs:
        is_known = row["household_id"] == household and row["seen"] < DAY
        if is_known and not (row["answered"] and row["answered"] < DAY):
            waits.add(row["sign"])
    for row in requests:
        if row["household_id"] != household or row["received"] >= DAY:
            continue
        is_told = row["decided"] is None or row["decided"] < DAY
        outcome = row["outcome"] if is_told else None
        effect = row["effect"] if is_told else None
        holds = outcome == "upheld" or (row["kind"] == "refusal" and outcome is None)
        if holds and row["kind"] == "objection":
            effect = effect or "not_listed"
        if holds and effect:
            effects.add(effect)
        n_open += outcome is None and not (row["decided"] and is_told)
    return {
        "signs": tuple(word for word in SIGNS if word in waits),
        "urgent": tuple(word for word in URGENT if word in waits),
        "effects": tuple(word for word in EFFECTS if word in effects),
        "requests_open": n_open,
    }


@settings(max_examples=20, deadline=None)
@given(
    st.lists(rows_of_signs, min_size=1, max_size=6),
    st.lists(rows_of_requests, min_size=1, max_size=6),
    st.randoms(),
)
def test_what_holds_is_what_a_reader_of_the_tables_would_write(
    signs: list[dict[str, Any]], requests: list[dict[str, Any]], rng: Any
) -> None:
    def once(rows: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
        return list({tuple(row[key] for key in keys): row for row in rows}.values())

    signs = once(signs, "household_id", "sign", "seen")
    requests = once(requests, "household_id", "kind", "received")
    records = held(signs=signs, requests=requests)
    table = rm.contact_history(records, DAY)
    for row in table.to_dict("records"):
        wanted = by_hand(row["household_id"], signs, requests)
        assert {name: row[name] for name in wanted} == wanted
    shuffled = held(
        signs=rng.sample(signs, len(signs)), requests=rng.sample(requests, len(requests))
    )
    pd.testing.assert_frame_equal(table, rm.contact_history(shuffled, DAY))
    then = known_on(records, np.datetime64(DAY))
    pd.testing.assert_frame_equal(table, rm.contact_history(then, DAY))


def everything() -> dict[str, pd.DataFrame]:
    """Return rows of all four tables for households of the simulated service."""
    rows = {
        "requests": [request("objection", "2024-02-01", decided="2024-02-05", outcome="upheld")],
        "referrals": [referral("2024-02-01")],
        "cases": [case("public_care", "2024-02-01")],
        "signs": [sign("fire", "2024-02-01"), sign("bottles", "2024-02-01")],
    }
    own = [f"H{n:07d}" for n in range(200)]
    return {
        name: pd.DataFrame([row | {"household_id": one} for row in table for one in own])
        for name, table in rows.items()
    }


def test_a_panel_is_the_same_to_the_byte_with_and_without_these_tables() -> None:
    records = rm.make_households(300, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    with_all = rm.Records.from_frames(
        records.events,
        attributes=records.attributes,
        members=records.members,
        contacts=records.contacts,
        lists=records.lists,
        coverage=records.coverage,
        deliveries=records.deliveries,
        unmatched=records.unmatched,
        catalogue=records.catalogue,
        today=records.today,
        since=records.since,
        rounds=records.rounds,
        groups=records.groups,
        area=records.area,
        **everything(),
    )
    assert all(len(with_all.tables[name]) for name in SERVICE_TABLES)
    empty = {name: table for name, table in with_all.tables.items() if name not in SERVICE_TABLES}
    without = with_all.replace(tables=empty)
    rounds = ["2024-03-01", "2024-05-01"]
    one, other = (
        rm.build_panel(own, rounds, label=rm.Label("crisis", "6M")) for own in (with_all, without)
    )
    assert list(one.X.columns) == list(other.X.columns)
    for name in one.X:
        assert one.X[name].to_numpy().tobytes() == other.X[name].to_numpy().tobytes()
    pd.testing.assert_series_equal(one.y, other.y)
    pd.testing.assert_frame_equal(one.groups, other.groups)
