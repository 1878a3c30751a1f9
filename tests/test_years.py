"""A day of a year that cannot be meant is refused at every door of Python's own frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RiskmodelError
from riskmodel.keys import as_days
from riskmodel.records import Records

KIND, BAD_ROWS = "days", "records.quarantined"
FACTS = pd.DataFrame({"household_id": ["a", "b"], "code": "fire", "event_date": "2024-02-03"})
OWN = pd.DataFrame({"id": ["a", "b"], "v": [1.0, 2.0]})
DAYS: dict[str, Any] = {
    "a text of the year 24": "0024-05-01",
    "a day of the year 24": np.datetime64("0024-05-01"),
    "a time of 1700": pd.Timestamp("1700-05-01"),
    "a text of 2524": "2524-05-01",
}


def records_of(**columns: Any) -> Records:
    return Records.from_frames(FACTS.assign(**columns), today="2024-09-01")


def panel_of(**columns: Any) -> rm.Panel:
    return rm.Panel.from_frame(OWN.assign(**columns), household_id="id", as_of_date="on")


def rows_of(day: Any) -> pd.DataFrame:
    return FACTS[["household_id"]].assign(as_of_date=day)


DOORS: dict[str, tuple[Callable[[Any], object], str]] = {
    "as_days": (as_days, "keys.date"),
    "as_days of a list": (lambda day: as_days([day, "2024-05-01"]), "keys.date"),
    "rounds()": (lambda day: rm.rounds(day, day), "keys.date"),
    "build_panel(rounds=[...])": (lambda day: rm.build_panel(records_of(), [day]), "keys.date"),
    "build_panel(rounds=frame)": (
        lambda day: rm.build_panel(records_of(), rows_of(day)),
        "frame.date",
    ),
    "Panel.from_frame, a column": (lambda day: panel_of(on=day), "frame.date"),
    "Panel.from_frame, one date": (
        lambda day: rm.Panel.from_frame(OWN, household_id="id", as_of_date=day),
        "keys.date",
    ),
    "today of a frame's panel": (
        lambda day: rm.Panel.from_frame(OWN, household_id="id", as_of_date="2024-05-01", today=day),
        "keys.date",
    ),
    "today of records": (lambda day: Records.from_frames(FACTS, today=day), "keys.date"),
    "event_date of records": (lambda day: records_of(event_date=day), BAD_ROWS),
    "known_date of records": (lambda day: records_of(known_date=day), BAD_ROWS),
    "known_date of an Arrow table": (
        lambda day: Records.from_frames(
            pa.table(FACTS.assign(known_date=np.datetime64(day, "s")))  # type: ignore[arg-type]
            if not isinstance(day, pd.Timestamp)
            else pa.table(FACTS.assign(known_date=day)),
            today="2024-09-01",
        ),
        BAD_ROWS,
    ),
}


@pytest.mark.parametrize("written", DAYS)
@pytest.mark.parametrize("door", DOORS)
def test_a_year_that_cannot_be_meant_is_refused(door: str, written: str, mended: Note) -> None:
    act, code = DOORS[door]
    with pytest.raises(RiskmodelError) as caught:
        act(DAYS[written])
    assert caught.value.code == code
    told = caught.value.next_step if code == BAD_ROWS else caught.value.allowed
    assert "days of the years 1900 to 2199" in told
    before = "taken for what is written"
    mended(KIND, tried=f"{door}, {written}", before=before, now=f"refused: {code}")


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
def test_the_first_and_the_last_year_are_days(day: str) -> None:
    assert str(as_days([day])[0]) == str(as_days(day)) == day
    assert str(panel_of(on=day).as_of[0].date()) == day
    assert str(records_of(known_date=day).events["known_date"].iloc[0].date()) == day


def test_the_year_9999_of_a_frame_is_no_end(mended: Note) -> None:
    lives = pd.DataFrame({"person_id": ["p"], "household_id": ["a"], "to_date": ["9999-12-31"]})
    members = Records.from_frames(FACTS, today="2024-09-01", members=lives).members
    assert members["to_date"].isna().all()
    mended(KIND, tried="to_date 9999-12-31", before="a day of that year", now="no end")


@pytest.mark.parametrize(
    "numbers", [[20240501], np.array([45000]), pd.Series([45000.0]), pd.Index([1])]
)
def test_numbers_in_a_list_are_no_days(numbers: Any, mended: Note) -> None:
    with pytest.raises(RiskmodelError, match="is not a date") as caught:
        as_days(numbers)
    kind = type(numbers).__name__
    mended(KIND, tried=f"numbers in a {kind}", before="1970-01-01", now=caught.value.code)
