"""A loaded version is a model as the fitted one is: the same type, attributes and figures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
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
