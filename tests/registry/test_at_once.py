"""Runs that are killed at random moments, or decide at once: every alias loads a whole version."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import SimpleNamespace

import pytest
from wide_gates import WIDE

import riskmodel as rm
from riskmodel.errors import RegistryError

NAME = "household-crisis"
ONE, TWO = pytest.param(1, id="one"), pytest.param(2, id="two")


def many(number: int) -> object:
    return pytest.param(number, id="many", marks=pytest.mark.slow)


def in_child(work: Callable[[], object]) -> ForkProcess:
    """Start work in a process of its own; no process opens a registry and forks afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
    return child


def done(work: Callable[[], object]) -> None:
    """Carry work out in a process of its own, to its end."""
    child = in_child(work)
    child.join()
    assert child.exitcode == 0


def publish(study: SimpleNamespace) -> None:
    rm.publish(study.model, study.evaluation, NAME, by="lee")


def promote(study: SimpleNamespace, number: str, by: str = "kim") -> None:
    with suppress(RegistryError):
        rm.promote(f"{NAME}/{number}", study.records, by, "better", 0.05, WIDE)


def require_whole(study: SimpleNamespace, least: int = 1) -> None:
    """Check that aliases load whole versions and the history is true, once it is put right."""
    rm.history(NAME)
    told = rm.history(NAME)
    assert told.repairs == ()
    unnamed = "has no alias: the run that published it broke off"
    assert [doubt for doubt in told.doubts if unnamed not in doubt] == []
    assert rm.history(NAME, head=told.head).doubts == told.doubts
    frame = told.frame()
    assert set(frame["state"]) <= {"done", "broke off", "lost"}
    assert (frame["state"] == "done").sum() >= least
    for number in frame.loc[frame["alias_now"] != "", "version"]:
        assert (rm.load(f"{NAME}/{number}").margin(study.test) == study.margin).all()


def kept(folder: Path, prepare: Callable[[], object]) -> Path:
    """Return a copy of a registry after work that prepares it."""
    done(prepare)
    copy = folder.with_name("kept")
    shutil.copytree(folder, copy)
    return copy


def put_back(copy: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)


def own_seconds_of(work: Callable[[], object]) -> float:
    """Return the processor's seconds that work takes, which a busy machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done(work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wait_until(child: ForkProcess, own_seconds: float) -> None:
    """Wait until a process has used so many of the processor's seconds, or has ended."""
    ticks = os.sysconf("SC_CLK_TCK")
    while child.is_alive():
        *_, facts = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")
        user, system = facts.split()[11:13]
        if (int(user) + int(system)) / ticks >= own_seconds:
            return
        time.sleep(0.002)


def kill_and_run_again(
    copy: Path, folder: Path, work: Callable[[], object], check: Callable[[], object], kills: int
) -> int:
    """Kill work at moments spread over its time and run it again; return how many it was at."""
    put_back(copy, folder)
    longest, rng, at_work = own_seconds_of(work), random.Random(kills), 0
    done(check)
    for place in range(kills):
        put_back(copy, folder)
        child = in_child(work)
        wait_until(child, (place + rng.random()) / kills * longest)
        at_work += child.is_alive()
        if child.pid is not None and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join()
        done(lambda: (check(), work(), check()))
    return at_work


@pytest.mark.parametrize("kills", [ONE, many(30)])
def test_a_publication_killed_at_any_moment_leaves_the_history_true(
    registry: Path, study: SimpleNamespace, kills: int
) -> None:
    copy = kept(registry, lambda: publish(study))
    at_work = kill_and_run_again(
        copy, registry, lambda: publish(study), lambda: require_whole(study), kills
    )
    print(f"{at_work} of {kills} killed at work")
    assert at_work


@pytest.mark.parametrize("kills", [many(30)])
def test_a_promotion_killed_at_any_moment_leaves_the_history_true(
    registry: Path, study: SimpleNamespace, kills: int
) -> None:
    def prepare() -> None:
        publish(study)
        promote(study, "1")
        publish(study)

    copy = kept(registry, prepare)
    at_work = kill_and_run_again(
        copy, registry, lambda: promote(study, "2"), lambda: require_whole(study), kills
    )
    print(f"{at_work} of {kills} killed at work")
    assert at_work


@pytest.mark.parametrize("at_once", [TWO, many(4)])
def test_publishers_at_once_on_an_empty_folder_all_publish(
    tmp_path: Path, study: SimpleNamespace, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "riskmodel-registry"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{empty}/mlflow.db")
    children = [in_child(lambda: publish(study)) for _ in range(at_once)]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * at_once

    def check() -> None:
        require_whole(study, at_once)
        frame = rm.history(NAME).frame()
        assert sorted(frame["version"], key=int) == [str(own + 1) for own in range(at_once)]

    done(check)


@pytest.mark.parametrize("at_once", [many(4)])
def test_of_promoters_at_once_one_counts(
    registry: Path, study: SimpleNamespace, at_once: int
) -> None:
    def prepare() -> None:
        for _ in range(at_once + 1):
            publish(study)
        promote(study, "1")

    done(prepare)
    numbers = [str(own + 2) for own in range(at_once)]
    children = [in_child(lambda number=number: promote(study, number)) for number in numbers]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * at_once

    def check() -> None:
        require_whole(study)
        frame = rm.history(NAME).frame()
        promoted = frame[(frame["event"] == "promoted") & (frame["state"] == "done")]
        assert len(promoted) == 2
        champion = frame.loc[frame["alias_now"].str.contains("champion"), "version"]
        assert set(champion) == {promoted["version"].iloc[-1]}

    done(check)
