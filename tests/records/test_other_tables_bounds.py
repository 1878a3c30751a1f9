"""Dates of contacts, attributes and members outside the bounds are told in the summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mended import Note
from riskmodel.records import ingest, open_store, read_records

DAYS = ["2019-01-01", "2023-05-01", "2023-06-01", "2031-05-01", "2032-05-01"]
FACTS = pd.DataFrame({"id": list("abcde"), "day": "2023-03-01"})
DATED = pd.DataFrame({"id": list("abcde"), "day": DAYS, "what": list("vwxyz")})
TABLES: dict[str, dict[str, Any]] = {
    "contacts": {"household_id": "id", "as_of_date": "day", "result": {"column": "result"}},
    "attributes": {"household_id": "id", "known_date": "day", "columns": {"what": "what"}},
    "members": {"household_id": "id", "person_id": "what", "from": "day"},
}
TOLD = {
    "contacts": "contacts: 1 before since (2022-01-01) and 2 on or after today (2024-09-01), of 5",
    "attributes": "attributes: 2 on or after today (2024-09-01), of 5",
    "members": "members: 2 on or after today (2024-09-01), of 5",
}


def manifest(table: str, rows: pd.DataFrame, **keys: Any) -> dict[str, Any]:
    source = {"frame": rows.assign(result="no_need"), **TABLES[table]}
    events = {"frame": FACTS, "household_id": "id", "code": "rent", "event_date": "day"}
    bounds = {"since": "2022-01-01", "today": "2024-09-01"}
    return {"name": "mine", "events": [events], table: [source], **bounds, **keys}


@pytest.mark.parametrize("door", ["read", "store"])
@pytest.mark.parametrize("table", TABLES)
def test_rows_outside_the_bounds_are_told_by_table(
    tmp_path: Path, table: str, door: str, mended: Note
) -> None:
    written = manifest(table, DATED)
    if door == "store":
        ingest(written, tmp_path / "store")
    records = read_records(written) if door == "read" else open_store(tmp_path / "store")
    notes = records.summary().notes
    (note,) = (note for note in notes if note.startswith(f"{table}: "))
    assert note.startswith(TOLD[table])
    assert note.endswith("rows, belong to no round; dates from 2019-01-01 to 2032-05-01")
    assert note in repr(records.summary())
    mended(
        "today",
        tried=f"dates of {table} years away, {door}",
        before="only those of events were told",
        now=note,
    )


@pytest.mark.parametrize("table", TABLES)
def test_rows_inside_and_what_was_known_before_since_are_not_told(table: str) -> None:
    inside = DATED.iloc[1:3] if table == "contacts" else DATED.iloc[:3]
    notes = read_records(manifest(table, inside)).summary().notes
    assert not [note for note in notes if note.startswith(f"{table}: ")]


def test_today_is_outside_and_the_day_before_is_inside() -> None:
    edge = DATED.head(2).assign(day=["2024-08-31", "2024-09-01"])
    (note,) = (
        note
        for note in read_records(manifest("attributes", edge)).summary().notes
        if note.startswith("attributes: ")
    )
    assert note.startswith("attributes: 1 on or after today")
