"""A closed network: pip installs from the wheelhouse, and the demo runs without any network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
HOUSE = HERE.parents[2] / "wheelhouse"


@pytest.mark.slow
def test_the_demo_runs_without_a_network() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare (Linux) is not here")
    if not HOUSE.is_dir():
        pytest.skip("no wheelhouse yet: make wheelhouse")
    script = [str(HERE.with_name("offline.sh")), str(HOUSE)]
    done = subprocess.run(
        script,
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "version 1 (challenger)" in done.stdout
    assert "installed and run without a network" in done.stdout
