"""Writes the card from the model and its evaluation; only purpose and limits are typed by hand."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.card.model_card import Facts, ModelCard, Table
from riskmodel.card.sites import external_table, place, require_own
from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.evaluation import Backtest, Evaluation
from riskmodel.evaluation.group_tables import figure_columns
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, as_days
from riskmodel.metrics import METRICS, metrics_at_capacity
from riskmodel.models import RiskClassifier
from riskmodel.panel import Cohort, Column, Label, Recipe
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.serving import ENGLISH, LANGUAGES
from riskmodel.splits import NOT_THE_FUTURE
from riskmodel.versions import library_versions

PHRASES = ENGLISH.phrases
NOT_FOR = tuple(text for key, text in PHRASES.items() if key.startswith("not_for_"))
LIMITS = tuple(text for key, text in PHRASES.items() if key.startswith("limit_"))
DIRECTIONS = {1: PHRASES["more_is_riskier"], -1: PHRASES["less_is_riskier"]}
LEAST_LISTED = 10


def write_card(
    model: RiskClassifier,
    evaluation: Evaluation,
    name: str,
    *,
    explanation: Facts,
    backtest: Backtest | None = None,
    purpose: str | None = None,
    limits: Iterable[str] = (),
    facts: Facts | None = None,
    external: Iterable[Evaluation] = (),
) -> ModelCard:
    """Write the card of a fitted model.

    Parameters
    ----------
    model : RiskClassifier
        Fitted.
    evaluation : Evaluation
        Of this model, or of its backtest refit: the same recipe, fitted at an earlier cut.
    name : str
    explanation : mapping
        Method and reference population of its explanations.
    backtest : Backtest, optional
        Its pooled figures of the baselines are written on the card.
    purpose : str, optional
        By default it is written from the label.
    limits : iterable of str
        Limits beyond those that always hold.
    facts : mapping, optional
        Sections that the evidence does not contain, such as ``{"population": {"who": ...}}`` for a
        frame of your own.
    external : iterable of Evaluation
        Of this model on records of other sites; they stand beside its own figures.

    Returns
    -------
    ModelCard

    Raises
    ------
    RegistryError
        Where a fact is missing; it is named. Also for an evaluation of another label or, unless it
        is given as external, of another site.
    """
    require_own(model, evaluation, backtest)
    recipe: Recipe | None = model.recipe_
    label = model.label_ or evaluation.label
    sections: dict[str, Any] = {
        "name": name,
        "purpose": purpose or _purpose(recipe, label),
        "not_for": NOT_FOR,
        "population": _population(recipe),
        "label": _label(label),
        **_model_sections(model),
        "evaluated": _evaluated(model, evaluation),
        **_evaluation_sections(evaluation),
        "external": external_table(model, external),
        "baselines": _baselines(backtest),
        "explanation": explanation,
        "libraries": library_versions(),
        "limits": (
            *LIMITS,
            *_redefined(model, evaluation),
            *_doubtful(model),
            *evaluation.notes,
            *limits,
        ),
    }
    given = _checked(facts or {}, sections)
    return ModelCard(**sections | given)


def _model_sections(model: RiskClassifier) -> dict[str, Any]:
    recipe = model.recipe_
    return {
        "training": _training(model),
        "data": {"digest": recipe.data, "complete_before": recipe.today} if recipe else {},
        "model": {
            "kind": model.kind,
            "seeds": model.seeds,
            "random_state": str(model.random_state),
        },
        "features": _features(model),
        "groups_as_features": _groups_as_features(model, recipe),
        "calibration": vars(model.calibration_),
    }


def _evaluation_sections(evaluation: Evaluation) -> dict[str, Any]:
    metrics = _named(evaluation.table)
    bins = ("predicted", "observed", "low", "high", "rows", "positives")
    return {
        "capacity": str(evaluation.capacity),
        "metrics": _table(metrics, ("metric", "value", "low", "high", "note")),
        "reliability": _table(evaluation.reliability, bins),
        "by_group": _table(_without_short_lists(evaluation.by_group)),
        "by_area": _table(_without_short_lists(evaluation.by_area)),
    }


def judged_rounds(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the as_of_dates of the rows that an evaluation judged."""
    index = evaluation.scores.index[evaluation.scores["y"].notna()]
    return tuple(np.unique(as_days(index.get_level_values(AS_OF))).astype(str).tolist())


