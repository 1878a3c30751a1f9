"""What frames are told to do can be done: it is run, and the frames are read."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RecordsError, RiskmodelError

KIND = "errors"
TODAY = "2025-01-01"
ONLY_IN_A_MANIFEST = re.compile("date_format|the entry|decimal:|fact_id|manifest|[{]column")


def events(**columns: object) -> pd.DataFrame:
    usual = {"household_id": ["a", "b"], "code": "fire", "event_date": "2024-01-05"}
    return pd.DataFrame({**usual, **columns})


def refusal(frame: pd.DataFrame, **frames: pd.DataFrame) -> str:
    """Return the next step that a frame is told, which names nothing of a manifest."""
    with pytest.raises(RiskmodelError) as caught:
        rm.Records.from_frames(frame, today=TODAY, **frames)
    told = str(caught.value).removesuffix(f" [{caught.value.code}]")
    assert not ONLY_IN_A_MANIFEST.search(told)
    return told.partition("Next: ")[2]


def call_in(told: str) -> str:
    """Return the first call that the next step names."""
    found = re.search(r"(pd\.to_|df\[).+?(?=, or pd| if 1,234|, with the words|\.$)", told)
    assert found is not None
    return found[0]


def run(call: str, df: pd.DataFrame) -> pd.Series:
    return eval(call, {"pd": pd, "df": df})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["2024년 1월 5일", "2024년 12월 31일"], ["2024-01-05", "2024-12-31"]),
        (["01/25/2024", "12/31/2024"], ["2024-01-25", "2024-12-31"]),
        (["24.01.25", "24.12.31"], ["2024-01-25", "2024-12-31"]),
        (["2024년 2월", "2023년 12월"], ["2024-02-29", "2023-12-31"]),
        (["2024년 1월 5일", "01/25/2024"], ["2024-01-05", "2024-01-25"]),
        ([45296, 45297], ["2024-01-05", "2024-01-06"]),
        (["5 Jan 2024", "31 Dec 2024"], ["2024-01-05", "2024-12-31"]),
    ],
)
def test_days_that_are_made_as_told_are_read(
    written: list[object], expected: list[str], mended: Note
) -> None:
    frame = events(event_date=written)
    told = refusal(frame)
    frame["event_date"] = run(call_in(told), frame)
    read = rm.Records.from_frames(frame, today=TODAY).events
    assert read.sort_values("household_id")["event_date"].astype(str).tolist() == expected
    now = call_in(told)
    mended(KIND, tried=f"from_frames, days as {written[0]}", before="date_format: ...", now=now)


def test_months_from_which_members_live_there_are_first_days() -> None:
    member = {"person_id": "p", "household_id": "a", "from_date": "2024년 2월"}
    members = pd.DataFrame([member])
    members["from_date"] = run(call_in(refusal(events(), members=members)), members)
    read = rm.Records.from_frames(events(), today=TODAY, members=members).members
    assert read["from_date"].astype(str).tolist() == ["2024-02-01"]


def test_numbers_that_are_made_as_told_are_read(mended: Note) -> None:
    frame = events(household_id=["a", "b", "c"], value=["1,234", "1.234", 5])
    told = refusal(frame)
    calls = re.findall(r"pd\.to_numeric\(.+?\)(?= if)", told)
    read = [run(call, frame).tolist() for call in calls]
    assert read == [[1.234, 1234, 5], [1234, 1.234, 5]]
    for call in calls:
        again = frame.assign(value=run(call, frame))
        assert len(rm.Records.from_frames(again, today=TODAY).events) == 3
    mended(KIND, tried="from_frames, 1,234", before="add decimal: to the entry", now=calls[1])


def test_results_that_are_mapped_as_told_are_read(mended: Note) -> None:
    contact = {"household_id": "a", "as_of_date": "2024-03-01"}
    other = {"household_id": "b", "result": "refused"}
    contacts = pd.DataFrame([contact | {"result": "01"}, contact | other])
    told = refusal(events(), contacts=contacts)
    assert "no_need, need_confirmed, refused, not_reached" in told
    contacts["result"] = run(call_in(told), contacts)
    read = rm.Records.from_frames(events(), today=TODAY, contacts=contacts).contacts
    assert sorted(read["result"]) == ["no_need", "refused"]
    before = "result: {column: NAME, map: ...}"
    mended(KIND, tried="from_frames, result 01", before=before, now=call_in(told))


def test_deliveries_that_are_mapped_as_told_are_read() -> None:
    words = ["received", "missed"]
    days = ["2024-01-31", "2024-02-29"]
    came = pd.DataFrame({"feed": "fire", "event_date": days, "delivered": words})
    came["delivered"] = run(call_in(refusal(events(), deliveries=came)), came)
    read = rm.Records.from_frames(events(), today=TODAY, deliveries=came).deliveries
    assert sorted(read["delivered"]) == [False, True]


def test_rounds_written_as_months_are_read_with_the_rounds(mended: Note) -> None:
    contacts = pd.DataFrame({"household_id": ["a"], "as_of_date": "2024-03", "result": "refused"})
    told = refusal(events(), contacts=contacts)
    assert told == "give rounds=pd.DatetimeIndex([...])."
    rounds = pd.DatetimeIndex(["2024-03-07"])
    records = rm.Records.from_frames(events(), today=TODAY, contacts=contacts, rounds=rounds)
    assert records.contacts["as_of_date"].astype(str).tolist() == ["2024-03-07"]
    mended(KIND, tried="from_frames, a month", before="add rounds: to the manifest", now=told)


def test_a_frame_of_a_manifest_is_told_the_keys_of_its_entry() -> None:
    keys = {"household_id": "household_id", "code": "fire", "event_date": "event_date"}
    entry = {"frame": events(event_date="01/25/2024"), **keys}
    with pytest.raises(RecordsError, match='Next: write date_format: "%m/%d/%Y"'):
        rm.read_records({"today": TODAY, "events": [entry]})
