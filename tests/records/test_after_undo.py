"""What a store keeps of deliveries that were set aside, and how an unfinished undo ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_copies import ONE, OTHER, TWO, files_of, filled, manifest_of
from test_rebuilt import FIRE

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Undone
from riskmodel.records.store_folder import LOG

THREE = ["c,2024-01-03,7,n"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A store of three deliveries and a fourth of a copy of the first, and its manifest."""
    folder = tmp_path_factory.mktemp("lived")
    steps = [
        (f"2024-0{number + 2}-01", {f"fire-{number}.csv": rows})
        for number, rows in enumerate((ONE, OTHER, THREE, ONE), start=1)
    ]
    return folder, filled(folder, steps, FIRE)


@pytest.fixture
def manifest(tmp_path: Path, written: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a copy of that store, in the test's own folder."""
    shutil.copytree(written[0], tmp_path, dirs_exist_ok=True)
    return written[1]


def undone(folder: Path, manifest: dict[str, Any], number: int, *, erase: bool = False) -> Undone:
    root = folder / "in"
    return rm.undo(manifest, folder / "store", number, "a wrong file", root, erase=erase)


def log_of(folder: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads((folder / "store" / LOG).read_text(encoding="utf-8"))
    return log


def test_each_delivery_keeps_its_own_rows_until_they_are_erased(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    undone(tmp_path, manifest, 3)
    undone(tmp_path, manifest, 2)
    kept = {own["number"]: own["folders"] for own in log_of(tmp_path)["set_aside"]}
    assert {number: len(folders) for number, folders in kept.items()} == {2: 1, 3: 1}
    assert kept[2][0].startswith("batch-00002")
    assert kept[3][0].startswith("batch-00003")

    undone(tmp_path, manifest, 2, erase=True)
    aside = {own["number"]: own for own in log_of(tmp_path)["set_aside"]}
    assert {number: own["is_erased"] for number, own in aside.items()} == {2: True, 3: False}
    assert not (tmp_path / "store" / kept[2][0]).exists()
    assert (tmp_path / "store" / kept[3][0]).exists()
    states = rm.deliveries(tmp_path / "store").frame()["state"].tolist()
    assert states == ["", "erased: a wrong file", "set aside: a wrong file", ""]

    # of the deliveries that count, rows that are judged again take the place of the old ones
    later = manifest_of(FIRE | {"known_date": {"lag": "3D"}}, today="2024-07-01")
    accepted = {"root": tmp_path / "in", "accept_changes": ["known_date"]}
    for _ in range(2):  # the second run removes what the first no longer needs
        rm.ingest(later, tmp_path / "store", **accepted)
    batches = {path.name for path in (tmp_path / "store").glob("batch-*")}
    assert batches == {log_of(tmp_path)["batches"][0]["folder"], kept[3][0]}


def test_what_steps_in_is_no_copy_any_more_and_all_others_stay_what_they_are(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    assert log_of(tmp_path)["copies"] != []
    undone(tmp_path, manifest, 1)
    log = log_of(tmp_path)
    assert log["copies"] == []
    assert [batch["number"] for batch in log["batches"]] == [2, 3, 4]
    known = rm.deliveries(tmp_path / "store").frame().set_index("number")["known"]
    assert known.to_dict() == {1: 0, 2: 0, 3: 0, 4: 0}


def test_what_need_not_be_read_again_may_be_gone(tmp_path: Path, manifest: dict[str, Any]) -> None:
    shutil.rmtree(tmp_path / "in")
    done = rm.undo(manifest, tmp_path / "store", 2, "a wrong file", tmp_path / "in")
    assert not done.is_erased
    assert done.records.events["household_id"].tolist() == ["a", "c"]


def test_a_source_that_stood_elsewhere_is_refused_as_by_ingest(tmp_path: Path) -> None:
    other = FIRE | {"where": "v = 1"}
    manifest = filled(tmp_path, [("2024-05-01", {"fire-1.csv": ONE})], other)
    before = log_of(tmp_path)
    moved = manifest | {"events": [FIRE, other]}
    with pytest.raises(ConfigError, match=r"events\[0\]: another source of the same files"):
        undone(tmp_path, moved, 1)
    assert log_of(tmp_path) == before


def test_a_copy_that_is_set_aside_steps_in_for_nothing(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    assert undone(tmp_path, manifest, 4).frame()["file"].tolist() == ["fire-4.csv"]
    assert [number for number, _ in files_of(tmp_path)] == [1, 2, 3, 4]
    assert log_of(tmp_path)["copies"] == []
    gone = undone(tmp_path, manifest, 1)
    assert gone.frame()["now"].tolist() == ["set aside"]
    assert gone.records.events["household_id"].tolist() == ["b", "c"]


@pytest.mark.parametrize("left", ["batch-00009-dead", "files/0000"], ids=["rows", "a copy"])
def test_an_undo_that_was_killed_while_it_cleaned_up_is_finished_by_the_same_call(
    left: str, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    undone(tmp_path, manifest, 2)
    path = tmp_path / "store" / left
    if left.startswith("batch"):
        path.mkdir()
    else:
        path.parent.mkdir()
        path.write_text("id,day,v,no\n", encoding="utf-8")
    assert undone(tmp_path, manifest, 2).number == 2
    assert not path.exists()
    with pytest.raises(RecordsError, match="set aside already"):
        undone(tmp_path, manifest, 2)


def test_what_is_declared_settles_a_store_anew_and_the_order_of_keys_does_not(
    tmp_path: Path,
) -> None:
    came = {"feed": "fire", "event_date": ["2024-02-29"], "known_date": {"lag": "1D"}}
    feeds = {"fire": "a campaign", "rent": "late"}
    manifest = filled(tmp_path, [("2024-05-01", {"fire-1.csv": TWO})], FIRE)
    manifest |= {"catalogue": {"fire": {}, "rent": {}}}
    tables = []
    for keys in (
        {"accept_feeds": feeds},
        {"accept_feeds": dict(reversed(feeds.items()))},
        {"accept_feeds": feeds, "deliveries": came},
        {"accept_feeds": feeds, "deliveries": came | {"event_date": ["2024-03-31"]}},
    ):
        rm.ingest(manifest | keys, tmp_path / "store", root=tmp_path / "in")
        tables.append(log_of(tmp_path)["tables"])
    assert tables[0] == tables[1]
    assert len(set(tables)) == 3
