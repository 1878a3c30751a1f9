"""The history of contacts: what it says of a household is what a reader of the tables would say."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records.contact_words import NO_VERDICT
from riskmodel.records.known_on import known_on
from riskmodel.records.table_schemas import conform

ROUNDS = ("2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01")
DAY = "2024-06-15"
RESULTS = ("need_confirmed", "no_need", "refused", "not_reached", "not_executed", "not_told")
MET = ("need_confirmed", "no_need", "refused", "not_told")


@cache
def empty_records(**rest: Any) -> rm.Records:
    fact = {"household_id": "z", "code": "fire", "event_date": "2023-01-01"}
    return rm.Records.from_frames(pd.DataFrame([fact]), today="2024-12-31", **rest)


def records_of(
    contacts: list[dict[str, Any]] | None = None,
    lists: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    **rest: Any,
) -> rm.Records:
    attributes = rest.pop("attributes", None)
    empty = empty_records(**rest)
    tables = {
        "contacts": contacts,
        "lists": lists,
        "events": events,
        "attributes": attributes,
    }
    given = {name: conform(name, pd.DataFrame(rows)) for name, rows in tables.items() if rows}
    return empty.replace(tables={**empty.tables, **given})


def contact(household: str, as_of: str, result: str | None, on: str, **rest: Any) -> dict[str, Any]:
    row = {"household_id": household, "as_of_date": as_of, "result": result, "contact_date": on}
    return row | {"known_date": on, "channel": "call", "attempt": 1} | rest


def listed(household: str, as_of: str, *, drawn: bool = True, area: str = "A") -> dict[str, Any]:
    row = {"household_id": household, "as_of_date": as_of, "list": "l", "probability": 0.5}
    return row | {"drawn": drawn, "area": area}


def history_of(household: str, records: rm.Records, day: str = DAY, **rest: Any) -> pd.Series:
    table = rm.contact_history(records, day, **rest).set_index("household_id")
    return table.loc[household]


def test_who_was_flagged_five_times_and_never_reached_stands_open_and_overdue() -> None:
    rounds = [f"2023-{month:02d}-01" for month in (1, 3, 5, 7, 9)]
    tries = [contact("jeonju", day, "not_reached", day, reason="no_answer") for day in rounds]
    found = history_of("jeonju", records_of(tries), "2023-10-01")
    assert found["state"] == "overdue"
    assert found["rounds_listed"] == found["rounds_open"] == found["unanswered"] == 5
    assert found["rounds_met"] == 0
    assert found["open_since"] == pd.Timestamp("2023-01-01")
    assert found["last_reason"] == "no_answer"


@pytest.mark.parametrize(
    ("result", "reason", "state"),
    [
        ("need_confirmed", None, "closed"),
        ("no_need", None, "closed"),
        ("refused", None, "closed"),
        ("not_told", None, "closed"),
        ("not_reached", "died", "closed"),
        ("not_reached", "in_institution", "closed"),
        ("not_reached", "no_answer", "overdue"),
        ("not_reached", "moved", "overdue"),
        ("not_reached", "empty", "overdue"),
        ("not_executed", None, "overdue"),
        (None, None, "overdue"),
    ],
)
def test_what_closes_a_case(result: str | None, reason: str | None, state: str) -> None:
    records = records_of([contact("a", "2024-03-01", result, "2024-03-05", reason=reason)])
    found = history_of("a", records)
    assert found["state"] == state
    left = reason if reason in {"died", "in_institution"} else None
    assert found["left"] == left if left else pd.isna(found["left"])


def test_a_case_is_overdue_once_its_time_is_over() -> None:
    records = records_of(lists=[listed("a", "2024-05-01")])
    states = [history_of("a", records, day)["state"] for day in ("2024-06-30", "2024-07-01")]
    assert states == ["open", "overdue"]
    assert history_of("a", records, "2024-06-30", due="30D")["state"] == "overdue"


def test_who_could_have_been_drawn_and_was_not_has_no_history() -> None:
    records = records_of(lists=[listed("a", "2024-05-01"), listed("b", "2024-05-01", drawn=False)])
    assert rm.contact_history(records, DAY)["household_id"].tolist() == ["a"]


def test_an_open_case_goes_to_the_area_where_the_household_lives_now() -> None:
    homes = [
        {"household_id": "a", "name": "gu", "known_date": "2024-01-01", "text": "A"},
        {"household_id": "a", "name": "gu", "known_date": "2024-05-20", "text": "B"},
    ]
    records = records_of(lists=[listed("a", "2024-05-01")], attributes=homes, area="gu")
    before, after = history_of("a", records, "2024-05-20"), history_of("a", records, "2024-05-21")
    assert (before["area"], before["listed_area"], before["moved"]) == ("A", "A", False)
    assert (after["area"], after["listed_area"], after["moved"]) == ("B", "A", True)
    assert after["state"] == "open"


def test_a_list_of_a_month_belongs_to_the_round_of_that_month() -> None:
    met = [contact("a", "2024-05-02", "no_need", "2024-05-20")]
    for records in (
        records_of(met, [listed("a", "2024-05-31")]),
        records_of([met[0] | {"as_of_date": "2024-05-31"}], [listed("a", "2024-05-31")]),
        records_of([met[0] | {"as_of_date": "2024-05-31"}], rounds=("2024-05-02", "2024-07-02")),
    ):
        found = history_of("a", records)
        assert (found["rounds_listed"], found["state"]) == (1, "closed")
    assert found["first_round"] == pd.Timestamp("2024-05-02")


def test_who_has_left_opens_no_case_again_unless_somebody_meets_them() -> None:
    died = contact("a", "2024-01-01", "not_reached", "2024-01-05", reason="died")
    later = [listed("a", "2024-03-01"), listed("a", "2024-05-01")]
    found = history_of("a", records_of([died], later))
    assert (found["state"], found["left"], found["rounds_open"]) == ("closed", "died", 0)
    gone = died | {"reason": "in_institution"}
    met = contact("a", "2024-03-01", "need_confirmed", "2024-03-10")
    found = history_of("a", records_of([gone, met], later))
    assert pd.isna(found["left"])
    assert found["last_verdict"] == "need_confirmed"


def test_who_is_met_in_a_later_round_is_met_in_that_one_too() -> None:
    records = records_of(
        [contact("a", "2024-03-01", "no_need", "2024-05-20")],
        [listed("a", "2024-03-01"), listed("a", "2024-05-01")],
    )
    assert history_of("a", records)["state"] == "closed"


def test_an_attempt_of_which_two_readers_write_is_one() -> None:
    rows = [
        contact("a", "2024-03-01", "not_reached", "2024-03-05", reader=reader) for reader in "xy"
    ]
    assert history_of("a", records_of(rows))["unanswered"] == 1


def test_a_contact_of_a_month_belongs_to_the_list_of_that_month() -> None:
    records = records_of(
        [contact("a", "2024-05-31", "no_need", "2024-05-20")], [listed("a", "2024-05-02")]
    )
    found = history_of("a", records)
    assert found["rounds_listed"] == 1
    assert found["state"] == "closed"


def test_a_corrected_contact_counts_until_its_correction_is_known() -> None:
    first = contact("a", "2024-03-01", "no_need", "2024-03-05", retracted_date="2024-04-01")
    second = contact("a", "2024-03-01", "not_reached", "2024-03-05", known_date="2024-04-01")
    records = records_of([first, second])
    assert history_of("a", records, "2024-04-01")["last_verdict"] == "no_need"
    after = history_of("a", records, "2024-04-02")
    assert pd.isna(after["last_verdict"])
    assert (after["verdicts"], after["unanswered"], after["state"]) == (0, 1, "open")


def test_of_two_verdicts_of_one_contact_the_one_that_confirms_need_is_last() -> None:
    both = [
        contact("a", "2024-03-01", result, "2024-03-05", reader=reader)
        for result, reader in (("need_confirmed", "worker"), ("no_need", "manager"))
    ]
    for rows in (both, both[::-1]):
        found = history_of("a", records_of(rows))
        assert (found["last_verdict"], found["verdicts"]) == ("need_confirmed", 2)


def fact(code: str, on: str, known: str | None = None, **rest: Any) -> dict[str, Any]:
    return {"household_id": "a", "code": code, "event_date": on, "known_date": known or on} | rest


def test_new_indicators_are_kinds_that_were_silent_for_a_year_before_the_verdict() -> None:
    events = [
        fact("held", "2023-12-01"),
        fact("held", "2024-04-01"),
        fact("back", "2022-12-01"),
        fact("back", "2024-04-01"),
        fact("new", "2024-04-02"),
        fact("told_late", "2024-02-01", "2024-05-01"),
        fact("later", "2024-06-01", "2024-06-15"),
        fact("taken_back", "2024-04-01", retracted_date="2024-05-01"),
        fact("same_day", "2024-03-05"),
    ]
    records = records_of([contact("a", "2024-03-01", "no_need", "2024-03-05")], events=events)
    new = ("back", "new", "same_day", "told_late")
    assert history_of("a", records)["new_indicators"] == new


def test_indicators_are_new_since_the_verdict_also_where_it_was_met_later() -> None:
    events = [fact("between", "2024-04-01"), fact("before", "2024-02-01")]
    met = contact("a", "2024-05-01", "refused", "2024-05-10")
    found = history_of(
        "a", records_of([contact("a", "2024-03-01", "no_need", "2024-03-05"), met], events=events)
    )
    assert found["new_since"] == pd.Timestamp("2024-03-05")
    assert found["new_indicators"] == ("between",)


def test_an_answer_of_an_earlier_round_counts_on_its_day() -> None:
    tries = [
        contact("a", "2024-05-01", "not_reached", "2024-05-03", channel="visit"),
        contact("a", "2024-03-01", "no_need", "2024-05-10"),
    ]
    found = history_of("a", records_of(tries))
    assert found["state"] == "closed"
    assert found["unanswered"] == 0, "it was met after the attempt that failed"
    assert (found["last_channel"], found["last_result"]) == ("call", "no_need")
    again = [*tries, contact("a", "2024-05-01", "not_reached", "2024-05-12", attempt=2)]
    found = history_of("a", records_of(again))
    assert (found["unanswered"], found["last_result"]) == (1, "not_reached")


def test_of_who_was_never_met_indicators_are_new_since_the_first_round() -> None:
    events = [fact("held", "2024-01-01"), fact("new", "2024-04-01"), fact("later", "2024-06-20")]
    tries = [contact("a", day, "not_reached", day) for day in ("2024-03-01", "2024-05-01")]
    found = history_of("a", records_of(tries, events=events))
    assert found["new_indicators"] == ("new",)
    assert found["new_since"] == pd.Timestamp("2024-03-01")
    met = [*tries, contact("a", "2024-05-01", "refused", "2024-05-10")]
    found = history_of("a", records_of(met, events=events))
    assert found["new_indicators"] == ()
    assert found["new_since"] == pd.Timestamp("2024-05-10")


days = st.dates(pd.Timestamp("2024-01-02").date(), pd.Timestamp("2024-08-01").date()).map(str)
contacts = st.builds(
    lambda household, as_of, result, on, known, reader, attempt, retracted: contact(
        household,
        as_of,
        result,
        on,
        known_date=known,
        reader=reader,
        attempt=attempt,
        retracted_date=retracted,
    ),
    st.sampled_from("abc"),
    st.sampled_from(ROUNDS),
    st.sampled_from(RESULTS),
    days,
    days,
    st.sampled_from(["worker", "manager"]),
    st.integers(1, 3),
    st.none() | days,
)
lists = st.builds(
    lambda household, as_of, drawn: listed(household, as_of, drawn=drawn),
    st.sampled_from("abc"),
    st.sampled_from(ROUNDS),
    st.booleans(),
)


def by_hand(household: str, rows: list[dict[str, Any]], of_lists: list[dict[str, Any]]) -> dict:
    """Return some columns of a household's history, one plain step after the other."""
    own = [
        row
        for row in rows
        if row["household_id"] == household
        and row["as_of_date"] < DAY
        and row["known_date"] < DAY
        and not (row["retracted_date"] is not None and row["retracted_date"] < DAY)
    ]
    own.sort(key=lambda row: (row["as_of_date"], row["contact_date"], row["attempt"]))
    drawn = {
        row["as_of_date"]
        for row in of_lists
        if row["household_id"] == household and row["drawn"] and row["as_of_date"] < DAY
    }
    rounds = drawn | {row["as_of_date"] for row in own}
    met = {row["as_of_date"] for row in own if row["result"] in MET}
    met_on = [max(row["as_of_date"], row["contact_date"]) for row in own if row["result"] in MET]
    is_open = {day for day in rounds if not met or day > max(met_on)}
    verdicts = [row for row in own if row["result"] not in NO_VERDICT]
    key = ("as_of_date", "known_date", "attempt", "contact_date")
    last = max(
        verdicts,
        key=lambda row: (*(row[name] for name in key), row["result"] == "need_confirmed"),
        default=None,
    )
    return {
        "rounds_listed": len(rounds),
        "first_round": min(rounds),
        "last_round": max(rounds),
        "rounds_met": len(met),
        "rounds_open": len(is_open),
        "open_since": min(is_open, default=None),
        "verdicts": len(verdicts),
        "last_verdict": last and last["result"],
        "verdict_date": last and last["contact_date"],
        "state": "closed"
        if not is_open
        else ("overdue" if min(is_open) <= "2024-04-15" else "open"),
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(contacts, max_size=8), st.lists(lists, max_size=6))
def test_a_history_is_what_a_reader_of_the_tables_would_write(
    rows: list[dict[str, Any]], of_lists: list[dict[str, Any]]
) -> None:
    of_lists = list({(row["household_id"], row["as_of_date"]): row for row in of_lists}.values())
    table = rm.contact_history(records_of(rows, of_lists), DAY).set_index("household_id")
    for household in "abc":
        is_known = any(
            row["household_id"] == household
            and row["as_of_date"] < DAY
            and row.get("known_date", "") < DAY
            and row.get("drawn", True)
            and not (row.get("retracted_date") or DAY) < DAY
            for row in [*rows, *of_lists]
        )
        assert (household in table.index) == is_known
        if is_known:
            found = {
                name: value.strftime("%Y-%m-%d") if isinstance(value, pd.Timestamp) else value
                for name, value in table.loc[household].items()
            }
            found = {name: None if value is pd.NaT else value for name, value in found.items()}
            wanted = by_hand(household, rows, of_lists)
            assert {name: _plain(found[name]) for name in wanted} == wanted


