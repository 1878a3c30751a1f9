"""Each argument at the doors of records and panels is checked, and the refusal names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.days import iso_days
from riskmodel.errors import RiskmodelError
from riskmodel.keys import as_days
from riskmodel.records import Records

DAY = "2024-05-01"
EVENTS = pd.DataFrame({"household_id": ["a", "b"], "code": "fire", "event_date": "2024-01-05"})
ROWS = pd.DataFrame({"id": ["a", "b", "c"], "rent": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
NO_DAYS = ["2024-01-05 2023", "2024-01-05 +09:00", "2024-13-01", "2024"]

Call = Callable[[dict[str, Any]], object]


@cache
def held() -> Records:
    return Records.from_frames(EVENTS, today=DAY)


def records(given: dict[str, Any]) -> Records:
    return Records.from_frames(EVENTS, **{"today": DAY, **given})


def panel(given: dict[str, Any]) -> rm.Panel:
    return rm.Panel.from_frame(ROWS, **{"household_id": "id", "as_of_date": DAY, "y": "y", **given})


def built(given: dict[str, Any]) -> rm.Panel:
    return rm.build_panel(held(), **{"rounds": ["2024-02-01"], **given})


# the door, its argument, a wrong value, and what came before
WRONG: list[tuple[Call, str, Any, str]] = [
    (records, "max_quarantined", "x", "TypeError"),
    (records, "max_quarantined", -1, "IndexError"),
    (records, "max_quarantined", np.nan, "silent"),
    (records, "max_quarantined", 3, "silent"),
    (records, "max_quarantined", True, "silent"),
    (records, "name", ["a"], "silent"),
    (records, "household", {"a": 1}, "AttributeError"),
    (records, "area", ["a"], "AttributeError"),
    (records, "groups", 3, "TypeError"),
    (records, "groups", [["a"]], "AttributeError"),
    (records, "today", "x", "without the name"),
    (records, "today", 5, "without the name"),
    (records, "since", "x", "without the name"),
    (records, "rounds", "2024-01-01", "silent"),
    (records, "rounds", ["x"], "silent"),
    (records, "complete_before", ["fire"], "AttributeError"),
    (records, "complete_before", {"fire": "x"}, "without the name"),
    (records, "allow_personal_numbers", 3, "TypeError"),
    (records, "members", "members.csv", "no next step for a path"),
    (records, "truth", "x", "silent"),
    (panel, "today", "x", "without the name"),
    (panel, "directions", ["rent"], "AttributeError"),
    (panel, "min_households", "x", "refused"),
    (built, "rounds", 3, "TypeError"),
    (built, "rounds", "2024-02-01", "TypeError"),
    (built, "rounds", ["x"], "without the name"),
    (built, "attributes", 3, "TypeError"),
    (built, "attributes", [3], "AttributeError"),
    (panel, "as_of_date", date(24, 5, 1), "without the name"),
    (lambda given: rm.Cohort(**given), "exclude", 3, "TypeError"),
    (lambda given: rm.Cohort(**given), "codes", [3], "AttributeError"),
    (lambda given: rm.Cohort(**given), "listed", "x", "silent"),
    (lambda given: rm.Features(**given), "items", 3, "TypeError"),
    (lambda given: rm.Attribute(**given), "name", 3, "AttributeError"),
    (lambda given: rm.Attribute("gu", **given), "number", "x", "silent"),
    (lambda given: rm.Attribute("gu", **given), "direction", 5, "silent"),
    (lambda given: rm.Agg.count(**given), "codes", 3, "TypeError"),
    (lambda given: rm.Agg.count("rent", **given), "spans", 3, "TypeError"),
    (lambda given: rm.Cohort(**given), "seen_within", "x", "without the name"),
    (lambda given: rm.Label("fire", **{"window": "6M", **given}), "window", "x", "without"),
    (lambda given: rm.Label("fire", **{"window": "6M", **given}), "maturity", "x", "without"),
    (lambda given: rm.rounds(**{"start": DAY, "end": DAY, **given}), "start", "x", "without"),
    (lambda given: rm.rounds(**{"start": DAY, "end": DAY, **given}), "end", 3, "without"),
    (lambda given: rm.rounds(**{"start": DAY, "end": DAY, **given}), "every", 3, "without"),
]


@pytest.mark.parametrize(("call", "name", "wrong", "before"), WRONG)
def test_an_argument_of_another_type_is_refused_by_its_name(
    call: Call, name: str, wrong: Any, before: str, mended: Note
) -> None:
    with pytest.raises(RiskmodelError, match=name) as refusal:
        call({name: wrong})
    assert refusal.value.next_step
    assert refusal.value.allowed
    kind = f"{name}={wrong!r}"
    mended("friction", tried=kind, before=before, now=f"[{refusal.value.code}]")


def test_a_direction_that_is_none_is_refused_by_its_column() -> None:
    for wrong in ("up", 2, None, [1]):
        with pytest.raises(RiskmodelError, match="the direction of 'rent'") as refusal:
            panel({"directions": {"rent": wrong}})
        assert refusal.value.allowed == "1, 0 or -1"


def test_what_the_arguments_allow_is_taken_as_before() -> None:
    given = records(
        {
            "groups": {"gu"},
            "rounds": np.array(["2024-02-01", "2024-01-01"], dtype="datetime64[D]"),
            "since": np.datetime64("2023-01-01"),
            "complete_before": {"fire": pd.Timestamp("2024-04-01 00:30", tz="Asia/Seoul")},
            "max_quarantined": np.float32(0.5),
            "name": "fires",
        }
    )
    assert given.groups == ("gu",)
    assert given.rounds is not None
    assert list(map(str, as_days(given.rounds))) == ["2024-01-01", "2024-02-01"]
    assert given.complete_before == {"fire": np.datetime64("2024-04-01")}
    assert (given.name, given.site, given.household) == ("fires", "fires", "household")


@pytest.mark.parametrize("written", NO_DAYS)
def test_what_follows_a_day_is_a_time_of_day_at_every_door(written: str, mended: Note) -> None:
    rows = pd.DataFrame({"household_id": ["a"], "as_of_date": [written]})
    doors: dict[str, Callable[[], object]] = {
        "a column of from_frame": lambda: rm.Panel.from_frame(
            ROWS.assign(day=written), household_id="id", as_of_date="day", y="y"
        ),
        "rows of build_panel": lambda: built({"rounds": rows}),
        "rounds of build_panel": lambda: built({"rounds": [written]}),
        "rounds of records": lambda: records({"rounds": [written]}),
        "today of records": lambda: records({"today": written}),
        "today of a panel": lambda: panel({"today": written}),
    }
    for door, call in doors.items():
        with pytest.raises(RiskmodelError) as refusal:
            call()
        assert refusal.value.code in {"frame.date", "keys.date"}, door
    mended("days", tried=f"{written!r} at 6 doors", before="read by some", now="refused by all")


@pytest.mark.parametrize(
    "written",
    ["2024-01-05 10:00", "2024-1-5", "2024-01-05T23:30+09:00", "2024-01-05 오후 3:10", "20240105"],
)
def test_a_time_of_day_does_not_move_the_day(written: str) -> None:
    of_column = iso_days(pd.Series([written, None, pd.Timestamp("2024-01-05 23:59")]))
    assert of_column.astype(str).tolist() == ["2024-01-05", "NaT", "2024-01-05"]
    frame = rm.Panel.from_frame(
        ROWS.assign(day=written), household_id="id", as_of_date="day", y="y"
    )
    assert frame.as_of.unique().tolist() == [pd.Timestamp("2024-01-05")]
    if written != "20240105":
        assert str(as_days(written)) == str(as_days([written])[0]) == "2024-01-05"
