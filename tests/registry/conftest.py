"""One migrated database a session, one small model published from it again and again."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import riskmodel as rm
from riskmodel.registry.backend.connection import open_registry

LABEL = rm.Label("crisis", window="6M", maturity="2M")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        with open_registry():
            pass
    return folder / "mlflow.db"


@pytest.fixture
def registry(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty registry of this test's own: its folder."""
    folder = tmp_path / "riskmodel-registry"
    folder.mkdir()
    shutil.copyfile(migrated, folder / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    return folder


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """Records, panel, split, a fitted model with a category, and its evaluation."""
    records = rm.make_households(1_500, random_state=1)
    features = rm.Features(
        [
            rm.Agg.count(["crisis", "loan_overdue", "power_cut"], ["6M", "ever"]),
            rm.Agg.now(["nhi_arrears", "telecom_arrears"]),
            rm.Agg.recency(["loan_overdue", "suicide_related"]),
            rm.Attribute("household_type"),
        ]
    )
    panel = rm.build_panel(records, rounds=records.rounds, label=LABEL, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=2, n_estimators=30).fit(train)
    evaluation = rm.evaluate(model, test, capacity=0.05)
    return SimpleNamespace(
        records=records,
        panel=panel,
        train=train,
        test=test,
        model=model,
        evaluation=evaluation,
        margin=np.asarray(model.margin(test)),
    )


@pytest.fixture(scope="session")
def artefact(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `save` writes; to be copied before it is touched."""
    return rm.save(study.model, study.evaluation, tmp_path_factory.mktemp("saved") / "artefact")


@pytest.fixture
def version(registry: Path, study: SimpleNamespace) -> rm.registry.Version:
    """The only version in this test's registry, `study.model` as household-crisis."""
    return rm.publish(study.model, study.evaluation, name="household-crisis")
