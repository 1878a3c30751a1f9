"""Several programs solved at once: while HiGHS solves one, other threads run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from joblib import cpu_count

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_threads(function: Callable[[Given], Made], items: Iterable[Given]) -> list[Made]:
    """Return what a function makes of each item; while HiGHS solves, other threads run."""
    several = list(items)
    if len(several) < 2:
        return [function(item) for item in several]
    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(function, several))
