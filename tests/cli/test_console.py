"""A command's exit code tells whether its work is whole, whatever became of its output."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from riskmodel.cli import main, shell
from riskmodel.records import open_store

SHELL = f"{sys.executable} -c 'from riskmodel.cli import main; raise SystemExit(main())'"
STORE = ["ingest", "-cd", "study", "data=fire", "store=records"]


def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


def full_disk() -> TextIO:
    return Path("/dev/full").open("w", encoding="utf-8")


def closed_file() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


LOST: list[Callable[[], TextIO | None]] = [closed_pipe, closed_file, lambda: None]
if Path("/dev/full").exists():
    LOST.append(full_disk)

each_loss = pytest.mark.parametrize("lost", LOST, ids=lambda lost: lost.__name__)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a manifest of two facts."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "study" / "data"
    data.mkdir(parents=True)
    (data / "fire.yaml").write_text(
        "name: 화재\ntoday: 2025-01-01\n"
        "events: [{file: '*.csv', household_id: id, code: 화재, event_date: day}]\n",
        encoding="utf-8",
    )
    (data / "first.csv").write_text("id,day\n001,2024-01-05\n002,2024-02-05\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that puts another stream in place of a standard one."""
    streams: list[TextIO] = []

    def put(make: Callable[[], TextIO | None], *names: str) -> None:
        for name in names or ("stdout",):
            stream = make()
            monkeypatch.setattr(sys, name, stream)
            streams.extend([] if stream is None else [stream])

    yield put
    for stream in streams:
        # the shell left nothing in it that fails now
        stream.close()


@each_loss
def test_a_command_that_writes_does_its_work_whole(
    lost: Callable[[], TextIO | None], study: Path, lose: Callable[..., None]
) -> None:
    lose(lost)
    assert main(STORE) == 0
    assert len(open_store("records").events) == 2


def test_what_a_terminal_cannot_say_is_escaped(study: Path, lose: Callable[..., None]) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    lose(lambda: terminal)
    assert main(STORE) == 0
    printed = terminal.buffer.getvalue().decode("cp1252")  # type: ignore[attr-defined]
    assert "now \\ud654\\uc7ac: 2 events" in printed


@each_loss
def test_a_command_that_only_prints_says_that_nobody_reads(
    lost: Callable[[], TextIO | None], study: Path, lose: Callable[..., None]
) -> None:
    for words in (["schema"], ["train", "--help"], []):
        lose(lost)
        assert main(words) == 141


@pytest.mark.parametrize("lost", [closed_pipe, lambda: None], ids=["closed pipe", "none"])
def test_no_loss_of_standard_error_changes_the_end(
    lost: Callable[[], TextIO | None], study: Path, lose: Callable[..., None]
) -> None:
    for words, code in ((STORE, 0), (["ingest", "store=records"], 2), (["train", "-cd"], 2)):
        lose(lost, "stdout", "stderr")
        assert main(words) == code


def test_the_same_command_writes_or_only_prints_by_its_keys(
    study: Path, lose: Callable[..., None]
) -> None:
    lose(closed_pipe)
    assert main(["schema", "output=manifest.json"]) == 0
    assert (study / "manifest.json").stat().st_size > 1000
    lose(closed_pipe)
    assert main(["train", "publish=false", "data.simulated.n=300"]) == 141
    assert not (study / "riskmodel-registry").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named_while_the_work_goes_on(
    study: Path, lose: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    lose(full_disk)
    assert main(STORE) == 0
    told = capsys.readouterr().err
    assert "standard output: cannot be written (No space left on device). Next: free" in told
    assert "what is written into files is whole. [disk.full]" in told


def test_a_pipe_that_closes_elsewhere_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setitem(shell.COMMANDS, "score", shell.Command("score", broken))
    assert main(["score"]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_file_that_cannot_be_written_is_no_success(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "output=/dev/full"]) == 1
    assert "riskmodel: /dev/full: the disk is full" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="speaks the POSIX shell")
def test_processes_end_by_what_they_did(study: Path) -> None:
    script = f"""
    set -o pipefail
    {SHELL} {" ".join(STORE)} | true; echo $?
    {SHELL} schema >&- 2>&- <&-; echo $?
    """
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout.split() == ["0", "141"]
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
