"""explain: each row's calibrated log-odds as a base and one exact contribution per part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from joblib import cpu_count

from riskmodel.doors import door
from riskmodel.explanation.explanation import Explanation
from riskmodel.explanation.parts import FEATURE, parts_of
from riskmodel.forests import Arrays, Background, audit
from riskmodel.models import Frame, RiskModel, columns_of, contributions_of, index_of, kind_of
from riskmodel.models.fit_rows import Floats
from riskmodel.serving import ENGLISH

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@door
def explain(
    model: RiskModel,
    X: Panel | Frame,
    background: Panel | Frame | Background | None = None,
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
        The rows to compare with. By default they are the rows of the fit, of which the model keeps
        counts and no row.
    by : {"feature", "indicator", "family"}
        The parts that have contributions. Sums by indicator or family are made inside the tables,
        so that they cost less.

    Returns
    -------
    Explanation

    Raises
    ------
    ModelError
        If contributions and score differ by more than 1e-6 on any row; for kinds that have no
        contributions.

    Notes
    -----
    Contributions are Shapley values of the game in which a row's unknown features come from a row
    of the background (interventional). They depend on the function and not on how its trees are
    built. Trees with more than eight features on a path are explained by their own covers
    (path-dependent); the explanation names the method. Where the model has regions, the column of
    the region has what its level and slope change of the national ones.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding,
    doi:10.1038/s42256-019-0138-9. Janzing et al. (2020), Feature relevance quantification in
    explainable AI, arXiv:1910.13413.

    Examples
    --------
    >>> from riskmodel.models import RiskClassifier
    >>> import numpy as np
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears": rng.poisson(2.0, 2_000), "visits": rng.poisson(1.0, 2_000)})
    >>> model = RiskClassifier(kind="logistic").fit(X, rng.random(2_000) < 0.1 * X["arrears"])
    >>> explain(model, X.head(2)).contributions.columns.tolist()
    ['arrears', 'visits']
    """
    matrix = model.encode(X)
    kind = kind_of(model.kind)
    arrays = model.tables(_encoded(model, background))
    columns, catalogue = columns_of(model), model.catalogue_
    parts = parts_of(columns, catalogue, by)
    outputs = None if by == FEATURE else parts.part_of_column
    result = contributions_of(kind, arrays, matrix, model.n_jobs or cpu_count(), outputs)

    calibration = model.calibration_
    base = calibration.slope * result.base + calibration.intercept
    log_odds = calibration.log_odds(result.margin)
    phi = calibration.slope * result.parts
    audit(base, phi, log_odds)
    index = index_of(X, len(matrix))
    names = pd.Index(parts.names, name=by)
    return Explanation(
        base=base,
        unmasked=pd.DataFrame(phi, index=index, columns=names, copy=False),
        log_odds=pd.Series(log_odds, index=index, name="log_odds"),
        matrix=matrix,
        columns=columns,
        catalogue=catalogue,
        method=kind.method(arrays),
        background_rows=background_rows_of(arrays),
        by=by,
        unseen=model.unseen_cells(X),
        lang=model.settings.lang,
    )


def _encoded(
    model: RiskModel, background: Panel | Frame | Background | None
) -> Background | Floats | None:
    if background is None or isinstance(background, Background):
        return background
    return model.encode(background)


def method_of(kind: str, arrays: Arrays) -> str:
    """Return how the contributions of a kind are defined."""
    return kind_of(kind).method(arrays)


def reference_of(kind: str, arrays: Arrays) -> str:
    """Return in words what contributions compare with."""
    return ENGLISH.reference(method_of(kind, arrays), background_rows_of(arrays))


def background_rows_of(arrays: Arrays) -> int:
    """Return how many rows contributions compare with."""
    return int(arrays.get("background_rows", 0))
