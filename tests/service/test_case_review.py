"""One household's rounds after the fact: what was known, listed, done and left undone."""

from __future__ import annotations

import pandas as pd
import pytest
from test_history_of_contacts import contact, fact, listed, records_of
from test_what_holds import HOUSEHOLD, case, referral, request, sign
from test_what_holds import records_of as records_with

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.errors import ConfigError, RecordsError


def test_each_round_says_what_was_left_undone() -> None:
    records = records_of(
        [
            contact("a", "2024-01-01", "not_reached", "2024-01-05", reason="no_answer"),
            contact("a", "2024-05-01", "need_confirmed", "2024-05-06"),
            contact("a", "2024-07-01", "need_confirmed", "2024-07-06", support="private_support"),
            contact("b", "2024-09-01", "no_need", "2024-09-06"),
        ],
        [
            *(listed("a", f"2024-{month:02d}-01") for month in (1, 5, 7)),
            listed("a", "2024-03-01", drawn=False),
            listed("a", "2024-09-01"),
        ],
    )
    table = rm.review(records, "a", "2024-11-01").table.set_index("as_of_date")
    assert table["undone"].tolist() == [
        "nobody_met",
        "left_open",
        "no_support",
        "",
        "not_tried",
    ]
    assert table["is_open"].tolist() == [True, True, False, False, True]
    assert table["listed"].tolist() == [True, False, True, True, True]
    assert table["support"].tolist() == ["", "", "", "private support", ""]
    assert table["contacts"].iloc[0] == "call 2024-01-05 no answer"
    without = rm.review(records, "b", "2024-11-01").table
    assert without["listed"].tolist() == [None]
    assert without["probability"].isna().all()


def test_a_list_of_a_month_is_of_the_round_of_that_month() -> None:
    records = records_of(
        [contact("a", "2024-05-02", "no_need", "2024-05-20")], [listed("a", "2024-05-31")]
    )
    table = rm.review(records, "a", "2024-07-01").table
    assert table["as_of_date"].tolist() == [pd.Timestamp("2024-05-02")]
    assert table[["listed", "undone"]].to_numpy().tolist() == [[True, ""]]


def test_who_is_drawn_for_one_of_two_lists_is_listed() -> None:
    lists = [
        listed("a", "2024-05-01", drawn=drawn) | {"list": name, "probability": chance}
        for name, drawn, chance in (("l", False, 0.1), ("m", True, 0.4))
    ]
    (row,) = rm.review(records_of(lists=lists), "a", "2024-07-01").table.to_dict("records")
    assert (row["listed"], row["probability"], row["undone"]) == (True, 0.4, "not_tried")


def test_a_review_says_by_which_rule_a_household_was_left_out_and_how_small_its_chance_was() -> (
    None
):
    left = listed("a", "2024-05-01", drawn=False) | {"rule": "no_room", "probability": 0.00035}
    records = records_of(lists=[left, listed("a", "2024-07-01")])
    story = rm.review(records, "a", "2024-09-01", lang="ko")
    assert story.table["rule"].tolist() == ["no_room", ""]
    assert story.table["probability"].iloc[0] == 0.00035
    assert "이번 차수에 여력 없음" in str(story)
    assert "< 0.001" in str(story)


def test_a_household_of_which_only_attributes_are_known_has_empty_rounds() -> None:
    home = {"household_id": "a", "name": "gu", "known_date": "2023-01-01", "text": "A"}
    table = rm.review(records_of(lists=[listed("b", "2024-01-01")], attributes=[home]), "a").table
    assert table.empty


def test_what_was_known_is_what_could_be_seen_on_the_morning() -> None:
    events = [
        fact("rent", "2023-12-01"),
        fact("rent", "2024-02-01"),
        fact("water", "2023-12-01", "2024-02-01"),
        fact("gas", "2023-11-01", retracted_date="2024-02-01"),
    ]
    records = records_of(
        lists=[listed("a", "2024-01-01"), listed("a", "2024-03-01")], events=events
    )
    table = rm.review(records, "a", "2024-05-01").table
    assert table["facts"].tolist() == [2, 3]
    assert table["new"].tolist() == [("gas", "rent"), ("water",)]


def test_whether_a_case_was_open_is_told_as_it_was_known_then() -> None:
    late = contact("a", "2024-01-01", "no_need", "2024-01-05", known_date="2024-04-01")
    records = records_of(
        [late], [listed("a", "2024-01-01"), listed("a", "2024-03-01", drawn=False)]
    )
    table = rm.review(records, "a", "2024-05-01").table
    assert table["is_open"].tolist() == [True, False]
    assert table["undone"].tolist() == ["", "left_open"]


def test_a_review_prints_in_both_languages_and_counts_what_was_left_undone() -> None:
    records = records_of(
        [contact("a", "2024-01-01", "not_reached", "2024-01-05")], [listed("a", "2024-01-01")]
    )
    english, korean = rm.review(records, "a", DAY), rm.review(records, "a", DAY, lang="ko")
    head = "a until 2024-06-15: rounds 1, listed 1; nobody tried 0, nobody met it 1, open"
    assert head in str(english)
    assert head in english._repr_html_()
    assert "만나지 못함 1회" in str(korean)
    assert korean.table["contacts"].tolist() == ["전화 2024-01-05 만나지 못함"]
    assert english.frame().equals(english.table)


