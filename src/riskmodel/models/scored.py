"""What every model gives for rows: log-odds, probabilities, and the score with percentile, band and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import ArrayLike
from scipy.special import expit

from riskmodel.models.column_entries import columns_of
from riskmodel.models.contributions import contributions_of
from riskmodel.models.fit_rows import Floats
from riskmodel.models.inputs import Frame, features_of
from riskmodel.models.kinds import kind_of
from riskmodel.models.language_check import check_language, check_top
from riskmodel.serving import ReasonWriter

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel
    from riskmodel.models.reference import Reference
    from riskmodel.panel import Panel


class ScoredByMargin:
    """The methods that a model has because it has a margin, a calibration and tables."""

    def log_odds(self: RiskModel, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the calibrated log-odds of the crisis class: slope * margin + intercept."""
        # the margin first: it is what refuses a model that is not fitted
        margin = self.margin(X, area)
        return self.calibration_.log_odds(margin)

    def predict_proba(self: RiskModel, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the probabilities of the other class and of the crisis class, shape (n_rows, 2)."""
        crisis = expit(self.log_odds(X, area))
        return np.column_stack([1 - crisis, crisis])

    def score_rows(
        self: RiskModel, X: Panel | Frame, lang: str = "en", top: int = 3, *, masked: bool = True
    ) -> pd.DataFrame:
        """Return what a consumer of the published model gets for each row, whatever the other rows are.

        Parameters
        ----------
        X : Panel, or DataFrame or array of shape (n_rows, n_features)
        lang : {"en", "ko"}
            Language of the reasons.
        top : int, default 3
            Number of reasons per row, at most.
        masked : bool, default True
            Whether sensitive indicators (suicide, violence) are named as "sensitive information"
            only.

        Returns
        -------
        DataFrame
            ``score`` (the probability of the crisis class), ``percentile`` and ``band`` (against
            the rounds that the model was published with), ``reasons`` (a list of mappings: code,
            text, contribution), one row per row of X. A model that is not published has no such
            rounds: its percentiles are missing and its bands are None.

        Raises
        ------
        ConfigError
            For an unknown language, or `top` below 1.
        ModelError
            For a kind that has no contributions.
        """
        check_language(lang)
        check_top(top)
        matrix = self.encode(X)
        result = contributions_of(
            kind_of(self.kind), self.tables(), matrix, self.n_jobs or cpu_count()
        )
        writer = ReasonWriter(columns_of(self), self.catalogue_.to_dict())
        totals = self.calibration_.slope * writer.totals(result.parts)
        standing = standing_of(self, self.reference_, result.margin)
        reasons = writer.reasons(matrix, totals, lang, top, masked=masked)
        return standing.set_axis(index_of(X, len(matrix)), axis=0).assign(
            reasons=pd.Series(reasons, dtype=object).to_numpy()
        )


def standing_of(model: RiskModel, reference: Reference | None, margin: Floats) -> pd.DataFrame:
    """Return score, percentile and band of margins; without a reference the latter two are missing."""
    score = expit(model.calibration_.log_odds(margin))
    if reference is None:
        return pd.DataFrame({"score": score, "percentile": np.nan, "band": None})
    percentile, band = reference.percentile(margin), reference.band(margin)
    return pd.DataFrame({"score": score, "percentile": percentile, "band": band})


def index_of(X: Panel | Frame, n_rows: int) -> pd.Index:
    """Return the index of the rows of X; an array's rows are numbered."""
    features = features_of(X)
    return features.index if isinstance(features, pd.DataFrame) else pd.RangeIndex(n_rows)
