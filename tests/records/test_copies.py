"""Copies of files that are known: when they count, and when they leave with their source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_deliveries import versions, write
from test_rebuilt import FIRE, HEADERS, same
from tests.mended import Note

import riskmodel as rm
from riskmodel.records import Records
from riskmodel.records.store_folder import LOG

RENT: dict[str, Any] = FIRE | {"file": "rent*.csv", "code": "rent"}
ONE, TWO = ["a,2024-01-01,1,k"], ["a,2024-01-01,22,k"]
OTHER = ["b,2024-01-09,5,m"]


def manifest_of(*events: dict[str, Any], today: str) -> dict[str, Any]:
    return {"name": "r", "today": today, "events": list(events)}


def filled(
    folder: Path, steps: list[tuple[str, dict[str, list[str]]]], *events: dict[str, Any]
) -> dict[str, Any]:
    """Ingest what comes by each day, its name and rows; return the last manifest."""
    for today, files in steps:
        for name, rows in files.items():
            write(folder / "in" / name, rows, HEADERS["fire"])
        manifest = manifest_of(*events, today=today)
        rm.ingest(manifest, folder / "store", root=folder / "in")
    return manifest


def files_of(folder: Path) -> list[tuple[int, tuple[str, ...]]]:
    table = rm.deliveries(folder / "store").frame()
    return [(row.number, row.files) for row in table.itertuples()]


def undone(folder: Path, manifest: dict[str, Any], number: int) -> rm.records.Undone:
    return rm.undo(manifest, folder / "store", number, "a wrong file", folder / "in")


def test_copies_leave_with_their_source_and_come_back_with_it(tmp_path: Path, mended: Note) -> None:
    steps = [
        ("2024-03-01", {"fire-1.csv": ONE, "rent-1.csv": ONE}),
        ("2024-04-01", {"fire-2.csv": ONE, "rent-2.csv": OTHER}),
    ]
    filled(tmp_path, steps, FIRE, RENT)
    without = manifest_of(RENT, today="2024-05-01")
    accepted = {"root": tmp_path / "in", "accept_changes": ["sources"]}
    rm.ingest(without, tmp_path / "store", **accepted)
    assert files_of(tmp_path) == [(1, ("rent-1.csv",)), (2, ("rent-2.csv",))]

    back = filled(tmp_path, [("2024-06-01", {})], FIRE, RENT)
    assert files_of(tmp_path)[2] == (3, ("fire-1.csv", "fire-2.csv"))
    gone = undone(tmp_path, back, 2)
    assert gone.frame()["file"].tolist() == ["rent-2.csv"]
    write(tmp_path / "in" / "fire-1.csv", TWO, HEADERS["fire"])
    filled(tmp_path, [("2024-07-01", {})], FIRE, RENT)
    assert versions(undone(tmp_path, back | {"today": "2024-07-01"}, 4).records)[0][0] == 1
    mended(
        "undo",
        tried="a source left the manifest and came back, with a copy of its file",
        before="the copy stayed behind under a delivery that no longer held its file, and would "
        "have stepped in there",
        now="copies leave and come back with their source",
    )


def test_a_copy_that_stayed_behind_leaves_with_the_next_ingest(tmp_path: Path) -> None:
    manifest = filled(tmp_path, [("2024-03-01", {"fire-1.csv": ONE})], FIRE)
    path = tmp_path / "store" / LOG
    log = json.loads(path.read_text(encoding="utf-8"))
    left = {"number": 1, "day": "2024-02-29", "source": "events: gas*.csv"}
    log["copies"] = [left | {"key": "abc gas.csv", "name": "gas.csv"}]
    path.write_text(json.dumps(log), encoding="utf-8")
    rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    assert files_of(tmp_path) == [(1, ("fire-1.csv",))]


def test_no_number_is_given_twice_where_a_source_left_with_its_delivery(tmp_path: Path) -> None:
    steps = [("2024-03-01", {"rent-1.csv": ONE}), ("2024-04-01", {"fire-1.csv": ONE})]
    write(tmp_path / "in" / "fire-0.csv", OTHER, HEADERS["fire"])
    filled(tmp_path, steps, FIRE, RENT)
    before = rm.read_records(tmp_path / "store").digest
    accepted = {"root": tmp_path / "in", "accept_changes": ["sources"]}
    rm.ingest(manifest_of(RENT, today="2024-05-01"), tmp_path / "store", **accepted)
    write(tmp_path / "in" / "rent-2.csv", OTHER, HEADERS["fire"])
    manifest = filled(tmp_path, [("2024-06-01", {})], RENT)
    assert [number for number, _ in files_of(tmp_path)] == [1, 3]
    assert before not in undone(tmp_path, manifest, 3).digests  # it rests on the former second


@pytest.mark.parametrize("number", [1, 2], ids=["the first", "its copy"])
def test_where_names_state_the_day_a_copy_is_a_delivery_of_its_own(
    tmp_path: Path, number: int, mended: Note
) -> None:
    dated = FIRE | {"known_date": {"lag": "5D"}, "delivered_on": {"match": r"(\d{4}-\d\d-\d\d)"}}
    names = ["fire-2024-02-01.csv", "fire-2024-03-01.csv", "fire-2024-04-01.csv"]
    steps = [
        (f"2024-0{k}-02", {name: rows})
        for k, name, rows in zip((2, 3, 4), names, (ONE, TWO, ONE), strict=True)
    ]
    manifest = filled(tmp_path / "lived", steps, dated)
    store = rm.read_records(tmp_path / "lived" / "store")
    told = [(1.0, "01-06", "03-01"), (22.0, "03-01", "04-01"), (1.0, "04-01", None)]
    assert versions(store) == told
    same(store, rm.read_records(manifest, root=tmp_path / "lived" / "in"))

    done = undone(tmp_path / "lived", manifest, 2 * number - 1)
    assert done.frame()["now"].tolist() == ["set aside"]  # nothing steps in for it
    rest = [step for place, step in enumerate(steps, start=1) if place != 2 * number - 1]
    filled(tmp_path / "rebuilt", [*rest, ("2024-04-02", {})], dated)
    rebuilt: Records = rm.read_records(tmp_path / "rebuilt" / "store")
    same(done.records, rebuilt)
    mended(
        "redelivered",
        tried="delivered_on: {match:}, and on another day the content of the first file again",
        before="not said",
        now=f"told on its day, {told}; undone alone",
    )


def test_two_names_of_one_day_tell_of_one_delivery(tmp_path: Path) -> None:
    for name in ("fire-2024-02-01.csv", "fire-2024-02-01 (1).csv"):
        write(tmp_path / name, ONE, HEADERS["fire"])
    dated = FIRE | {"delivered_on": {"match": r"(\d{4}-\d\d-\d\d)"}}
    records = rm.read_records(manifest_of(dated, today="2024-03-01"), root=tmp_path)
    assert records.counts[["used", "repeated"]].to_numpy().tolist() == [[1, 1]]


def test_where_names_state_no_day_a_copy_is_skipped(tmp_path: Path) -> None:
    steps = [
        ("2024-02-02", {"fire-1.csv": ONE}),
        ("2024-03-02", {"fire-2.csv": TWO}),
        ("2024-04-02", {"fire-3.csv": ONE}),
    ]
    filled(tmp_path, steps, FIRE | {"known_date": {"lag": "5D"}})
    now = versions(rm.read_records(tmp_path / "store"))
    assert now == [(1.0, "01-06", "03-01"), (22.0, "03-01", None)]
    assert rm.deliveries(tmp_path / "store").frame()["known"].tolist() == [0, 0, 1]
