"""A loaded version is a model as the fitted one is: the same type, attributes and figures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.models import RiskModel

SAME = ("kind", "label_", "columns_", "catalogue_", "training_", "calibration_")


@pytest.fixture(scope="module")
def opened(artefact: Path) -> RiskModel:
    return rm.open(artefact)


def test_a_fitted_and_an_opened_model_are_of_one_type(
    study: SimpleNamespace, opened: RiskModel
) -> None:
    assert isinstance(study.model, RiskModel)
    assert isinstance(opened, RiskModel)


def test_a_classifier_is_a_model_once_it_is_fitted(study: SimpleNamespace) -> None:
    assert not isinstance(rm.make_classifier(study.panel), RiskModel)


@pytest.mark.parametrize("name", SAME)
def test_both_give_the_same_under_one_name(
    name: str, study: SimpleNamespace, opened: RiskModel
) -> None:
    assert getattr(opened, name) == getattr(study.model, name)


@pytest.mark.parametrize("name", ["feature_names_in_", "classes_"])
def test_both_give_the_same_array_under_one_name(
    name: str, study: SimpleNamespace, opened: RiskModel
) -> None:
    assert np.array_equal(getattr(opened, name), getattr(study.model, name))


@pytest.mark.parametrize("method", ["encode", "margin", "log_odds", "predict_proba"])
def test_both_give_the_same_figures(method: str, study: SimpleNamespace, opened: RiskModel) -> None:
    ours = getattr(study.model, method)(study.test.X)
    theirs = getattr(opened, method)(study.test.X)
    np.testing.assert_allclose(theirs, ours, rtol=1e-14)


def test_only_a_published_model_has_a_reference(study: SimpleNamespace, opened: RiskModel) -> None:
    assert study.model.reference_ is None
    assert opened.reference_ is not None


BY_ROW = {
    "score_rows": lambda model, X: model.score_rows(X).drop(columns="reasons"),
    "explain, contributions": lambda model, X: rm.explain(model, X).contributions,
    "explain, reasons": lambda model, X: rm.explain(model, X).reasons(),
    "margin": lambda model, X: pd.DataFrame(model.margin(X), X.index),
    "predict_proba": lambda model, X: pd.DataFrame(model.predict_proba(X), X.index),
}


@pytest.mark.parametrize("published", [False, True], ids=["fitted", "published"])
@pytest.mark.parametrize("door", BY_ROW)
def test_every_row_keeps_its_own_figures_in_any_order(
    door: str, published: bool, study: SimpleNamespace, opened: RiskModel
) -> None:
    model, X = opened if published else study.model, study.test.X.head(200)
    shuffled = X.sample(frac=1, random_state=0)[X.columns[::-1]]
    told = BY_ROW[door](model, shuffled)
    assert told.index.equals(shuffled.index)
    pd.testing.assert_frame_equal(told.sort_index(), BY_ROW[door](model, X).sort_index())


def test_scores_as_a_series_go_to_their_own_rows(study: SimpleNamespace) -> None:
    score = pd.Series(study.margin, study.test.X.index, name="ours")
    shuffled = score.sample(frac=1, random_state=0)
    ours, theirs = (rm.evaluate(s, study.test, capacity=0.05) for s in (score, shuffled))
    assert theirs.scores.equals(ours.scores)
    compared = rm.compare(score, shuffled, study.test, capacity=0.05).frame()
    assert (compared["difference"].dropna() == 0).all()
