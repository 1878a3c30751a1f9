"""Ingesting deliveries one by one equals one load; a killed run leaves no half."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deliveries import MANIFEST, N, write, write_delivery

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.store_folder import LOG
from riskmodel.records.store_formats import FORMAT, OLDER
from riskmodel.records.table_schemas import SCHEMAS


def equal(one: Records, other: Records) -> None:
    """Assert that two records hold the same, bit for bit."""
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(one.frame(name), other.frame(name), check_exact=True)
    pd.testing.assert_frame_equal(one.quarantine, other.quarantine)
    pd.testing.assert_frame_equal(one.counts, other.counts)
    pd.testing.assert_frame_equal(one.links, other.links)
    assert one.catalogue == other.catalogue
    assert one.digest == other.digest
    assert list(one.rounds if one.rounds is not None else []) == list(
        other.rounds if other.rounds is not None else []
    )
    assert repr(one.summary()).partition("\n")[2] == repr(other.summary()).partition("\n")[2]


def state(store: Path) -> dict[str, bytes]:
    """Return all that a store holds on disk."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Records]:
    """Six deliveries in one folder, and what one big load makes of them."""
    folder = tmp_path_factory.mktemp("whole")
    for number in range(N):
        write_delivery(folder, number)
    return folder, rm.read_records(MANIFEST, root=folder)


def test_six_deliveries_are_one_big_load(whole: tuple[Path, Records], tmp_path: Path) -> None:
    big = whole[1]
    store, inbox = tmp_path / "저장소", tmp_path / "inbox"
    for number in range(N):
        write_delivery(inbox, number)
        done = rm.ingest(MANIFEST, store, root=inbox)
        assert int(done.frame()["new"].sum()) == 8
    records = rm.read_records(store)
    equal(records, big)
    assert min(big.counts[["used", "quarantined", "repeated"]].sum()) > 10
    assert big.counts.loc["events: wide/*.csv (cells)", "excluded"] > 0
    assert records.events["retracted_date"].notna().any()
    arguments: dict[str, Any] = {"rounds": big.rounds[2:5], "label": None}
    one, other = (rm.build_panel(r, **arguments) for r in (records, big))
    pd.testing.assert_frame_equal(one.X, other.X, check_exact=True)
    assert len(one.X) > 100


def test_the_same_delivery_twice_changes_nothing(
    whole: tuple[Path, Records], tmp_path: Path
) -> None:
    folder, big = whole
    rm.ingest(MANIFEST, tmp_path / "store", root=folder)
    before = state(tmp_path / "store")
    again = rm.ingest(MANIFEST, tmp_path / "store", root=folder)
    assert not again.frame()["new"].any()
    assert "0 new and 48 known files" in repr(again)
    assert state(tmp_path / "store") == before
    equal(again.records, big)
    copy = tmp_path / "renamed"
    write_delivery(copy, 2)
    (copy / "events" / "2.csv").rename(copy / "events" / "renamed.csv")
    rm.ingest(MANIFEST, tmp_path / "store", root=copy)
    after = state(tmp_path / "store")
    (logged,) = json.loads(after.pop(LOG))["copies"]
    assert logged["name"] == "events/renamed.csv"
    assert after == {name: content for name, content in before.items() if name != LOG}
    logged_once = state(tmp_path / "store")
    rm.ingest(MANIFEST, tmp_path / "store", root=copy)
    assert state(tmp_path / "store") == logged_once


def test_a_later_today_settles_anew_without_reading(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": ["2024-01-05", "2024-08-01"]})
    entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "day"}
    early = rm.ingest({"today": "2024-03-01", "events": [entry]}, tmp_path / "s").records
    assert early.counts["out_of_bounds"].tolist() == [1]
    done = rm.ingest({"today": "2024-12-01", "events": [entry]}, tmp_path / "s")
    assert not done.frame()["new"].any()
    assert done.records.counts["used"].tolist() == [2]
    assert len(early.events) == 1  # whoever reads the state before still can


def test_deliveries_that_a_manifest_declares_are_no_files(tmp_path: Path) -> None:
    write_delivery(tmp_path / "in", 0)
    feed = next(iter(rm.read_records(MANIFEST, root=tmp_path / "in").catalogue))
    manifest = {
        **MANIFEST,
        "deliveries": [{"feed": feed, "event_date": "2024-03-31", "known_date": "2024-04-02"}],
    }
    rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    equal(rm.read_records(tmp_path / "store"), rm.read_records(manifest, root=tmp_path / "in"))


