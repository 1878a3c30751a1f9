"""The face: the public names, and how light it is to import."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import riskmodel
from riskmodel import scoring

PUBLIC = {
    "Agg",
    "Attribute",
    "Cohort",
    "Features",
    "GroupSplit",
    "HouseholdSplit",
    "Kinds",
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
    "deliveries",
    "evaluate",
    "explain",
    "history",
    "ingest",
    "load",
    "log_to_mlflow",
    "make_classifier",
    "make_households",
    "open",
    "promote",
    "publish",
    "read_records",
    "refit",
    "rollback",
    "retire",
    "rounds",
    "save",
    "score",
    "show_versions",
    "reasons_of",
    "trace",
    "undo",
    "verify",
    "why",
    "Channels",
    "Outreach",
    "OutreachRules",
    "outreach",
    "replan",
    "contact_history",
    "hand_out",
    "returned",
    "review",
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


@pytest.mark.parametrize(
    "room", ["datasets", "displays", "evaluation", "explanation", "metrics", "service"]
)
def test_a_room_is_reachable_from_the_face_but_no_public_name(room: str) -> None:
    code = f"import riskmodel as rm; print(rm.{room}.__name__)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == f"riskmodel.{room}"
    assert room in dir(riskmodel)
    assert room not in riskmodel.__all__


def test_the_stub_names_what_the_face_gives() -> None:
    stub = Path(riskmodel.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imported = set(re.findall(r"^from \S+ import \w+ as (\w+)$", stub, flags=re.M))
    rooms = set(dir(riskmodel)) - set(riskmodel.__all__)
    assert imported | {"__version__"} == PUBLIC | rooms


def test_the_reference_lists_every_public_name() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "index.rst"
    listed = re.findall(r"^   (\w+)$", page.read_text(encoding="utf-8"), flags=re.M)
    assert set(listed) | {"__version__"} == PUBLIC
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("name", "of_scoring"),
    [
        ("score", scoring.score_round),
        ("trace", scoring.trace_household),
        ("reasons_of", scoring.reasons_of),
    ],
)
def test_the_face_takes_the_arguments_of_scoring_but_for_the_models_type(
    name: str, of_scoring: Callable[..., object]
) -> None:
    ours = inspect.signature(getattr(riskmodel, name))
    theirs = inspect.signature(of_scoring)
    # a digest is that of a version, which only the face knows
    given = [own for own in ours.parameters.values() if own.name != "digest"]
    model = theirs.parameters["model"].replace(annotation=ours.parameters["model"].annotation)
    parameters = [model, *(p for p in theirs.parameters.values() if p.name != "model")]
    assert ours.replace(parameters=given) == theirs.replace(parameters=parameters)


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_every_public_function_shows_its_arguments(name: str) -> None:
    shown = inspect.signature(getattr(riskmodel, name)).parameters.values()
    hidden = [p.name for p in shown if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    assert hidden == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import riskmodel, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
