"""The rows on which a model is judged: a panel, or what its own recipe builds from records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation.scores import Scorable, fits_of, in_sample_of, risk_model
from riskmodel.models import RiskModel
from riskmodel.panel import Panel, Recipe
from riskmodel.recipes import (
    External,
    FitJudged,
    Note,
    Origin,
    check_external,
    compared_catalogues,
    compared_feeds,
    compared_rows,
    external_statement,
    in_sample,
    is_other_site,
    mature_rounds,
    panel_by_recipe,
    recipe_of,
    unseen_rounds,
    written,
)
from riskmodel.records import Records


class Judged(NamedTuple):
    """Rows on which a model is judged.

    Attributes
    ----------
    panel : Panel
    notes : tuple of str
        In what they differ from the rows of the fit, and that they are some of these.
    fitted : Origin or None
        Where the rows of the fit come from; None for scores of no model of riskmodel.
    in_sample : str
        How many of them are rows of the fit; empty where none is.
    fits : tuple of FitJudged
        What the model was fitted on; none for scores of no model.
    external : str
        Why no household is one of the fit's, for rows of another site; else empty.
    """

    panel: Panel
    notes: tuple[str, ...] = ()
    fitted: Origin | None = None
    in_sample: str = ""
    fits: tuple[FitJudged, ...] = ()
    external: str = ""


def judged_rows(
    model: Scorable,
    on: Panel | Records,
    external: External = None,
    accept_feeds: Iterable[str] = (),
) -> Judged:
    """Return the rows of a panel, or those that a model's own recipe builds from records."""
    known = risk_model(model)
    if not isinstance(on, Records):
        return _judged_before(model, on) if known is None else _judged(known, on, [], external)
    if known is None:
        raise ConfigError(
            "scores without a recipe cannot be judged on records",
            code="evaluation.records",
            allowed="a model made by make_classifier(build_panel(records, ...)), or a published "
            "one",
            next_step="build a panel of these rows, and evaluate on it",
        )
    return _from_records(known, on, external, accept_feeds)


def notes_on_rows(model: Scorable, panel: Panel) -> tuple[str, ...]:
    """Tell in what the rows of a panel differ from those of a model's fit, or are some of these."""
    known = risk_model(model)
    if known is None:
        return tuple(filter(None, [in_sample_of(model)]))
    return written([*in_sample(known, panel), *compared_rows(known, panel)])


def _judged_before(scores: Scorable, panel: Panel) -> Judged:
    """Return the rows with what an earlier evaluation of the scores knows of their model."""
    seen = in_sample_of(scores)
    notes = (seen,) if seen else ()
    return Judged(panel, notes, in_sample=seen, fits=fits_of(scores))


def _judged(model: RiskModel, panel: Panel, notes: list[Note], external: External) -> Judged:
    fitted = Origin.of_fit(model)
    statement = external_statement(fitted, panel, external)
    seen = " ".join(written(in_sample(model, panel)))
    told = written([*notes, *compared_rows(model, panel)])
    about = [seen, *told, f"external figures ({statement})" if statement else ""]
    fits = (FitJudged.of(model, panel),)
    return Judged(panel, tuple(filter(None, about)), fitted, seen, fits, statement)


def _from_records(
    model: RiskModel, records: Records, external: External, accept_feeds: Iterable[str]
) -> Judged:
    """Compare, then build the rounds that may be judged by the model's own recipe."""
    recipe, fitted = recipe_of(model), Origin.of_fit(model)
    check_external(fitted, records.site, external)
    notes = compared_catalogues(recipe, records.catalogue)

    panel = panel_by_recipe(recipe, records, _rounds(model, records))
    notes += compared_feeds(model, records, panel, accept_feeds)
    return _judged(model, panel, notes, external)


def _rounds(model: RiskModel, records: Records) -> tuple[str, ...]:
    """Return any mature round of another site, else those that the fit has not seen."""
    recipe = _labelled_recipe(model)
    if is_other_site(Origin.of_fit(model), records.site):
        days = mature_rounds(recipe, records)
    else:
        days = unseen_rounds(recipe, model.training_["rounds"], records)
    if not days:
        raise PanelError(
            f"the records to {records.today} hold no round to judge the model on (the last round "
            f"of its fit is {model.training_['last_as_of']})",
            code="evaluation.nothing_unseen",
            allowed="rounds after the fit's last label was final, or of another site, with a "
            "mature label",
            next_step="read newer records, or fit on earlier rounds",
        )
    return days


def _labelled_recipe(model: RiskModel) -> Recipe:
    recipe = recipe_of(model)
    if recipe.label is None:
        raise ConfigError(
            "the model has no label by which rows could be judged",
            code="evaluation.records",
            allowed="a model of a panel with a label",
            next_step="fit it on build_panel(records, label=...)",
        )
    return recipe
