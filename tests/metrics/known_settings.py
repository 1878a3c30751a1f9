"""The settings of `benchmarks/intervals.py`, in which the true value of every figure is known."""

from __future__ import annotations

import runpy
from pathlib import Path

_BENCHMARK = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "intervals.py"), run_name="intervals"
)
SETTINGS = _BENCHMARK["SETTINGS"]
Setting = _BENCHMARK["Setting"]
coverage = _BENCHMARK["coverage"]
drawn = _BENCHMARK["drawn"]
too_low = _BENCHMARK["too_low"]
