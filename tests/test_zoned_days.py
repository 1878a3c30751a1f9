"""A zoned time is the local day of its own zone, at every door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from riskmodel.keys import as_days
from riskmodel.records import Records, read_records

FEATURES = rm.Features([rm.Agg.count(["crisis", "loan_overdue"], ["6M"])])
DAY, LAST = "2024-05-01", "2024-05-01 23:59:59.999999999"
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
    "arrow": pd.Series(SEOUL).astype(pd.ArrowDtype(pa.timestamp("ns", "Asia/Seoul"))),
    "categories": pd.Series(pd.Categorical(SEOUL)),
    "array of objects": np.array([SEOUL[0]], dtype=object),
    "last nanosecond": np.array([LAST, "2024-05-01"], dtype="datetime64[ns]"),
    "last nanosecond in a zone": pd.DatetimeIndex([LAST], tz="America/New_York"),
    "text of the last nanosecond": [f"{LAST}-04:00"],
}


@pytest.mark.parametrize("kind", DAYS)
def test_an_array_of_zoned_times_has_the_days_of_its_own_zone(
    kind: str, mended: Callable[..., None]
) -> None:
    days = as_days(DAYS[kind])
    assert set(days.astype(str)) == {"2024-05-01"}
    mended("days", tried=f"as_days, {kind}", before="2024-04-30 or refused", now=days[0])


SCALARS: dict[str, Any] = {
    "Timestamp": SEOUL[0],
    "datetime": SCALAR,
    "text": TEXT,
    "datetime64": np.datetime64(LAST, "ns"),
    "last nanosecond": pd.Timestamp(LAST, tz="Pacific/Auckland"),
    "text of the last nanosecond": f"{LAST}+12:00",
}


@pytest.mark.parametrize("kind", SCALARS)
def test_a_scalar_has_the_day_of_its_own_zone(kind: str, mended: Callable[..., None]) -> None:
    day = as_days(SCALARS[kind])
    assert str(day) == DAY
    mended("days", tried=f"as_days, {kind} alone", before="the same", now=day)


def test_days_before_1970_are_floored_too() -> None:
    last = np.array(["1960-05-01T23:59:59.999999999"], dtype="datetime64[ns]")
    assert as_days(last).astype(str).tolist() == ["1960-05-01"]
    assert str(as_days(last[0])) == "1960-05-01"


def test_a_blank_among_zoned_times_stays_blank() -> None:
    assert pd.isna(as_days(pd.Series([SEOUL[0], None], dtype=object))[1])


@pytest.mark.parametrize("kind", DAYS)
def test_a_panel_from_a_frame_keeps_local_days(kind: str, mended: Callable[..., None]) -> None:
    times = pd.Series(DAYS[kind])
    df = pd.DataFrame({"id": [f"{k}" for k in range(len(times))], "on": times, "x": 1.0})
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date="on")
    days = set(panel.as_of.strftime("%Y-%m-%d"))
    assert days == {DAY}
    mended("days", tried=f"Panel.from_frame, {kind}", before="2024-04-30 or refused", now=DAY)


@pytest.mark.parametrize("kind", DAYS)
def test_frames_of_records_keep_local_days(kind: str, mended: Callable[..., None]) -> None:
    times = pd.Series(DAYS[kind])
    ids = [f"{k}" for k in range(len(times))]
    keys = {"household_id": ids, "as_of_date": times, "known_date": times}
    households = pd.DataFrame({"household_id": ids, "from_date": times, "known_date": times})
    feeds = pd.DataFrame({"feed": ids, "event_date": times, "from_date": times})
    records = Records.from_frames(
        pd.DataFrame({"household_id": ids, "code": "fire", "event_date": times}),
        attributes=households.drop(columns="from_date").assign(name="area", text="x"),
        members=households.assign(person_id=ids),
        contacts=pd.DataFrame(keys).assign(result="no_need"),
        coverage=feeds.drop(columns="event_date"),
        deliveries=feeds.drop(columns="from_date"),
        today="2024-06-01",
    )
    for name in ("events", "attributes", "members", "contacts", "coverage", "deliveries"):
        table = getattr(records, name).select_dtypes("datetime")
        days = {str(day.date()) for column in table for day in table[column].dropna()}
        assert days == {DAY}, name
        before = "2024-04-30 or refused"
        mended("days", tried=f"from_frames, {name}, {kind}", before=before, now=DAY)


def test_an_arrow_table_of_records_keeps_local_days() -> None:
    times = pa.array([SCALAR, datetime(2024, 5, 1, 23, 30, tzinfo=SCALAR.tzinfo)], ZONED)
    table = pa.table({"household_id": ["a", "b"], "code": ["fire", "fire"], "event_date": times})
    records = Records.from_frames(table, today="2024-06-01")
    assert {str(day.date()) for day in records.events["event_date"]} == {DAY}


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


@pytest.mark.parametrize("kind", DAYS)
def test_rounds_are_local_days(kind: str, mended: Callable[..., None]) -> None:
    event = {"household_id": "a", "code": "fire", "event_date": "2024-04-30"}
    records = Records.from_frames(pd.DataFrame([event]), today="2024-06-01")
    panel = rm.build_panel(records, rounds=DAYS[kind])
    days = set(panel.as_of.strftime("%Y-%m-%d"))
    assert days == {DAY}
    mended("days", tried=f"build_panel(rounds=), {kind}", before="2024-04-30 or refused", now=DAY)


def test_rounds_of_a_frame_keep_their_names() -> None:
    event = {"household_id": "a", "code": "fire", "event_date": "2024-04-30"}
    records = Records.from_frames(pd.DataFrame([event]), today="2024-06-01")
    rows = pd.DataFrame({"household_id": ["a"], "as_of_date": SEOUL, "round": ["May"]})
    assert rm.build_panel(records, rounds=rows).round.tolist() == ["May"]


@pytest.mark.parametrize("kind", SCALARS)
def test_a_manifest_takes_local_days(kind: str, mended: Callable[..., None]) -> None:
    time = SCALARS[kind]
    event = pd.DataFrame({"id": ["a", "b"], "on": ["2024-05-01", "2024-04-30"]})
    entry = {"frame": event, "household_id": "id", "code": "fire", "event_date": "on"}
    manifest = {"today": time, "events": [entry], "rounds": [time], "complete_before": {"x": time}}
    manifest |= {"since": "2024-04-30", "coverage": [{"feed": "fire", "from": time}]}
    manifest |= {"deliveries": [{"feed": "fire", "event_date": [time], "known_date": time}]}
    manifest |= {"catalogue": {"fire": {}, "x": {}}}
    records = read_records(manifest)

    later = read_records({"today": "2025-01-01", "since": time, "events": [entry]})
    found = {
        "today": records.today,
        "complete_before": records.complete_before["x"],
        "rounds": records.rounds[0].date(),
        "coverage": records.coverage["from_date"].iloc[0].date(),
        "deliveries": records.deliveries["event_date"].max().date(),
        "since": later.since,
    }
    for key, day in found.items():
        assert str(day) == DAY, key
        mended("days", tried=f"{key} of a manifest, {kind}", before="the same", now=day)


@pytest.fixture(scope="module")
def records() -> Records:
    return rm.make_households(n=300, random_state=3)


@pytest.fixture(scope="module")
def model(records: Records) -> rm.RiskClassifier:
    panel = rm.build_panel(records, features=FEATURES)
    return rm.make_classifier(panel, kind="logistic").fit(panel)


@pytest.mark.parametrize("kind", ["Timestamp", "datetime64"])
def test_a_list_a_trace_and_a_story_take_local_days(
    kind: str, records: Records, model: rm.RiskClassifier, mended: Callable[..., None]
) -> None:
    listed = rm.score(model, records, SCALARS[kind], capacity=5)
    household = str(listed.table["household_id"].iloc[0])
    traced = rm.trace(model, records, SCALARS[kind], household, capacity=5)
    rounds = ["2024-03-01", SCALARS[kind]]
    explained = rm.explain(model, rm.build_panel(records, rounds=rounds, features=FEATURES))
    told = explained.household(household, as_of=SCALARS[kind])

    (day,) = told.log_odds.index.get_level_values("as_of_date")
    assert str(listed.as_of) == str(traced.as_of) == str(day.date()) == DAY
    mended("days", tried=f"score, trace, explain, {kind}", before="the same", now=day.date())


@pytest.mark.parametrize("kind", SCALARS)
def test_a_cut_and_a_frame_of_one_date_take_local_days(
    kind: str, mended: Callable[..., None]
) -> None:
    rounds = np.repeat(["2023-03-01", DAY], 2)
    df = pd.DataFrame({"id": list("abab"), "on": rounds, "x": [1.0, 2, 3, 4], "y": [0, 1, 0, 1]})
    label = rm.Label(outcome="fire", window="1M", maturity="0D")
    keys: dict[str, Any] = {"household_id": "id", "y": "y", "label": label}
    panel = rm.Panel.from_frame(df, as_of_date="on", today=SCALARS[kind], **keys)
    assert str(panel.today) == DAY

    judged = rm.Panel.from_frame(df, as_of_date="on", today="2025-01-01", **keys)
    ((_, test),) = rm.TemporalSplit(test_from=SCALARS[kind]).split(judged)
    assert set(test.as_of.strftime("%Y-%m-%d")) == {DAY}

    single = df[:2].drop(columns="on")
    one = rm.Panel.from_frame(single, as_of_date=SCALARS[kind], household_id="id")
    days = set(one.as_of.strftime("%Y-%m-%d"))
    assert days == {DAY}
    mended("days", tried=f"test_from, one date, {kind}", before="the same", now=DAY)
