"""A zoned time is the local day of its own zone, at every door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from riskmodel.keys import as_days
from riskmodel.records import Records, read_records

SEOUL = pd.DatetimeIndex(["2024-05-01 00:30"], tz="Asia/Seoul")
ZONED = pa.timestamp("us", tz="Asia/Seoul")
SCALAR = datetime(2024, 5, 1, 0, 30, tzinfo=ZoneInfo("Asia/Seoul"))
TEXT = "2024-05-01T00:30:00+09:00"
DAYS: dict[str, Any] = {
    "index": SEOUL,
    "Series": pd.Series(SEOUL),
    "list of Timestamps": [SEOUL[0]],
    "list of datetimes": [SCALAR],
    "texts": [TEXT],
    "two zones": [TEXT, "2024-05-01T23:30:00-07:00"],
    "a zone and none": [SEOUL[0], "2024-05-01"],
}


@pytest.mark.parametrize("kind", DAYS)
def test_an_array_of_zoned_times_has_the_days_of_its_own_zone(
    kind: str, mended: Callable[..., None]
) -> None:
    days = as_days(DAYS[kind])
    assert set(days.astype(str)) == {"2024-05-01"}
    mended("days", tried=f"as_days, {kind}", before="2024-04-30 or refused", now=days[0])


def test_a_scalar_has_the_day_of_its_own_zone() -> None:
    assert {str(as_days(day)) for day in (SEOUL[0], SCALAR, TEXT)} == {"2024-05-01"}


def test_a_blank_among_zoned_times_stays_blank() -> None:
    assert pd.isna(as_days(pd.Series([SEOUL[0], None], dtype=object))[1])


@pytest.mark.parametrize("column", [SEOUL, [TEXT], [SCALAR]], ids=["zoned", "texts", "datetimes"])
def test_a_panel_from_a_frame_keeps_local_days(column: Any, mended: Callable[..., None]) -> None:
    df = pd.DataFrame({"id": ["a"], "on": column, "x": [1.0]})
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date="on")
    assert str(panel.as_of[0].date()) == "2024-05-01"
    mended("days", tried="Panel.from_frame", before="2024-04-30", now=panel.as_of[0].date())


def records_of(door: str, folder: Path) -> Records:
    frame = pd.DataFrame({"id": ["a"], "on": SEOUL})
    if door == "from_frames":
        events = frame.rename(columns={"id": "household_id", "on": "event_date"})
        return Records.from_frames(events.assign(code="fire"), today="2024-06-01")
    source: dict[str, object] = {"frame": frame}
    if door == "Arrow":
        source = {"frame": pa.table({"id": ["a"], "on": pa.array([SCALAR], ZONED)})}
    if door == "CSV":
        frame.to_csv(folder / "f.csv", index=False)
        source = {"file": "f.csv"}
    if door == "CSV of ISO texts":
        frame.assign(on=TEXT).to_csv(folder / "f.csv", index=False)
        source = {"file": "f.csv"}
    entry = {**source, "household_id": "id", "code": "fire", "event_date": "on"}
    return read_records({"today": "2024-06-01", "events": [entry]}, root=folder)


@pytest.mark.parametrize("door", ["frame", "Arrow", "CSV", "CSV of ISO texts", "from_frames"])
def test_records_keep_local_days(door: str, tmp_path: Path, mended: Callable[..., None]) -> None:
    day = records_of(door, tmp_path).events["event_date"].iloc[0].date()
    assert str(day) == "2024-05-01"
    mended("days", tried=f"records, {door}", before="2024-04-30, or refused", now=day)


@pytest.mark.parametrize("rounds", [SEOUL, [SEOUL[0]], [TEXT]], ids=["index", "list", "texts"])
def test_rounds_are_local_days(rounds: Any, mended: Callable[..., None]) -> None:
    event = {"household_id": "a", "code": "fire", "event_date": "2024-04-30"}
    records = Records.from_frames(pd.DataFrame([event]), today="2024-06-01")
    panel = rm.build_panel(records, rounds=rounds)
    assert str(panel.as_of[0].date()) == "2024-05-01"
    mended("days", tried="build_panel(rounds=)", before="2024-04-30", now=panel.as_of[0].date())


def test_rounds_of_a_frame_keep_their_names() -> None:
    event = {"household_id": "a", "code": "fire", "event_date": "2024-04-30"}
    records = Records.from_frames(pd.DataFrame([event]), today="2024-06-01")
    rows = pd.DataFrame({"household_id": ["a"], "as_of_date": SEOUL, "round": ["May"]})
    assert rm.build_panel(records, rounds=rows).round.tolist() == ["May"]
