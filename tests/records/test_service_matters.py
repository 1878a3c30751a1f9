"""What a household asked for, who named it, who looks after it and what was seen, on a morning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.records import Records
from riskmodel.records.service_matters import COLUMNS, HIDDEN, service_matters, told_matters

FIRE = pd.DataFrame([{"household_id": "a", "code": "fire", "event_date": "2024-01-05"}])
DAY = "2024-06-01"


def matters(day: str = DAY, household: str = "a", masked: bool = True, **tables: Any) -> Any:
    frames = {
        name: pd.DataFrame([{"household_id": "a", **row} for row in rows])
        for name, rows in tables.items()
    }
    records = Records.from_frames(FIRE, today="2025-01-01", **frames)
    return service_matters(records, np.datetime64(day), household, masked=masked)


def states(**tables: Any) -> list[str]:
    return matters(**tables)["state"].tolist()


def test_each_table_tells_its_rows_under_the_same_columns_in_the_order_of_days() -> None:
    told = matters(
        requests=[
            {
                "kind": "objection",
                "received": "2024-05-01",
                "decided": "2024-05-09",
                "outcome": "upheld",
                "effect": "no_ai_call",
                "by": "officer-7",
            }
        ],
        referrals=[{"referred_by": "self", "received": "2024-04-01", "answered": "2024-04-03"}],
        cases=[
            {
                "kind": "other_service",
                "service": "고독사 예방",
                "from_date": "2024-03-01",
                "to_date": "2024-03-31",
            }
        ],
        signs=[{"sign": "bottles", "seen": "2024-02-01", "seen_by": "carrier"}],
    )
    assert tuple(told) == COLUMNS
    assert told["matter"].tolist() == ["sign", "case", "referral", "request"]
    assert told["word"].fillna("").tolist() == ["bottles", "other_service", "", "objection"]
    # who decides on a request is never shown
    assert told["by"].fillna("").tolist() == ["carrier", "고독사 예방", "self", ""]
    for name, wanted in {
        "day": ["2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"],
        "due": [None, None, None, "2024-05-11"],
        "until": [None, "2024-03-31", "2024-04-03", "2024-05-09"],
    }.items():
        days = told[name].dt.strftime("%Y-%m-%d")
        assert days.astype(object).where(days.notna(), None).tolist() == wanted, name
    assert told["outcome"].dropna().tolist() == ["upheld"]
    assert told["effect"].dropna().tolist() == ["no_ai_call"]
    assert told["state"].tolist() == ["waits", "done", "done", "done"]


@pytest.mark.parametrize(
    ("day", "state"), [("2024-05-11", "waits"), ("2024-05-12", "late")], ids=["due", "over"]
)
def test_a_request_is_late_once_its_day_is_over(day: str, state: str) -> None:
    asked = {"kind": "objection", "received": "2024-05-01"}
    assert matters(day, requests=[asked])["state"].tolist() == [state]


def test_a_decision_without_an_outcome_and_an_outcome_without_a_day_end_a_request() -> None:
    asked = {"kind": "objection", "received": "2024-01-01"}
    assert states(requests=[asked | {"decided": "2024-01-02"}]) == ["done"]
    assert states(requests=[asked | {"outcome": "rejected"}]) == ["done"]


@pytest.mark.parametrize(
    ("ends", "state"), [(None, "waits"), (DAY, "waits"), ("2024-05-31", "done")]
)
def test_a_case_goes_on_through_its_last_day(ends: str | None, state: str) -> None:
    case = {"kind": "public_care", "from_date": "2024-01-01", "to_date": ends}
    assert states(cases=[case]) == [state]


def test_an_urgent_sign_is_late_until_it_is_answered() -> None:
    seen = {"seen": "2024-05-31"}
    # an answer counts from the day after it
    for answered, state in ((None, "late"), (DAY, "late"), ("2024-05-31", "done")):
        signs = [
            seen | {"sign": sign, "answered": answered} for sign in ("suicide", "violence", "fire")
        ]
        assert states(signs=signs) == [state] * 3
    assert states(signs=[seen | {"sign": "smell"}]) == ["waits"]


def test_only_who_speaks_with_a_household_on_that_day_or_later_answers_it() -> None:
    contact = {"as_of_date": "2024-05-01", "contact_date": "2024-05-10", "result": "no_need"}
    signs = [{"sign": "bottles", "seen": day} for day in ("2024-05-09", "2024-05-10", "2024-05-11")]
    referral = {"referred_by": "self", "received": "2024-05-09"}
    by_visit, by_letter = (
        matters(contacts=[contact | {"channel": channel}], signs=signs, referrals=[referral])
        for channel in ("visit", "mail")
    )
    assert by_visit.query("matter == 'sign'")["state"].tolist() == ["done", "done", "waits"]
    assert by_visit.query("matter == 'referral'")["state"].tolist() == ["done"]
    assert set(by_letter["state"]) == {"waits"}


def test_sensitive_signs_are_hidden_unless_asked_for_and_others_never() -> None:
    signs = [
        {"sign": sign, "seen": f"2024-05-0{n + 1}"}
        for n, sign in enumerate(("suicide", "violence", "fire"))
    ]
    assert matters(signs=signs)["word"].tolist() == [HIDDEN, HIDDEN, "fire"]
    assert matters(signs=signs, masked=False)["word"].tolist() == ["suicide", "violence", "fire"]


def test_what_was_not_known_and_what_is_of_others_is_left_out() -> None:
    sign = {"sign": "fire", "seen": "2024-05-31"}
    assert matters("2024-05-31", signs=[sign]).empty
    assert matters(signs=[sign | {"known_date": DAY}]).empty
    assert matters(signs=[sign | {"known_date": "2024-05-31"}])["word"].tolist() == ["fire"]
    assert matters(household="b", signs=[sign]).empty
    gone = sign | {"retracted_date": "2024-05-31"}
    assert matters(signs=[gone]).empty
    assert len(matters(signs=[sign | {"retracted_date": DAY}])) == 1


def test_rows_of_one_day_stand_by_matter_word_and_who_told_it() -> None:
    day = "2024-05-01"
    told = matters(
        signs=[
            {"sign": "smell", "seen": day, "seen_by": "volunteer"},
            {"sign": "smell", "seen": day, "seen_by": "carrier"},
            {"sign": "bottles", "seen": day, "seen_by": "volunteer"},
        ],
        requests=[{"kind": "refusal", "received": day}],
        cases=[{"kind": "public_care", "from_date": day}],
    )
    found = told[["matter", "word", "by"]].fillna("").to_numpy().tolist()
    assert found == [
        ["case", "public_care", ""],
        ["request", "refusal", ""],
        ["sign", "bottles", "volunteer"],
        ["sign", "smell", "carrier"],
        ["sign", "smell", "volunteer"],
    ]


def test_it_is_told_in_words_and_days_as_texts() -> None:
    asked = {"kind": "objection", "received": "2024-05-01"}
    table = matters(requests=[asked], signs=[{"sign": "fire", "seen": "2024-05-02"}])
    told = told_matters(table, "en")
    assert told["day"].tolist() == ["2024-05-01", "2024-05-02"]
    assert told["due"].tolist() == ["2024-05-11", ""]
    assert told["until"].tolist() == ["", ""]
    assert (told[["by", "outcome", "effect"]] == "").all(axis=None)
    assert not set(told["word"]) & set(told_matters(table, "ko")["word"])
    assert table["word"].tolist() == ["objection", "fire"]
