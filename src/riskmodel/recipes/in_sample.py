"""Rows that a model was fitted on: figures on them are too good."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmodel.keys import as_days
from riskmodel.models import RiskModel
from riskmodel.models.seen_households import households_seen_by
from riskmodel.panel import Panel
from riskmodel.recipes.external import is_other_site
from riskmodel.recipes.notes import Note, named
from riskmodel.recipes.origin import Origin
from riskmodel.splits import NOT_THE_FUTURE

Mask = NDArray[np.bool_]


def in_sample(model: RiskModel, panel: Panel) -> list[Note]:
    """Tell in how many of a panel's labelled rows, and in which rounds, a model was fitted.

    Rows of the fit are those of its rounds and its households. The households of a model are known
    to the process that fitted it. Elsewhere every row of the fit's rounds counts, but for a panel
    that was split by household.

    Parameters
    ----------
    model : RiskModel
    panel : Panel

    Returns
    -------
    list of Note
        One, or none where no row is one of the fit's.
    """
    is_labelled = np.ones(len(panel), bool) if panel.y is None else panel.y.notna().to_numpy()
    days = as_days(panel.as_of).astype(str)
    is_of_fit = is_labelled & _rows_of_fit(model, panel, days)
    rows, judged = int(is_of_fit.sum()), int(is_labelled.sum())
    return named("in_sample", np.unique(days[is_of_fit]).tolist(), rows=rows, judged=judged)


def _rows_of_fit(model: RiskModel, panel: Panel, days: NDArray[np.str_]) -> Mask:
    """Return which rows are of a round and, as far as it is known, of a household of the fit."""
    is_of_round: Mask = np.isin(days, model.training_["rounds"])
    none: Mask = np.zeros(len(panel), bool)
    if not is_of_round.any() or is_other_site(Origin.of_fit(model), Origin.of_rows(panel).site):
        return none
    seen = households_seen_by(model)
    if seen:
        return is_of_round & panel.households.isin(seen)
    return none if panel.note == NOT_THE_FUTURE else is_of_round
