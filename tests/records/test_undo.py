"""A delivery set aside: the store is what a rebuild without it gives, and its bytes stay out."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_deliveries import write
from test_rebuilt import DELIVERIES, FIRE, FIRST, HEADERS, MANIFESTS, Delivery, same, whole
from tests.mended import Note

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, Undone
from riskmodel.records.store_folder import LOG, locked


def manifest_on(today: str, **keys: Any) -> dict[str, Any]:
    return {"name": "r", "today": today, "events": [FIRE], "max_quarantined": 1, **keys}


def delivered(folder: Path, steps: list[tuple[str, list[str]]], **keys: Any) -> dict[str, Any]:
    """Ingest files (name, rows) one by one, a month apart; return the last manifest."""
    for number, (name, rows) in enumerate(steps, start=3):
        write(folder / "in" / f"fire-{name}.csv", rows, HEADERS["fire"])
        manifest = manifest_on(f"2024-{number:02d}-01", **keys)
        rm.ingest(manifest, folder / "store", root=folder / "in")
    return manifest


def undone(folder: Path, manifest: dict[str, Any], number: int, *, erase: bool = False) -> Undone:
    root = folder / "in"
    return rm.undo(manifest, folder / "store", number, "a wrong file", root, erase=erase)


def moved(done: Undone) -> list[tuple[int, str, str]]:
    return [(row.delivery, row.file, row.now) for row in done.frame().itertuples()]


ONE, TWO, THREE = (
    ["a,2024-01-01,1,k"],
    ["a,2024-01-01,22,k", "b,2024-01-09,5,m"],
    ["HH-1234,2024-01-02,3,n"],
)


@pytest.mark.parametrize(
    ("names", "number"),
    [("112", 1), ("123", 3), ("111", 2)],
    ids=["came again", "the last of three", "one name"],
)
def test_a_store_without_a_delivery_is_a_rebuild_without_it(
    tmp_path: Path, names: str, number: int, mended: Note
) -> None:
    steps = list(zip(names, [ONE, TWO, THREE], strict=True))
    manifest = delivered(tmp_path / "lived", steps, keep_files=True)
    done = undone(tmp_path / "lived", manifest, number)
    folder = tmp_path / "rebuilt"
    for place, (name, rows) in enumerate(steps, start=1):
        if place != number:
            write(folder / "in" / f"fire-{name}.csv", rows, HEADERS["fire"])
            today = f"2024-{place + 2:02d}-01"
            rm.ingest(manifest_on(today), folder / "store", root=folder / "in")
    rebuilt = rm.ingest(manifest, folder / "store", root=folder / "in").records
    same(done.records, rebuilt)
    mended(
        "undo",
        tried=f"delivery {number} of three undone, files {names}",
        before="no way but a new store",
        now=f"the digest of a rebuild without it: {done.records.digest == rebuilt.digest}",
    )


def test_bytes_set_aside_are_not_taken_again_unless_wanted(tmp_path: Path, mended: Note) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", TWO)])
    undone(tmp_path, manifest, 2)
    write(tmp_path / "in" / "fire-3.csv", TWO, HEADERS["fire"])  # the same under another name
    left_out = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    assert left_out.frame()[["new", "set_aside"]].to_numpy().tolist() == [
        [False, False], [False, True], [False, True],
    ]  # fmt: skip
    assert "left out, as their delivery was undone (again=true): 2 files" in repr(left_out)
    assert len(left_out.records.events) == 1
    mended(
        "undo",
        tried="ingest after undo, the files still there",
        before="there was no undo",
        now=f"{len(left_out.records.events)} of 3 rows taken",
    )
    again = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in", again=True)
    assert again.frame()["new"].tolist() == [False, True, False]
    assert len(again.records.events) == 3
    assert not rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").frame()["new"].any()
    assert len(undone(tmp_path, manifest, 3).records.events) == 1


def test_files_wanted_again_that_are_gone_are_named(tmp_path: Path, mended: Note) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", TWO)])
    undone(tmp_path, manifest, 2)
    (tmp_path / "in" / "fire-2.csv").unlink()
    done = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in", again=True)
    assert done.gone == ("fire-2.csv",)
    assert "not taken in again, since they are gone: fire-2.csv; put them where" in repr(done)
    assert rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").gone == ()
    write(tmp_path / "in" / "fire-2.csv", TWO, HEADERS["fire"])
    for _ in range(2):  # what was taken in again is not gone
        done = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in", again=True)
        assert done.gone == ()
        (tmp_path / "in" / "fire-2.csv").unlink(missing_ok=True)
    undone(tmp_path, manifest, 3)
    write(tmp_path / "in" / "fire-2.csv", THREE, HEADERS["fire"])  # the right one in its place
    assert rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in", again=True).gone == ()
    mended("operating", tried="again=true, the undone file gone", before="0 new, without a word",
           now="the file is named")  # fmt: skip


def test_a_new_store_beside_one_of_nearly_its_name_is_told(tmp_path: Path, mended: Note) -> None:
    manifest = delivered(tmp_path, [("1", ONE)])
    beside = {
        "storr": "beside it lies 'store': if that was meant",
        "stor": "beside it lie 'store' and 'storr': if one of them was meant",
        "stare0": "",  # less than four letters in five agree
        "store": "",
    }
    for name, told in beside.items():
        notes = rm.ingest(manifest, tmp_path / name, root=tmp_path / "in").notes
        assert [told in note for note in notes] == ([True] if told else []), name
    mended("operating", tried="store=storr", before="a second store, without a word",
           now="told, with the store beside it")  # fmt: skip


def test_a_copy_steps_in_on_its_own_day(tmp_path: Path, mended: Note) -> None:
    steps = [("1", ONE), ("2", TWO), ("3", TWO), ("4", THREE)]
    manifest = delivered(tmp_path, steps)
    done = undone(tmp_path, manifest, 2)
    assert moved(done) == [(2, "fire-2.csv", "set aside"), (3, "fire-3.csv", "steps in")]
    assert "steps in: fire-3.csv (delivery 3, events: fire*.csv)" in repr(done)
    log = json.loads((tmp_path / "store" / LOG).read_text(encoding="utf-8"))
    assert [batch["number"] for batch in log["batches"]] == [1, 3, 4]
    own = done.records.events.set_index("value")["known_date"].dt.strftime("%m-%d")
    assert own[22] == "04-30"  # of the third delivery; that of the second was 03-31
    mended(
        "undo",
        tried="a copy, skipped as known, of a file whose delivery is undone",
        before="the copy was not logged",
        now=f"{moved(done)[1][1]} steps in, known on {own[22]}",
    )
    write(tmp_path / "in" / "fire-3.csv", ONE, HEADERS["fire"])
    write(tmp_path / "in" / "fire-2.csv", ONE, HEADERS["fire"])
    assert moved(undone(tmp_path, manifest, 3)) == [(3, "fire-3.csv", "set aside")]


def test_a_copy_that_is_gone_is_named_and_nothing_is_undone(tmp_path: Path) -> None:
    manifest = delivered(tmp_path, [("1", TWO), ("2", TWO), ("3", ONE)])
    for name in "12":
        (tmp_path / "in" / f"fire-{name}.csv").unlink()
    before = (tmp_path / "store" / LOG).read_bytes()
    with pytest.raises(RecordsError, match=r"1 files of delivery 2.*'fire-2\.csv'") as caught:
        undone(tmp_path, manifest, 1)
    assert caught.value.code == "records.judged_again"
    assert (tmp_path / "store" / LOG).read_bytes() == before


def test_a_file_that_changed_back_no_longer_comes_twice(tmp_path: Path) -> None:
    steps = [("1", ONE), ("1", TWO), ("1", ONE), ("2", THREE)]
    manifest = delivered(tmp_path, steps, keep_files=True)
    done = undone(tmp_path, manifest, 2)
    assert moved(done)[1:] == [(3, "fire-1.csv", "repeats what came before")]
    assert done.records.counts["read"].tolist() == [2]
    assert undone(tmp_path, manifest, 1).records.counts["read"].tolist() == [2]  # it steps in


def test_a_new_file_that_ingest_would_refuse_does_not_hinder(tmp_path: Path) -> None:
    plain = {key: value for key, value in FIRE.items() if key != "fact_id"}
    manifest = delivered(tmp_path, [("1", ONE), ("2", THREE)], events=[plain])
    write(tmp_path / "in" / "fire-1.csv", TWO, HEADERS["fire"])
    with pytest.raises(RecordsError, match="came before with other content"):
        rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    assert len(undone(tmp_path, manifest, 1).records.events) == 1
    assert len(rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").records.events) == 3


def test_the_only_delivery_may_be_undone_and_the_right_one_taken(tmp_path: Path) -> None:
    manifest = delivered(tmp_path, [("1", TWO)])
    assert undone(tmp_path, manifest, 1).records.events.empty
    assert rm.read_records(tmp_path / "store").counts.empty
    write(tmp_path / "in" / "fire-1.csv", ONE, HEADERS["fire"])
    right = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").records
    same(right, rm.read_records(manifest, root=tmp_path / "in"))


def texts_in(folder: Path) -> str:
    """Return all that a folder holds, Parquet files as they read."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv())
        else:
            found.append(path.read_text(encoding="utf-8"))
    return "\n".join(found)


