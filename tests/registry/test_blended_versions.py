"""A version that is a blend: opened, explained, carded, and scored in MLflow, each as its model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.registry import LoadedModel
from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc


@pytest.fixture(scope="module")
def blended(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A blend with the household type as its region, and what `save` wrote of it."""
    model = rm.make_classifier(
        study.panel,
        "blend",
        members=("logistic", "lightgbm"),
        seeds=1,
        n_estimators=15,
        l2=10.0,
        region="household_type",
    ).fit(study.train)
    evaluation = rm.evaluate(model, study.test, capacity=0.05)
    folder = rm.save(model, evaluation, tmp_path_factory.mktemp("blended") / "artefact")
    return SimpleNamespace(model=model, folder=folder, opened=rm.open(folder))


def test_an_opened_version_scores_and_explains_as_its_model(
    study: SimpleNamespace, blended: SimpleNamespace
) -> None:
    model, opened = blended.model, blended.opened
    assert np.array_equal(opened.margin(study.test), model.margin(study.test))
    found = rm.explain(opened, study.test)
    pd.testing.assert_frame_equal(found.unmasked, rm.explain(model, study.test).unmasked)
    total = found.base + found.unmasked.sum(axis=1)
    assert np.abs(total - found.log_odds).max() < 1e-9
    assert opened.regions_.is_own.any()


def test_its_recipe_keeps_its_members(study: SimpleNamespace, blended: SimpleNamespace) -> None:
    assert blended.opened.params["members"] == ["logistic", "lightgbm"]
    again = blended.opened.unfitted().fit(study.train)
    assert np.array_equal(again.margin(study.test), blended.model.margin(study.test))


def test_its_card_names_its_members_in_each_language(blended: SimpleNamespace) -> None:
    card = blended.opened.card
    assert "- members: logistic, lightgbm" in card.markdown()
    assert "- 평균한 모형: logistic, lightgbm" in card.markdown("ko")


def test_it_scores_and_gives_reasons_in_mlflow(
    study: SimpleNamespace, blended: SimpleNamespace, tmp_path: Path
) -> None:
    import mlflow

    with silence():
        save_pyfunc(tmp_path / "model", blended.folder, LoadedModel.read(blended.folder))
        package = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    rows = study.test.X.head(100)
    told = package.predict(rows)
    expected = blended.model.predict_proba(rows)[:, 1]
    np.testing.assert_array_max_ulp(told["score"].to_numpy(), expected, maxulp=4)
    ours = rm.explain(blended.model, rows).reasons(top=1)
    assert [reasons[0]["text"] for reasons in told["reasons"]] == ours["reason_1"].tolist()
