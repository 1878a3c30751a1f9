"""Rows that a model was fitted on, or may have been: figures on them are too good."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS, is_small
from riskmodel.keys import as_days
from riskmodel.models import RiskModel
from riskmodel.models.seen_households import households_seen_by
from riskmodel.panel import Panel
from riskmodel.recipes.external import is_other_site
from riskmodel.recipes.fit_judged import are_other_households, can_be_judged, not_final
from riskmodel.recipes.notes import Note, named
from riskmodel.recipes.origin import Origin

Mask = NDArray[np.bool_]


def in_sample(model: RiskModel, panel: Panel) -> list[Note]:
    """Tell in how many of a panel's labelled rows, and in which rounds, a model was fitted.

    Rows of the fit are those of its rounds and its households. The households of a model are known
    to the process that fitted it. Elsewhere every row of the fit's rounds counts, but for the test
    rows of the split by household whose training rows are those of the fit.

    Parameters
    ----------
    model : RiskModel
    panel : Panel

    Returns
    -------
    list of Note
        At most one: how many rows are of the fit, or else which of its rounds had outcomes that
        were not final before the rows judged, or else that nobody knows what the fit had.
    """
    if is_other_site(Origin.of_fit(model), Origin.of_rows(panel).site):
        return []
    if are_other_households(model, panel):
        return []

    days, is_judged = as_days(panel.as_of).astype(str), can_be_judged(panel)
    is_of_fit = is_judged & _rows_of_fit(model, panel, days)
    if is_of_fit.any():
        rounds = np.unique(days[is_of_fit]).tolist()
        rows, judged = int(is_of_fit.sum()), int(is_judged.sum())
        key = "few_in_sample" if is_small(rows) else "in_sample"
        return named(key, rounds, rows=rows, judged=judged, least=MIN_HOUSEHOLDS)
    return named("fitted_on_later", not_final(model, panel)) or _unknown(model)


def _rows_of_fit(model: RiskModel, panel: Panel, days: NDArray[np.str_]) -> Mask:
    """Return which rows are of a round and, as far as it is known, of a household of the fit."""
    is_of_round: Mask = np.isin(days, model.training_["rounds"])
    seen = households_seen_by(model)
    return is_of_round & panel.households.isin(seen) if seen else is_of_round


def _unknown(model: RiskModel) -> list[Note]:
    return [] if model.training_["rounds"] else [Note("fitted_on_unknown")]