def rounds_mature_before(
    training_rounds: Sequence[str], label: Label | None, judged: Sequence[str]
) -> tuple[str, ...]:
    """Return the training rounds whose labels were mature before the judged rounds.

    A backtest refit is fitted on these. They are all training rounds if the model itself has not
    seen the judged rounds, and none if the rounds do not follow each other in time.

    Examples
    --------
    >>> label = Label("crisis", window="2M")
    >>> rounds_mature_before(["2024-01-01", "2024-03-01", "2024-05-01"], label, ["2024-03-01"])
    ('2024-01-01',)
    """
    if label is None or not judged:
        return ()
    first = min(as_days(list(judged)))
    return tuple(day for day in training_rounds if label.matures_on(day) <= first)


def _purpose(recipe: Recipe | None, label: Label | None) -> str:
    if label is None:
        return ""
    who = recipe.household if recipe else "household"
    return (
        f"Rank every {who} of a round by its risk of {label.name}, so that a welfare service can "
        "reach out first to those who most likely need it, and say for each why it was ranked so."
    )


def _population(recipe: Recipe | None) -> Facts:
    if recipe is None:
        return {}
    cohort = recipe.cohort
    return {
        "entity": recipe.household,
        "cohort": _cohort(cohort),
        "area": recipe.area or PHRASES["none_named"],
        "groups": list(recipe.groups) or PHRASES["none_named"],
    }


def _cohort(cohort: Cohort) -> str:
    """Return the conditions of a cohort in words."""
    conditions = []
    if cohort.needs_fact:
        within = f" within {cohort.seen_within} before the date" if cohort.seen_within else ""
        of = f" of {', '.join(cohort.codes)}" if cohort.codes else ""
        conditions.append(f"with a visible fact{within}{of}")
    if cohort.listed:
        conditions.append("whose attributes are known")
    conditions += [f"without {code} within {span}" for code, span in cohort.exclude or ()]
    if cohort.where:
        conditions.append(f"where {cohort.where}")
    return ", ".join(conditions)


def _label(label: Label | None) -> Facts:
    if label is None:
        return {}
    return {
        "name": label.name,
        "outcome": list(label.outcome),
        "window": label.window,
        "maturity": label.maturity,
        "at_least": label.min_count,
        "observed_by": label.observed_by or PHRASES["everyone_observed"],
    }


def _training(model: RiskClassifier) -> Facts:
    training = model.training_
    return {
        "first_as_of": training["first_as_of"],
        "last_as_of": training["last_as_of"],
        "rows": training["rows"],
        "positives": training["positives"],
        "missing": training["missing"],
        "rounds": len(training["rounds"]),
        **place(training["site"], training["areas"]),
    }


def _evaluated(model: RiskClassifier, evaluation: Evaluation) -> Facts:
    rounds, judged = model.training_["rounds"], judged_rounds(evaluation)
    before = rounds_mature_before(rounds, model.label_ or evaluation.label, judged)
    if not before and NOT_THE_FUTURE not in evaluation.notes:
        raise _in_sample()

    fitted_on = PHRASES["other_households"]
    if before:
        fitted_on = f"{before[0]} to {before[-1]}, {len(before)} rounds"
    return {
        "rounds": list(judged),
        "rows": evaluation.rows,
        "positives": evaluation.positives,
        "by": _judged_by(rounds, before),
        "fitted_on": fitted_on,
        **_judged_place(evaluation),
    }


def _judged_place(evaluation: Evaluation) -> Facts:
    judged = evaluation.judged
    return place("", ()) if judged is None else place(judged.site, judged.areas)


def _judged_by(rounds: Sequence[str], before: Sequence[str]) -> str:
    """Return which model an evaluation judged, by the training rounds before the judged ones."""
    if not before:
        return PHRASES["same_recipe"]
    if len(before) == len(rounds):
        return PHRASES["this_model"]
    return PHRASES["earlier_refit"]


def _in_sample() -> RegistryError:
    return RegistryError(
        "the evaluation judged rounds on which the model was fitted",
        code="card.in_sample",
        allowed="rounds after its last label was final, or, for a refit, rounds that its "
        "backtest refit has not seen",
        next_step="evaluate on the test rows of TemporalSplit().last(panel) or, with one date, of "
        "HouseholdSplit().last(panel)",
    )