def test_a_new_source_of_files_that_the_store_knows_stands_behind_them(tmp_path: Path) -> None:
    write(
        tmp_path / "in" / "1.csv",
        ["id", "day", "flood"],
        [["a", "2024-01-31", "2"], ["b", "2024-01-31", "0"]],
    )
    usual = {"file": "*.csv", "household_id": "id", "event_date": "day"}
    wide, new = usual | {"values": ["flood"]}, usual | {"code": "visit"}
    rm.ingest({"today": "2025-01-01", "events": [wide]}, tmp_path / "s", root=tmp_path / "in")
    with pytest.raises(
        ConfigError, match=r"events\[0\]: another source of the same files"
    ) as caught:
        rm.ingest(
            {"today": "2025-01-01", "events": [new, wide]}, tmp_path / "s", root=tmp_path / "in"
        )
    assert "behind the others" in str(caught.value)
    manifest = {"today": "2025-01-01", "events": [wide, new]}
    done = rm.ingest(manifest, tmp_path / "s", root=tmp_path / "in")
    equal(done.records, rm.read_records(manifest, root=tmp_path / "in"))
    assert done.frame()["new"].tolist() == [False, True]


def test_sources_of_one_file_are_told_apart_by_their_conditions_too(tmp_path: Path) -> None:
    write(
        tmp_path / "in" / "1.csv",
        ["id", "day", "gu"],
        [["a", "2024-01-31", "n"], ["b", "2024-01-31", "s"]],
    )
    usual = {"file": "1.csv", "household_id": "id", "event_date": "day", "code": "visit"}
    south, north = usual | {"where": "gu = 's'"}, usual | {"where": "gu = 'n'"}
    rm.ingest({"today": "2025-01-01", "events": [south]}, tmp_path / "s", root=tmp_path / "in")
    with pytest.raises(ConfigError, match=r"events\[0\]: another source of the same files"):
        rm.ingest(
            {"today": "2025-01-01", "events": [north, south]}, tmp_path / "s", root=tmp_path / "in"
        )
    done = rm.ingest(
        {"today": "2025-01-01", "events": [south, north]}, tmp_path / "s", root=tmp_path / "in"
    )
    assert done.records.events["household_id"].tolist() == ["a", "b"]


def test_a_source_may_change_what_it_is_read_for_though_another_file_is_read_for_that(
    tmp_path: Path,
) -> None:
    for name in "ab":
        write(
            tmp_path / "in" / f"{name}.csv",
            ["id", "day", "flood", "fire"],
            [["a", "2024-01-31", "2", "1"]],
        )
    usual = {"household_id": "id", "event_date": "day", "values": ["flood"]}
    sources = [usual | {"file": "a.csv"}, usual | {"file": "b.csv"}]
    rm.ingest({"today": "2025-01-01", "events": sources}, tmp_path / "s", root=tmp_path / "in")
    sources[0]["values"] = ["flood", "fire"]
    done = rm.ingest(
        {"today": "2025-01-01", "events": sources}, tmp_path / "s", root=tmp_path / "in"
    )
    assert not done.frame()["new"].any()


def test_deliveries_without_rows_are_distinguished_by_their_names(tmp_path: Path) -> None:
    source = {"file": "*.csv", "household_id": "id", "code": "fire", "event_date": "day"}
    for name, rows in {"1": [["a", "2024-01-05"]], "2": [], "3": []}.items():
        write(tmp_path / "in" / f"{name}.csv", ["id", "day"], rows)
        done = rm.ingest(
            {"today": "2025-01-01", "events": [source]}, tmp_path / "s", root=tmp_path / "in"
        )
        assert int(done.frame()["new"].sum()) == 1
    assert done.records.counts["read"].tolist() == [1]


def test_a_delivery_that_cannot_be_read_changes_nothing(
    whole: tuple[Path, Records], tmp_path: Path
) -> None:
    inbox, store = tmp_path / "in", tmp_path / "store"
    write_delivery(inbox, 0)
    rm.ingest(MANIFEST, store, root=inbox)
    before = state(store)
    write(
        inbox / "people" / "9.csv",
        ["pid", "day", "value", "known"],
        [["비밀", "어제", "많이", ""]] * 9,
    )
    with pytest.raises(RecordsError, match="no usable date") as caught:
        rm.ingest(MANIFEST, store, root=inbox)
    assert "비밀" not in str(caught.value)
    rm.read_records(store)
    assert {k: v for k, v in state(store).items() if not k.startswith("batch-00002")} == before


def test_files_may_be_moved_away_once_they_are_in(tmp_path: Path) -> None:
    inbox, store = tmp_path / "in", tmp_path / "store"
    write_delivery(inbox, 0)
    rm.ingest(MANIFEST, store, root=inbox)
    (inbox / "homes" / "0.csv").unlink()
    assert not rm.ingest(MANIFEST, store, root=inbox).frame()["new"].any()
    with pytest.raises(RecordsError, match="names no file"):
        rm.ingest(MANIFEST, tmp_path / "other", root=inbox)


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("hush", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds something else"):
        rm.ingest(MANIFEST, tmp_path)
    with pytest.raises(ConfigError, match="holds something else"):
        rm.ingest(MANIFEST, tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "hush"


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "deliveries": 3}']
)
def test_a_broken_log_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(content, encoding="utf-8")
    with pytest.raises(RecordsError, match=LOG.replace(".", r"\.")) as caught:
        rm.read_records(tmp_path)
    assert caught.value.code == "records.store"


