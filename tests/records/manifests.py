"""Small manifests for the tests of reading: one CSV or frame, one entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.records import Records, read_records

TODAY = "2025-01-01"


def entry(**keys: Any) -> dict[str, Any]:
    """Return an entry of events: household `id`, code `fire`, day `day`, unless said otherwise."""
    usual = {"household_id": "id", "code": "fire", "event_date": "day"}
    if "values" in keys:
        usual.pop("code")
    return {key: value for key, value in (usual | keys).items() if value is not None}


def read(events: Any, **manifest: Any) -> Records:
    """Read entries of events and all else in the manifest; any number of bad rows is accepted."""
    root = manifest.pop("root", None)
    return read_records(
        {"today": TODAY, "events": events, "max_quarantined": 1} | manifest, root=root
    )


def read_frame(
    frame: pd.DataFrame | dict[str, Any], manifest: dict[str, Any] | None = None, **keys: Any
) -> Records:
    """Read events out of one frame."""
    return read([entry(frame=pd.DataFrame(frame), **keys)], **(manifest or {}))


def read_csv(
    folder: Path, text: str | bytes, manifest: dict[str, Any] | None = None, **keys: Any
) -> Records:
    """Read events out of one CSV file."""
    content = text.encode() if isinstance(text, str) else text
    (folder / "events.csv").write_bytes(content)
    return read([entry(file="events.csv", **keys)], root=str(folder), **(manifest or {}))


def read_by(door: str, frame: pd.DataFrame, folder: Path) -> Records:
    """Read events out of a frame, as it is or from a file of its rows.

    The door is "frame", "CSV", "Parquet", or "wide", where `flood` is a column of cells.
    """
    if door == "CSV":
        return read_csv(folder, frame.to_csv(index=False))
    if door == "Parquet":
        frame.to_parquet(folder / "e.parquet")
        return read([entry(file="e.parquet")], root=str(folder))
    wide = {"values": ["flood"]} if door == "wide" else {}
    return read_frame(frame.assign(flood="1"), **wide)


def reasons(records: Records) -> list[tuple[int, str | None, str]]:
    """Return (row, column, reason) of every bad row."""
    table = records.quarantine
    columns = [None if pd.isna(c) else c for c in table["column"]]
    return list(zip(table["row"].tolist(), columns, table["reason"].tolist(), strict=True))


def adds_up(records: Records) -> bool:
    """Tell whether every row read has one fate, and every bad one a line in quarantine."""
    counts = records.counts
    total = counts[["used", "excluded", "out_of_bounds", "quarantined", "repeated"]].sum(axis=1)
    return (
        bool((counts["read"] == total).all())
        and len(records.quarantine) == counts["quarantined"].sum()
    )
