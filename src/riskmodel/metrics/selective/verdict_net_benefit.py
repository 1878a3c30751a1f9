"""The net benefit of contacting from a chance on, where only some rows have a verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.selective.pseudo_figures import pseudo_net_benefit
from riskmodel.metrics.selective.selective_rows import SelectiveRows
from riskmodel.metrics.selective.verdict_figures import OF_THE_LIST, VerdictFigure


def contacted_from(rows: SelectiveRows, threshold: float) -> SelectiveRows:
    """Return rows whose list holds everyone with a probability of a threshold or more.

    Parameters
    ----------
    rows : SelectiveRows
        With probabilities.
    threshold : float
        Above 0 and below 1: who contacts from a chance of .05 on takes 19 contacts in vain for one
        that finds need.

    Raises
    ------
    RiskmodelError
        For scores that are no probabilities, and a threshold that is none.
    """
    if rows.probability is None:
        raise RiskmodelError(
            "the scores are not said to be probabilities",
            code="selective.no_probabilities",
            allowed="an evaluation of a model, or of a Series of probabilities",
            next_step="write rm.evaluate(series, panel, probability=True) if they are",
        )
    if not 0 < threshold < 1:
        raise RiskmodelError(
            "the threshold is no chance",
            code="selective.threshold",
            allowed="the chance from which a contact is worth its cost, above 0 and below 1",
            next_step="give one, such as 0.05",
        )
    contacted = (rows.probability >= threshold).astype(np.float64)
    return replace(rows, listed=contacted, share_listed=contacted, near_cut=np.zeros(len(rows)))


def net_benefit_figure(threshold: float) -> VerdictFigure:
    """Return the net benefit of a list at a threshold, in verdicts of 1 per row.

    Notes
    -----
    It rests on verdicts of the list only: who is not contacted counts 0.

    Examples
    --------
    >>> net_benefit_figure(0.05).bounds
    'net benefit'
    """
    return VerdictFigure(
        "net_benefit",
        OF_THE_LIST,
        lambda rows: pseudo_net_benefit(rows.phi, rows.listed, rows.weight, threshold),
        needs_probabilities=True,
        bounds="net benefit",
        threshold=threshold,
    )
