"""What folders write is no column unless the manifest names it; a column's name is its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from manifests import entry, read, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records

YEARS = ("2023", "2024")


def study(folder: Path, column: str, kind: str, **own: Any) -> Path:
    """Write one file for each year into a folder ``column=year``."""
    for number, year in enumerate(YEARS):
        inside = folder / f"{column}={year}"
        inside.mkdir(parents=True)
        frame = pd.DataFrame({"id": [f"a{number}", "b"], "day": [f"{year}-02-03"] * 2} | own)
        path = inside / f"events.{kind}"
        frame.to_parquet(path) if kind == "parquet" else frame.to_csv(path, index=False)
    return folder


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("column", ["id", "day", "code", "ID"])
def test_a_files_own_column_wins_over_its_folders_name(
    tmp_path: Path, kind: str, column: str
) -> None:
    study(tmp_path, column, kind)
    records = read(entry(file=f"*/*.{kind}"), root=tmp_path)
    assert set(records.events["household_id"]) == {"a0", "a1", "b"}
    assert sorted(records.events["event_date"].dt.year.unique()) == [2023, 2024]


def test_a_folder_of_a_study_is_no_column(tmp_path: Path) -> None:
    study(tmp_path / "data", "id", "parquet")
    for root, file in ((tmp_path, "data"), (tmp_path / "data" / "id=2024", "events.parquet")):
        households = read(entry(file=file), root=root).events["household_id"]
        assert "2024" not in set(households)
    with pytest.raises(RecordsError, match="there is no column 'year'"):
        read(
            entry(file="d/*/*.parquet", detail="year"),
            root=study(tmp_path / "d", "year", "parquet").parent,
        )


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("partitions", ["year", ["year"]])
def test_a_folder_is_a_column_where_the_manifest_names_it(
    tmp_path: Path, kind: str, partitions: Any
) -> None:
    study(tmp_path, "year", kind)
    keys = {"file": f"*/*.{kind}", "partitions": partitions, "detail": "year"}
    records = read(entry(**keys), root=tmp_path)
    assert sorted(records.events["detail"]) == sorted(YEARS * 2)
    only = read(entry(**keys, where="year = '2024'"), root=tmp_path)
    assert set(only.events["event_date"].dt.year) == {2024}
    queried = read(entry(**keys, query="SELECT * FROM source WHERE year = '2023'"), root=tmp_path)
    assert set(queried.events["event_date"].dt.year) == {2023}


def test_a_column_that_one_file_has_and_anothers_folder_writes(tmp_path: Path) -> None:
    study(tmp_path, "year", "parquet")
    own = pd.DataFrame({"id": ["c"], "day": ["2024-05-05"], "year": ["own"]})
    own.to_parquet(tmp_path / "year=2024" / "more.parquet")
    records = read(entry(file="*/*.parquet", partitions="year", detail="year"), root=tmp_path)
    assert records.events.set_index("household_id").loc["c", "detail"] == "own"
    assert set(records.events["detail"]) == {*YEARS, "own"}


def test_a_cell_of_a_folder_may_be_escaped_or_absent(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-02-03"]})
    for cell in ("%EA%B0%80%201", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / f"area={cell}").mkdir()
        frame.to_parquet(tmp_path / f"area={cell}" / "e.parquet")
    keys = {"file": "*/*.parquet", "partitions": "area"}
    records = read(entry(**keys, household_id="area"), root=tmp_path)
    assert records.events["household_id"].tolist() == ["가 1"]
    assert reasons(records) == [(1, "area", "no id")]


def test_a_file_in_no_such_folder_and_a_frame_have_no_partitions(tmp_path: Path) -> None:
    study(tmp_path, "year", "parquet")
    with pytest.raises(RecordsError, match=r"no folder month=\.\.\.") as caught:
        read(entry(file="*/*.parquet", partitions=["year", "month"]), root=tmp_path)
    assert caught.value.code == "records.partition"
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-02-03"]})
    with pytest.raises(ConfigError, match="leave partitions out"):
        read(entry(frame=frame, partitions="year"))


TWINS = pd.DataFrame({"id": ["a"], "day": ["2024-02-03"], "ind_A": [1], "ind_a": [2]})


def twins(door: str, folder: Path) -> Records:
    wide: dict[str, Any] = {"values": {"match": "^ind_"}}
    if door in ("frame", "Arrow"):
        return read(entry(frame=TWINS if door == "frame" else pa.table(TWINS), **wide))
    path = folder / f"e.{door}"
    TWINS.to_csv(path, index=False) if door == "csv" else TWINS.to_parquet(path)
    return read(entry(file=path.name, **wide), root=folder)


@pytest.mark.parametrize("door", ["frame", "Arrow", "csv", "parquet"])
def test_names_that_differ_only_in_case_are_refused(tmp_path: Path, door: str) -> None:
    told = r"columns no\. 3 and 4 differ only in upper and lower case"
    with pytest.raises(RecordsError, match=told) as caught:
        twins(door, tmp_path)
    assert caught.value.code == "records.repeated_column"


def test_a_query_may_not_make_such_names_either() -> None:
    query = "SELECT *, 1 AS x, 2 AS X FROM source"
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-02-03"]})
    with pytest.raises(RecordsError, match="differ only in upper and lower case"):
        read(entry(frame=frame, query=query))


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_files_that_write_a_name_in_another_case_are_told(tmp_path: Path, kind: str) -> None:
    for number, name in enumerate(("ind_A", "ind_a")):
        frame = TWINS[["id", "day"]].assign(**{name: 1})
        path = tmp_path / f"{number}.{kind}"
        frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    with pytest.raises(RecordsError, match="no column 'ind_A' in this file but 'ind_a'") as caught:
        read(entry(file=f"*.{kind}", values={"match": "^ind_"}), root=tmp_path)
    assert caught.value.place == f"1.{kind}"


def test_letters_beyond_ascii_keep_their_case(tmp_path: Path) -> None:
    frame = TWINS[["id", "day"]].assign(é=1, É=2)
    records = read(entry(frame=frame, values=["é", "É"]))
    assert sorted(records.events["code"]) == ["É", "é"]


class Stream:
    """A frame of some other library: what it offers is a stream of Arrow."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.table = pa.table(frame)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def test_whatever_offers_a_stream_of_arrow_is_a_frame() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": ["2024-02-03"] * 2})
    for given in (pa.table(frame), Stream(frame), pa.table(frame).to_batches()[0]):
        assert read(entry(frame=given)).events["household_id"].tolist() == ["a", "b"]
    with pytest.raises(ConfigError, match="DataFrame of pandas or polars"):
        read(entry(frame={"id": ["a"]}))
