"""Whether a model rests on one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskmodel.evaluation.leaks import CHECKS, LeakQuestion, Leaks
from riskmodel.models import RiskModel, kind_of
from riskmodel.models.contributions import contributions_of

if TYPE_CHECKING:
    from riskmodel.panel import Panel

CODE = "leaks.share"
ROWS, LEAST_COLUMNS = 200, 5
NO_PARTS = "the share of one column: a model of this kind has no contributions"


def leaking_shares(model: RiskModel, panel: Panel) -> Leaks:
    """Ask about a column that makes most of a model's contributions.

    Parameters
    ----------
    model : RiskModel
    panel : Panel
        Of whose rows at most 200 are explained, evenly spread.

    Returns
    -------
    Leaks

    Notes
    -----
    The share of a column is the mean of its contributions' sizes, over that of all columns; of
    trees, by a part of them (`RiskModel.sketch`). It is not asked of models of fewer than 5
    columns, where one of them must have a large share.
    """
    kind = kind_of(model.kind)
    if kind.evaluator is None:
        return Leaks(unasked=(NO_PARTS,))
    if len(model.feature_names_in_) < LEAST_COLUMNS or not len(panel):
        return Leaks()

    rows = np.unique(np.linspace(0, len(panel) - 1, ROWS).astype(np.intp))
    matrix = model.encode(panel.X.iloc[rows])
    parts = contributions_of(kind, model.sketch(), matrix, model.n_jobs or 1).parts
    sizes = np.abs(parts).mean(axis=0)
    if not sizes.sum() > 0:
        return Leaks()
    share = sizes / sizes.sum()
    largest = int(share.argmax())
    if share[largest] < CHECKS[CODE].threshold:
        return Leaks()
    name = str(model.feature_names_in_[largest])
    return Leaks((LeakQuestion(CODE, name, round(float(share[largest]), 4)),))
