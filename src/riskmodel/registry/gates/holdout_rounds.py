"""The rounds on which a version is compared: those that it, or its backtest refit, has not seen."""

from __future__ import annotations

from typing import NamedTuple

from riskmodel.errors import RegistryError
from riskmodel.keys import as_days
from riskmodel.panel import Recipe
from riskmodel.recipes import (
    Origin,
    is_other_site,
    mature_rounds,
    rounds_mature_before,
    unseen_rounds,
)
from riskmodel.records import Records
from riskmodel.registry.reading.loaded_model import LoadedModel


class Rounds(NamedTuple):
    """The rounds that are compared, those before them, and whether a refit has to score."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    is_refit: bool = False


def chosen_rounds(model: LoadedModel, records: Records) -> Rounds:
    """Return the rounds on which a version is compared, and those before them.

    Raises
    ------
    RegistryError
        For a version without a recipe, or records without a round that it has not seen.
    """
    recipe = labelled_recipe(model)
    if is_other_site(Origin.of_fit(model), records.site):
        return _rounds_elsewhere(model, records)

    fitted = tuple(model.training_["rounds"])
    rounds = unseen_rounds(recipe, fitted, records)
    if rounds:
        return Rounds(fitted, rounds)
    judged = tuple(model.card.evaluated["rounds"])
    before = rounds_mature_before(fitted, recipe.label, judged)
    if not before:
        raise nothing_unseen(model, records)
    return Rounds(before, judged, is_refit=True)


def _rounds_elsewhere(model: LoadedModel, records: Records) -> Rounds:
    """Return the mature rounds of another site; the first ones fit its baselines, if any can."""
    recipe = labelled_recipe(model)
    rounds = mature_rounds(recipe, records)
    if not rounds:
        raise nothing_unseen(model, records)
    assert recipe.label is not None
    first_label = recipe.label.matures_on(rounds[0])
    later = tuple(day for day in rounds if as_days(day) >= first_label)
    if not later:
        return Rounds((), rounds)
    return Rounds(rounds_mature_before(rounds, recipe.label, later), later)


def labelled_recipe(model: LoadedModel) -> Recipe:
    """Return a version's recipe, or refuse one that has no recipe or no label."""
    if model.recipe_ is None or model.recipe_.label is None:
        raise RegistryError(
            "the version does not know how its rows are built from records",
            code="promote.no_recipe",
            allowed="a model of a panel built from records, with a label",
            next_step="publish a model made by make_classifier(build_panel(records, ...))",
        )
    return model.recipe_


def nothing_unseen(model: LoadedModel, records: Records) -> RegistryError:
    """Return the refusal of records without a round that a version has not seen."""
    last = model.training_["last_as_of"]
    return RegistryError(
        f"the records to {records.today} hold no round that the version has not seen "
        f"(its last is {last})",
        code="promote.nothing_unseen",
        allowed="rounds after the version's last label was final, or, for a refit, rounds on which "
        "it was evaluated and before which it can be fitted",
        next_step="read newer records, or publish a model fitted on earlier rounds with an "
        "evaluation on later ones",
    )
