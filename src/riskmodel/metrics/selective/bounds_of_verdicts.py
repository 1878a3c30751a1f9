"""Bounds of a figure of verdicts that some rows have, with their sampling error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from riskmodel.metrics.intervals import Interval
from riskmodel.metrics.selective.bounding import (
    LabelBounds,
    Sign,
    figure_bounds,
    interval_of_bounds,
    labels_by_odds_ratio,
    labels_without_assumptions,
)
from riskmodel.metrics.selective.selective_rows import SelectiveRows
from riskmodel.metrics.selective.two_way import spread_of_lists_like_it
from riskmodel.metrics.selective.verdict_figures import VerdictFigure

SHARES = ("precision", "recall", "prevalence")


def verdict_bounds(
    figure: VerdictFigure,
    rows: SelectiveRows,
    odds_ratio: float | None = None,
    sign: Sign = "either",
) -> Interval:
    """Return between which values a figure of some rows lies.

    Parameters
    ----------
    figure : VerdictFigure
        One with bounds.
    rows : SelectiveRows
    odds_ratio : float, optional
        By which factor the odds of those not known may differ; without one nothing is assumed.
    sign : {"either", "lower", "higher"}

    Returns
    -------
    Interval
        The bounds, each further out by its sampling error; those of a share end at 0 and 1.

    Notes
    -----
    Where recorded chances identify the figure, those not known are the drawn who were not reached.
    Where they do not, everyone counts as drawn, and who is known as reached by a chance that was
    fitted on the records alone.
    """
    labels = _labels(figure, rows, odds_ratio, sign)
    bounds = figure_bounds(figure.bounds, labels, rows.listed, rows.weight, figure.threshold)
    errors = [
        spread_of_lists_like_it(end.influence, rows.household, rows.area_round).se
        if np.isfinite(end.value)
        else float("nan")
        for end in bounds
    ]
    found = interval_of_bounds(bounds, *errors)
    if figure.bounds not in SHARES:
        return found
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _labels(
    figure: VerdictFigure, rows: SelectiveRows, odds_ratio: float | None, sign: Sign
) -> LabelBounds:
    if odds_ratio is None:
        return labels_without_assumptions(rows.verdict, rows.known)
    if rows.identification(figure.ground).identified:
        drawn, chance, reach = rows.drawn, rows.drawn_chance, rows.reach_chance
    else:
        everyone = np.ones(len(rows))
        drawn, chance, reach = everyone > 0, everyone, rows.known_chance
    return labels_by_odds_ratio(
        rows.verdict, drawn, rows.known, chance, reach, rows.expected, odds_ratio, sign
    )
