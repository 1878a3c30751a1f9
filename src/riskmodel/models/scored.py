"""The methods of every model that give rows a score, a percentile, a band and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from riskmodel.models.column_entries import columns_of
from riskmodel.models.contributions import contributions_of
from riskmodel.models.fit_rows import Floats
from riskmodel.models.identity import Identity
from riskmodel.models.inputs import Frame, features_of
from riskmodel.models.kinds import kind_of
from riskmodel.models.language_check import check_top, language_of
from riskmodel.serving import UNDELIVERED, ReasonWriter

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel
    from riskmodel.models.reference import Reference
    from riskmodel.panel import Panel


class ScoredByMargin:
    """The methods that a model has because it has a margin, a calibration and tables."""

    @property
    def identity(self) -> Identity:
        """Which published version it is: none, unless the model says another."""
        return Identity()

    def log_odds(self: RiskModel, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the calibrated log-odds of the crisis class: slope * margin + intercept."""
        # the margin first: it refuses a model that is not fitted
        margin = self.margin(X, area)
        return self.calibration_.log_odds(margin)

    def predict_proba(self: RiskModel, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the probabilities of both classes, shape (n_rows, 2); the crisis class is last."""
        crisis = expit(self.log_odds(X, area))
        return np.column_stack([1 - crisis, crisis])

    def score_rows(
        self: RiskModel,
        X: Panel | Frame,
        lang: str | None = None,
        top: int = 3,
        *,
        masked: bool = True,
    ) -> pd.DataFrame:
        """Return score, percentile, band and reasons of each row, whatever the other rows are.

        A consumer of the published model gets the same.

        Parameters
        ----------
        X : Panel, or DataFrame or array of shape (n_rows, n_features)
        lang : str, optional
            Language of the reasons: a key of `riskmodel.serving.LANGUAGES`. Default: the version's
            own; "en" for a model that is not published.
        top : int, default 3
            Number of reasons per row, at most.
        masked : bool, default True
            Whether sensitive indicators (suicide, violence) are named as "sensitive information"
            only.

        Returns
        -------
        DataFrame
            One row per row of X. ``score`` is the probability of the crisis class. ``percentile``
            and ``band`` refer to the rounds that the model was published with; they are missing for
            a model that is not published. The band of a row of which no indicator was delivered is
            ``"undelivered"``. ``reasons`` is a list of mappings with code, text and
            contribution, and ``weaker`` the number of further indicators in the record that raised
            the score.

        Raises
        ------
        ConfigError
            For an unknown language, or `top` below 1.
        ModelError
            For a kind that has no contributions.
        """
        lang = language_of(lang, self.settings.lang)
        check_top(top)
        matrix = self.encode(X)
        n_jobs = self.n_jobs or cpu_count()
        result = contributions_of(kind_of(self.kind), self.tables(), matrix, n_jobs)

        writer = ReasonWriter(columns_of(self), self.catalogue_.to_dict())
        phi = self.calibration_.slope * result.parts
        told = writer.reasons(matrix, phi, lang, top, masked=masked)

        gone = writer.nothing_delivered(matrix)
        standing = standing_of(self, self.reference_, result.margin, gone)
        standing.index = index_of(X, len(matrix))
        reasons = pd.Series(told.reasons, dtype=object).to_numpy()
        return standing.assign(reasons=reasons, weaker=told.weaker)


def standing_of(
    model: RiskModel,
    reference: Reference | None,
    margin: Floats,
    undelivered: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return score, percentile and band of margins.

    Without a reference percentile and band are missing.

    Parameters
    ----------
    model : RiskModel
    reference : Reference or None
    margin : ndarray, shape (n_rows,)
    undelivered : ndarray of bool, shape (n_rows,)
        Of which rows nothing was delivered: their band says so.
    """
    score = expit(model.calibration_.log_odds(margin))
    if reference is None:
        return pd.DataFrame({"score": score, "percentile": np.nan, "band": None})
    band = np.array(reference.band(margin), dtype=object)
    band[undelivered] = UNDELIVERED
    percentile = reference.percentile(margin)
    return pd.DataFrame({"score": score, "percentile": percentile, "band": band})


def undelivered_rows(model: RiskModel, X: pd.DataFrame) -> NDArray[np.bool_]:
    """Return of which rows nothing was delivered, shape (n_rows,).

    Numbers are looked at column by column, until no row is left: few rows are made a matrix.
    """
    writer = ReasonWriter(columns_of(model), model.catalogue_.to_dict())
    gone = np.ones(len(X), bool)
    for k in np.flatnonzero(writer.counts_as_delivered):
        for column in (writer.columns[j] for j in writer.members[k]):
            if column["categories"] is None:
                gone &= X[column["name"]].isna().to_numpy()
            if not gone.any():
                return gone
    gone[gone] = writer.nothing_delivered(model.encode(X[gone]))
    return gone


def index_of(X: Panel | Frame, n_rows: int) -> pd.Index:
    """Return the index of the rows of X; an array's rows are numbered."""
    features = features_of(X)
    return features.index if isinstance(features, pd.DataFrame) else pd.RangeIndex(n_rows)
