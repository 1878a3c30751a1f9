"""Scores on a panel's rows: of a fitted model, of a Series, or of an earlier evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import AS_OF, HOUSEHOLD, check_unique_keys
from riskmodel.models import RiskModel

if TYPE_CHECKING:
    from riskmodel.metrics import Capacity
    from riskmodel.panel import Label, Panel
    from riskmodel.recipes import FitJudged


@runtime_checkable
class HasScores(Protocol):
    """Scores of rows that were computed before: an `Evaluation`, or any record of them."""

    @property
    def name(self) -> str:
        """What to call the scores."""
        ...

    @property
    def scores(self) -> pd.DataFrame:
        """The columns margin and score, by household and date."""
        ...


@runtime_checkable
class JudgedScores(Protocol):
    """An earlier `Evaluation`, which knows what its model was fitted on."""

    @property
    def in_sample(self) -> str:
        """How many of the rows judged are rows of the fit; empty where none is."""
        ...

    @property
    def fits(self) -> tuple[FitJudged, ...]:
        """What its model was fitted on."""
        ...

    @property
    def label(self) -> Label | None:
        """Which outcome it judged."""
        ...

    @property
    def capacity(self) -> Capacity:
        """At which capacity its list was drawn."""
        ...

    @property
    def labels(self) -> str:
        """Under which labels its figures stand."""
        ...


@runtime_checkable
class ProbabilisticClassifier(Protocol):
    """A classifier of another library."""

    def predict_proba(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the probabilities of the two classes."""
        ...


