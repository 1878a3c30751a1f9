"""What the card says of a model: its purpose, its rows, its label, its fit and its features."""

from __future__ import annotations

from riskmodel.card.model_card import Facts, Table
from riskmodel.card.sites import place
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.models import RiskClassifier, blended, columns_of
from riskmodel.panel import Cohort, Column, Label, Recipe
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.serving import ENGLISH, LANGUAGES, column_words

PHRASES = ENGLISH.phrases
DIRECTIONS = {1: PHRASES["more_is_riskier"], -1: PHRASES["less_is_riskier"]}


def model_sections(model: RiskClassifier, label: Label | None) -> Facts:
    """Return the sections that a model fills; blank ones where it was fitted on a frame."""
    recipe = model.recipe_
    regions = {} if model.regions_ is None else model.regions_.facts()
    return {
        "purpose": _purpose(recipe, label),
        "population": _population(recipe),
        "label": _label(label),
        "training": _training(model),
        "data": {"digest": recipe.data, "complete_before": recipe.today} if recipe else {},
        "model": _kind(model),
        "features": _features(model),
        "groups_as_features": _groups_as_features(model, recipe),
        "columns": _columns(model),
        "calibration": {**vars(model.calibration_), **regions},
    }


def _kind(model: RiskClassifier) -> Facts:
    members = list(blended(model.kind, model.members))
    return {
        "kind": model.kind,
        **({"members": members} if members else {}),
        "seeds": model.seeds,
        "random_state": str(model.random_state),
    }


def _purpose(recipe: Recipe | None, label: Label | None) -> str:
    if label is None:
        return ""
    who = recipe.household if recipe else "household"
    return PHRASES["purpose"].format(who=who, label=label.name)


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
    by_reader = {"confirmed_by": label.reader or PHRASES["first_reader"]}
    return {
        "name": label.name,
        "outcome": list(label.outcome),
        "window": label.window,
        "maturity": label.maturity,
        "at_least": label.min_count,
        "observed_by": label.observed_by or PHRASES["everyone_observed"],
        **(by_reader if label.confirmed_by else {}),
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


def _features(model: RiskClassifier) -> Table:
    catalogue = model.catalogue_
    by_code: dict[str, list[Column]] = {}
    for column in model.columns_:
        by_code.setdefault(column.key, []).append(column)
    return tuple(_feature(code, columns, catalogue) for code, columns in by_code.items())


def _feature(code: str, columns: list[Column], catalogue: Catalogue) -> Facts:
    indicator, not_said = catalogue.get(code), PHRASES["not_said"]
    family = columns[0].family or (indicator.family if indicator else not_said)
    names = {lang: _name(columns[0], indicator, lang) for lang in LANGUAGES}
    directions = {column.direction for column in columns} - {0}
    return {
        "code": code,
        "name": names.pop("en"),
        **names,
        "agency": (indicator.agency if indicator else "") or not_said,
        "family": family,
        "known_after": indicator.lag if indicator else not_said,
        "direction": _direction(directions),
        "computed": ", ".join(map(_computed, columns)),
    }


def _direction(directions: set[int]) -> str:
    """Return in which direction an indicator may move the score, if the fit was told one."""
    return DIRECTIONS[directions.pop()] if len(directions) == 1 else PHRASES["any_direction"]


def _name(column: Column, indicator: Indicator | None, lang: str) -> str:
    if column.family:
        return LANGUAGES[lang].kinds_name(column.family)
    return indicator.name(lang) if indicator else column.key


def _computed(column: Column) -> str:
    if not column.aggregate:
        return PHRASES["as_recorded"]
    has_window = column.family or AGGREGATES[column.aggregate].window != "none"
    return f"{column.aggregate} {column.window}" if has_window else column.aggregate


def _columns(model: RiskClassifier) -> Table:
    """Return each column and what it is, by code of a language."""
    indicators = model.catalogue_.to_dict()
    return tuple(
        {"column": one["name"], **column_words(one, indicators)} for one in columns_of(model)
    )


def _groups_as_features(model: RiskClassifier, recipe: Recipe | None) -> str:
    """Name the groups of the fairness tables that are features, too."""
    groups = set() if recipe is None else {*recipe.groups, recipe.area}
    used = [name for name in map(str, model.feature_names_in_) if name in groups]
    return f"yes: {', '.join(used)}" if used else PHRASES["none"]
