"""A file whose name holds the signs of a pattern is that file, at every reader."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from manifests import entry, read, read_frame

import riskmodel as rm
from mended import Note
from riskmodel.records import Records, ingest, open_store

KIND = "numbers"
OWN, OTHERS = ["a", "b"], ["z"]
# each beside a file that the name would match as a pattern
NAMES = {"data[1]": "data1", "a*b": "aXb", "q?x": "qux", "x[!a]y": "xby", "[a-z]": "k"}


def write(path: Path, ids: list[str]) -> None:
    """Write one fact for each id."""
    frame = pd.DataFrame({"id": ids, "day": "2024-02-03"})
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)


def households(records: Records) -> list[str]:
    return sorted(records.events["household_id"])


@pytest.mark.parametrize("query", [None, "SELECT * FROM source"], ids=["plain", "query"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_named_like_a_pattern_is_read_alone(
    name: str, kind: str, query: str | None, tmp_path: Path, mended: Note
) -> None:
    write(tmp_path / f"{name}.{kind}", OWN)
    write(tmp_path / f"{NAMES[name]}.{kind}", OTHERS)
    records = read(entry(file=f"{name}.{kind}", query=query, where="id <> ''"), root=tmp_path)
    assert households(records) == OWN
    how = "" if query is None else ", with a query"
    before = "the other file's rows, or those of both" if kind == "parquet" else "its own rows"
    mended(KIND, tried=f"{name}.{kind}{how}", before=before, now=households(records))


@pytest.mark.parametrize("name", ["data[1]", "a*b"])
def test_a_folder_named_like_a_pattern_holds_files_and_stores(
    name: str, tmp_path: Path, mended: Note
) -> None:
    folder, other = tmp_path / name, tmp_path / NAMES[name]
    for place, ids in ((folder, OWN), (other, OTHERS)):
        place.mkdir()
        write(place / "events.parquet", ids)
        manifest = {"name": "fires", "today": "2025-01-01", "events": [entry(file="*.parquet")]}
        ingest(manifest, place / "store", root=place)
    write(folder / "more.parquet", ["c"])
    ingest(manifest, folder / "store", root=folder)

    stored = open_store(folder / "store")
    assert households(stored) == [*OWN, "c"]
    panel = rm.build_panel(stored, rounds=["2024-06-01"])
    assert panel.households.tolist() == [*OWN, "c"]
    assert stored.summary().indicators["rows"].to_dict() == {"fire": 3}
    mended(KIND, tried=f"a folder {name}/", before="another folder's rows", now=len(panel))


def test_tables_of_records_may_lie_in_such_files_and_folders(tmp_path: Path, mended: Note) -> None:
    records = read_frame({"id": OWN, "day": ["2024-02-03", "2024-02-04"]})
    events = records.tables["events"]
    folder = tmp_path / "h[1]"
    for place in (folder, tmp_path / "h1"):
        place.mkdir()
        pq.write_table(events.slice(0, 1), place / "0.parquet")
        pq.write_table(events.slice(1), place / "1.parquet")
    for path in (folder, folder / "*.parquet"):
        if path.suffix:
            pq.write_table(events.slice(0, 1), path)
        held = records.replace(tables={**records.tables, "events": path})
        panel = rm.build_panel(held, rounds=["2024-06-01"])
        assert panel.households.tolist() == sorted(set(held.events["household_id"]))
        mended(KIND, tried=f"a table in {path.name}", before="no file, or more", now=len(panel))
        (folder / "*.parquet").unlink(missing_ok=True)
