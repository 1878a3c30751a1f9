"""Rows built from other records by a model's own recipe."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riskmodel.errors import ModelError
from riskmodel.indicators import Catalogue
from riskmodel.models import RiskModel
from riskmodel.panel import Panel, Recipe, build_panel
from riskmodel.records import Records


def recipe_of(model: RiskModel) -> Recipe:
    """Return the recipe of a model, or refuse a model without one."""
    if model.recipe_ is None:
        raise ModelError(
            "the model does not know how its features are built from records",
            code="scoring.no_recipe",
            allowed="a model made by make_classifier(panel) on a panel built from records, or a "
            "published one",
            next_step="score a frame of your own with model.predict_proba(X)",
        )
    return model.recipe_


def records_by_recipe(recipe: Recipe, records: Records) -> Records:
    """Return the records with the recipe's own definition of each indicator that it uses."""
    indicators = [recipe.catalogue.get(code, own) for code, own in records.catalogue.items()]
    catalogue = Catalogue(tuple(indicators)).calling_rare(records.catalogue.rare)
    return records.replace(catalogue=catalogue)


def hidden_codes(recipe: Recipe, records: Records) -> frozenset[str]:
    """Return the sensitive indicators of a model and of records, which masked texts do not name."""
    indicators = (*recipe.catalogue.values(), *records.catalogue.values())
    return frozenset(one.code for one in indicators if one.masked)


def panel_by_recipe(recipe: Recipe, records: Records, days: Sequence[str]) -> Panel:
    """Return the recipe's cohort, features and label on some dates of the records."""
    return build_panel(
        records_by_recipe(recipe, records),
        rounds=pd.DatetimeIndex(list(days)),
        label=recipe.label,
        cohort=recipe.cohort,
        features=recipe.features,
        min_households=recipe.min_households,
    )