@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_an_erased_delivery_leaves_nothing(tmp_path: Path, later: bool, mended: Note) -> None:
    secret = ["비밀칠,2024-01-09,777,m", "비밀칠,?,777,m"]
    manifest = delivered(tmp_path, [("1", ONE), ("2", secret), ("3", THREE)], keep_files=True)
    store = tmp_path / "store"
    assert texts_in(store).count("비밀칠") > 3
    if later:
        assert not undone(tmp_path, manifest, 2).is_erased
        assert "비밀칠" in texts_in(store)
    done = undone(tmp_path, manifest, 2, erase=True)
    assert "its rows are erased" in repr(done)
    held = texts_in(store)
    assert "비밀칠" not in held
    assert "777" not in held.replace(json.loads((store / LOG).read_text())["tables"], "")
    assert done.records.quarantine.empty
    assert len(list((store / "files").iterdir())) == 2
    mended(
        "undo",
        tried="erase=true " + ("after undo" if later else "at once"),
        before="rows in batches, tables, the state before, copies and quarantine",
        now=f"{held.count('비밀칠')} cells of it in the store",
    )
    left_out = rm.ingest(manifest, store, root=tmp_path / "in")
    assert left_out.frame()["set_aside"].tolist() == [False, True, False]
    assert "비밀칠" not in texts_in(store)
    with pytest.raises(RecordsError, match="delivery 2 is set aside already.*rows are erased"):
        undone(tmp_path, manifest, 2, erase=True)


