"""A consumer of a published model applies its regions; artefacts of before have none."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from published_models import COLUMNS, EXPLAINED, households, publish

from riskmodel import serving
from riskmodel.explanation import explain
from riskmodel.models import RiskClassifier


@pytest.fixture(scope="module")
def regional(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleNamespace]:
    """One model of each kind, with the borough as its region."""
    X = households(1_500)
    level = X["borough"].astype(str).map({"north": 0.3, "south": 0.0, "강남": 0.1})
    chance = 0.05 + 0.1 * X["rent__now__ever"].fillna(2) + 0.2 * X["power__count__6M"] + level
    y = np.random.default_rng(1).random(1_500) < chance
    out = {}
    for kind in EXPLAINED:
        model = RiskClassifier(
            kind=kind, seeds=1, n_estimators=12, n_jobs=1, columns=COLUMNS, region="borough"
        ).fit(X, y)
        folder = publish(model, tmp_path_factory.mktemp(kind) / "artefact")
        out[kind] = SimpleNamespace(model=model, folder=folder, scorer=serving.read(folder))
    return out


@pytest.mark.parametrize("kind", EXPLAINED)
def test_a_consumer_gets_the_margins_and_reasons_of_the_model(
    regional: dict[str, SimpleNamespace], kind: str
) -> None:
    model, scorer, X = regional[kind].model, regional[kind].scorer, households(400, 7)
    found, expected = scorer.score(X), model.score_rows(X)
    assert np.array_equal(found["margin"], model.margin(X))
    np.testing.assert_array_max_ulp(found["score"], expected["score"].to_numpy(), maxulp=4)
    told, of_model = (
        [[reason["contribution"] for reason in row] for row in reasons]
        for reasons in (found["reasons"], expected["reasons"])
    )
    assert told == of_model

    slope = model.calibration_.slope
    contributions = slope * scorer.contributions(model.encode(X))
    assert np.abs(contributions - explain(model, X).unmasked.to_numpy()).max() < 1e-9


@pytest.mark.parametrize("kind", EXPLAINED)
@pytest.mark.parametrize("by", ["feature", "indicator"])
def test_contributions_add_up_and_the_region_tells_its_level(
    regional: dict[str, SimpleNamespace], kind: str, by: str
) -> None:
    model, X = regional[kind].model, households(200, 8)
    found = explain(model, X, by=by)
    total = found.base + found.unmasked.sum(axis=1)
    assert np.abs(total - found.log_odds).max() < 1e-9
    nowhere = explain(model, X.assign(borough=None), by=by)
    assert (nowhere.unmasked["borough"] == 0).all()
    north = found.unmasked.loc[(X["borough"] == "north").to_numpy(), "borough"]
    south = found.unmasked.loc[(X["borough"] == "south").to_numpy(), "borough"]
    assert north.min() > south.max()


def test_the_published_file_alone_applies_regions(
    regional: dict[str, SimpleNamespace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "serving.py"
    path.write_text(serving.assembled_source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("published_serving", path)
    alone = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, alone)
    spec.loader.exec_module(alone)
    X = households(60, 9).assign(borough=["north", "south", None, "elsewhere"] * 15)
    found = alone.read(regional["lightgbm"].folder).score(X)
    assert np.array_equal(found["margin"], regional["lightgbm"].model.margin(X))
    assert np.array_equal(found["margin"], regional["lightgbm"].scorer.score(X)["margin"])


def test_an_artefact_of_the_schema_before_scores_as_it_did(
    published: dict[str, SimpleNamespace], folder: Path
) -> None:
    X = households(100, 3)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["schema_version"] == serving.SCHEMA_VERSION
    (folder / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 2}))
    found, expected = serving.read(folder).score(X), published["lightgbm"].scorer.score(X)
    assert np.array_equal(found["score"], expected["score"])
    assert found["reasons"] == expected["reasons"]


def test_a_reader_that_is_too_old_says_who_wrote_the_artefact(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    next_one = serving.SCHEMA_VERSION + 1
    later = {"schema_version": next_one, "libraries": {"riskmodel": "9.1.0"}}
    (folder / "manifest.json").write_text(json.dumps(manifest | later))
    with pytest.raises(serving.ServingError) as caught:
        serving.read(folder)
    assert f"schema {next_one}, written by riskmodel 9.1.0" in str(caught.value)
    assert f"schema {' or '.join(map(str, serving.SCHEMAS))}" in str(caught.value)
