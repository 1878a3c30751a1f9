"""The table of promised figures says of each whether its bar is met, and hides no failed part."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "figures.py"


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("promised_figures", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("value", "bounds", "verdict", "bar"),
    [
        (0.96, (0.96, float("inf")), "met", "at least 0.96"),
        (0.95, (0.96, float("inf")), "missed", "at least 0.96"),
        (0.041, (-float("inf"), 0.04), "missed", "at most 0.04"),
        (0.05, (0.02, 0.08), "met", "0.02 to 0.08"),
        (float("nan"), (0.02, 0.08), "missed", "0.02 to 0.08"),
    ],
)
def test_a_figure_says_its_bar_and_whether_it_is_met(
    figures: ModuleType, value: float, bounds: tuple[float, float], verdict: str, bar: str
) -> None:
    figure = figures.Figure("a figure", value, *bounds, "some.py")
    assert (figure.verdict, figure.bar) == (verdict, bar)


def test_what_is_missed_and_what_failed_stands_in_the_table(figures: ModuleType) -> None:
    inf = float("inf")
    found = [
        figures.Done(
            "one",
            [
                figures.Figure("near", 0.97, 0.96, inf, "one.py"),
                figures.Figure("far", 0.90, 0.96, inf, "one.py"),
            ],
            3.0,
            "",
        ),
        figures.Done("two", [], 1.0, "ValueError: no rows"),
    ]
    told = figures.table(found, small=False)
    assert "2 figures, 1 missed; 1 of 2 parts failed." in told
    assert "| far | 0.9 | at least 0.96 | missed | `one.py` |" in told
    assert "| two | | | failed: ValueError: no rows | |" in told
    assert "not judged" not in told
    assert figures.table(found, small=True).count("not judged") == 2


def test_a_part_that_cannot_run_is_told_as_failed(figures: ModuleType) -> None:
    done = figures.run("no such part", small=True)
    assert done.figures == []
    assert "no such part" in done.fault


def test_no_benchmark_has_the_name_of_a_module_that_another_may_import() -> None:
    """Beside a `coverage.py` every benchmark failed: numba imports coverage where it is there."""
    names = {file.stem for file in PATH.parent.glob("*.py")}
    assert "figures" in names
    assert not names & {*sys.stdlib_module_names, "coverage"}
    others = [path for path in sys.path if Path(path).resolve() != PATH.parent]
    found = {name: importlib.machinery.PathFinder.find_spec(name, others) for name in names}
    assert [name for name, spec in found.items() if spec is not None and spec.origin] == []
