"""Anyone's scores on a panel's rows: a fitted model's, a Series, or those of an earlier evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import AS_OF, HOUSEHOLD, check_unique_keys

if TYPE_CHECKING:
    from riskmodel.panel import Panel


def scores_of(model: Any, panel: Panel) -> pd.DataFrame:
    """Return margin and score of every row of a panel.

    Parameters
    ----------
    model : RiskClassifier, classifier with ``predict_proba``, Series or record with ``scores``
    panel : Panel

    Returns
    -------
    DataFrame
        Indexed as ``panel.X``: ``margin``, which ranks, and ``score``, the probability; NaN throughout where the
        scores are no probabilities.
    """
    if isinstance(model, pd.Series):
        return _of_series(model, panel)
    if isinstance(getattr(model, "scores", None), pd.DataFrame):
        return _aligned(model.scores[["margin", "score"]], panel)
    if hasattr(model, "calibration_") and hasattr(model, "margin"):
        return _of_margin(model, panel)
    if hasattr(model, "predict_proba"):
        chance = np.asarray(model.predict_proba(panel.X), dtype=np.float64)[:, 1]
        return pd.DataFrame({"margin": chance, "score": chance}, index=panel.X.index)
    raise ConfigError(
        f"a {type(model).__name__} has no scores",
        code="evaluation.model",
        allowed="a fitted classifier, or a Series of scores indexed by (household_id, as_of_date)",
        next_step="fit the model, or pass one column of the scores",
    )


def name_of(model: Any) -> str:
    """Return what to call a model or Series when nobody says."""
    for attribute in ("kind", "name"):
        if isinstance(name := getattr(model, attribute, None), str) and name:
            return name
    return "scores" if isinstance(model, pd.Series) else type(model).__name__


def _of_margin(model: Any, panel: Panel) -> pd.DataFrame:
    from scipy.special import expit

    margin = model.margin(panel)
    score = expit(model.calibration_.log_odds(margin))
    return pd.DataFrame({"margin": margin, "score": score}, index=panel.X.index)


def _of_series(series: pd.Series, panel: Panel) -> pd.DataFrame:
    found = _aligned(series.astype(np.float64).to_frame("margin"), panel)
    is_chance = bool(found["margin"].between(0, 1).all())
    return found.assign(score=found["margin"] if is_chance else np.nan)


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
            next_step="score the rest, or judge the rows that have one: panel[panel.X.index.isin(scores.index)]",
        )
    return scores


def _keys(index: pd.Index) -> pd.MultiIndex:
    """Return an index as text ids and days, as a panel has them."""
    from riskmodel.panel.frame import text_ids

    if index.nlevels != 2:
        raise ConfigError(
            f"scores have {index.nlevels} index levels",
            code="evaluation.index",
            allowed=[HOUSEHOLD, AS_OF],
            next_step="scores.set_index(['household_id', 'as_of_date'])['score']",
        )
    ids, days = (index.get_level_values(level) for level in (0, 1))
    if not pd.api.types.is_string_dtype(ids):
        ids = pd.Index(text_ids(ids.to_series()))
    return pd.MultiIndex.from_arrays(
        [ids, pd.DatetimeIndex(days).as_unit("s")], names=[HOUSEHOLD, AS_OF]
    )
