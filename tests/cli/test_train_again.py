"""The same training is published once: run again, beside itself, and twice only where asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.mended import Note

from riskmodel.cli import main
from riskmodel.registry import history, one_at_a_time

TRAIN = [
    "train",
    "data.simulated.n=900",
    "model.kinds=[logistic]",
    "features.aggregates=[{operation: count, codes: [crisis, power_cut], spans: [6M, ever]}]",
]
BEFORE_THE_LOOK = "Panel: "


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of one's own, with the registry inside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def versions() -> list[str]:
    table = history("household-crisis").frame()
    return sorted(table.loc[table["event"] == "published", "version"])


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)
def test_again_publishes_one_more_of_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for words in ([], ["again=true"], []):
        assert main([*TRAIN, *words]) == 0
        told.append(capsys.readouterr().out)
    ends = [" ".join(text.splitlines()[-4:]) for text in told]
    assert ["(challenger), models:/" in end for end in ends] == [True, True, False]
    assert "already published as version 2" in told[2]
    assert "again=true publishes one more of the same" in told[2]
    assert versions() == ["1", "2"]


def started(log: Path) -> subprocess.Popen[bytes]:
    """Start the training as a process of its own, which writes its results into a file."""
    shell = "from riskmodel.cli import main; raise SystemExit(main())"
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", shell, *TRAIN], stdout=output, stderr=subprocess.DEVNULL
        )


def test_two_runs_of_one_training_beside_each_other_publish_once(
    folder: Path, mended: Note
) -> None:
    logs = [folder / "one.txt", folder / "other.txt"]
    with one_at_a_time():
        runs = [started(log) for log in logs]
        # both look for a repeat as soon as the lock is free, and find none
        end = time.monotonic() + 300
        while not all(BEFORE_THE_LOOK in log.read_text(encoding="utf-8") for log in logs):
            assert time.monotonic() < end
            time.sleep(0.1)
    assert [run.wait(timeout=300) for run in runs] == [0, 0]
    told = [log.read_text(encoding="utf-8") for log in logs]
    assert sum("already published as version 1" in text for text in told) == 1
    assert versions() == ["1"]
    mended(
        "repeats",
        tried="two identical train commands at once",
        before="versions 1 and 2",
        now="version " + " and ".join(versions()),
    )