@runtime_checkable
class HasClasses(Protocol):
    """A classifier that names its classes, as scikit-learn's do."""

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes in the order of the probabilities."""
        ...


Scorable = RiskModel | pd.Series | HasScores | ProbabilisticClassifier


def scores_of(model: Scorable, panel: Panel, *, probability: bool = False) -> pd.DataFrame:
    """Return margin and score of every row of a panel.

    Only the functions of this file look at the type of what they are given; all others take a
    `RiskModel`.

    Parameters
    ----------
    model : RiskModel, classifier with ``predict_proba``, Series or record with ``scores``
    panel : Panel
    probability : bool, default False
        Whether a Series holds probabilities of the crisis. Other scores know it by themselves.

    Returns
    -------
    DataFrame
        Indexed as ``panel.X``: ``margin``, which ranks, and ``score``, the probability; NaN
        throughout where the scores are no probabilities.

    Raises
    ------
    ConfigError
        For an object that has no scores, a classifier of words or of other than two classes, or a
        Series of probabilities outside [0, 1].
    PanelError
        For rows of the panel that have no score.
    """
    if isinstance(model, pd.Series):
        return _of_series(model, panel, probability=probability)
    if isinstance(model, HasScores):
        return _aligned(model.scores[["margin", "score"]], panel)
    if isinstance(model, RiskModel):
        return _of_margin(model, panel)
    if isinstance(model, ProbabilisticClassifier):
        return _of_probabilities(model, panel)
    raise ConfigError(
        f"a {type(model).__name__} has no scores",
        code="evaluation.model",
        allowed="a fitted classifier, or a Series of scores indexed by (household_id, as_of_date)",
        next_step="fit the model, or pass one column of the scores",
    )


def risk_model(model: Scorable) -> RiskModel | None:
    """Return a model of riskmodel as it is, and None for anything else that has scores."""
    return model if isinstance(model, RiskModel) else None


def in_sample_of(model: Scorable) -> str:
    """Return what an earlier evaluation says of rows of the fit; empty for anything else."""
    return model.in_sample if isinstance(model, JudgedScores) else ""


def fits_of(model: Scorable) -> tuple[FitJudged, ...]:
    """Return what the model of an earlier evaluation was fitted on; nothing for anything else."""
    return model.fits if isinstance(model, JudgedScores) else ()


def label_of(model: Scorable) -> Label | None:
    """Return which outcome an earlier evaluation judged; None for anything else."""
    return model.label if isinstance(model, JudgedScores) else None


def capacity_before(model: Scorable) -> Capacity | None:
    """Return the capacity of an earlier evaluation; None for anything else."""
    return model.capacity if isinstance(model, JudgedScores) else None


def labels_before(model: Scorable) -> str | None:
    """Return under which labels an earlier evaluation stands; None for anything else."""
    return model.labels if isinstance(model, JudgedScores) else None


def several(given: Scorable | Sequence[Scorable]) -> list[Scorable] | None:
    """Return the models of a list; None for a single one."""
    return list(given) if isinstance(given, list | tuple) else None


def name_of(model: Scorable) -> str:
    """Return what to call a model or scores that were given no name."""
    if isinstance(model, pd.Series):
        return str(model.name) if isinstance(model.name, str) and model.name else "scores"
    if isinstance(model, HasScores):
        return model.name
    return model.kind if isinstance(model, RiskModel) else type(model).__name__


def _of_margin(model: RiskModel, panel: Panel) -> pd.DataFrame:
    margin = model.margin(panel)
    score = expit(model.calibration_.log_odds(margin))
    return pd.DataFrame({"margin": margin, "score": score}, index=panel.X.index)


def _of_probabilities(model: ProbabilisticClassifier, panel: Panel) -> pd.DataFrame:
    chances = np.asarray(model.predict_proba(panel.X), dtype=np.float64)
    if chances.shape != (len(panel), 2) or _has_words(model):
        raise ConfigError(
            f"the classes of the {type(model).__name__} do not say which is the crisis",
            code="evaluation.classes",
            allowed="two classes that are numbers or booleans: the larger is the crisis",
            next_step="pass the chances of the crisis alone: "
            "pd.Series(model.predict_proba(panel.X)[:, k], panel.X.index)",
        )
    crisis = chances[:, 1]
    return pd.DataFrame({"margin": crisis, "score": crisis}, index=panel.X.index)


def _has_words(model: ProbabilisticClassifier) -> bool:
    """Tell whether the classes of a classifier are words, whose order says nothing."""
    return isinstance(model, HasClasses) and np.asarray(model.classes_).dtype.kind not in "biuf"


def _of_series(series: pd.Series, panel: Panel, *, probability: bool) -> pd.DataFrame:
    try:
        margin = series.astype(np.float64)
    except (TypeError, ValueError):
        raise ConfigError(
            "the scores hold something that is no number",
            code="evaluation.not_a_number",
            allowed="numbers, of which more means more risk",
            next_step="pass one column of numbers, such as scores['score']",
        ) from None
    scores = _aligned(margin.to_frame("margin"), panel)
    if not probability:
        return scores.assign(score=np.nan)
    _check_probabilities(scores["margin"])
    return scores.assign(score=scores["margin"])


def _check_probabilities(scores: pd.Series) -> None:
    outside = int((~scores.between(0, 1)).sum())
    if outside:
        raise ConfigError(
            f"{outside:,} of {len(scores):,} scores lie outside [0, 1] and are no probabilities",
            code="evaluation.probability",
            allowed="probability=True for scores between 0 and 1",
            next_step="leave probability=True out, or calibrate the scores first",
        )


def _aligned(scores: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return the scores in the panel's order, or say how many rows have none."""
    if not scores.index.equals(panel.X.index):
        keys = _keys(scores.index)
        check_unique_keys(keys)
        scores = scores.set_axis(keys, axis=0).reindex(panel.X.index)
    missing = int(scores["margin"].isna().sum())
    if missing:
        raise PanelError(
            f"{missing:,} of the panel's {len(panel):,} rows have no score",
            code="evaluation.missing_scores",
            allowed="a score for every (household_id, as_of_date) of the panel",
            next_step="score the rest, or evaluate the rows that have one: "
            "panel[panel.X.index.isin(scores.index)]",
        )
    return scores


def _keys(index: pd.Index) -> pd.MultiIndex:
    """Return an index as text ids and days, as a panel has them."""
    from riskmodel.panel.household_ids import text_ids

    if index.nlevels != 2:
        raise ConfigError(
            f"scores have {index.nlevels} index levels",
            code="evaluation.index",
            allowed=[HOUSEHOLD, AS_OF],
            next_step="scores.set_index(['household_id', 'as_of_date'])['score']",
        )
    ids, days = (index.get_level_values(level) for level in (0, 1))
    try:
        dates = pd.DatetimeIndex(days).tz_localize(None).as_unit("s")
    except (TypeError, ValueError):
        raise ConfigError(
            "the second level of the scores' index holds no dates",
            code="evaluation.index",
            allowed=[HOUSEHOLD, AS_OF],
            next_step="scores.swaplevel(), where the dates stand first",
        ) from None
    ids = pd.Index(text_ids(ids.to_series()))
    return pd.MultiIndex.from_arrays([ids, dates], names=[HOUSEHOLD, AS_OF])
