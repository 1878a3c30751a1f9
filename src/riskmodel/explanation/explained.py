"""explain: each row's calibrated log-odds as a base and one exact contribution a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import NDArray

from riskmodel.explanation.evaluators import (
    COUNTED,
    INTERVENTIONAL,
    PATH_DEPENDENT,
    catalogue_of,
    columns_of,
    evaluate,
    method_of,
    model_tables,
)
from riskmodel.explanation.reasons import reasons_table
from riskmodel.forests import Background, audit
from riskmodel.forests.forest import Floats
from riskmodel.indicators import Catalogue
from riskmodel.serving import Teller

if TYPE_CHECKING:
    from riskmodel.models import RiskClassifier

REFERENCES = {
    PATH_DEPENDENT: "the households of the fit, as each node of the trees saw them",
    INTERVENTIONAL: "the mean of the {rows:,} rows (households by round) of the fit",
    COUNTED: "a household with no indicator",
}


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Contributions on the calibrated log-odds; base + contributions = log-odds on every row, to 1e-6.

    Attributes
    ----------
    base : float
        Log-odds of the reference.
    contributions : DataFrame
        One column a feature, one row a row explained.
    log_odds : Series
    matrix : ndarray
        The rows as the model sees them.
    columns : list of dict
        What each feature is made of.
    catalogue : Catalogue
    method : {"interventional", "path-dependent", "counted"}
    reference : str
        What the rows are compared with.

    Notes
    -----
    A contribution says how a feature moved the score, not what caused the crisis.
    """

    base: float
    contributions: pd.DataFrame
    log_odds: pd.Series
    matrix: Floats
    columns: Sequence[dict[str, Any]]
    catalogue: Catalogue
    method: str
    reference: str

    @property
    def teller(self) -> Teller:
        """What sums contributions by indicator and tells them."""
        return Teller(self.columns, self.catalogue.to_dict())

    def by_indicator(self) -> pd.DataFrame:
        """Return contributions summed by indicator; columns that belong to none stand for themselves."""
        teller = self.teller
        totals = teller.totals(self.contributions.to_numpy())
        return pd.DataFrame(totals, index=self.contributions.index, columns=pd.Index(teller.keys, name="indicator"))

    def by_family(self) -> pd.DataFrame:
        """Return contributions summed by family of life; what belongs to none is ``"other"``."""
        found = self.by_indicator()
        family = [self.catalogue[k].family if k in self.catalogue else "other" for k in found.columns]
        names = list(dict.fromkeys(family))
        totals = {name: found.loc[:, [f == name for f in family]].sum(axis=1) for name in names}
        return pd.DataFrame(totals, index=found.index).rename_axis(columns="family")

    def reasons(self, top: int = 3, lang: str = "en", *, masked: bool = True) -> pd.DataFrame:
        """Return one row a household: what raised its risk most and is really in its record, in words.

        Parameters
        ----------
        top : int, default 3
        lang : {"en", "ko"}
        masked : bool, default True
            Whether sensitive indicators (suicide, violence) are told as "sensitive information" only.

        Returns
        -------
        DataFrame
            ``reason_1``, ``contribution_1``, ... and ``missing``: the indicators that were not delivered.
        """
        return reasons_table(self.teller, self.matrix, self.contributions, top=top, lang=lang, masked=masked)

    def frame(self) -> pd.DataFrame:
        """Return one row a household and feature: indicator, value and contribution."""
        index = self.contributions.index
        n = len(self.columns)
        tidy = index.repeat(n).to_frame(index=False)
        tidy["feature"] = [c["name"] for c in self.columns] * len(index)
        tidy["indicator"] = [c["indicator"] for c in self.columns] * len(index)
        return tidy.assign(value=self.matrix.ravel(), contribution=self.contributions.to_numpy().ravel())

    def to_shap(self) -> Any:
        """Return a ``shap.Explanation``, for shap's own plots."""
        import shap

        return shap.Explanation(
            values=self.contributions.to_numpy(),
            base_values=np.full(len(self.matrix), self.base),
            data=self.matrix,
            feature_names=[c["name"] for c in self.columns],
        )

    def summary(self) -> pd.DataFrame:
        """Return the mean absolute contribution of each indicator, largest first."""
        size = self.by_indicator().abs().mean().sort_values(ascending=False, kind="stable")
        return size.rename("mean |contribution|").to_frame()

    def _head(self) -> str:
        return (
            f"{len(self.log_odds):,} rows explained exactly ({self.method}), in log-odds of the crisis class\n"
            f"compared with {self.reference}: log-odds {self.base:.3f}"
        )

    def __repr__(self) -> str:
        return f"{self._head()}\n\n{self.summary().head(10).to_string(float_format='{:.3f}'.format)}"

    def _repr_html_(self) -> str:
        head = self._head().replace("\n", "<br>")
        return f"<p>{head}</p>{self.summary().head(10).to_html(float_format='{:.3f}'.format)}"


def explain(
    model: RiskClassifier | Any, X: Any, background: Background | NDArray[Any] | pd.DataFrame | None = None
) -> Explanation:
    """Explain every row's score, exactly.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted.
    X : DataFrame, array or Panel
        The rows to explain.
    background : DataFrame, array, Panel or Background, optional
        The rows to compare with; default: those that the model keeps a count of, else what the trees' nodes saw.

    Returns
    -------
    Explanation

    Raises
    ------
    ModelError
        If contributions and score differ by more than 1e-6 on any row; for kinds that have no contributions.

    Examples
    --------
    >>> from riskmodel.models import RiskClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears": rng.poisson(2.0, 2_000), "visits": rng.poisson(1.0, 2_000)})
    >>> model = RiskClassifier(kind="logistic").fit(X, rng.random(2_000) < 0.1 * X["arrears"])
    >>> explain(model, X.head(2), background=X).contributions.columns.tolist()
    ['arrears', 'visits']
    """
    matrix = np.asarray(model.encode(X), dtype=np.float64)
    compared = background if background is None or isinstance(background, Background) else model.encode(background)
    arrays = model_tables(model, compared)
    kind, columns = model.kind, columns_of(model)
    base, margin, phi = evaluate(kind, arrays, matrix, getattr(model, "n_jobs", None) or cpu_count())
    slope, intercept = model.calibration_.slope, model.calibration_.intercept
    base, log_odds, phi = slope * base + intercept, slope * margin + intercept, slope * phi
    audit(base, phi, log_odds)
    frame = getattr(X, "X", X)
    index = frame.index if isinstance(frame, pd.DataFrame) else pd.RangeIndex(len(matrix))
    method = method_of(kind, arrays)
    return Explanation(
        base=base,
        contributions=pd.DataFrame(phi, index=index, columns=[c["name"] for c in columns], copy=False),
        log_odds=pd.Series(log_odds, index=index, name="log_odds"),
        matrix=matrix,
        columns=columns,
        catalogue=catalogue_of(model),
        method=method,
        reference=REFERENCES[method].format(rows=int(arrays.get("background_rows", 0))),
    )
