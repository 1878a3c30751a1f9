"""Files that write one column in types of their own: no id is rounded, no cell changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from manifests import entry, read, read_frame, reasons

from riskmodel.errors import RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

LONG = [10_000_000_000_000_001, 10_000_000_000_000_003]
DAY = date(2024, 1, 5)


def write(path: Path, **columns: Any) -> None:
    arrays = {
        name: column if isinstance(column, pa.Array) else pa.array(column)
        for name, column in columns.items()
    }
    pq.write_table(pa.table(arrays), path)


def two_files(folder: Path, first: Any, second: Any, **keys: Any) -> Records:
    """Read two Parquet files that write the column `x` in their own way."""
    write(folder / "1.parquet", id=["a"], day=[DAY], x=first)
    write(folder / "2.parquet", id=["b"], day=[DAY], x=second)
    return read(entry(file="*.parquet", **keys), root=folder)


def test_long_ids_beside_a_file_of_doubles_stay_apart(tmp_path: Path) -> None:
    write(tmp_path / "1.parquet", id=LONG, day=[DAY, DAY])
    write(tmp_path / "2.parquet", id=[7.0, None], day=[DAY, DAY])
    records = read(entry(file="*.parquet"), root=tmp_path)
    assert sorted(records.events["household_id"]) == [*map(str, LONG), "7"]
    assert reasons(records) == [(2, "id", row_checks.NO_ID)]


@pytest.mark.parametrize("blank", [[float("nan")], pa.array([None], pa.float32())], ids=str)
def test_a_column_of_blanks_alone_is_of_no_type(tmp_path: Path, blank: Any) -> None:
    records = two_files(tmp_path, blank, [DAY], known_date="x")
    assert records.events["household_id"].tolist() == ["b"]
    assert reasons(records) == [(1, "x", row_checks.NO_DATE)]


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        ([1], [2.0], ["1", "2"]),
        (pa.array([3], pa.int32()), [LONG[0]], ["3", str(LONG[0])]),
        (pa.array([2**64 - 1], pa.uint64()), [1.0], [str(2**64 - 1), "1"]),
        (pa.array([Decimal("12.00")]), [1], ["12", "1"]),
        (pa.array([Decimal(LONG[0])]), [1.0], [str(LONG[0]), "1"]),
        (["007"], [7], ["007", "7"]),
        (["007"], [7.0], ["007", "7"]),
        (pa.array([16_777_215.0], pa.float32()), [16_777_216], ["16777215", "16777216"]),
        (pa.array([None]), [LONG[0]], [str(LONG[0])]),
        ([float("nan")], ["A-1"], ["A-1"]),
        (pa.array(["x"]).dictionary_encode(), [5.0], ["x", "5"]),
    ],
)
def test_each_file_is_turned_into_text_by_its_own_type(
    tmp_path: Path, first: Any, second: Any, ids: list[str]
) -> None:
    records = two_files(tmp_path, first, second, household_id="x")
    assert sorted(records.events["household_id"]) == sorted(ids)


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([2.0**53]),
        pa.array([-(2.0**53)]),
        pa.array([1e17]),
        pa.array([float("inf")]),
        pa.array([2.0**24], pa.float32()),
    ],
)
@pytest.mark.parametrize("beside", ["alone", "beside texts", "beside integers"])
def test_a_float_beyond_its_whole_numbers_is_no_id(
    tmp_path: Path, ids: pa.Array, beside: str
) -> None:
    others = {"alone": ids, "beside texts": ["7"], "beside integers": LONG[:1]}
    records = two_files(tmp_path, ids, others[beside], household_id="x")
    assert row_checks.ROUNDED_ID in {reason for *_, reason in reasons(records)}
    assert "inf" not in " ".join(records.events["household_id"])


def test_the_largest_whole_double_is_an_id() -> None:
    records = read_frame({"id": [2.0**53 - 1, 2.0**53], "day": ["2024-01-05"] * 2})
    assert records.events["household_id"].tolist() == [str(2**53 - 1)]
    assert reasons(records) == [(2, "id", row_checks.ROUNDED_ID)]


def frames_of(values: list[Any]) -> dict[str, Any]:
    frame = pd.DataFrame({"id": ["a", "b"], "day": ["2024-01-05"] * 2, "v": values})
    return {
        "frame": frame,
        "objects": frame.astype({"v": object}),
        "Arrow": pa.table(frame),
        "Arrow types": pa.table(frame).to_pandas(types_mapper=pd.ArrowDtype),
    }


@pytest.mark.parametrize("door", ["frame", "objects", "Arrow", "Arrow types"])
@pytest.mark.parametrize("keys", [{"value": "v"}, {"values": {"v": "fire"}}], ids=["long", "wide"])
def test_infinity_is_a_bad_row(door: str, keys: dict[str, Any]) -> None:
    records = read(entry(frame=frames_of([1.0, float("inf")])[door], **keys))
    assert reasons(records) == [(2, "v", row_checks.NO_NUMBER)]
    assert records.events["value"].tolist() == [1.0]


def test_infinity_in_files_is_a_bad_row(tmp_path: Path) -> None:
    for kind in ("parquet", "csv"):
        frame = frames_of([1.0, -np.inf])["frame"]
        path = tmp_path / f"e.{kind}"
        frame.to_parquet(path) if kind == "parquet" else frame.to_csv(path)
        assert reasons(read(entry(file=path.name, value="v"), root=tmp_path)) == [
            (2, "v", row_checks.NO_NUMBER)
        ]


@pytest.mark.parametrize("ids", [[1, LONG[1], None], ["01", "b", None], [1.0, 2.5, None]])
def test_categories_are_read_as_their_values_are(ids: list[Any]) -> None:
    days = ["2024-01-05"] * 3
    records = read_frame({"id": pd.Categorical(ids), "day": days})
    plain = read_frame({"id": pd.Series(ids, dtype=object), "day": days})
    assert records.events["household_id"].tolist() == plain.events["household_id"].tolist()
    assert reasons(records) == [(3, "id", row_checks.NO_ID)]


@pytest.mark.parametrize(
    ("first", "second", "types"),
    [
        ([20240105], [DAY], ("BIGINT", "DATE")),
        ([DAY], [1.5], ("DATE", "DOUBLE")),
        ([1], [[1]], (r"BIGINT", r"BIGINT\[\]")),
        (["a"], [[1]], ("VARCHAR", r"BIGINT\[\]")),
    ],
)
def test_mixed_types_are_told_with_file_column_and_both_types(
    tmp_path: Path, first: Any, second: Any, types: tuple[str, str]
) -> None:
    told = rf"column 'x' is {types[1]} in this file and {types[0]} in 1\.parquet"
    with pytest.raises(RecordsError, match=told) as caught:
        two_files(tmp_path, first, second)
    assert caught.value.code == "records.mixed_types"
    assert caught.value.place == "2.parquet"


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        ([1], [2.5], [1.0, 2.5]),
        (pa.array([Decimal("1.50")]), ["1,000"], [1.5, 1000.0]),
        (pa.array([0.1], pa.float32()), [True], [float(np.float32(0.1)), 1.0]),
        (LONG[:1], [2.5], [float(LONG[0]), 2.5]),
    ],
)
def test_numbers_of_several_types_stay_what_they_are(
    tmp_path: Path, first: Any, second: Any, values: list[float]
) -> None:
    records = two_files(tmp_path, first, second, value="x")
    assert records.events["value"].tolist() == values


LATE = np.array(["2024-01-05T23:59:59.999999999"], "datetime64[ns]")


@pytest.mark.parametrize(
    "beside", [LATE, [DAY], ["2024-01-05"], LATE.astype("datetime64[us]"), pa.array([None])]
)
def test_a_nanosecond_before_midnight_is_the_day_that_ends(tmp_path: Path, beside: Any) -> None:
    records = two_files(tmp_path, LATE, beside, event_date="x")
    assert set(records.events["event_date"]) == {pd.Timestamp(DAY)}


def test_moments_of_frames_are_floored_also_before_1970() -> None:
    moments = [
        "2024-01-05T23:59:59.999999999",
        "1969-12-31T23:59:59.999999999",
        "1969-12-31T00:00:00.000000001",
        "1960-02-29T00:00:00",
    ]
    frame = pd.DataFrame({"id": list("abcd"), "day": np.array(moments, "datetime64[ns]")})
    days = [pd.Timestamp(moment[:10]) for moment in sorted(moments)]
    for given in (
        frame,
        pa.table(frame),
        frame.astype({"day": object}),
        frame.astype({"day": str}),
    ):
        assert sorted(read(entry(frame=given)).events["event_date"]) == sorted(days)
