"""What a spreadsheet shows where it has no id is no household; ids that it wrapped are bare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from manifests import adds_up, entry, read, read_by, read_csv, read_frame

import riskmodel as rm
from mended import Note
from riskmodel.errors import RiskmodelError
from riskmodel.records import Records

KIND = "ids"
SHOWN = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "-", "--", "n/a"]
FRAME = pd.DataFrame({"id": [*SHOWN, "00123", "00124"], "day": "2024-01-05"})


def of_workbook(folder: Path) -> Records:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "day"])
    for one in FRAME["id"]:
        book.active.append([one, datetime(2024, 1, 5)])
    for (cell,) in book.active.iter_rows(min_row=2, max_row=8, max_col=1):
        cell.data_type = "e"
    book.save(folder / "e.xlsx")
    return read([entry(file="e.xlsx")], root=str(folder))


@pytest.mark.parametrize("door", ["frame", "CSV", "Parquet", "Excel"])
def test_what_a_failed_formula_shows_is_no_household(
    door: str, tmp_path: Path, mended: Note
) -> None:
    records = of_workbook(tmp_path) if door == "Excel" else read_by(door, FRAME, tmp_path)
    assert records.events["household_id"].tolist() == ["00123", "00124"]
    assert records.quarantine["reason"].tolist() == ["no id"] * len(SHOWN)
    assert adds_up(records)
    now = f"{len(records.quarantine)} bad rows: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"#N/A, #REF!, -, {door}", before="each a household", now=now)


def of_frames(ids: list[str]) -> object:
    frame = pd.DataFrame({"household_id": ids, "code": "fire", "event_date": "2024-01-05"})
    return Records.from_frames(frame, today="2025-01-01")


def of_panel(ids: list[str]) -> object:
    frame = pd.DataFrame({"id": ids, "v": 1.0})
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-01-05")


@pytest.mark.parametrize("door", [of_frames, of_panel])
@pytest.mark.parametrize("shown", SHOWN)
def test_a_frame_with_such_ids_is_refused(
    door: Callable[[list[str]], object], shown: str, mended: Note
) -> None:
    with pytest.raises(RiskmodelError, match="household_id") as caught:
        door([shown, "00123"])
    mended(KIND, tried=f"{shown}, {door.__name__}", before="a household", now=caught.value.code)


@pytest.mark.parametrize("written", ['="00123"', '"=""00123"""'])
def test_an_id_that_a_csv_protects_is_the_id(written: str, tmp_path: Path, mended: Note) -> None:
    records = read_csv(tmp_path, f"id,day\n{written},2024-01-05\n00123,2024-01-06\n")
    found = records.events["household_id"].unique().tolist()
    assert found == ["00123"]
    mended(KIND, tried=f"{written} beside 00123", before="two households", now=found)


@pytest.mark.parametrize("door", [of_frames, of_panel])
def test_so_it_is_in_a_frame(door: Callable[[list[str]], object], mended: Note) -> None:
    made = door(['="00123"', "00124"])
    ids = made.events["household_id"] if isinstance(made, Records) else made.households
    found = sorted(ids)
    assert found == ["00123", "00124"]
    mended(KIND, tried=f'="00123", {door.__name__}', before="another household", now=found)


def test_a_code_is_bare_too_and_a_failed_one_is_none() -> None:
    frame = {"id": ["a", "b", "c"], "day": "2024-01-05", "what": ['="01"', "01", "#N/A"]}
    records = read_frame(frame, code={"column": "what"})
    assert records.events["code"].tolist() == ["01", "01"]
    assert records.quarantine["row"].tolist() == [3]
