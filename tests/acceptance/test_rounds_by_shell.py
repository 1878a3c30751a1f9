"""Rounds by the shell alone, and commands killed and run again, as the benchmark does at length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "operate.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [["--rounds", "5", "--kills", "0"], ["--rounds", "0", "--kills", "2"]],
    ids=["rounds", "kills"],
)
def test_what_the_benchmark_of_operating_checks_holds(asked: list[str], tmp_path: Path) -> None:
    words = ["--households", "600", "--folder", str(tmp_path / "run"), *asked]
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
