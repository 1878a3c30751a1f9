"""Makes a classifier that knows its panel, and fits a recipe again on newer rounds."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from riskmodel.doors import door
from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.keys import DateLike, as_days
from riskmodel.models.accepted_rounds import check_accepted
from riskmodel.models.classes import Class
from riskmodel.models.classifier import RandomState, RiskClassifier
from riskmodel.models.inputs import OF_THE_PANEL
from riskmodel.models.kinds import check_kind
from riskmodel.models.level_for import LABELLED

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@door
def make_classifier(
    panel: Panel | None = None,
    kind: str = "lightgbm",
    *,
    seeds: int = 4,
    n_estimators: int = 150,
    num_leaves: int = 31,
    max_depth: int = 6,
    learning_rate: float = 0.04,
    min_child_samples: int | None = None,
    subsample: float = 0.7,
    colsample: float | None = None,
    reg_lambda: float = 10.0,
    l2: float | None = None,
    prior: float = 50.0,
    members: Sequence[str] | None = None,
    random_state: RandomState = 0,
    n_jobs: int | None = None,
    directions: Mapping[str, int] | None = None,
    region: str | None = None,
    positive: Class | None = None,
    level_for: str = LABELLED,
    accept_rounds: Iterable[DateLike] | None = None,
) -> RiskClassifier:
    """Return an unfitted classifier with a panel's columns, risk directions, label and recipe.

    It knows the rounds of the panel whose outcomes look incomplete, so that ``fit(X, y)`` refuses
    them too.

    Parameters
    ----------
    panel : Panel, optional
    kind : str, default "lightgbm"
        One of `KINDS`.
    seeds, n_estimators, num_leaves, max_depth, learning_rate, min_child_samples
        See `RiskClassifier`.
    subsample, colsample, reg_lambda, l2, prior, members, random_state, n_jobs, directions, positive
        See `RiskClassifier`.
    region : str, optional
        A column of categories, such as the province: see `RiskClassifier`.
    level_for : {"labelled", "everyone"}, default "labelled"
        For whom the mean probability is right where only those contacted have a label: see
        `RiskClassifier`.
    accept_rounds : list of date-like, optional
        Rounds of the panel to fit on although their outcomes look incomplete; the panel prints
        which do.

    Returns
    -------
    RiskClassifier

    Raises
    ------
    ConfigError
        For an unknown kind, members that cannot be blended, or an accepted round that the panel
        does not have.

    Examples
    --------
    >>> make_classifier(kind="logistic")
    RiskClassifier(kind='logistic', seeds=4, random_state=0)
    """
    check_kind(kind, members)
    if panel is not None:
        check_accepted(accept_rounds, _rounds_of_study(panel))
    return RiskClassifier(
        kind=kind,
        seeds=seeds,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        max_depth=max_depth,
        learning_rate=learning_rate,
        min_child_samples=min_child_samples,
        subsample=subsample,
        colsample=colsample,
        reg_lambda=reg_lambda,
        l2=l2,
        prior=prior,
        members=members,
        random_state=random_state,
        n_jobs=n_jobs,
        directions=directions,
        region=region,
        positive=positive,
        level_for=level_for,
        accept_rounds=accept_rounds,
        **({} if panel is None else _of_the_panel(panel)),
    )


def _of_the_panel(panel: Panel) -> dict[str, Any]:
    return {name: getattr(panel, name) for name in OF_THE_PANEL}


def _rounds_of_study(panel: Panel) -> list[str]:
    """Return the rounds of a panel and of the whole that it was cut from, such as the test's."""
    own = as_days(panel.as_of.unique()).astype(str).tolist()
    of_recipe = () if panel.recipe is None else panel.recipe.rounds
    return sorted({*own, *of_recipe, *panel.doubtful})


def check_parameters(params: Mapping[str, object]) -> None:
    """Refuse a parameter of a configuration that `make_classifier` does not have.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> check_parameters({"learning_rat": 0.1})
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: unknown parameter 'learning_rat'. Allowed: ...
    """
    known = [name for name in inspect.signature(make_classifier).parameters if name != "panel"]
    for name in params:
        if name not in known:
            raise ConfigError(
                f"unknown parameter {name!r}",
                code="models.parameter",
                allowed=known,
                next_step=did_you_mean(name, known),
            )


@door
def refit(model: RiskClassifier, panel: Panel) -> RiskClassifier:
    """Fit a model's recipe again on all mature rounds of a panel.

    The recipe is its kind, parameters, seeds, features and label.

    Parameters
    ----------
    model : RiskClassifier
        Fitted. It is not changed.
    panel : Panel
        Built by the same features and label. It holds at least the rounds that the model was fitted
        on.

    Returns
    -------
    RiskClassifier
        A new model.
    """
    check_is_fitted(model, "core_")
    if model.recipe_ is not None and panel.recipe is not None:
        _same("features", model.recipe_.features.digest == panel.recipe.features.digest)
    _same("columns", tuple(model.feature_names_in_) == tuple(map(str, panel.X.columns)))
    _same("label", model.label_ is None or model.label_ == panel.label)

    unfitted = clone(model).set_params(**_of_the_panel(panel))
    fresh = unfitted.fit(panel)

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
            next_step="build it with model.recipe_, or fit a new model by make_classifier(panel)",
        )
