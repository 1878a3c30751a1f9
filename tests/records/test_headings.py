"""A heading that looks like the name in a manifest is that column, at every door."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from manifests import entry, read

import riskmodel as rm
from mended import Note
from riskmodel.errors import RecordsError
from riskmodel.records import Records
from riskmodel.texts import heading, named_alike

NAME = "가구번호 III"
FORMS = {
    "as written": NAME,
    "blanks around it": f"  {NAME} ",
    "two blanks inside": "가구번호  III",
    "styled": "가구번호 Ⅲ",
    "decomposed": unicodedata.normalize("NFD", NAME),
    "full width": "가구번호　ＩＩＩ",
    "unseen": "가구\u200b번호 III",
}
DOORS = ["frame", "Arrow", "CSV", "Parquet", "workbook", "where", "query", "wide"]


def read_by(door: str, name: str, folder: Path) -> Records:
    """Read two facts whose ids stand under a heading; the manifest calls it `NAME`."""
    table = pd.DataFrame({name: ["a", "b"], "day": "2024-01-05", "flood": 1})
    keys: dict[str, Any] = {"household_id": NAME}
    rows: dict[str, Any] = {"frame": table}
    if door == "Arrow":
        rows = {"frame": pa.Table.from_pandas(table)}
    if door == "CSV":
        table.to_csv(folder / "e.csv", index=False)
        rows = {"file": "e.csv"}
    if door == "Parquet":
        table.to_parquet(folder / "e.parquet")
        rows = {"file": "e.parquet"}
    if door == "workbook":
        table.to_excel(folder / "e.xlsx", index=False)
        rows = {"file": "e.xlsx"}
    if door == "where":
        keys["where"] = f"\"{NAME}\" <> 'c'"
    if door == "query":
        keys |= {"query": f'SELECT "{NAME}" AS h, day FROM source', "household_id": "h"}
    if door == "wide":
        keys["values"] = ["flood"]
    return read([entry(**rows, **keys)], root=str(folder))


@pytest.mark.parametrize("form", ["blanks around it", "styled", "decomposed", "full width"])
@pytest.mark.parametrize("door", DOORS)
def test_a_heading_that_looks_the_same_is_the_column(
    form: str, door: str, tmp_path: Path, mended: Note
) -> None:
    records = read_by(door, FORMS[form], tmp_path)
    assert records.events["household_id"].tolist() == ["a", "b"]
    mended("look-alikes", tried=f"heading, {form}, {door}", before="no column", now="read")


@pytest.mark.parametrize(
    "name", [" household_id", "ｈｏｕｓｅｈｏｌｄ＿ｉｄ", "household\u200b_id "]
)
def test_frames_without_a_manifest_too(name: str) -> None:
    table = pd.DataFrame({name: ["a", "b"], "code": "fire", " event_date ": "2024-01-05"})
    records = Records.from_frames(table, today="2024-02-01")
    assert records.events["household_id"].tolist() == ["a", "b"]
    rows = pd.DataFrame({name: ["a"], "as_of_date ": "2024-01-20"})
    assert list(rm.build_panel(records, rows).X.index.get_level_values(0)) == ["a"]


@pytest.mark.parametrize("form", FORMS)
def test_frames_of_panels_too(form: str) -> None:
    table = pd.DataFrame({FORMS[form]: ["a", "b"], " 소득 Ⅱ": [1.0, 2.0], "y ": [0, 1]})
    panel = rm.Panel.from_frame(
        table, household_id=NAME, as_of_date="2024-01-05", y="y", directions={"소득 II": 1}
    )
    assert list(panel.X.index.get_level_values(0)) == ["a", "b"]
    assert [(column.name, column.direction) for column in panel.columns] == [("소득_II", 1)]


def test_a_heading_that_is_there_as_written_wins(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": ["a"], " id": ["b"], "day": "2024-01-05"})
    assert read([entry(frame=table)]).events["household_id"].tolist() == ["a"]


def test_two_headings_that_look_like_the_name_are_refused() -> None:
    table = pd.DataFrame({" id": ["a"], "id ": ["b"], "day": "2024-01-05"})
    with pytest.raises(RecordsError, match="there is no column 'id'") as refusal:
        read([entry(frame=table)])
    assert refusal.value.code == "records.missing_column"


def test_two_entries_of_one_file_may_write_its_heading_in_two_ways(tmp_path: Path) -> None:
    pd.DataFrame({"구분Ⅲ": ["a"], "day": "2024-01-05"}).to_csv(tmp_path / "e.csv", index=False)
    both = [entry(file="e.csv", household_id=name) for name in ("구분Ⅲ", "구분III")]
    assert len(read(both, root=str(tmp_path)).events) == 1  # one fact, told twice


def test_names_are_compared_both_ways() -> None:
    assert heading(" Ⅲ ") == heading("III") == heading("ＩＩＩ")
    assert named_alike(["III"], ["Ⅲ"]) == {"III": "Ⅲ"}
    assert named_alike(["a", "b"], ["c"]) == {}
