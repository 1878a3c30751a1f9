"""Truth values where a number is read: a frame's and a text's are the same, or bad rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import entry, read, reasons

from mended import Note
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

TRUE, FALSE = ["True", "true", "TRUE", " true "], ["False", "false", "FALSE", "'false'"]
OTHERS = ["Y", "N", "yes", "no", "T", "F", "참"]
DOORS = ["frame", "CSV", "Parquet", "from_frames"]


def read_values(values: list[Any], door: str, folder: Path, *, wide: bool = False) -> Records:
    """Return records of one event per value, by a door, in a long or a wide table."""
    table = pd.DataFrame({"id": [f"h{k}" for k in range(len(values))], "v": values})
    table["day"] = "2024-01-05"
    if door == "from_frames":
        names = {"id": "household_id", "v": "value", "day": "event_date"}
        return Records.from_frames(
            table.rename(columns=names).assign(code="v"), today="2025-01-01", max_quarantined=1
        )
    where: dict[str, Any] = {"frame": table}
    if door == "CSV":
        table.to_csv(folder / "v.csv", index=False)
        where = {"file": "v.csv"}
    if door == "Parquet":
        table.to_parquet(folder / "v.parquet")
        where = {"file": "v.parquet"}
    cells = {"values": ["v"]} if wide else {"value": "v"}
    return read([entry(**where, **cells)], root=str(folder))


def values_of(records: Records) -> list[float]:
    return records.events.sort_values("household_id")["value"].tolist()


@pytest.mark.parametrize("door", DOORS)
def test_texts_of_truth_values_are_what_a_frames_are(
    door: str, tmp_path: Path, mended: Note
) -> None:
    as_values = read_values([True, False, True], door, tmp_path)
    as_texts = read_values([*TRUE, *FALSE], door, tmp_path)
    assert values_of(as_values) == [1, 0, 1]
    assert values_of(as_texts) == [1, 1, 1, 1, 0, 0, 0, 0]
    assert as_texts.quarantine.empty
    mended("numbers", tried=f"True in a value, {door}", before="1, or a bad row", now="1")


@pytest.mark.parametrize("door", DOORS)
def test_other_words_are_bad_rows_at_every_door(door: str, tmp_path: Path) -> None:
    records = read_values(["1", *OTHERS], door, tmp_path)
    assert values_of(records) == [1]
    column = "value" if door == "from_frames" else "v"
    assert reasons(records) == [
        (row, column, row_checks.NO_NUMBER) for row in range(2, len(OTHERS) + 2)
    ]


@pytest.mark.parametrize("door", DOORS[:3])
def test_wide_tables_read_them_alike(door: str, tmp_path: Path) -> None:
    texts, blank = read_values([*TRUE, *FALSE], door, tmp_path, wide=True), [True, None, False]
    as_values = read_values(blank, door, tmp_path, wide=True)
    assert values_of(texts) == [1, 1, 1, 1]
    assert values_of(as_values) == [1]
    assert read_values(["1", *OTHERS], door, tmp_path, wide=True).counts["quarantined"].sum() == 7