def _plain(value: Any) -> Any:
    is_missing = not isinstance(value, tuple) and pd.isna(value)
    return None if is_missing else value


def test_the_order_of_rows_changes_nothing() -> None:
    records = rm.make_households(300, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    rng = np.random.default_rng(0)
    tables = {
        name: table.take(rng.permutation(len(table)))
        for name in ("contacts", "lists", "events", "attributes")
        if len(table := records.tables[name])
    }
    shuffled = records.replace(tables={**records.tables, **tables})
    pd.testing.assert_frame_equal(
        rm.contact_history(records, "2024-09-01"), rm.contact_history(shuffled, "2024-09-01")
    )


def test_what_is_known_later_changes_nothing() -> None:
    records = rm.make_households(300, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    then = known_on(records, np.datetime64("2024-07-01"))
    pd.testing.assert_frame_equal(
        rm.contact_history(records, "2024-07-01"), rm.contact_history(then, "2024-07-01")
    )


def test_records_without_contacts_have_an_empty_history_with_all_its_columns() -> None:
    table = rm.contact_history(records_of(), DAY)
    assert len(table) == 0
    assert {"state", "open_since", "new_indicators", "area"} <= set(table)
    assert table["new_indicators"].dtype == object


def test_what_is_no_date_or_span_is_refused_by_name() -> None:
    records = records_of()
    with pytest.raises(ConfigError, match="as_of"):
        rm.contact_history(records, "soon")
    with pytest.raises(ConfigError, match="as_of"):
        rm.contact_history(records, pd.NaT)
    with pytest.raises(ConfigError, match="due"):
        rm.contact_history(records, DAY, due="two months")
    with pytest.raises(ConfigError, match="contact_history"):
        rm.contact_history(records, DAY, deu="2M")  # type: ignore[call-arg]
