"""Rows that are known before what they tell of are counted in the summary's notes, by table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import entry, read

from mended import Note
from riskmodel.records import Records, ingest, open_store

KIND = "today"
DAYS = {"event_date": ["2024-02-03", "2024-03-03"], "known_date": ["2024-02-04", "2024-03-01"]}
IDS = {"household_id": ["a", "b"]}
FACTS = pd.DataFrame({**IDS, "code": "fire", "event_date": DAYS["event_date"]})
TABLES: dict[str, pd.DataFrame] = {
    "events": pd.DataFrame({**IDS, **DAYS, "code": "fire"}),
    "deliveries": pd.DataFrame({**DAYS, "feed": "fire"}),
    "unmatched": pd.DataFrame({**IDS, **DAYS, "feed": "fire"}),
}


def early(records: Records) -> list[str]:
    return [note for note in records.summary().notes if "known_date before" in note]


@pytest.mark.parametrize("kind", TABLES)
def test_each_table_counts_its_rows_known_before_they_happened(kind: str, mended: Note) -> None:
    table = kind.partition(" ")[0]
    records = Records.from_frames(**{"events": FACTS, table: TABLES[kind]}, today="2024-09-01")
    (note,) = early(records)
    assert note.startswith(f"{table}: 1 of 2 rows have a known_date before the day that they tell")
    assert note in repr(records.summary())
    mended(KIND, tried=f"known before it happened: {kind}", before="no word", now=note)


@pytest.mark.parametrize("door", ["frame", "CSV", "Parquet", "store"])
def test_every_door_of_records_tells_it(door: str, tmp_path: Path, mended: Note) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": DAYS["event_date"], "seen": DAYS["known_date"]})
    frame.to_csv(tmp_path / "e.csv", index=False)
    frame.to_parquet(tmp_path / "e.parquet")
    source: dict[str, Any] = {"file": "e.parquet" if door == "Parquet" else "e.csv"}
    own = entry(known_date="seen", **({"frame": frame} if door == "frame" else source))
    if door == "store":
        manifest = {"name": "fires", "today": "2025-01-01", "events": [own]}
        ingest(manifest, tmp_path / "store", root=tmp_path)
        records = open_store(tmp_path / "store")
    else:
        records = read([own], root=tmp_path)
    (note,) = early(records)
    mended(KIND, tried=f"known before it happened, {door}", before="no word", now=note)


def test_what_is_known_on_its_own_day_or_later_is_no_note() -> None:
    assert early(Records.from_frames(FACTS, today="2024-09-01")) == []