def _features(model: RiskClassifier) -> Table:
    catalogue = model.catalogue_
    by_code: dict[str, list[Column]] = {}
    for column in model.columns_:
        by_code.setdefault(column.indicator or column.name, []).append(column)
    return tuple(_feature(code, columns, catalogue) for code, columns in by_code.items())


def _feature(code: str, columns: list[Column], catalogue: Catalogue) -> Facts:
    indicator = catalogue.get(code)
    names = {lang: indicator.name(lang) if indicator else code for lang in LANGUAGES}
    directions = {column.direction for column in columns} - {0}
    not_said = PHRASES["not_said"]
    return {
        "code": code,
        "name": names.pop("en"),
        **names,
        "agency": (indicator.agency if indicator else "") or not_said,
        "family": indicator.family if indicator else not_said,
        "direction": DIRECTIONS[directions.pop()] if len(directions) == 1 else not_said,
        "computed": ", ".join(map(_computed, columns)),
    }


def _computed(column: Column) -> str:
    if not column.aggregate:
        return PHRASES["as_recorded"]
    has_window = AGGREGATES[column.aggregate].window != "none"
    return f"{column.aggregate} {column.window}" if has_window else column.aggregate


def _redefined(model: RiskClassifier, evaluation: Evaluation) -> tuple[str, ...]:
    """Name the indicators whose definition changed since the first training round."""
    first, last = model.training_["first_as_of"], model.training_["last_as_of"]
    if first is None or last is None:
        return ()
    newest = max(last, *judged_rounds(evaluation))
    indicators = model.catalogue_.values()
    changes = chain.from_iterable(one.redefined_within(first, newest) for one in indicators)
    different = "rounds before and after hold different things under its name."
    return tuple(f"{change}: {different}" for change in changes)


def _doubtful(model: RiskClassifier) -> tuple[str, ...]:
    """Name the training rounds that were accepted although their outcomes look incomplete."""
    rounds = model.training_["doubtful"]
    if not rounds:
        return ()
    return (f"fitted on rounds whose outcomes look incomplete, by name: {', '.join(rounds)}",)


def _groups_as_features(model: RiskClassifier, recipe: Recipe | None) -> str:
    """Name the groups of the fairness tables that are features, too."""
    groups = set() if recipe is None else {*recipe.groups, recipe.area}
    used = [name for name in map(str, model.feature_names_in_) if name in groups]
    return f"yes: {', '.join(used)}" if used else PHRASES["none"]


def _baselines(backtest: Backtest | None) -> Table:
    if backtest is None:
        return ({"note": PHRASES["compared_later"]},)
    pooled = backtest.table[backtest.table["split"].eq("pooled")]
    return _table(_named(pooled), ("model", "metric", "value", "low", "high", "note"))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    headings = table["metric"].map(lambda name: METRICS[name].heading)
    return table.assign(metric=headings)


def _without_short_lists(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Leave out the figures of a list so short that they would disclose a household."""
    if table is None:
        return None
    is_short = table["selected"] < LEAST_LISTED
    columns = ["selected"]
    for metric in metrics_at_capacity():
        columns += [column for column in figure_columns(metric) if column in table]

    shown = table.astype(dict.fromkeys(columns, "float64"))
    shown.loc[is_short, columns] = np.nan
    shown.loc[is_short, "note"] = PHRASES["short_list"]
    return shown


def _table(frame: pd.DataFrame | None, columns: Sequence[str] | None = None) -> Table:
    if frame is None or frame.empty:
        return ({"note": PHRASES["empty_table"]},)
    chosen = frame if columns is None else frame[[c for c in columns if c in frame]]
    return tuple(_plain_row(row) for row in chosen.to_dict("records"))


def _plain_row(row: Mapping[Hashable, Any]) -> Facts:
    return {str(key): _value(value) for key, value in row.items()}


def _value(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _checked(facts: Facts, sections: Mapping[str, Any]) -> dict[str, Any]:
    for name in facts:
        if name not in sections:
            raise RegistryError(
                f"the card has no section {name!r}",
                code="card.section",
                allowed=list(sections),
                next_step=did_you_mean(name, sections),
            )
    return dict(facts)
