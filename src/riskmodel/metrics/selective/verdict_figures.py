"""Every figure of verdicts that some rows have: its value, its intervals, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import Interval, scaled_interval
from riskmodel.metrics.selective.identified import Ground, Identification
from riskmodel.metrics.selective.pseudo_calibration import (
    pseudo_calibration_intercept,
    pseudo_calibration_slope,
)
from riskmodel.metrics.selective.pseudo_figures import (
    Figure,
    listed_precision,
    prevalence,
    pseudo_brier,
    pseudo_log_loss,
    ratio_of,
    recall_parts,
)
from riskmodel.metrics.selective.pseudo_ranking import pseudo_auc, pseudo_average_precision
from riskmodel.metrics.selective.ratio_intervals import ratio_interval, symmetric_interval
from riskmodel.metrics.selective.selective_rows import SelectiveRows
from riskmodel.metrics.selective.two_way import (
    Spread,
    spread_of_lists_like_it,
    spread_of_this_list,
)

Estimand = Literal["lists like it", "this list"]
ESTIMANDS = get_args(Estimand)
OF_THE_LIST = Ground(is_of_the_list=True, is_of_everyone=False)
OF_EVERYONE = Ground(is_of_the_list=False, is_of_everyone=True)
OF_BOTH = Ground(is_of_the_list=True, is_of_everyone=True)


class Parts(NamedTuple):
    """A figure, or a ratio of two.

    Attributes
    ----------
    part : Figure
    whole : Figure or None
        None where the figure is no ratio.
    times : float
        By which the figure is multiplied: the places of a list, for a count.
    """

    part: Figure
    whole: Figure | None = None
    times: float = 1.0


@dataclass(frozen=True)
class VerdictFigure:
    """A figure of verdicts.

    Attributes
    ----------
    name : str
        As in `riskmodel.metrics.METRICS`.
    ground : Ground
        On whose verdicts it rests.
    parts : callable
        Returns it on some rows.
    needs_probabilities : bool
    bounds : str
        Its name in `riskmodel.metrics.selective.figure_bounds`; empty where it has no bounds.
    threshold : float or None
        Of a net benefit.
    """

    name: str
    ground: Ground
    parts: Callable[[SelectiveRows], Parts]
    needs_probabilities: bool = False
    bounds: str = ""
    threshold: float | None = None


class VerdictEstimate(NamedTuple):
    """A figure's estimate.

    Attributes
    ----------
    value : float
        NaN where it is not identified.
    influence : ndarray, shape (n_rows,)
        What each row adds to it; NaN where it is not identified.
    interval : Interval
    identification : Identification
    """

    value: float
    influence: Floats
    interval: Interval
    identification: Identification


def verdict_estimate(
    figure: VerdictFigure, rows: SelectiveRows, estimand: Estimand = "lists like it"
) -> VerdictEstimate:
    """Return a figure with its interval, or the reason why it has none.

    Parameters
    ----------
    figure : VerdictFigure
    rows : SelectiveRows
    estimand : {"lists like it", "this list"}
        Whether the interval is for lists of households and rounds like these, or for this list,
        whose members and their verdicts are given.

    Returns
    -------
    VerdictEstimate
        Without value and interval where the figure is not identified.
    """
    if estimand not in ESTIMANDS:
        raise RiskmodelError(
            f"{estimand!r} is no estimand",
            code="selective.estimand",
            allowed=ESTIMANDS,
            next_step="choose one of them",
        )
    found = rows.identification(figure.ground)
    if not found.identified:
        nothing = Interval(np.nan, np.nan, np.nan, str(found))
        return VerdictEstimate(float("nan"), np.full(len(rows), np.nan), nothing, found)
    part, whole, times = figure.parts(rows)
    if whole is None:
        value, influence = part.value, part.influence
        interval = (
            symmetric_interval(value, _spread([part], rows, estimand))
            if np.isfinite(value)
            else symmetric_interval(value, Spread(np.full((1, 1), np.nan), 1.0))
        )
    else:
        ratio = ratio_of(part, whole)
        value, influence = ratio.value, ratio.influence
        along = np.array([1.0, -value])
        interval = ratio_interval(
            part.value, whole.value, _spread([part, whole], rows, estimand, along)
        )
    return VerdictEstimate(
        value * times, influence * times, scaled_interval(interval, times), found
    )


def _spread(
    figures: list[Figure], rows: SelectiveRows, estimand: Estimand, along: Floats | None = None
) -> Spread:
    if estimand == "lists like it":
        added = np.column_stack([figure.influence for figure in figures])
        along = None if along is None or not np.isfinite(along).all() else along
        return spread_of_lists_like_it(added, rows.household, rows.area_round, along)
    slopes = np.column_stack([figure.by_label for figure in figures])
    return spread_of_this_list(slopes, rows.verdict, rows.known, rows.chance, rows.expected)


def _recall(rows: SelectiveRows) -> Parts:
    cut = rows.share_listed, rows.marginal_precision
    return Parts(*recall_parts(rows.phi, rows.listed, rows.weight, *cut))


def _precision(rows: SelectiveRows) -> Figure:
    cut = rows.share_listed, rows.marginal_precision
    return listed_precision(rows.phi, rows.listed, rows.weight, *cut)


def _of_probability(name: str, figure: Callable[[Floats, Floats, Floats], Figure]) -> VerdictFigure:
    def parts(rows: SelectiveRows) -> Parts:
        assert rows.probability is not None, "these figures are made of probabilities only"
        return Parts(figure(rows.phi, rows.probability, rows.weight))

    return VerdictFigure(name, OF_EVERYONE, parts, needs_probabilities=True)


VERDICT_FIGURES: dict[str, VerdictFigure] = {
    figure.name: figure
    for figure in (
        VerdictFigure(
            "base_rate",
            OF_EVERYONE,
            lambda rows: Parts(prevalence(rows.phi, rows.weight)),
            bounds="prevalence",
        ),
        VerdictFigure(
            "auc", OF_EVERYONE, lambda rows: Parts(pseudo_auc(rows.phi, rows.score, rows.weight))
        ),
        VerdictFigure(
            "average_precision",
            OF_BOTH,
            lambda rows: Parts(pseudo_average_precision(rows.phi, rows.score, rows.weight)),
        ),
        _of_probability("brier", pseudo_brier),
        _of_probability("log_loss", pseudo_log_loss),
        _of_probability("calibration_slope", pseudo_calibration_slope),
        _of_probability("calibration_intercept", pseudo_calibration_intercept),
        VerdictFigure(
            "precision", OF_THE_LIST, lambda rows: Parts(_precision(rows)), bounds="precision"
        ),
        VerdictFigure("recall", OF_BOTH, _recall, bounds="recall"),
        VerdictFigure(
            "lift", OF_BOTH, lambda rows: Parts(_precision(rows), prevalence(rows.phi, rows.weight))
        ),
        VerdictFigure(
            "crises_reached",
            OF_THE_LIST,
            lambda rows: Parts(_precision(rows), None, float(rows.weight @ rows.listed)),
        ),
    )
}
"""Every figure by the name of its metric, in the order of tables."""
