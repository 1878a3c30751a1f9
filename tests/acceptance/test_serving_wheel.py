"""The wheel of the reader where numpy is alone: from tables to columns, scores and reasons."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fresh_environments import clean, install, python_with

import riskmodel as rm
from riskmodel import serving
from riskmodel.models import RiskModel, contributions_of, kind_of
from riskmodel.recipes import panel_by_recipe
from riskmodel.records import Records

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "serving" / "golden"
TABLES = ("events", "attributes", "members", "coverage", "deliveries", "unmatched")
CONSUMER = """
import importlib.util, json, sys
import riskmodel_serving as serving

folder, digest, day = sys.argv[1:4]
scorer, tables = serving.read(folder, digest), serving.read_tables("tables")

def told(households=None):
    rows = serving.features(scorer, tables, day, households)
    scored = scorer.score(rows.columns, lang="ko")
    cells = [[cell if isinstance(cell, str | None) else float(cell).hex() for cell in own.tolist()]
             for own in rows.columns.values()]
    return {
        "households": rows.household_id.tolist(),
        "cells": list(zip(*cells)),
        "margin": [margin.hex() for margin in scored["margin"].tolist()],
        "score": scored["score"].tolist(),
        "contributions": scorer.contributions(scorer.matrix(rows.columns).X).tolist(),
        "reasons": scored["reasons"],
    }

whole = told()
ids = whole["households"]
print(json.dumps({
    "all": whole,
    "one": told(ids[5:6]),
    "ten": told(ids[:10]),
    "shuffled": told(ids[::-1]),
    "filtered": told(ids[1::3]),
    "names": [column["name"] for column in scorer.columns],
    "found": [m for m in ("riskmodel", "mlflow", "pandas") if importlib.util.find_spec(m)],
}))
"""


@pytest.fixture(scope="module")
def records() -> Records:
    return rm.make_households(400, random_state=5, moves=0.1, empty_delivery={"power_cut": 2})


@pytest.fixture(scope="module")
def artefacts(records: Records, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A model of the default columns, and those that earlier versions of riskmodel wrote."""
    folder = tmp_path_factory.mktemp("saved") / "artefact"
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, records.rounds, label, attributes=["household_type"])
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, n_estimators=20, seeds=2).fit(train)
    rm.save(model, rm.evaluate(model, test, capacity=0.1), folder)
    earlier = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
    return [folder, *(path for path in earlier if is_of(path, records))]


def is_of(folder: Path, records: Records) -> bool:
    """Tell whether a version can be asked about these records: one is of a catalogue of its own."""
    recipe = rm.open(folder).recipe_
    assert recipe is not None
    return set(recipe.catalogue) <= set(records.catalogue)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and install it where numpy is and nothing else."""
    built = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(built)]
    subprocess.run([*build, str(ROOT / "wheels" / "serving")], check=True, capture_output=True)
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if "dist-info" not in name]
        assert modules == ["riskmodel_serving.py"]
        assert archive.read(modules[0]).decode() in serving.assembled_source()
    python = python_with("numpy>=2.0,<3", tmp_path_factory.mktemp("fresh"))
    install(python, "--no-index", "--no-deps", str(wheel))
    return python


@pytest.mark.slow
def test_the_wheel_makes_scores_and_explains_rows_as_the_library(
    records: Records, artefacts: list[Path], python: Path, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    for name in TABLES:
        records.frame(name).to_csv(tmp_path / "tables" / f"{name}.csv", index=False)
    day = str(records.rounds[-1].date())
    for folder in artefacts:
        model, scorer = rm.open(folder), serving.read(folder)
        assert model.recipe_ is not None
        X = panel_by_recipe(model.recipe_, records, [day]).X.droplevel(1)
        ran = subprocess.run(
            [str(python), "-c", CONSUMER, str(folder), scorer.digest, day],
            capture_output=True,
            text=True,
            env=clean(),
            cwd=tmp_path,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        assert told["found"] == []
        assert told["names"] == list(X)
        cells = X.astype(object).where(X.notna(), None).to_numpy().tolist()
        expected = {
            "households": X.index.tolist(),
            "cells": [[as_told(cell) for cell in row] for row in cells],
            "margin": [margin.hex() for margin in model.margin(X).tolist()],
            "score": model.predict_proba(X)[:, 1],
            "contributions": by_numba(model, X),
            "reasons": scorer.score(X, lang="ko")["reasons"],
        }
        rows = np.arange(len(X))
        chosen = {
            "one": rows[5:6],
            "ten": rows[:10],
            "shuffled": rows[::-1],
            "filtered": rows[1::3],
        }
        for name, own in {"all": rows, **chosen}.items():
            check(told[name], expected, own.tolist())


def by_numba(model: RiskModel, X: pd.DataFrame) -> np.ndarray:
    return contributions_of(kind_of(model.kind), model.tables(), model.encode(X), 1).parts


def as_told(cell: object) -> str:
    return cell if isinstance(cell, str | None) else float(cell).hex()  # type: ignore


def check(told: dict[str, Any], expected: dict[str, Any], rows: list[int]) -> None:
    for name in ("households", "margin", "reasons"):
        assert told[name] == [expected[name][row] for row in rows], name
    missing = (None, "nan")
    for own, row in zip(told["cells"], rows, strict=True):
        of_library = expected["cells"][row]
        assert [None if cell in missing else cell for cell in own] == of_library
    for name, tolerance in (("score", 1e-12), ("contributions", 1e-6)):
        wanted = np.asarray(expected[name])[rows]
        np.testing.assert_allclose(told[name], wanted, rtol=0, atol=tolerance)
