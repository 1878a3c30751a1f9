"""A disk that is full, read-only or closed is told as what it is, wherever something is written."""

from __future__ import annotations

import errno
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.cli.outputs import save_tables
from riskmodel.disks import disk_error, disk_error_in, on_disk
from riskmodel.errors import DiskError, RecordsError, RiskmodelError
from riskmodel.metrics import Capacity
from riskmodel.records import ingest, read_records
from riskmodel.records.engine import hiding_values, scan_engine, staging_engine
from riskmodel.records.sources.user_sql import refusing
from riskmodel.registry.backend.addresses import refused
from riskmodel.scoring import ScoreList

WAL = 'Could not write file "/a/records.duckdb.wal"'
INVALID = "database has been invalidated because of a previous fatal error. Original error:"
SPILL = "failed to offload data block. This limit was set by the 'max_temp_directory_size' setting"


@contextmanager
def no_file_may_grow_beyond(size: int) -> Iterator[None]:
    """Let every write beyond a size fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a manifest of a thousand facts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = tmp_path / "study" / "data"
    data.mkdir(parents=True)
    (data / "fire.yaml").write_text(
        "name: fires\ntoday: 2025-01-01\n"
        "events: [{file: '*.csv', household_id: id, code: fire, event_date: day}]\n",
        encoding="utf-8",
    )
    rows = "".join(f"h{n},2024-01-05\n" for n in range(1000))
    (data / "first.csv").write_text(f"id,day\n{rows}", encoding="utf-8")
    return data


INGEST = ["ingest", "-cd", "study", "data=fire", "store=records"]


@pytest.mark.parametrize("size", [0, 1_000, 40_960])
def test_a_store_that_cannot_be_written_is_no_fault_of_the_records(
    size: int, study: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    with no_file_may_grow_beyond(size):
        code = main(INGEST)
    told = capsys.readouterr().err.splitlines()[-1]
    assert code == DiskError.exit_code == 1
    assert str(study.parents[1]) in told
    assert told.endswith(
        "Next: free some space, then run this again; nothing half-written is in use. [disk.full]"
    )
    assert main(INGEST) == 0
    mended(
        "disks",
        tried=f"ingest, files of at most {size} bytes",
        before="exit 3, reading stopped [records.engine]",
        now=f"exit {code}, {told[-11:]}",
    )


def test_every_writer_tells_of_a_full_disk(
    study: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    records = rm.make_households(60, random_state=0)
    panel = rm.Panel.from_frame(
        pd.DataFrame({"id": ["a", "b"], "date": ["2024-01-01"] * 2, "x": [1.0, 2.0]}),
        household_id="id",
        as_of_date="date",
    )
    writers: dict[str, Callable[[], object]] = {
        "tables": lambda: save_tables("out", test=records.events.head(50)),
        "panel": lambda: panel.to_parquet("panel.parquet"),
        "households": lambda: rm.make_households(60, folder="households", random_state=0),
    }
    for name, write in writers.items():
        with no_file_may_grow_beyond(100), pytest.raises(DiskError) as caught:
            write()
        assert caught.value.code == "disk.full", name
        assert caught.value.place
        mended("disks", tried=name, before="OSError without a path", now=caught.value.code)
    with no_file_may_grow_beyond(100):
        assert main(["schema", "output=manifest.json"]) == 1
    assert "riskmodel: manifest.json: the disk is full" in capsys.readouterr().err


def listed(rows: int) -> ScoreList:
    table = pd.DataFrame({"household_id": [f"h{n}" for n in range(rows)], "score": 0.5})
    table[["listed", "lang"]] = [True, "en"]
    return ScoreList(table, "mine", "2024-11-01", Capacity.parse(0.5))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "denied"),
        (errno.EIO, "failed"),
        (errno.ENODEV, "failed"),
    ],
)
def test_each_refusal_of_the_system_has_its_code_and_path(number: int, code: str) -> None:
    with pytest.raises(DiskError) as caught, on_disk("lists/a.csv"):
        raise OSError(number, "as the system says")
    assert caught.value.code == f"disk.{code}"
    assert caught.value.place == "lists/a.csv"
    assert caught.value.next_step
    named = disk_error(OSError(number, "as the system says", "source", None, "target"), "folder")
    assert named.place == "target"


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (
            duckdb.IOException,
            'Could not write file "/a/b.parquet": No space left on device',
            "disk.full",
        ),
        (duckdb.TransactionException, f"Failed to commit: {WAL}: File too large", "disk.full"),
        (duckdb.FatalException, f"{INVALID} {WAL}: Input/output error", "disk.failed"),
        (duckdb.FatalException, f"{INVALID} {WAL}", "disk.failed"),
        (duckdb.OutOfMemoryException, SPILL, "disk.full"),
        (duckdb.OutOfMemoryException, "failed to pin block", "engine.memory"),
        (duckdb.IOException, "Corrupt temporary file: decompressed block", "disk.temporary"),
    ],
)
@pytest.mark.parametrize(
    "within", [hiding_values, staging_engine, scan_engine, lambda: refusing("events[0]", "query")]
)
def test_what_stops_the_engine_is_told_as_it_is(
    within: Callable[[], object], kind: type[duckdb.Error], text: str, code: str
) -> None:
    with pytest.raises(RiskmodelError) as caught, within():  # type: ignore[attr-defined]
        raise kind(text)
    assert caught.value.code == code
    assert caught.value.exit_code == 1


def test_what_stands_in_the_files_is_a_fault_of_the_records() -> None:
    with pytest.raises(RecordsError, match="IOException") as caught, hiding_values():
        raise duckdb.IOException("the file ends in the middle of a page")
    assert caught.value.code == "records.engine"


def test_a_registry_tells_of_its_disk_and_of_nothing_else(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    wrapped = RuntimeError("as MLflow wraps it")
    wrapped.__cause__ = sqlite3.OperationalError("attempt to write a readonly database")
    refusal = refused(uri, wrapped)
    assert (refusal.code, refusal.place) == ("disk.read_only", str(tmp_path / "mlflow.db"))
    of_words = refused(uri, RuntimeError("a reason that says: the disk is full"))
    assert of_words.code == "registry.unreachable"
    assert refused("https://registry.example", OSError(errno.ENOSPC, "")).code == of_words.code
    assert disk_error_in(sqlite3.OperationalError("no such table"), uri) is None


def test_a_full_disk_in_a_program_is_the_same_refusal(study: Path) -> None:
    with no_file_may_grow_beyond(500), pytest.raises(DiskError, match=r"disk\.full"):
        ingest(study / "fire.yaml", study / "store")
    with no_file_may_grow_beyond(500), pytest.raises(DiskError, match=r"disk\.full"):
        read_records(study / "fire.yaml")


@pytest.mark.parametrize(
    ("write", "ending", "rows"),
    [("to_csv", "csv", 400), ("to_parquet", "parquet", 400), ("to_excel", "xlsx", 3)],
)
def test_a_list_on_a_full_disk_is_told_and_leaves_nothing(
    write: str, ending: str, rows: int, tmp_path: Path
) -> None:
    path = tmp_path / f"list.{ending}"
    with no_file_may_grow_beyond(3_000), pytest.raises(DiskError) as caught:
        getattr(listed(rows), write)(path)
    assert (caught.value.code, caught.value.place) == ("disk.full", str(path))
    assert list(tmp_path.iterdir()) == []
