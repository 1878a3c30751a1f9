"""Makes a classifier that knows its panel, and fits a recipe again on newer rounds."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.models.classifier import RandomState, RiskClassifier
from riskmodel.models.kinds import kind_of

if TYPE_CHECKING:
    from riskmodel.panel import Panel


def make_classifier(
    panel: Panel | None = None,
    kind: str = "lightgbm",
    *,
    seeds: int = 4,
    random_state: RandomState = 0,
    n_jobs: int | None = None,
    **params: Any,
) -> RiskClassifier:
    """Return an unfitted classifier that knows a panel's columns, risk directions, label and recipe.

    Parameters
    ----------
    panel : Panel, optional
    kind : str, default "lightgbm"
        One of `KINDS`.
    seeds, random_state, n_jobs
        See `RiskClassifier`.
    **params
        Its other parameters; a misspelled one is refused.

    Examples
    --------
    >>> make_classifier(kind="logistic")
    RiskClassifier(kind='logistic', seeds=4, random_state=0)
    >>> make_classifier(learning_rat=0.1)
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: unknown parameter 'learning_rat'. Allowed: ...
    """
    kind_of(kind)
    known = list(inspect.signature(RiskClassifier).parameters)
    for name in params:
        if name not in known:
            raise ConfigError(
                f"unknown parameter {name!r}",
                code="models.parameter",
                allowed=known,
                next_step=did_you_mean(name, known),
            )
    if panel is not None:
        params = {"label": panel.label, "recipe": panel.recipe, "columns": panel.columns} | params
    return RiskClassifier(
        kind=kind, seeds=seeds, random_state=random_state, n_jobs=n_jobs, **params
    )


def refit(model: RiskClassifier, panel: Panel) -> RiskClassifier:
    """Fit a model's recipe (kind, parameters, seeds, features, label) again on all mature rounds of a panel.

    Parameters
    ----------
    model : RiskClassifier
        Fitted; it is left as it is.
    panel : Panel
        Built by the same features and label, holding at least the rounds that the model was fitted on.

    Returns
    -------
    RiskClassifier
        A new one.
    """
    check_is_fitted(model, "core_")
    if model.recipe is not None and panel.recipe is not None:
        _same("features", model.recipe.features.digest == panel.recipe.features.digest)
    _same("columns", tuple(model.feature_names_in_) == tuple(map(str, panel.X.columns)))
    _same("label", model.label is None or model.label == panel.label)
    fresh = (
        clone(model)
        .set_params(label=panel.label, recipe=panel.recipe, columns=panel.columns)
        .fit(panel)
    )
    lost = sorted(set(model.training_["rounds"]) - set(fresh.training_["rounds"]))
    if lost:
        raise ModelError(
            f"the panel lacks {len(lost)} rounds of the first fit, from {lost[0]} to {lost[-1]}",
            code="models.fewer_rounds",
            allowed="every round of the first fit, and later ones",
            next_step="build the panel from the recipe's first round on",
        )
    return fresh


def _same(what: str, same: bool) -> None:  # noqa: FBT001
    if not same:
        raise ModelError(
            f"the panel's {what} are not those of the model's recipe",
            code="models.other_recipe",
            allowed="a panel built by the model's own recipe",
            next_step="build it with model.recipe, or fit a new model by make_classifier(panel)",
        )
