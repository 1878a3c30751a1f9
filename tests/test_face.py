"""The face: the public names, and how light it is to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import riskmodel

PUBLIC = {
    "Agg",
    "Attribute",
    "Cohort",
    "Features",
    "HouseholdSplit",
    "Label",
    "Panel",
    "Records",
    "RiskClassifier",
    "RiskmodelError",
    "TemporalSplit",
    "__version__",
    "backtest",
    "build_panel",
    "compare",
    "evaluate",
    "explain",
    "history",
    "ingest",
    "load",
    "make_classifier",
    "make_households",
    "open",
    "promote",
    "publish",
    "read_records",
    "refit",
    "rollback",
    "rounds",
    "save",
    "score",
    "show_versions",
    "trace",
    "why",
}
HEAVY = (
    "mlflow",
    "matplotlib",
    "hydra",
    "shap",
    "duckdb",
    "numba",
    "pyspark",
    "sklearn",
    "lightgbm",
    "scipy",
    "pydantic",
)


def test_public_names_are_these() -> None:
    assert set(riskmodel.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(riskmodel, name).__doc__


def test_an_unknown_name_lists_the_public_ones() -> None:
    with pytest.raises(AttributeError, match="make_households"):
        _ = riskmodel.make_household


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import riskmodel, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