def test_a_later_erasure_keeps_a_reason_of_its_own(tmp_path: Path, mended: Note) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", TWO)])
    store = tmp_path / "store"
    undone(tmp_path, manifest, 2)
    rm.undo(manifest, store, 2, " court order 17 ", tmp_path / "in", erase=True)
    (told,) = json.loads((store / LOG).read_text(encoding="utf-8"))["set_aside"]
    assert (told["why"], told["erased_why"]) == ("a wrong file", "court order 17")
    rm.ingest(manifest, store, root=tmp_path / "in")  # which reads the store's log anew
    state = rm.deliveries(store).frame()["state"].tolist()[1]
    assert state == "erased: court order 17"
    mended("undo", tried="erase=true of a delivery set aside before, with a reason",
           before="erased: a wrong file", now=state)  # fmt: skip


def test_what_was_made_with_a_delivery_is_known_by_its_digest(tmp_path: Path) -> None:
    digests = []
    for number, rows in enumerate([ONE, TWO, THREE], start=1):
        write(tmp_path / "in" / f"fire-{number}.csv", rows, HEADERS["fire"])
        manifest = manifest_on(f"2024-0{number + 2}-01")
        records = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").records
        digests.append(records.digest)
    done = undone(tmp_path, manifest, 2)
    assert done.digests == tuple(digests[1:])
    assert undone(tmp_path, manifest, 1).digests == (*digests, done.records.digest)


@pytest.mark.parametrize(
    ("number", "why", "code", "text"),
    [
        (7, "wrong", "records.delivery", r"no delivery 7. Allowed: 1, 2.*riskmodel deliveries"),
        (1, "010-1234-5678 called", "records.why", "why holds a phone number"),
        (1, "see /home/1234/list.csv", "records.why", "why holds an absolute path"),
        (1, "HH-1234 asked", "records.why", "why holds a household_id"),
        (1, "세대hh–1234은 이사했다", "records.why", "why holds a household_id"),
    ],
)
def test_what_cannot_be_undone_is_said(
    tmp_path: Path, number: int, why: str, code: str, text: str
) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", THREE)])
    with pytest.raises(RecordsError, match=text) as caught:
        rm.undo(manifest, tmp_path / "store", number, why, tmp_path / "in")
    assert caught.value.code == code
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize("why", ["", " ", None, 3])
def test_a_reason_that_is_none_is_refused_as_one_that_is_missing(tmp_path: Path, why: Any) -> None:
    """Before the manifest and the store are looked at; in the shell exit code 2 as well."""
    with pytest.raises(ConfigError, match="why is empty") as caught:
        rm.undo({}, tmp_path / "store", 1, why)
    assert caught.value.code == "records.why"


def test_a_changed_manifest_is_accepted_by_ingest_and_not_by_undo(
    tmp_path: Path, mended: Note
) -> None:
    manifest = delivered(tmp_path, [("1", ONE)])
    with pytest.raises(RecordsError, match="today goes back") as caught:
        undone(tmp_path, manifest | {"today": "2024-02-01"}, 1)
    assert caught.value.code == "records.changes"
    advice = caught.value.next_step or ""
    assert advice.startswith("correct today: in the manifest, or ingest first with accept_changes")
    mended("operating", tried="undo with today set back",
           before="advice: accept_changes=[today], which undo has not", now=advice)  # fmt: skip


