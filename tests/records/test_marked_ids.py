"""Ids with marks of thousands, as a spreadsheet shows numbers, are never other households."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from manifests import adds_up, entry, read_by, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import RiskmodelError
from riskmodel.records import Records
from riskmodel.records.settling.too_many_bad import ADVICE
from riskmodel.records.sources import row_checks

KIND = "ids"
SHOWN, BEFORE = "1,234", "two households of one, or another code"
FRAME = pd.DataFrame({"id": [SHOWN, "12,345.0", "1234", "999"], "day": "2024-01-05"})


@pytest.mark.parametrize("door", ["frame", "CSV", "Parquet", "wide"])
def test_a_marked_id_is_a_bad_row(door: str, tmp_path: Path, mended: Note) -> None:
    records = read_by(door, FRAME, tmp_path)
    assert records.events["household_id"].tolist() == ["1234", "999"]
    assert reasons(records) == [(row, "id", row_checks.MARKED_ID) for row in (1, 2)]
    assert adds_up(records)
    now = f"{len(records.quarantine)} bad rows: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"1,234 beside 1234, {door}", before=BEFORE, now=now)


@pytest.mark.parametrize("key", ["code", "fact_id", "person_id", "dwelling_id"])
def test_so_is_a_marked_code_or_id_of_another_kind(key: str, mended: Note) -> None:
    frame = {"id": ["a", "b"], "day": "2024-01-05", "other": [SHOWN, "1234"]}
    by: dict[str, Any] = {key: {"column": "other"} if key == "code" else "other"}
    if key in ("person_id", "dwelling_id"):
        by["household_id"] = None
    members = pd.DataFrame({"person": ["1234"], "home": ["1234"], "house": ["b"]})
    who = {"frame": members, "person_id": "person", "household_id": "house", "dwelling_id": "home"}
    records = read_frame(frame, {"members": [who]}, **by)
    assert records.events["household_id"].tolist() == ["b"]
    assert reasons(records) == [(1, "other", row_checks.MARKED_ID)]
    now = f"bad row: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"1,234 as {key}", before=BEFORE, now=now)


def test_zeros_of_marked_ids_are_bad_cells_too() -> None:
    frame = {"id": [SHOWN, "a"], "day": "2024-01-05", "fire": [0, 0]}
    counts = read_frame(frame, values=["fire"]).counts
    assert (counts["quarantined"].tolist(), counts["used"].tolist()) == ([1], [1])


def test_too_many_stop_with_advice() -> None:
    with pytest.raises(RiskmodelError, match="1,234 is how it shows 1234") as caught:
        rm.read_records({"today": "2025-01-01", "events": [entry(frame=FRAME)]})
    assert ADVICE[row_checks.MARKED_ID] in str(caught.value)


def of_records(ids: list[str]) -> Records:
    frame = pd.DataFrame({"household_id": ids, "code": "fire", "event_date": "2024-01-05"})
    return Records.from_frames(frame, today="2025-01-01")


def of_arrow(ids: list[str]) -> Records:
    days = pd.to_datetime(["2024-01-05"] * len(ids))
    table = pa.table({"household_id": ids, "code": ["fire"] * len(ids), "event_date": days})
    return Records.from_frames(table, today="2025-01-01")


def of_panel(ids: list[str]) -> rm.Panel:
    frame = pd.DataFrame({"id": ids, "v": 1.0})
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-01-05")


def of_rounds(ids: list[str]) -> rm.Panel:
    rows = pd.DataFrame({"household_id": ids, "as_of_date": "2024-05-01"})
    return rm.build_panel(of_records(["1234", "a"]), rows)


DOORS = {
    "Records.from_frames": (of_records, "records.quarantined"),
    "an Arrow table": (of_arrow, "records.quarantined"),
    "Panel.from_frame": (of_panel, "panel.marked_id"),
    "build_panel(rounds=)": (of_rounds, "panel.marked_id"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_frame_of_marked_ids_is_refused(door: str, mended: Note) -> None:
    act: Callable[[list[str]], object]
    act, code = DOORS[door]
    with pytest.raises(RiskmodelError, match=r"1 .* marks of thousands") as caught:
        act([SHOWN, "a"])
    assert caught.value.code == code
    mended(KIND, tried=f"1,234, {door}", before=BEFORE, now=f"refused: {code}")


@pytest.mark.parametrize("written", [["1.0", " b", "c"], ["1", "b ", "c"], ["1", "b", "c\t"]])
def test_ids_of_an_arrow_table_are_read_by_the_rule_of_ids(
    written: list[str], mended: Note
) -> None:
    found = sorted(of_arrow(written).events["household_id"])
    assert found == ["1", "b", "c"]
    mended(KIND, tried=f"Arrow, {written}", before="ids as they stand", now=found)
