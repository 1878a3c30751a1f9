"""A registry on a disk that is full or read-only: one clear line, and nothing half left."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from wide_gates import WIDE

import riskmodel as rm
from riskmodel.errors import RiskmodelError
from riskmodel.registry.backend.connection import open_registry
from riskmodel.registry.backend.tables import check_whole, has_tables

NAME = "household-crisis"
SIZES = (0, 20_000, 100_000, 400_000)


class Told(NamedTuple):
    """What became of work in another process: the code of its refusal, and what it said."""

    code: str
    text: str
    exit_code: int = 0


WELL = Told("", "")


def told_by(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> Told:
    """Carry work out in a process of its own, after something that changes that process alone."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        before()
        try:
            work()
            sender.send(WELL)
        except RiskmodelError as error:
            sender.send(Told(error.code, str(error), error.exit_code))
        except BaseException as error:
            sender.send(Told(type(error).__name__, str(error)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = context.Process(target=run)
        child.start()
    told = receiver.recv() if receiver.poll(300) else Told("silent", "")
    child.join()
    sender.close()
    receiver.close()
    return Told(*told)


def no_file_may_grow_beyond(size: int) -> Callable[[], None]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def publish(study: SimpleNamespace) -> None:
    rm.publish(study.model, study.evaluation, NAME, by="lee")


def promote(study: SimpleNamespace, number: int) -> None:
    rm.promote(f"{NAME}/{number}", study.records, "kim", "better", 0.05, WIDE)


def require_true(study: SimpleNamespace, version: str) -> None:
    """Check that the champion is a version that loads whole, and that the history says nothing."""
    rm.history(NAME)
    told = rm.history(NAME)
    unnamed = "has no alias: the run that published it broke off"
    assert [doubt for doubt in told.doubts if unnamed not in doubt] == []
    assert rm.load(f"{NAME}@champion").version.version == version
    assert (rm.load(f"{NAME}@champion").margin(study.test) == study.margin).all()


@pytest.fixture
def champion(registry: Path, study: SimpleNamespace) -> Path:
    """A registry with a champion, and another version that waits; no process here opens it."""

    def prepare() -> None:
        publish(study)
        promote(study, 1)
        publish(study)

    assert told_by(prepare) == WELL
    return registry


def require_refused(told: Told, codes: set[str]) -> None:
    """Check one clear line with the code and the exit code of a disk's fault."""
    assert told.code in codes, told
    assert (told.exit_code, told.text.count("\n")) == (1, 0)
    assert f"[{told.code}]" in told.text


def works(study: SimpleNamespace) -> list[Callable[[], object]]:
    return [lambda: publish(study), lambda: promote(study, 2)]


@pytest.mark.parametrize("size", [2_000, *(pytest.param(n, marks=pytest.mark.slow) for n in SIZES)])
def test_a_full_disk_is_told_and_leaves_the_champion(
    champion: Path, study: SimpleNamespace, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for work in works(study):
        # SQLite tells of a limit of files as of a disk that fails
        told = told_by(work, no_file_may_grow_beyond(size))
        require_refused(told, {"disk.full", "disk.failed", "disk.temporary"})
    assert "Traceback" not in capfd.readouterr().err
    assert told_by(lambda: require_true(study, "1")) == WELL
    assert told_by(lambda: promote(study, 2)) == WELL
    assert told_by(lambda: require_true(study, "2")) == WELL


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only the superuser mounts a small disk")
@pytest.mark.parametrize("left", [0, 8_192, 65_536, 262_144])
def test_a_disk_that_is_really_full_is_told_and_leaves_the_champion(
    champion: Path, study: SimpleNamespace, left: int, capfd: pytest.CaptureFixture[str]
) -> None:
    aside = champion.with_name("aside")
    shutil.copytree(champion, aside)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", champion], check=True)
    try:
        shutil.copytree(aside, champion, dirs_exist_ok=True)
        free = shutil.disk_usage(champion).free
        (champion / "filling").write_bytes(b"0" * (free - left))
        for work in works(study):
            told = told_by(work)
            # a promotion is small enough for what is left on some of these disks
            if told != WELL:
                require_refused(told, {"disk.full"})
        assert "Traceback" not in capfd.readouterr().err
        (champion / "filling").unlink()
        promoted = told_by(lambda: promote(study, 2))
        assert promoted == WELL
        assert told_by(lambda: require_true(study, "2")) == WELL
    finally:
        subprocess.run(["umount", champion], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take away the right to write; from the superuser, the disk's."""
    if os.getuid() == 0:
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    else:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        if os.getuid() == 0:
            subprocess.run(["umount", folder], check=True)
        else:
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_registry_that_may_only_be_read_is_read_and_not_changed(
    champion: Path, study: SimpleNamespace, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in champion.rglob("*")}
    read = {
        "load": lambda: rm.load(f"{NAME}@champion"),
        "verify": lambda: rm.verify(f"{NAME}@champion"),
        "history": lambda: rm.history(NAME),
    }
    with read_only(champion):
        for name, reading in read.items():
            assert (name, told_by(reading)) == (name, WELL)
        for work in works(study):
            require_refused(told_by(work), {"disk.read_only", "disk.denied"})
    assert {path: path.stat().st_mtime_ns for path in champion.rglob("*")} == before
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("at_once", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_runs_that_open_an_empty_folder_at_once_all_find_whole_tables(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "riskmodel-registry" / "mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")

    def open_it() -> None:
        with open_registry() as registry:
            registry.experiment()

    with ThreadPoolExecutor(at_once) as pool:
        told = list(pool.map(lambda _: told_by(open_it), range(at_once)))
    assert told == [WELL] * at_once
    assert has_tables(database)
    assert told_by(lambda: check_whole(database, "here")) == WELL
