"""make_classifier knows its panel; refit keeps the recipe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from known_truth import DATES, simulated
from sklearn.exceptions import NotFittedError

from riskmodel.errors import ConfigError, ModelError
from riskmodel.models import RiskClassifier, make_classifier, refit
from riskmodel.models.factory import check_parameters
from riskmodel.panel import Agg, Features, Label, Panel


def test_it_takes_columns_label_and_recipe_of_the_panel(panel: Panel) -> None:
    model = make_classifier(panel, seeds=1)
    assert model.columns == panel.columns
    assert model.label == panel.label
    assert model.recipe == panel.recipe
    assert make_classifier(panel).set_params(label=None).label is None


def test_a_classifier_fitted_on_a_panel_knows_what_the_panel_knows(panel: Panel) -> None:
    made = make_classifier(panel, seeds=1, n_estimators=20).fit(panel)
    plain = RiskClassifier(seeds=1, n_estimators=20).fit(panel)
    assert np.array_equal(plain.margin(panel), made.margin(panel))
    for name in ("label_", "recipe_", "columns_", "catalogue_"):
        assert getattr(plain, name) == getattr(made, name)


@pytest.mark.parametrize("name", ["label_", "recipe_", "catalogue_"])
def test_a_classifier_that_is_not_fitted_says_so(panel: Panel, name: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(make_classifier(panel), name)


def test_a_misspelled_parameter_is_recognised() -> None:
    with pytest.raises(
        ConfigError, match=r"unknown parameter 'learning_rat'.*did you mean 'learning_rate'"
    ):
        check_parameters({"learning_rat": 0.1})
    with pytest.raises(
        ConfigError, match=r"unknown kind 'forest'.*Allowed: lightgbm, logistic, ebm, "
    ):
        make_classifier(kind="forest")


def test_a_refit_has_the_same_recipe_on_more_rounds(panel: Panel) -> None:
    later = pd.date_range(DATES[0], periods=len(DATES) + 2, freq="2MS")
    model = make_classifier(panel, seeds=2, n_estimators=20).fit(panel)
    longer = refit(model, simulated(300, dates=later))
    assert longer.training_["last_as_of"] == "2023-07-01"
    for name in ("kind", "seeds", "n_estimators", "random_state", "directions", "columns", "label"):
        assert getattr(longer, name) == getattr(model, name)
    assert longer.recipe_.features.digest == model.recipe_.features.digest


def test_a_refit_on_the_same_panel_is_the_same_model(panel: Panel) -> None:
    model = make_classifier(panel, seeds=1, n_estimators=20).fit(panel)
    assert np.array_equal(refit(model, panel).margin(panel), model.margin(panel))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: replace(p, recipe=replace(p.recipe, features=Features([Agg.now(["rent"])]))),
            "features are not",
        ),
        (lambda p: replace(p, X=p.X.drop(columns="tenure")), "columns are not"),
        (
            lambda p: replace(p, label=Label("other", window="4M")),
            "label are not those of the model's recipe",
        ),
        (
            lambda p: p[p.as_of >= "2022-05-01"],
            "lacks 2 rounds of the first fit, from 2022-01-01 to 2022-03-01",
        ),
    ],
)
def test_another_recipe_or_fewer_rounds_are_refused(
    panel: Panel, change: object, message: str
) -> None:
    model = make_classifier(panel, "logistic").fit(panel)
    with pytest.raises(ModelError, match=message):
        refit(model, change(panel))  # type: ignore[operator]