def test_an_undone_delivery_and_a_busy_or_missing_store_are_said(tmp_path: Path) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", TWO)])
    with locked(tmp_path / "store"), pytest.raises(RecordsError, match="another run"):
        undone(tmp_path, manifest, 2)
    undone(tmp_path, manifest, 2)
    with pytest.raises(
        RecordsError, match=r"delivery 2 is set aside already.*erase=true"
    ) as caught:
        undone(tmp_path, manifest, 2)
    assert caught.value.code == "records.set_aside"
    with pytest.raises(ConfigError, match="holds no records"):
        rm.undo(manifest, tmp_path / "none", 1, "wrong", tmp_path / "in")
    assert not (tmp_path / "none").exists()
    with pytest.raises(RecordsError, match="name was r, and is other"):
        undone(tmp_path, manifest | {"name": "other"}, 1)


UNDO = """
import json, sys
import riskmodel as rm
import riskmodel.records
print("ready", flush=True)
rm.undo(json.loads(sys.argv[1]), sys.argv[2], 2, "wrong", root=sys.argv[3], erase=True)
"""


@pytest.mark.parametrize("moment", ["tables-*/counts.parquet", f"{LOG}.part", "gone"])
def test_a_killed_undo_is_finished_by_the_same_call(tmp_path: Path, moment: str) -> None:
    manifest = delivered(tmp_path, [("1", ONE), ("2", TWO), ("3", THREE)], keep_files=True)
    store = tmp_path / "store"
    known, before = set(store.glob(moment)), (store / LOG).read_bytes()
    words = [sys.executable, "-c", UNDO, json.dumps(manifest), str(store), str(tmp_path / "in")]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while child.poll() is None:
        is_written = (store / LOG).read_bytes() != before
        if set(store.glob(moment)) - known or (moment == "gone" and is_written):
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.0003)
    child.communicate()
    assert len(rm.read_records(store).events) in (2, 4)
    try:
        done = undone(tmp_path, manifest, 2, erase=True).records
    except RecordsError as error:
        assert error.code == "records.set_aside"  # noqa: PT017
        done = rm.read_records(store)
    assert len(done.events) == 2
    assert not list(store.glob("batch-00002*"))
    assert len(list((store / "files").iterdir())) == 2


def live(
    folder: Path, steps: list[Delivery], manifests: list[dict[str, Any]], *, without: int | None
) -> tuple[Records, dict[str, Any]]:
    """Ingest deliveries one by one, but for one; return what is left of the last manifest, too."""
    for table, row in FIRST.items():
        write(folder / "in" / f"{table}.csv", [row], HEADERS[table])
    rm.ingest(whole(manifests[0], "2024-02-01", {}), folder / "store", root=folder / "in")
    held: dict[str, list[str]] = {}
    for number, (step, keys) in enumerate(zip(steps, manifests, strict=True)):
        today = str((pd.Timestamp("2024-03-02") + pd.Timedelta(days=number)).date())
        name = f"{step.table}-{step.name}.csv"
        has_come = held.get(name) != step.rows  # else it only still lies there
        held[name] = step.rows
        if has_come and number != without:
            write(folder / "in" / name, step.rows, HEADERS[step.table])
        manifest = whole(keys, today, {})
        records = rm.ingest(manifest, folder / "store", root=folder / "in").records
    return records, manifest


def holds_for(folder: Path, examples: int) -> None:
    """Compare random stores of which a delivery is undone with rebuilds without it."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(DELIVERIES, MANIFESTS), min_size=2, max_size=4), st.data())
    def holds(drawn: list[tuple[Delivery, dict[str, Any]]], data: st.DataObject) -> None:
        own = folder / secrets.token_hex(4)
        steps, manifests = [list(part) for part in zip(*drawn, strict=True)]
        number = data.draw(st.integers(0, len(steps) - 1))
        _, last = live(own / "lived", steps, manifests, without=None)
        log = json.loads((own / "lived" / "store" / LOG).read_text(encoding="utf-8"))
        day = str((pd.Timestamp("2024-03-01") + pd.Timedelta(days=number)).date())
        told = [*log["batches"], *log["copies"]]
        numbers = {entry["number"] for entry in told if entry["day"] == day}
        if not numbers:
            return  # nothing came that day
        done = undone(own / "lived", last, numbers.pop(), erase=data.draw(st.booleans()))
        rebuilt, _ = live(own / "rebuilt", steps, [manifests[-1]] * len(steps), without=number)
        same(done.records, rebuilt)

    holds()


def test_a_random_store_without_a_delivery_is_a_rebuild_without_it(tmp_path: Path) -> None:
    holds_for(tmp_path, 2)


@pytest.mark.slow
def test_many_random_stores_without_a_delivery_are_rebuilds_without_it(tmp_path: Path) -> None:
    holds_for(tmp_path, 60)
