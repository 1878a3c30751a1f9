"""A version keeps its regions: opened, carded, scored from records; one of before is opened too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.registry import LoadedModel
from riskmodel.serving import SCHEMA_VERSION


@pytest.fixture(scope="module")
def regional(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The study's model with the household type as its region, and what `save` wrote of it."""
    model = rm.make_classifier(study.panel, kind="logistic", l2=10.0, region="household_type")
    model.fit(study.train)
    evaluation = rm.evaluate(model, study.test, capacity=0.05)
    folder = rm.save(model, evaluation, tmp_path_factory.mktemp("regional") / "artefact")
    return SimpleNamespace(model=model, folder=folder, opened=rm.open(folder))


def test_an_opened_version_scores_and_explains_by_region(
    study: SimpleNamespace, regional: SimpleNamespace
) -> None:
    model, opened = regional.model, regional.opened
    pd.testing.assert_frame_equal(opened.regions_.frame(), model.regions_.frame())
    assert model.regions_.is_own.any()
    assert np.array_equal(opened.margin(study.test), model.margin(study.test))
    assert np.array_equal(opened.predict_proba(study.test), model.predict_proba(study.test))
    found = rm.explain(opened, study.test)
    pd.testing.assert_frame_equal(found.unmasked, rm.explain(model, study.test).unmasked)
    total = found.base + found.unmasked.sum(axis=1)
    assert np.abs(total - found.log_odds).max() < 1e-9


def test_a_list_from_records_has_the_scores_by_region(
    study: SimpleNamespace, regional: SimpleNamespace
) -> None:
    as_of = study.test.as_of[0]
    listed = rm.score(regional.opened, study.records, as_of=as_of, capacity=50).table
    rows = listed["household_id"].astype(str)
    score = pd.Series(
        regional.model.predict_proba(study.test)[:, 1],
        study.test.X.index.get_level_values(0).astype(str),
    )
    assert listed["score"].to_numpy() == pytest.approx(score.loc[rows].to_numpy(), abs=1e-9)


def test_the_card_tells_the_regions_and_a_refit_keeps_them(
    study: SimpleNamespace, regional: SimpleNamespace
) -> None:
    calibration = regional.opened.card.calibration
    assert calibration["region"] == "household_type"
    assert calibration["own_regions"] == int(regional.model.regions_.is_own.sum())
    assert "regions with a level and slope of their own" in regional.opened.card.markdown()
    assert "자체 수준과 기울기를 가진 권역" in regional.opened.card.markdown("ko")
    assert regional.opened.unfitted().region == "household_type"


def test_an_artefact_of_the_schema_before_is_opened_as_it_was(
    study: SimpleNamespace, artefact: Path, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(artefact, tmp_path / "before"))
    manifest = json.loads((before / "manifest.json").read_text())
    assert manifest["schema_version"] == SCHEMA_VERSION
    (before / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 2}))
    model = rm.open(before)
    assert isinstance(model, LoadedModel)
    assert model.regions_ is None
    assert np.array_equal(model.margin(study.test), study.margin)
    params = {name: value for name, value in model.params.items() if name != "region"}
    assert rm.RiskClassifier(**params).region is None
