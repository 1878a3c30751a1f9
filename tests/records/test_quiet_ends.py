"""Records say what lies outside their bounds, and where facts stop before `today`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ConfigError
from riskmodel.records import Records, ingest, open_store, read_records
from riskmodel.records.quiet_ends import quiet_end

YEAR = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")
TYPING_ERRORS = ["2022-08-01", "2022-08-09", "2022-08-30", "2021-02-28"]


def facts(days: Any, code: str = "fire") -> pd.DataFrame:
    texts = np.asarray(days).astype(str)
    return pd.DataFrame({"id": [f"h{i % 9_973}" for i in range(len(texts))], "on": texts}).assign(
        what=code
    )


def manifest(frame: pd.DataFrame, **keys: object) -> dict[str, object]:
    entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    return {"name": "fires", "events": [entry], **keys}


def every_day() -> pd.DataFrame:
    return facts(np.concatenate([np.repeat(YEAR, 3), np.array(TYPING_ERRORS, "datetime64[D]")]))


def from_frames(frame: pd.DataFrame, today: str) -> Records:
    events = frame.rename(columns={"id": "household_id", "on": "event_date", "what": "code"})
    return Records.from_frames(events, today=today)


def from_store(frame: pd.DataFrame, today: str, folder: Path) -> Records:
    frame.to_csv(folder / "fires.csv", index=False)
    entry = {"file": "fires.csv", "household_id": "id", "code": "fire", "event_date": "on"}
    ingest({"name": "fires", "today": today, "events": [entry]}, folder / "store", root=folder)
    return open_store(folder / "store")


@pytest.mark.parametrize("door", ["manifest", "from_frames", "store"])
def test_few_facts_before_a_wrong_today_are_a_note_of_the_records(
    door: str, tmp_path: Path, mended: Callable[..., None]
) -> None:
    if door == "manifest":
        records = read_records(manifest(every_day(), today="2022-09-01"))
    elif door == "from_frames":
        records = from_frames(every_day(), "2022-09-01")
    else:
        records = from_store(every_day(), "2022-09-01", tmp_path)

    (note,) = records.notes
    assert "3 facts in the last 1M before today (2022-09-01), usually 90" in note
    assert "few since 2020-01-01" in note
    assert note in repr(records.summary())
    assert note in records.summary()._repr_html_()
    mended("today", tried=f"summary of records, {door}", before="nothing said", now=note)


@pytest.mark.parametrize(
    "days",
    [
        pd.date_range("2015-12-31", "2019-12-31", freq="YE").repeat(200),
        pd.date_range("2017-03-31", "2019-12-31", freq="QE").repeat(200),
        pd.date_range("2018-01-31", "2019-12-31", freq="ME").repeat(200),
        np.repeat(YEAR, 3),
        YEAR[::30],
        np.concatenate([np.repeat(YEAR[:1], 5_000), np.repeat(YEAR, 3)]),
    ],
    ids=["yearly", "quarterly", "monthly", "daily", "rare", "a first stock"],
)
def test_facts_of_any_rhythm_are_not_few_before_the_right_today(days: Any) -> None:
    assert read_records(manifest(facts(days), today="2020-01-01")).notes == ()


@pytest.mark.parametrize(
    ("days", "today"),
    [
        (pd.date_range("2015-12-31", "2019-12-31", freq="YE").repeat(200), "2021-06-01"),
        (pd.date_range("2017-03-31", "2019-12-31", freq="QE").repeat(200), "2020-07-01"),
        (pd.date_range("2018-01-31", "2019-12-31", freq="ME").repeat(200), "2020-02-01"),
    ],
    ids=["yearly", "quarterly", "monthly"],
)
def test_an_end_is_quiet_once_it_lasts_longer_than_any_gap_before(days: Any, today: str) -> None:
    end = read_records(manifest(facts(days), today=today)).quiet["events: frame"]
    assert str(end.since) == "2020-01-01"


def test_a_tenth_of_the_usual_facts_is_the_bound() -> None:
    days = np.concatenate(
        [np.repeat(YEAR[YEAR.astype("datetime64[M]") < np.datetime64("2019-12")], 10)]
    )
    today = np.datetime64("2020-01-01")

    def end_with(n: int) -> object:
        last = np.repeat(np.datetime64("2019-12-15"), n)
        together = np.concatenate([days, last])
        return quiet_end(together, np.ones(len(together), np.int64), today)

    assert end_with(31) is None
    assert end_with(27) is not None


def test_a_feed_that_is_complete_up_to_an_earlier_day_is_not_quiet() -> None:
    frame = facts(np.repeat(YEAR, 3))
    assert read_records(manifest(frame, today="2020-06-01")).notes
    declared = manifest(frame, today="2020-06-01", complete_before={"fire": "2020-01-01"})
    assert read_records(declared).notes == ()


def test_the_summary_counts_what_lies_before_since_and_from_today_on() -> None:
    frame = facts(["1919-03-01", "2019-03-01", "2019-04-01", "2029-03-01", "2091-03-01"])
    records = read_records(manifest(frame, since="2019-01-01", today="2020-01-01"))
    summary = records.summary()

    line = summary.bounds.loc["events: frame"]
    assert [str(line[name].date()) for name in ("first", "last")] == ["1919-03-01", "2091-03-01"]
    assert list(line[["before_since", "from_today"]]) == [1, 2]
    assert summary.counts["out_of_bounds"].sum() == 3
    assert (
        "events: frame: not used 1 before since (2019-01-01) and 2 on or after today (2020-01-01); "
        "dates from 1919-03-01 to 2091-03-01"
    ) in repr(summary)


@pytest.mark.parametrize("door", ["manifest", "from_frames"])
def test_since_after_today_is_refused(door: str, mended: Callable[..., None]) -> None:
    frame = facts(["2019-03-01"])
    described = manifest(frame, since="2022-01-01", today="2020-01-01")
    events = frame.rename(columns={"id": "household_id", "on": "event_date", "what": "code"})
    make = {
        "manifest": lambda: read_records(described),
        "from_frames": lambda: Records.from_frames(events, since="2022-01-01", today="2020-01-01"),
    }
    with pytest.raises(ConfigError, match=r"since \(2022-01-01\) is not before today") as refusal:
        make[door]()
    assert refusal.value.code == "records.bounds"
    mended(
        "today", tried=f"since after today, {door}", before="no facts, no word", now=refusal.value
    )