@pytest.mark.parametrize("number", [FORMAT + 1, min(OLDER) - 1])
def test_a_whole_store_of_another_format_is_refused_by_its_number(
    number: int, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]})
    keys = {"household_id": "id", "code": "fire", "event_date": "day"}
    manifest = {"today": "2024-06-01", "events": {"frame": frame, **keys}}
    rm.ingest(manifest, tmp_path / "s")
    log = tmp_path / "s" / LOG
    written = json.loads(log.read_text(encoding="utf-8")) | {"format": number}
    log.write_text(json.dumps(written), encoding="utf-8")
    before = state(tmp_path / "s")

    for door in (lambda: rm.read_records(tmp_path / "s"), lambda: rm.ingest(manifest, log.parent)):
        with pytest.raises(
            RecordsError, match=f"is of format {number}, and this version"
        ) as caught:
            door()
        assert caught.value.code == "records.store"
    assert state(tmp_path / "s") == before


def test_a_frame_is_known_by_its_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": "2024-01-05", "n": [1, 2]})
    keys = {"household_id": "id", "code": "fire", "event_date": "day", "value": "n"}

    def new(given: object) -> int:
        manifest = {"today": "2024-06-01", "events": {"frame": given, **keys}}
        return int(rm.ingest(manifest, tmp_path / "s").frame()["new"].sum())

    assert new(frame) == 1
    for same in (frame, frame.copy(), pa.concat_tables([pa.table(frame[:1]), pa.table(frame[1:])])):
        assert new(same) == 0
    for other in (frame.assign(n=[1, 3]), frame[::-1], frame[:1], frame.assign(id=["a", "c"])):
        assert new(other) == 1


def test_tables_that_are_gone_are_named(tmp_path: Path) -> None:
    write_delivery(tmp_path / "in", 0)
    rm.ingest(MANIFEST, tmp_path / "s", root=tmp_path / "in")
    next((tmp_path / "s").glob("tables-*/contacts.parquet")).unlink()
    with pytest.raises(RecordsError, match=r"lacks contacts\.parquet"):
        rm.read_records(tmp_path / "s")


INGEST = """
import json, sys
from pathlib import Path
import riskmodel as rm
import riskmodel.records
print("ready", flush=True)
rm.ingest(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2], root=sys.argv[3])
"""


def start(manifest: Path, store: Path, inbox: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", INGEST, str(manifest), str(store), str(inbox)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
    return child


def killed_when(store: Path, pattern: str, known: set[Path], child: subprocess.Popen[str]) -> bool:
    """Kill a run when a new file of that name appears; return whether it was still running."""
    while child.poll() is None:
        if set(store.glob(pattern)) - known:
            child.send_signal(signal.SIGKILL)
            return child.wait() == -signal.SIGKILL
        time.sleep(0.0005)
    return False


def kill_and_rerun(tmp_path: Path, patterns: list[str], big: Records) -> int:
    manifest, store, inbox = tmp_path / "m.json", tmp_path / "store", tmp_path / "in"
    manifest.write_text(json.dumps(MANIFEST, ensure_ascii=False), encoding="utf-8")
    write_delivery(inbox, 0)
    rm.ingest(MANIFEST, store, root=inbox)
    old = rm.read_records(store).digest
    for number in range(1, N):
        write_delivery(inbox, number)
    kills = 0
    for pattern in patterns:
        child = start(manifest, store, inbox)
        if killed_when(store, pattern, set(store.glob(pattern)), child):
            kills += 1
            assert rm.read_records(store).digest in (old, big.digest)
    rm.ingest(MANIFEST, store, root=inbox)
    equal(rm.read_records(store), big)
    left = {path.name for path in store.iterdir() if path.is_dir()}
    rm.ingest(MANIFEST, store, root=inbox)
    assert left == {path.name for path in store.iterdir() if path.is_dir()}
    return kills


def test_a_killed_run_leaves_no_half(whole: tuple[Path, Records], tmp_path: Path) -> None:
    assert kill_and_rerun(tmp_path, ["tables-*/events.parquet"], whole[1]) == 1


@pytest.mark.slow
def test_ten_killed_runs_leave_no_half(whole: tuple[Path, Records], tmp_path: Path) -> None:
    tables = [
        f"tables-*/{name}.parquet"
        for name in ("events", "attributes", "members", "coverage", "links")
    ]
    staged = ["batch-*", "batch-*/members.parquet", "batch-*/events.parquet", "tables-*"]
    assert kill_and_rerun(tmp_path, [*staged, *tables, f"{LOG}.part"], whole[1]) >= 9


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    from riskmodel.records.store_folder import locked

    with locked(tmp_path / "s"), pytest.raises(RecordsError, match="another run") as caught:
        rm.ingest(MANIFEST, tmp_path / "s")
    assert caught.value.code == "records.store_locked"
