"""The tables of records: frames in, one order, one digest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riskmodel.errors import RecordsError
from riskmodel.records import Records

EVENTS = pd.DataFrame(
    {
        "household_id": ["b", "a", "a"],
        "code": ["fire", "rent", "fire"],
        "event_date": ["2024-01-05", "2024-01-03", "2024-02-01"],
        "value": [np.nan, 2, 3],
    }
)


def made(events: pd.DataFrame = EVENTS, **rest: object) -> Records:
    return Records.from_frames(events, today="2024-06-01", **rest)


def test_events_are_in_the_total_order_and_known_on_their_day_unless_said() -> None:
    events = made().events
    assert events["household_id"].tolist() == ["a", "a", "b"]
    assert events["code"].tolist() == ["fire", "rent", "fire"]
    assert (events["event_date"] == events["known_date"]).all()


@pytest.mark.parametrize(
    "kind", ["datetime64[s]", "datetime64[us]", "datetime64[ns]", "object", "str"]
)
def test_dates_of_any_kind(kind: str) -> None:
    dates = pd.to_datetime(EVENTS["event_date"])
    dates = dates.dt.date if kind == "object" else dates.astype(kind)
    assert made(EVENTS.assign(event_date=dates)).digest == made().digest


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([7, 8, 9], "7"),
        ([7.0, 8.0, 9.0], "7"),
        (pd.Series([7.0, 8, "9"], dtype=object), "7"),
        (pd.Series([7.0, 8.0, 9.0], dtype="category"), "7"),
        (["007", "8", "9"], "007"),
    ],
)
def test_ids_become_texts(ids: list[object], expected: str) -> None:
    assert made(EVENTS.assign(household_id=ids)).events["household_id"][0] == expected


@pytest.mark.parametrize(
    ("frame", "code", "text"),
    [
        (EVENTS.rename(columns={"code": "cod"}), "records.column", "did you mean 'code'"),
        (EVENTS.drop(columns="code"), "records.missing_column", "lacks the column 'code'"),
        (
            EVENTS.assign(household_id=["a", None, "b"]),
            "records.quarantined",
            "1 of 3 .* no id",
        ),
        (EVENTS.assign(event_date="hush"), "records.quarantined", "3 of 3 .* no usable date"),
        (EVENTS.assign(value="hush"), "records.quarantined", "3 of 3 .* text for a number"),
    ],
)
def test_frames_that_break_the_contract(frame: pd.DataFrame, code: str, text: str) -> None:
    with pytest.raises(RecordsError, match=text) as caught:
        made(frame)
    assert caught.value.code == code
    assert "hush" not in str(caught.value)


def test_the_digest_is_of_content_alone(tmp_path: Path) -> None:
    records = made(EVENTS.sample(frac=1, random_state=1))
    assert records.digest == made().digest
    assert records.replace(name="other").digest == made().digest
    for changed in (
        EVENTS.assign(value=[1, 2, 3]),
        EVENTS.assign(household_id=["b", "a", "c"]),
        EVENTS[:2],
    ):
        assert made(changed).digest != made().digest
    assert made(catalogue={"fire": {"direction": 1}, "rent": None}).digest != made().digest


def test_texts_that_join_alike_are_told_apart() -> None:
    one, other = EVENTS.assign(detail=["xy", "", None]), EVENTS.assign(detail=["x", "y", ""])
    assert made(one).digest != made(other).digest


def test_events_may_lie_in_parquet(tmp_path: Path) -> None:
    records = made()
    pq.write_table(records.tables["events"], tmp_path / "part.parquet")
    for path in (tmp_path, tmp_path / "part.parquet"):
        lazy = records.replace(tables={**records.tables, "events": path})
        pd.testing.assert_frame_equal(lazy.events, records.events)
        assert lazy.digest == records.digest
        pd.testing.assert_frame_equal(lazy.summary().frame(), records.summary().frame())
        assert "Parquet" in repr(lazy)


def test_other_tables_are_empty_unless_given() -> None:
    records = made(coverage=pd.DataFrame({"feed": ["fire"], "from_date": ["2023-01-01"]}))
    assert len(records.members) == len(records.contacts) == len(records.attributes) == 0
    assert records.coverage["from_date"].dt.year.tolist() == [2023]
    assert records.summary().frame().loc["fire", "covered_from"] == pd.Timestamp("2023-01-01")
