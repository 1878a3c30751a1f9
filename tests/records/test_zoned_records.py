"""A zoned time of a source is the local day of its own zone, in every table and form of file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from manifests import entry, read, reasons

from riskmodel.errors import RecordsError
from riskmodel.records import read_records

DAY = "2024-05-01"
ZONES = ("Asia/Seoul", "America/New_York", "UTC", "Pacific/Auckland", "+09:00", "-03:30")
TIMES = {
    "just after midnight": "2024-05-01 00:00:00.000000001",
    "just before midnight": "2024-05-01 23:59:59.999999999",
}
ROUNDED_UP = "2024-05-02 for the last nanosecond of the day"
REFUSED = "records.time_zone; in nanoseconds records.engine"
# what main did with each form
BEFORE = {
    "frame": ROUNDED_UP,
    "Arrow": ROUNDED_UP,
    "Parquet": REFUSED,
    "Parquet of Arrow": REFUSED,
    "CSV": "the same",
    "CSV of ISO texts": "the same",
}


def zoned(zone: str, time: str = TIMES["just before midnight"], unit: str = "ns") -> pa.Array:
    """Return one time as a clock of a zone shows it."""
    offset = zone if zone[0] in "+-" else ""
    day = pd.DatetimeIndex([time + offset])
    local = day if offset else day.tz_localize(zone)
    instants = local.tz_convert("UTC").tz_localize(None).as_unit(unit)
    return pa.array(instants).cast(pa.timestamp(unit, zone))


def source(form: str, table: pa.Table, path: Path) -> dict[str, Any]:
    """Return `file` or `frame` of an entry that holds a table in a form."""
    if form == "Arrow":
        return {"frame": table}
    frame = table.to_pandas()
    if form == "frame":
        return {"frame": frame}
    if form == "Parquet of Arrow":
        pq.write_table(table, path.with_suffix(".parquet"))
    elif form == "Parquet":
        frame.to_parquet(path.with_suffix(".parquet"))
    elif form == "CSV of ISO texts":
        texts = frame["day"].map(lambda time: time.isoformat())
        frame.assign(day=texts).to_csv(path.with_suffix(".csv"), index=False)
    else:
        frame.to_csv(path.with_suffix(".csv"), index=False)
    return {"file": path.with_suffix(".csv" if "CSV" in form else ".parquet").name}


@pytest.mark.parametrize("form", BEFORE)
def test_a_zoned_time_is_its_local_day(
    form: str, tmp_path: Path, mended: Callable[..., None]
) -> None:
    cases = [(zone, time, unit) for zone in ZONES for time in TIMES for unit in ("us", "ns")]
    entries = []
    for number, (zone, time, unit) in enumerate(cases, start=1):
        table = pa.table({"id": [f"{number:02d}"], "day": zoned(zone, TIMES[time], unit)})
        entries.append(entry(**source(form, table, tmp_path / f"{number}")))

    events = read(entries, root=str(tmp_path)).events.sort_values("household_id")
    days = events["event_date"].dt.strftime("%Y-%m-%d").tolist()
    assert days == [DAY] * len(cases)
    for (zone, time, _), day in zip(cases, days, strict=True):
        mended("days", tried=f"{form}, {zone}, {time}", before=BEFORE[form], now=day)


@pytest.mark.parametrize("form", ["frame", "Arrow", "Parquet"])
def test_every_table_has_local_days(form: str, tmp_path: Path, mended: Callable[..., None]) -> None:
    times = zoned("America/New_York")
    table = pa.table({"id": ["a"], "day": times, "later": times, "word": ["x"], "low": [1.0]})
    records = read_records(manifest_of(source(form, table, tmp_path / "e")), root=tmp_path)
    days = {
        "events": records.events["event_date"],
        "known dates": records.events["known_date"],
        "attributes": records.attributes["known_date"],
        "members": records.members["known_date"],
        "contacts": records.contacts["as_of_date"],
        "coverage": records.coverage["from_date"],
        "deliveries": records.deliveries["event_date"],
    }
    for name, found in days.items():
        day = set(found.dt.strftime("%Y-%m-%d"))
        assert day == {DAY}, name
        mended("days", tried=f"{name}, {form}", before=BEFORE[form], now=DAY)


def manifest_of(keys: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest whose tables are all read from one source, by its column `day`."""
    household = {**keys, "household_id": "id"}
    return {
        "today": "2025-01-01",
        "events": [
            {**household, "code": "fire", "event_date": "day", "known_date": "later"},
            {**household, "values": ["low"], "event_date": "day", "known_date": "later"},
        ],
        "attributes": {**household, "columns": ["word"], "known_date": "day"},
        "members": {**household, "person_id": "word", "known_date": "day"},
        "contacts": {
            **household,
            "as_of_date": "day",
            "result": {"column": "word", "map": {"x": "no_need"}},
        },
        "coverage": {**keys, "feed": {"column": "word"}, "from": "day"},
        "deliveries": {**keys, "feed": {"column": "word"}, "event_date": "day"},
    }


