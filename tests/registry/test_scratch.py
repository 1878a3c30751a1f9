"""What a killed run left in the temporary folder is swept by the next, and nothing else is."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from riskmodel.registry.backend.scratch import scratch


def hold(told: Connection) -> None:
    """Hold a folder with a half-written file until the process is killed."""
    with scratch("publishing") as folder:
        (folder / "half.json").write_text("{")
        told.send(folder)
        time.sleep(60)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_killed_runs_folder_is_swept_and_a_living_ones_stays(temporary: Path) -> None:
    (temporary / "riskmodel-other").mkdir()
    ours, theirs = multiprocessing.Pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        run = multiprocessing.get_context("fork").Process(target=hold, args=(theirs,))
        run.start()
    held = ours.recv()
    with scratch("loading") as own:
        assert held.is_dir()  # its run lives
        assert own.is_dir()
    assert not own.exists()
    run.kill()
    run.join()
    assert (held / "half.json").exists()
    with scratch("loading"):
        assert not held.parent.exists()
    assert [path.name for path in temporary.iterdir()] == ["riskmodel-other"]


def test_a_folder_is_gone_after_an_error(temporary: Path) -> None:
    with pytest.raises(ValueError, match="broken"), scratch("publishing"):
        raise ValueError("broken")
    assert not list(temporary.iterdir())