DAY = "2024-06-15"


def test_sensitive_indicators_are_named_only_where_that_is_asked_for() -> None:
    records = rm.make_households(400, n_rounds=8, preset="korea", random_state=0, capacity=0.1)
    events = records.events
    own = events[events["code"] == "domestic_violence"]["household_id"].iloc[0]
    hidden = str(rm.review(records, own, "2026-01-01"))
    shown = str(rm.review(records, own, "2026-01-01", masked=False))
    name = records.catalogue["domestic_violence"].name("en")
    assert name not in hidden
    assert "sensitive information" in hidden
    assert name in shown


def test_a_household_that_is_not_there_and_a_language_that_is_none_are_refused() -> None:
    records = records_of(lists=[listed("a", "2024-01-01")])
    with pytest.raises(RecordsError, match="hold nothing of this household") as refusal:
        rm.review(records, "00123")
    assert refusal.value.code == "service.no_household"
    assert "00123" not in str(refusal.value).split("Next")[0]
    with pytest.raises(ConfigError, match="unknown language"):
        rm.review(records, "a", lang="fr")


def test_the_shell_tells_a_review(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["data.simulated.n=300", "data.simulated.n_rounds=6", "data.simulated.capacity=.1"]
    assert main(["review", *small, "household=H0000001"]) == 0
    told = capsys.readouterr()
    assert "H0000001 until" in told.out
    assert "H0000001" not in told.err
    assert main(["review", *small, "household=nobody"]) == 3


def test_the_table_of_a_household_without_rounds_is_empty() -> None:
    records = records_of(events=[fact("rent", "2023-12-01")])
    assert isinstance(rm.review(records, "a").table, pd.DataFrame)
    assert rm.review(records, "a").table.empty


def asked_and_seen() -> rm.Records:
    return records_with(
        requests=[
            request("objection", "2024-03-01", decided="2024-03-08", outcome="rejected", by="k1"),
            request("explanation", "2024-06-01"),
        ],
        referrals=[referral("2024-05-01", "neighbour")],
        cases=[case("other_service", "2024-02-01", "2024-04-30", service="고독사 예방")],
        signs=[sign("suicide", "2024-06-10"), sign("bottles", "2024-04-02", answered="2024-04-05")],
    )


def test_what_was_asked_told_and_seen_stands_below_the_rounds_with_what_was_left_undone() -> None:
    story = rm.review(asked_and_seen(), HOUSEHOLD, "2024-06-15")
    told = story.matters.set_index("matter")
    assert story.matters["day"].is_monotonic_increasing
    assert story.matters["matter"].tolist() == [
        *("case", "request", "sign", "referral", "request", "sign"),
    ]
    assert story.matters["state"].tolist() == ["done", "done", "done", "waits", "late", "late"]
    assert told.loc["case", "by"] == "고독사 예방"
    assert pd.isna(told.loc["request", "by"]).all()
    text = str(story)
    assert "requests, referrals, other services and signs: 6, of which late 2" in text
    assert "sensitive information" in text
    assert "suicide" not in text
    assert "suicide mentioned" in str(rm.review(asked_and_seen(), HOUSEHOLD, DAY, masked=False))
    korean = rm.review(asked_and_seen(), HOUSEHOLD, DAY, lang="ko")
    assert "선정에 대한 이의" in str(korean)
    assert "이웃" in korean._repr_html_()


def test_a_review_tells_only_what_was_known_on_its_day() -> None:
    story = rm.review(asked_and_seen(), HOUSEHOLD, "2024-03-08")
    assert story.matters["matter"].tolist() == ["case", "request"]
    assert story.matters["state"].tolist() == ["waits", "waits"]
    assert story.matters["outcome"].isna().all()
    assert rm.review(asked_and_seen(), HOUSEHOLD, "2024-02-01").matters.empty


def test_a_household_without_such_rows_has_no_second_table() -> None:
    records = records_of(lists=[listed("a", "2024-01-01")])
    story = rm.review(records, "a", DAY)
    assert story.matters.empty
    assert "signs" not in str(story)


def test_each_round_tells_what_was_asked_and_seen_until_the_next() -> None:
    records = records_with(
        lists=[listed(HOUSEHOLD, "2024-03-01"), listed(HOUSEHOLD, "2024-05-01")],
        signs=[sign("bottles", "2024-02-20"), sign("fire", "2024-03-01")],
        requests=[request("objection", "2024-04-30")],
        referrals=[referral("2024-05-01")],
    )
    story = rm.review(records, HOUSEHOLD, DAY)
    assert story.table["told"].tolist() == [
        "sign: fire danger; request: objection to being listed",
        "referral: itself",
    ]
    assert "asked and seen" in str(story)
