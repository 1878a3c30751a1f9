"""Ids and codes that a program rounded are bad rows; one rule of ids at every door."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from manifests import adds_up, entry, read_by, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError, RecordsError
from riskmodel.panel import Panel
from riskmodel.records import Records
from riskmodel.records.settling.too_many_bad import ADVICE
from riskmodel.records.sources import row_checks

KIND = "ids"
ROUNDED = "1.23457E+11"
WRITTEN = {
    "texts": ["123", "123.0"],
    "floats": [123.0, 123.0],
    "a float among texts": [123.0, "123"],
    "Int64": pd.array([123, 123], dtype="Int64"),
    "float32": pd.array([123, 123], dtype="float32"),
    "Decimal": [Decimal("123.0"), "123"],
    "categories": pd.Categorical([123.0, 123.0]),
    "blanks around": [" 123", "123\t"],
    "full-width": ["１２３", "123"],
    "Arabic-Indic digits": ["١٢٣", "123"],
}
BEFORE = {
    "texts": "from_frame made 2 households of 1",
    "Decimal": "from_frame made 2 households of 1",
    "blanks around": "from_frame made 2 households of 1",
    "full-width": "every door made 2 households of 1",
    "Arabic-Indic digits": "every door made 2 households of 1",
}


def households(panel: Panel) -> list[str]:
    return sorted(set(panel.households))


def of_frame(ids: object) -> Panel:
    frame = pd.DataFrame({"id": ids, "on": ["2024-01-05", "2024-02-05"], "x": 1.0})
    return Panel.from_frame(frame, household_id="id", as_of_date="on")


def records_of(ids: object) -> Records:
    days = ["2024-01-05", "2024-02-05"]
    frame = pd.DataFrame({"household_id": ids, "code": "fire", "event_date": days})
    return Records.from_frames(frame, today="2025-01-01")


@pytest.mark.parametrize("written", WRITTEN)
def test_every_door_reads_ids_by_one_rule(written: str, mended: Note) -> None:
    ids = WRITTEN[written]
    read_in = read_frame({"id": ids, "day": ["2024-01-05", "2024-02-05"]}).events
    given = records_of(ids).events
    found = [
        sorted(set(read_in["household_id"])),
        sorted(set(given["household_id"])),
        households(of_frame(ids)),
    ]
    assert found == [["123"]] * 3
    mended(KIND, tried=f"123 as {written}", before=BEFORE.get(written, "1 household"), now=found[2])


def test_a_word_for_no_id_is_none_at_every_door() -> None:
    with pytest.raises(PanelError, match="1 rows have no household_id"):
        of_frame(["nan", "a"])


@pytest.mark.parametrize("door", ["frame", "CSV", "Parquet", "wide"])
def test_rounded_ids_are_bad_rows(door: str, tmp_path: Path, mended: Note) -> None:
    frame = pd.DataFrame({"id": [ROUNDED] * 4 + ["12E3"], "day": "2024-01-05"})
    records = read_by(door, frame, tmp_path)
    assert records.events["household_id"].tolist() == ["12E3"]
    assert reasons(records) == [(row, "id", row_checks.ROUNDED_ID) for row in (1, 2, 3, 4)]
    assert adds_up(records)
    told = f"{len(records.quarantine)} bad rows: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"1.23457E+11 four times, {door}", before="one household", now=told)


def test_a_float_too_large_for_its_digits_is_rounded_too() -> None:
    records = read_frame({"id": [1.2345678901234567e17, 7.0], "day": "2024-01-05"})
    assert records.events["household_id"].tolist() == ["7"]
    with pytest.raises(PanelError, match="1 rows have a household_id that a program rounded"):
        of_frame([1.2345678901234567e17, 7.0])


def test_zeros_of_rounded_ids_are_bad_cells_too() -> None:
    frame = {"id": [ROUNDED, "a"], "day": "2024-01-05", "fire": [0, 0]}
    records = read_frame(frame, values=["fire"])
    assert records.counts["quarantined"].tolist() == [1]
    assert records.counts["used"].tolist() == [1]


@pytest.mark.parametrize("key", ["code", "fact_id", "person_id", "dwelling_id"])
def test_other_ids_and_codes_too(key: str, mended: Note) -> None:
    frame = {"id": ["a", "b"], "day": "2024-01-05", "other": [ROUNDED, "12E3"]}
    by = {key: {"column": "other"} if key == "code" else "other"}
    if key in ("person_id", "dwelling_id"):
        by["household_id"] = None
    members = pd.DataFrame({"person": ["12E3"], "home": ["12E3"], "house": ["b"]})
    who = {"frame": members, "person_id": "person", "household_id": "house", "dwelling_id": "home"}
    records = read_frame(frame, {"members": [who]}, **by)
    assert records.events["household_id"].tolist() == ["b"]
    assert reasons(records) == [(1, "other", row_checks.ROUNDED_ID)]
    told = f"bad row: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"1.23457E+11 as {key}", before="read as it stands", now=told)


def test_so_are_areas_and_people_of_other_tables(mended: Note) -> None:
    homes = pd.DataFrame({"id": ["a", "b"], "gu": ["1.16801E+09", "1168010100"], "rooms": "1e3"})
    kept = {
        "frame": homes,
        "household_id": "id",
        "known_date": "always",
        "columns": ["gu"],
        "numbers": ["rooms"],
    }
    contacts = pd.DataFrame({"id": [ROUNDED, "b"], "on": "2024-02-01", "result": "no_need"})
    asked = {"frame": contacts, "household_id": "id", "as_of_date": "on", "result": "result"}
    events = {"id": ["b"], "day": "2024-01-05"}
    records = read_frame(events, {"attributes": [kept], "contacts": [asked], "area": "gu"})
    bad = records.quarantine[["source", "row", "column"]].to_numpy().tolist()
    assert bad == [["attributes: frame (cells)", 1, "gu"], ["contacts: frame", 1, "id"]]
    assert set(records.quarantine["reason"]) == {row_checks.ROUNDED_ID}
    assert records.attributes["number"].dropna().tolist() == [1000, 1000]
    now = f"{len(bad)} bad cells"
    mended(KIND, tried="rounded area code, contact", before="areas became one", now=now)


def test_too_many_rounded_ids_stop_with_advice() -> None:
    frame = pd.DataFrame({"id": [ROUNDED, "a"], "day": "2024-01-05"})
    with pytest.raises(RecordsError, match="save the column as text") as caught:
        rm.read_records({"today": "2025-01-01", "events": [entry(frame=frame)]})
    assert ADVICE[row_checks.ROUNDED_ID] in str(caught.value)


@pytest.mark.parametrize("door", [of_frame, records_of], ids=["from_frame", "from_frames"])
def test_rounded_ids_of_frames_are_refused(door: Callable[[object], object], mended: Note) -> None:
    with pytest.raises((PanelError, RecordsError), match="rounded") as caught:
        door([ROUNDED, "a"])
    assert ROUNDED not in str(caught.value).split("Allowed")[0]
    mended(
        KIND, tried=f"1.23457E+11, {door.__name__}", before="one household", now=caught.value.code
    )
