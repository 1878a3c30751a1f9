"""Dates as offices write them: the last day of years and months, and the many ways of no date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from manifests import entry, read, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.keys import as_days
from riskmodel.records.sources import row_checks


def days(values: object, date_format: str | None = None) -> list[str | None]:
    frame = pd.DataFrame({"id": [f"{k:03d}" for k in range(1, len(values) + 1)], "day": values})
    events = read_frame(frame, date_format=date_format).events.set_index("household_id")[
        "event_date"
    ]
    found = events.reindex(frame["id"]).dt.strftime("%Y-%m-%d")
    return [None if pd.isna(day) else day for day in found]


@pytest.mark.parametrize(
    ("written", "date_format", "day"),
    [
        ("2024-02-05", None, "2024-02-05"),
        ("2024/2/5", None, "2024-02-05"),
        ("20240205", None, "2024-02-05"),
        ("2024-02-05 13:14:15", None, "2024-02-05"),
        ("2024-02-05T01:02:03", None, "2024-02-05"),
        ("2024-02-05T01:02:03+09:00", None, "2024-02-05"),
        ("2024.02.05", None, "2024-02-05"),
        ("2024. 2. 5.", None, "2024-02-05"),
        ("202402", None, "2024-02-29"),
        ("2024-02", None, "2024-02-29"),
        ("2023", None, "2023-12-31"),
        ("02/05/2024", "%m/%d/%Y", "2024-02-05"),
        ("5.2.2024", "%d.%m.%Y", "2024-02-05"),
        ("202402", "YYYYMM", "2024-02-29"),
        ("202302", "%Y%m", "2023-02-28"),
        ("2023", "YYYY", "2023-12-31"),
        ("20240205", "YYYYMMDD", "2024-02-05"),
        ("2024-02-05", "YYYY-MM-DD", "2024-02-05"),
        ("05Feb2024", "%d%b%Y", "2024-02-05"),
        ("202402.0", "YYYYMM", "2024-02-29"),
    ],
)
def test_ways_to_write_a_date(written: str, date_format: str | None, day: str) -> None:
    assert days([written], date_format) == [day]


@pytest.mark.parametrize("date_format", [None, "YYYYMMDD"])
def test_ways_to_write_no_date(date_format: str | None) -> None:
    none = ["00000000", "99991231", "", "  ", "0", "20240231", "20241301", "soon", None]
    assert days(["20240101", *none], date_format) == ["2024-01-01", *[None] * len(none)]


@pytest.mark.parametrize(
    ("values", "date_format", "expected"),
    [
        ([2023, 2024], "YYYY", ["2023-12-31", "2024-12-31"]),
        ([202301, 202402], "YYYYMM", ["2023-01-31", "2024-02-29"]),
        ([20230115.0, None], "YYYYMMDD", ["2023-01-15", None]),
        ([20230115, 99991231], None, ["2023-01-15", None]),
        ([dt.date(2023, 1, 15), None], None, ["2023-01-15", None]),
        (pd.to_datetime(["2023-01-15 23:59", None]), None, ["2023-01-15", None]),
        (pd.PeriodIndex(["2023-02", "2023-03"], freq="M"), None, ["2023-02-28", "2023-03-31"]),
    ],
)
def test_typed_columns(values: object, date_format: str | None, expected: list[str | None]) -> None:
    assert days(values, date_format) == expected


def test_known_dates_have_their_own_format() -> None:
    frame = {"id": ["a", "b"], "day": ["202401", "202401"], "known": ["02/10/2024", ""]}
    records = read_frame(
        frame, date_format="YYYYMM", known_date={"column": "known", "date_format": "%m/%d/%Y"}
    )
    assert records.events["known_date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-10"]
    assert reasons(records) == [(2, "known", row_checks.NO_DATE)]


@pytest.mark.parametrize("date_format", ["YMD", "%Q", "%d/%m", "day"])
def test_a_format_that_cannot_be_read_is_refused(date_format: str) -> None:
    with pytest.raises(ConfigError, match="YYYYMMDD") as caught:
        days(["20240101"], date_format)
    assert caught.value.code == "manifest.date_format"


def test_the_wrong_format_stops_with_advice() -> None:
    with pytest.raises(RecordsError, match="write date_format"):
        read_frame({"id": ["a"], "day": "01/31/2024"}, {"max_quarantined": 0.05})


def test_moments_have_the_day_of_their_own_time_zone(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2024-01-05 01:00"]).tz_localize("Asia/Seoul")
    frame = pd.DataFrame({"id": ["a"], "day": moments})
    assert days(moments) == ["2024-01-05"]
    frame.to_parquet(tmp_path / "e.parquet")
    records = read([entry(file="e.parquet")], root=str(tmp_path))
    assert str(records.events["event_date"].iloc[0].date()) == "2024-01-05"


@pytest.mark.parametrize("typed", [False, True], ids=["texts", "dates"])
@pytest.mark.parametrize("key", ["event_date", "known_date", "retracted_date"])
def test_a_year_of_two_digits_is_no_year(key: str, typed: bool, mended: Note) -> None:
    written = ["24.05.01", "2024.05.01", "24.05.01"]
    dates = [dt.date(24, 5, 1), dt.date(2024, 5, 1), dt.date(24, 5, 1)]
    frame = pd.DataFrame({"id": ["a", "b", "c"], "on": "2024-02-01"})
    frame["x"] = pd.Series(dates if typed else written, dtype=object)
    entry = {"frame": frame, "household_id": "id", "code": "f", "event_date": "on", key: "x"}
    manifest = {"name": "a", "today": "2025-01-01", "max_quarantined": 1.0, "events": [entry]}
    records = rm.read_records(manifest)

    assert records.quarantine[["row", "column", "reason"]].values.tolist() == [
        [1, "x", "no usable date"],
        [3, "x", "no usable date"],
    ]
    assert len(records.events) == 1
    mended(
        "days",
        tried=f"{key} 24.05.01 as {'a date' if typed else 'text'}",
        before="the year 24, used without a word",
        now=records.quarantine["reason"].iloc[0],
    )


def test_a_year_of_two_digits_is_read_where_the_entry_says_so() -> None:
    frame = pd.DataFrame({"id": ["a"], "on": ["24.05.01"]})
    entry = {"frame": frame, "household_id": "id", "code": "f", "event_date": "on"}
    manifest = {"name": "a", "today": "2025-01-01"}
    records = rm.read_records({**manifest, "events": [{**entry, "date_format": "%y.%m.%d"}]})
    assert records.events["event_date"].astype(str).tolist() == ["2024-05-01"]


FOLLOWED = {
    "a word": "2024-01-05 취소",
    "a period": "2024-01-06 ~ 2024-03-06",
    "no time of day": "2024-01-05 99:99",
    "hour 24": "2024-01-05T24:00:00",
    "minute 60": "2024-01-05 10:60",
    "second 61": "2024-01-05 10:00:61",
    "a second day": "2024-01-05 2024-09-09",
    "a word after the time": "2024-01-05 10:00 취소",
    "a count": "2024-01-05 5",
    "no zone": "2024-01-05 10:00 Void/Seoul",
    "T alone": "2024/1/5T",
}
TIMES = [
    "00:00:00.000",
    "10:00:00Z",
    "10:00:00+09:00",
    "10:00:00.123456 +0900",
    "10:00:00 Asia/Seoul",
    "10:00:00+09:00[Asia/Seoul]",
    "23:59:59 KST",
    "9:05",
    "오전 9:05",
    "오후 3:05:07",
    "3:05 PM",
    "10시 30분",
]


def test_a_time_of_day_and_its_zone_may_follow_a_day() -> None:
    written = [f"2024-01-05{mark}{time}" for mark in " T" for time in TIMES]
    assert days([*written, "2024-01-05T10"]) == ["2024-01-05"] * (len(written) + 1)


@pytest.mark.parametrize("what", FOLLOWED)
def test_what_else_follows_a_day_makes_a_bad_row(what: str, mended: Note) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": ["2024-01-04", FOLLOWED[what]]})
    records = read_frame(frame)
    assert reasons(records) == [(2, "day", row_checks.NO_DATE)]
    assert len(records.events) == 1
    now = records.quarantine["reason"].iloc[0]
    mended("days", tried=f"a day and {what}", before="the day, without a word", now=now)


@pytest.mark.parametrize("name", ["2024-01-05 복사본", "2024-01-05 2024-09-09"])
def test_what_follows_the_day_in_a_files_name_makes_bad_rows(
    name: str, tmp_path: Path, mended: Note
) -> None:
    (tmp_path / f"rent-{name}.csv").write_text("id,day\na,2024-01-04\n")
    keys = entry(file="*.csv", delivered_on={"match": r"rent-(.+)\.csv"})
    records = read([keys], root=str(tmp_path))
    assert reasons(records) == [(1, "delivered_on", row_checks.NO_DATE)]
    now = records.quarantine["reason"].iloc[0]
    mended("days", tried="a name with a day and more", before="the day", now=now)


@pytest.mark.parametrize("written", ["2024-01-05 2024-09-09", "2024-01-05-06", "2024-01-05 Friday"])
def test_a_day_of_an_argument_is_refused_where_more_follows(written: str, mended: Note) -> None:
    with pytest.raises(ConfigError, match="not a date") as caught:
        as_days(written)
    with pytest.raises(ConfigError, match="not a date"):
        as_days(["2024-01-04", written])
    mended("days", tried="a day of an argument", before="the first day", now=caught.value.code)
