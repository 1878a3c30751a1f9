"""Compares rows with what a model was fitted on: categories, areas, label, cohort and site."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.models import RiskModel
from riskmodel.panel import Label, Panel, Recipe
from riskmodel.recipes.catalogue_check import NOT_SAID, compared_definitions
from riskmodel.recipes.external import is_other_site
from riskmodel.recipes.notes import Note, named, without_rare
from riskmodel.recipes.origin import Origin


def compared_rows(model: RiskModel, panel: Panel) -> list[Note]:
    """Tell in what the rows of a panel differ from those of a model's fit.

    Raises
    ------
    ConfigError
        For values in another unit than in the fit.
    """
    fitted, judged = Origin.of_fit(model), Origin.of_rows(panel)
    return [
        *_other_site(fitted, judged),
        *unheard_indicators(model, panel),
        *_other_recipe(model.recipe_, panel.recipe),
        *_other_label(fitted.label, judged.label),
        *unseen_categories(model, panel),
        *_unseen_areas(fitted, judged),
    ]


def unseen_categories(model: RiskModel, panel: Panel) -> list[Note]:
    """Count by column the rows that hold a category that the fit did not see.

    Where they are of fewer than 10 households their number is not told, as in every table.
    """
    cells = model.unseen_cells(panel)
    masks = {column.name: cells[:, n] for n, column in enumerate(model.columns_)}
    return [_unseen_note(panel, name, mask) for name, mask in masks.items() if mask.any()]


def unheard_indicators(model: RiskModel, panel: Panel) -> list[Note]:
    """Name the indicators of the fit that say nothing in any row of another site.

    Feeds of few households are among them, whose volumes tell nothing.
    """
    recipe, judged = model.recipe_, panel.recipe
    if recipe is None or judged is None or not is_other_site(Origin.of_fit(model), judged.site):
        return []
    constant, cells = set(model.training_["constant"]), panel.X
    columns: dict[str, list[str]] = {}
    for column in recipe.features.columns(recipe.catalogue):
        if column.indicator and column.name in cells and column.name not in constant:
            columns.setdefault(column.indicator, []).append(column.name)
    silent = [code for code, own in columns.items() if not cells[own].fillna(0).any(axis=None)]
    return named("unheard_indicators", without_rare(silent, recipe.catalogue.rare))


def _unseen_note(panel: Panel, column: str, is_unseen: NDArray[np.bool_]) -> Note:
    if panel.households[is_unseen].nunique() < MIN_HOUSEHOLDS:
        return Note("few_unseen_category", {"column": column, "least": MIN_HOUSEHOLDS})
    rows = int(is_unseen.sum())
    is_every_one = rows == int(panel.X[column].notna().sum())
    key = "no_category_in_common" if is_every_one else "unseen_category"
    return Note(key, {"column": column, "rows": rows})


def _unseen_areas(fitted: Origin, judged: Origin) -> list[Note]:
    if not fitted.areas:
        return []
    unseen = [area for area in judged.areas if area not in set(fitted.areas)]
    return named("unseen_areas", unseen, number=len(unseen), total=len(judged.areas))


def _other_site(fitted: Origin, judged: Origin) -> list[Note]:
    if not is_other_site(fitted, judged.site):
        return []
    return [Note("other_site", {"fitted": fitted.site, "judged": judged.site})]


def _other_label(fitted: Label | None, judged: Label | None) -> list[Note]:
    if fitted is None or judged is None:
        return []
    return named("other_label", _fields_that_differ(fitted.to_dict(), judged.to_dict()))


def _other_recipe(fitted: Recipe | None, judged: Recipe | None) -> list[Note]:
    if fitted is None or judged is None:
        return []
    cohorts = _fields_that_differ(fitted.cohort.to_dict(), judged.cohort.to_dict())
    is_other = fitted.features.digest != judged.features.digest
    return [
        *compared_definitions(fitted, judged.catalogue),
        *named("other_cohort", cohorts),
        *([Note("other_features")] if is_other else []),
    ]


def _fields_that_differ(fitted: dict[str, object], judged: dict[str, object]) -> Iterator[str]:
    for field in dict.fromkeys([*fitted, *judged]):
        one, other = fitted.get(field), judged.get(field)
        if one != other:
            yield f"{field} {_said(one)} -> {_said(other)}"


def _said(value: object) -> str:
    if isinstance(value, list):
        return " or ".join(map(str, value))
    return NOT_SAID if value is None else str(value)
