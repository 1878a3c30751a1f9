"""explain: each row's calibrated log-odds as a base and one exact contribution a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import NDArray

from riskmodel.explanation.evaluators import (
    COUNTED,
    INTERVENTIONAL,
    PATH_DEPENDENT,
    evaluate,
    method_of,
    model_tables,
)
from riskmodel.explanation.parts import FEATURE, parts_of
from riskmodel.explanation.record import Explanation
from riskmodel.forests import Background, audit
from riskmodel.models import columns_of

if TYPE_CHECKING:
    from riskmodel.models import RiskClassifier

REFERENCES = {
    PATH_DEPENDENT: "the households of the fit, as each node of the trees saw them",
    INTERVENTIONAL: "the mean of the {rows:,} rows (households by round) of the fit",
    COUNTED: "a household with no indicator",
}


def explain(
    model: RiskClassifier | Any,
    X: Any,
    background: Background | NDArray[Any] | pd.DataFrame | None = None,
    *,
    by: str = FEATURE,
) -> Explanation:
    """Explain every row's score, exactly.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted.
    X : DataFrame, array or Panel
        The rows to explain.
    background : DataFrame, array, Panel or Background, optional
        The rows to compare with; default: those of the fit, of which the model keeps counts and no row.
    by : {"feature", "indicator", "family"}
        What contributions are told by. Sums by indicator or family are made inside the tables, so that they cost less.

    Returns
    -------
    Explanation

    Raises
    ------
    ModelError
        If contributions and score differ by more than 1e-6 on any row; for kinds that have no contributions.

    Notes
    -----
    Contributions are Shapley values of the game in which a row's unknown features come from a row of the background
    (interventional); they belong to the function, not to how its trees are built. Trees with more than eight features
    on a path are explained by their own covers (path-dependent), and the explanation says so.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding, doi:10.1038/s42256-019-0138-9.
    Janzing et al. (2020), Feature relevance quantification in explainable AI, arXiv:1910.13413.

    Examples
    --------
    >>> from riskmodel.models import RiskClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears": rng.poisson(2.0, 2_000), "visits": rng.poisson(1.0, 2_000)})
    >>> model = RiskClassifier(kind="logistic").fit(X, rng.random(2_000) < 0.1 * X["arrears"])
    >>> explain(model, X.head(2)).contributions.columns.tolist()
    ['arrears', 'visits']
    """
    matrix = np.asarray(model.encode(X), dtype=np.float64)
    compared = (
        background
        if background is None or isinstance(background, Background)
        else model.encode(background)
    )
    arrays = model_tables(model, compared)
    kind, columns, catalogue = model.kind, columns_of(model), model.catalogue_
    parts, outputs = parts_of(columns, catalogue, by)
    threads = model.n_jobs or cpu_count()
    base, margin, phi = evaluate(kind, arrays, matrix, threads, None if by == FEATURE else outputs)
    slope, intercept = model.calibration_.slope, model.calibration_.intercept
    base, log_odds, phi = slope * base + intercept, slope * margin + intercept, slope * phi
    audit(base, phi, log_odds)
    frame = getattr(X, "X", X)
    index = frame.index if isinstance(frame, pd.DataFrame) else pd.RangeIndex(len(matrix))
    return Explanation(
        base=base,
        contributions=pd.DataFrame(phi, index=index, columns=pd.Index(parts, name=by), copy=False),
        log_odds=pd.Series(log_odds, index=index, name="log_odds"),
        matrix=matrix,
        columns=columns,
        catalogue=catalogue,
        method=method_of(kind, arrays),
        reference=reference_of(kind, arrays),
        by=by,
    )


def reference_of(kind: str, arrays: Any) -> str:
    """Return in words what contributions compare with."""
    return REFERENCES[method_of(kind, arrays)].format(rows=int(arrays.get("background_rows", 0)))
