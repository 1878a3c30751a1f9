"""Explainable boosting machines: equal to the library's own, monotone, additive, without rows."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ModelError
from riskmodel.models import RiskClassifier
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.kinds.ebm import fit_additive

interpret = pytest.importorskip("interpret.glassbox", reason="the ebm extra is not installed")


def rows(n: int = 3_000) -> Rows:
    rng = np.random.default_rng(0)
    months = rng.poisson(1.0, n).astype(float)
    X = np.column_stack(
        [months, np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)), rng.integers(0, 3, n)]
    )
    y = rng.random(n) < 1 / (1 + np.exp(3 - 0.7 * months - np.nan_to_num(X[:, 1]) - (X[:, 2] == 2)))
    return Rows(X, y.astype(float), np.arange(n))


DESIGN = FitSettings(("months", "income", "tenure"), (1, 0, 0), (0, 0, 3), {"n_jobs": 1}, (7, 8))


def test_margins_are_the_machines_own() -> None:
    data = rows()
    mine = fit_additive(data, DESIGN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = interpret.ExplainableBoostingClassifier(
            feature_names=["x0", "x1", "x2"],
            feature_types=["continuous", "continuous", "nominal"],
            interactions=0,
            outer_bags=2,
            monotone_constraints=[1, 0, 0],
            random_state=7,
            n_jobs=1,
        ).fit(data.matrix, data.y.astype(int))
    assert np.abs(mine.margin(data.matrix) - theirs.decision_function(data.matrix)).max() < 1e-12


def test_terms_add_up_and_rise_with_trouble() -> None:
    data = rows()
    core = fit_additive(data, DESIGN)
    terms = core.contributions(data.matrix)
    assert (
        np.abs(core.arrays["intercept"] + terms.sum(axis=1) - core.margin(data.matrix)).max()
        < 1e-12
    )
    order = np.argsort(data.matrix[:, 0])
    assert (np.diff(terms[order, 0]) >= 0).all()
    assert np.allclose(core.arrays["mean"], terms.mean(axis=0))


def test_unseen_categories_and_values_beyond_the_fit_are_answered() -> None:
    X = pd.DataFrame({"months": [0.0, 3.0] * 500, "tenure": pd.Categorical(["rent", "own"] * 500)})
    model = RiskClassifier(kind="ebm", seeds=1, n_jobs=1).fit(X, np.arange(1000) % 4 == 1)
    strange = pd.DataFrame(
        {"months": [1e9, np.nan, -5.0], "tenure": pd.Categorical(["squat", None, "rent"])}
    )
    assert np.isfinite(model.margin(strange)).all()


def test_without_the_extra_it_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(ModelError, match=r"pip install 'riskmodel\[ebm\]'"):
        fit_additive(rows(), DESIGN)
