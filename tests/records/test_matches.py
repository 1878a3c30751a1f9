"""Tables whose ids never meet are told, with the share that matched and the usual causes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import entry, read

from riskmodel.records import Records, ingest, open_store

IDS = [f"{k:05d}" for k in range(60)]


def manifest_of(**ids: list[str]) -> dict[str, Any]:
    """Return the tables of a manifest with one row per id; events are of all `IDS`."""
    frames = {
        name: pd.DataFrame({"id": own, "on": "2024-02-01", "what": "no_need"})
        for name, own in ids.items()
    }
    keys: dict[str, dict[str, Any]] = {
        "attributes": {"household_id": "id", "known_date": "on", "columns": {"job": "what"}},
        "members": {"person_id": "id", "household_id": "id", "from": "on"},
        "contacts": {"household_id": "id", "as_of_date": "on", "result": "what"},
    }
    return {name: [{"frame": frame, **keys[name]}] for name, frame in frames.items()}


def records_of(**ids: list[str]) -> Records:
    return read(entry(frame=pd.DataFrame({"id": IDS, "day": "2024-01-05"})), **manifest_of(**ids))


def without_zeros(ids: list[str]) -> list[str]:
    return [one.lstrip("0") or "0" for one in ids]


@pytest.mark.parametrize("table", ["attributes", "members", "contacts"])
def test_a_table_that_matches_no_household_is_told_with_the_usual_causes(table: str) -> None:
    summary = records_of(**{table: without_zeros(IDS)}).summary()
    assert summary.matches.loc[table].tolist() == [60, 0, 0.0]
    (note,) = (note for note in summary.notes if note.startswith(table))
    assert f"{table}: 0 of 60 households (0%) stand in another table" in note
    for cause in ("zeros in front", "ids of another kind", "another place or time"):
        assert cause in note
    assert note in repr(summary)
    assert "Households of each table" in repr(summary)


@pytest.mark.parametrize(("kept", "is_told"), [(29, True), (30, False), (60, False)])
def test_under_half_is_a_note(kept: int, is_told: bool) -> None:
    summary = records_of(contacts=[*IDS[:kept], *without_zeros(IDS[kept:])]).summary()
    assert summary.matches["matched"].to_dict() == {"events": kept, "contacts": kept}
    assert summary.matches.loc["contacts", "share"] == round(kept / 60, 3)
    assert any(note.startswith("contacts") for note in summary.notes) == is_told


def test_a_table_of_everybody_and_one_of_few_are_no_note() -> None:
    many = records_of(attributes=[*IDS, *(f"x{k}" for k in range(600))], contacts=IDS[:3]).summary()
    assert many.matches["matched"].to_dict() == {"events": 60, "attributes": 60, "contacts": 3}
    assert not any("another table" in note for note in many.notes)


def test_ids_count_once_and_against_the_ids_of_all_other_tables() -> None:
    summary = records_of(attributes=["new", "new"], contacts=["new"]).summary()
    assert summary.matches["households"].tolist() == [60, 1, 1]
    assert summary.matches["matched"].tolist() == [0, 1, 1]
    assert [note.split(":")[0] for note in summary.notes if "another table" in note] == ["events"]


def test_one_table_alone_has_nothing_to_match() -> None:
    summary = records_of().summary()
    assert summary.matches.empty
    assert "Households of each table" not in repr(summary)


def test_a_store_tells_the_same(tmp_path: Path) -> None:
    for name, own in (("events", IDS), ("contacts", without_zeros(IDS))):
        pd.DataFrame({"id": own, "on": "2024-02-01", "what": "no_need"}).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
    manifest = {
        "today": "2025-01-01",
        "events": [entry(file="events.csv", event_date="on")],
        "contacts": [
            {"file": "contacts.csv", "household_id": "id", "as_of_date": "on", "result": "what"}
        ],
    }
    ingest(manifest, tmp_path / "store", root=tmp_path)
    summary = open_store(tmp_path / "store").summary()
    assert summary.matches["matched"].to_dict() == {"events": 0, "contacts": 0}
    assert sum("another table" in note for note in summary.notes) == 2