def test_each_file_of_a_glob_has_its_own_zone(tmp_path: Path, mended: Callable[..., None]) -> None:
    for number, zone in enumerate(ZONES):
        table = pa.table({"id": [f"{number}"], "day": zoned(zone)})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    naive = pa.table({"id": ["b"], "day": pa.array(pd.DatetimeIndex(["2024-05-01 23:59"]))})
    pq.write_table(naive, tmp_path / "naive.parquet")

    records = read([entry(file="*.parquet")], root=str(tmp_path))
    days = records.events["event_date"].dt.strftime("%Y-%m-%d").tolist()
    assert days == [DAY] * (len(ZONES) + 1)
    mended("days", tried="files of a glob", before=BEFORE["Parquet"], now=set(days))


def test_a_file_without_zones_is_refused_until_the_entry_names_one(tmp_path: Path) -> None:
    table = pa.table({"id": ["a"], "day": zoned("Asia/Seoul", unit="us")})
    pq.write_table(table, tmp_path / "e.parquet", store_schema=False)
    with pytest.raises(RecordsError, match="name the zone") as caught:
        read([entry(file="e.parquet")], root=str(tmp_path))
    assert caught.value.code == "records.time_zone"

    query = yaml.safe_load(str(caught.value.next_step).split("entry: ")[1])["query"]
    records = read([entry(file="e.parquet", query=query)], root=str(tmp_path))
    assert str(records.events["event_date"].iloc[0].date()) == DAY


def test_instants_of_spark_are_refused_and_named_times_of_pandas_are_read(tmp_path: Path) -> None:
    table = pa.table({"id": ["a"], "day": zoned("Asia/Seoul")})
    path = tmp_path / "e.parquet"
    pq.write_table(table, path, store_schema=False, use_deprecated_int96_timestamps=True)
    with pytest.raises(RecordsError, match="moments without a time zone"):
        read([entry(file="e.parquet")], root=str(tmp_path))

    # as fastparquet writes, which knows pandas and not Arrow
    stated = {"columns": [{"name": "day", "metadata": {"timezone": "Asia/Seoul"}}]}
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"pandas": json.dumps(stated)})
    records = read([entry(file="e.parquet")], root=str(tmp_path))
    assert str(records.events["event_date"].iloc[0].date()) == DAY


def test_a_zone_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    moments = zoned("UTC", unit="us").cast(pa.timestamp("us", "Mars/Base"))
    pq.write_table(pa.table({"id": ["a"], "day": moments}), tmp_path / "e.parquet")
    with pytest.raises(RecordsError, match="moments without a time zone"):
        read([entry(file="e.parquet")], root=str(tmp_path))


@pytest.mark.parametrize("form", ["frame", "Arrow", "Parquet"])
@pytest.mark.parametrize("year", [1960, 2024])
def test_the_last_nanosecond_of_a_day_is_that_day(
    form: str, year: int, tmp_path: Path, mended: Callable[..., None]
) -> None:
    time = pd.DatetimeIndex([f"{year}-05-01 23:59:59.999999999"])
    table = pa.table({"id": ["a"], "day": pa.array(time)})
    records = read([entry(**source(form, table, tmp_path / "e"))], root=str(tmp_path))
    day = str(records.events["event_date"].iloc[0].date())
    assert day == f"{year}-05-01"
    mended("days", tried=f"nanoseconds without a zone, {form}", before=f"{year}-05-02", now=day)


def test_a_query_sees_what_the_clock_shows(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b"], "day": pa.concat_arrays([zoned("Asia/Seoul")] * 2)})
    pq.write_table(table, tmp_path / "e.parquet")
    query = "SELECT id, day, hour(day) AS hour FROM source WHERE id = 'a'"
    keys = entry(file="e.parquet", query=query, where="hour = 23")
    records = read([keys], root=str(tmp_path))
    assert records.events["event_date"].dt.strftime("%Y-%m-%d").tolist() == [DAY]
    assert not reasons(records)
