"""One published model of each kind a session."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from published_models import COLUMNS, EXPLAINED, households, publish

from riskmodel import serving
from riskmodel.models import RiskClassifier


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleNamespace]:
    X = households(1500)
    chance = 0.05 + 0.1 * X["rent__now__ever"].fillna(2) + 0.2 * X["power__count__6M"]
    y = np.random.default_rng(1).random(1500) < chance
    out = {}
    for kind in EXPLAINED:
        model = RiskClassifier(kind=kind, seeds=2, n_estimators=25, n_jobs=1, columns=COLUMNS).fit(
            X, y
        )
        folder = publish(model, tmp_path_factory.mktemp(kind) / "artefact")
        out[kind] = SimpleNamespace(model=model, folder=folder, scorer=serving.read(folder))
    return out


@pytest.fixture
def folder(published: dict[str, SimpleNamespace], tmp_path: Path) -> Path:
    """A copy of a published artefact, to be harmed."""
    return Path(shutil.copytree(published["lightgbm"].folder, tmp_path / "artefact"))
