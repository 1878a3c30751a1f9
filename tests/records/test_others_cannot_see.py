"""Who is not the owner of a store cannot read it, and no refusal shows a cell of a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from manifests import entry, read

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records

CELL = "Mrs Quirkwood 17 Elmhollow"


def manifest_in(folder: Path) -> dict[str, object]:
    (folder / "a.csv").write_text("id,day\nh1,2024-01-05\nh2,2024-01-06\n")
    source = {"file": "a.csv", "household_id": "id", "event_date": "day", "code": "rent"}
    return {"root": str(folder), "today": "2025-01-01", "since": "2024-01-01", "events": [source]}


def seen_by_others(store: Path) -> list[str]:
    """Return the files that an account of no group could open, folder by folder."""
    open_to = {store: bool(store.stat().st_mode & 0o077)}
    for path in sorted(store.rglob("*")):
        open_to[path] = open_to[path.parent] and bool(path.stat().st_mode & 0o077)
    return [path.name for path, is_open in open_to.items() if is_open]


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_a_new_store_is_its_owners_alone(tmp_path: Path, mended: Note) -> None:
    before = os.umask(0o022)
    try:
        rm.ingest(manifest_in(tmp_path), tmp_path / "store")
    finally:
        os.umask(before)
    seen = seen_by_others(tmp_path / "store")
    assert seen == []
    mended("modes", tried="ingest, umask 022", before="readable by every account", now=seen)


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_a_store_that_its_owner_shared_stays_shared(tmp_path: Path, mended: Note) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o750)
    store.chmod(0o750)
    rm.ingest(manifest_in(tmp_path), store)
    modes = {oct(path.stat().st_mode & 0o777) for path in store.iterdir() if path.is_dir()}
    assert modes == {"0o750"}
    mended("modes", tried="a store of mode 0750", before="0755 by the umask", now=modes)


@pytest.mark.parametrize(
    "where",
    [
        "timezone(zone, day::timestamp) IS NOT NULL",
        "(day::timestamptz AT TIME ZONE zone) IS NOT NULL",
    ],
)
def test_a_zone_that_is_none_is_not_printed(tmp_path: Path, where: str, mended: Note) -> None:
    (tmp_path / "a.csv").write_text(f"id,day,zone\nh1,2024-01-05,{CELL}\n")
    with pytest.raises((ConfigError, RecordsError)) as refused:
        read([entry(file="a.csv", where=where)], root=str(tmp_path))
    assert "Quirkwood" not in str(refused.value)
    mended("sql", tried=where, before="the cell stood in the message", now=refused.value)


@pytest.mark.parametrize("name", ["none.csv", "none/*.csv", "**/none.csv"])
def test_an_absolute_path_that_is_not_there_is_refused_by_name(
    tmp_path: Path, name: str, mended: Note
) -> None:
    with pytest.raises(RecordsError, match="none") as refused:
        read([entry(file=str(tmp_path / name))], root=str(tmp_path))
    assert refused.value.code == "records.missing_file"
    mended("friction", tried=f"/.../{name}", before="NotImplementedError of Python", now="refused")


def test_an_absolute_pattern_names_its_files(tmp_path: Path) -> None:
    for name in ("a1.csv", "a2.csv"):
        (tmp_path / name).write_text(f"id,day\n{name[:2]},2024-01-05\n")
    records: Records = read([entry(file=str(tmp_path / "a*.csv"))])
    assert records.events["household_id"].tolist() == ["a1", "a2"]
