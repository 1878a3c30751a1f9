"""Every figure of verdicts that some rows have: its value, its intervals, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import UNDEFINED, Interval
from riskmodel.metrics.selective.identified import Ground, Identification
from riskmodel.metrics.selective.pseudo_calibration import (
    pseudo_calibration_intercept,
    pseudo_calibration_slope,
)
from riskmodel.metrics.selective.pseudo_figures import (
    Figure,
    listed_precision,
    listed_recall,
    prevalence,
    pseudo_brier,
    pseudo_log_loss,
    ratio_of,
    scaled_figure,
)
from riskmodel.metrics.selective.pseudo_ranking import pseudo_auc, pseudo_average_precision
from riskmodel.metrics.selective.selective_rows import SelectiveRows
from riskmodel.metrics.selective.two_way import (
    Spread,
    spread_of_lists_like_it,
    spread_of_this_list,
)
from riskmodel.metrics.selective.verdict_intervals import (
    ANYTHING,
    ShareOf,
    interval_of_share,
    symmetric_interval,
)

Estimand = Literal["lists like it", "this list"]
ESTIMANDS = get_args(Estimand)
OF_THE_LIST = Ground(is_of_the_list=True, is_of_everyone=False)
OF_EVERYONE = Ground(is_of_the_list=False, is_of_everyone=True)
OF_BOTH = Ground(is_of_the_list=True, is_of_everyone=True)
FROM_0_TO_1 = (0.0, 1.0)
FROM_0 = (0.0, np.inf)


@dataclass(frozen=True)
class VerdictFigure:
    """A figure of verdicts.

    Attributes
    ----------
    name : str
        As in `riskmodel.metrics.METRICS`.
    ground : Ground
        On whose verdicts it rests.
    of : callable
        Returns it on some rows.
    share : callable or None
        Returns what it was found among, where it is a share or a multiple of one.
    within : tuple of float
        Between which values another figure can lie.
    needs_probabilities : bool
    bounds : str
        Its name in `riskmodel.metrics.selective.figure_bounds`; empty where it has no bounds.
    threshold : float or None
        Of a net benefit.
    """

    name: str
    ground: Ground
    of: Callable[[SelectiveRows], Figure]
    share: Callable[[SelectiveRows], ShareOf] | None = None
    within: tuple[float, float] = ANYTHING
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
    found_figure = figure.of(rows)
    interval = _interval(figure, found_figure, rows, estimand)
    return VerdictEstimate(found_figure.value, found_figure.influence, interval, found)


def _interval(
    figure: VerdictFigure, found: Figure, rows: SelectiveRows, estimand: Estimand
) -> Interval:
    if not np.isfinite(found.value):
        return Interval(np.nan, np.nan, np.nan, UNDEFINED)
    spread = _spread(found, rows, estimand)
    if figure.share is None:
        return symmetric_interval(found.value, spread, within=figure.within)
    if estimand == "this list" and (rows.chance[found.by_label != 0] == 1).all():
        return Interval(found.value, found.value, 0.0)
    return interval_of_share(found.value, spread, figure.share(rows), rows.household)


def _spread(figure: Figure, rows: SelectiveRows, estimand: Estimand) -> Spread:
    if estimand == "lists like it":
        return spread_of_lists_like_it(figure.influence, rows.household, rows.area_round)
    return spread_of_this_list(
        figure.by_label, rows.verdict, rows.known, rows.chance, rows.expected
    )


def _base_rate(rows: SelectiveRows) -> Figure:
    return prevalence(rows.phi, rows.weight)


def _precision(rows: SelectiveRows) -> Figure:
    cut = rows.share_listed, rows.marginal_precision
    return listed_precision(rows.phi, rows.listed, rows.weight, *cut)


def _recall(rows: SelectiveRows) -> Figure:
    cut = rows.share_listed, rows.marginal_precision
    return listed_recall(rows.phi, rows.listed, rows.weight, *cut)


def _places(rows: SelectiveRows) -> float:
    return float(rows.weight @ rows.listed)


def _of_everyone(rows: SelectiveRows) -> ShareOf:
    return ShareOf(rows.stands_for, rows.confirmed)


def _of_the_list(rows: SelectiveRows) -> ShareOf:
    return ShareOf(rows.stands_for * rows.listed, rows.confirmed)


def _of_the_confirmed(rows: SelectiveRows) -> ShareOf:
    return ShareOf(rows.stands_for * rows.confirmed, rows.listed)


def _of_probability(
    name: str,
    figure: Callable[[Floats, Floats, Floats], Figure],
    within: tuple[float, float] = ANYTHING,
) -> VerdictFigure:
    def of(rows: SelectiveRows) -> Figure:
        assert rows.probability is not None, "these figures are made of probabilities only"
        return figure(rows.phi, rows.probability, rows.weight)

    return VerdictFigure(name, OF_EVERYONE, of, within=within, needs_probabilities=True)


VERDICT_FIGURES: dict[str, VerdictFigure] = {
    figure.name: figure
    for figure in (
        VerdictFigure("base_rate", OF_EVERYONE, _base_rate, _of_everyone, bounds="prevalence"),
        VerdictFigure(
            "auc",
            OF_EVERYONE,
            lambda rows: pseudo_auc(rows.phi, rows.score, rows.weight),
            within=FROM_0_TO_1,
        ),
        VerdictFigure(
            "average_precision",
            OF_BOTH,
            lambda rows: pseudo_average_precision(rows.phi, rows.score, rows.weight),
            within=FROM_0_TO_1,
        ),
        _of_probability("brier", pseudo_brier, FROM_0_TO_1),
        _of_probability("log_loss", pseudo_log_loss, FROM_0),
        _of_probability("calibration_slope", pseudo_calibration_slope),
        _of_probability("calibration_intercept", pseudo_calibration_intercept),
        VerdictFigure("precision", OF_THE_LIST, _precision, _of_the_list, bounds="precision"),
        VerdictFigure("recall", OF_BOTH, _recall, _of_the_confirmed, bounds="recall"),
        VerdictFigure(
            "lift",
            OF_BOTH,
            lambda rows: ratio_of(_precision(rows), _base_rate(rows)),
            # a lift is the recall by the share listed
            lambda rows: _of_the_confirmed(rows)._replace(
                greatest=float(rows.weight.sum()) / _places(rows)
            ),
        ),
        VerdictFigure(
            "crises_reached",
            OF_THE_LIST,
            lambda rows: scaled_figure(_precision(rows), _places(rows)),
            lambda rows: _of_the_list(rows)._replace(greatest=_places(rows)),
        ),
    )
}
"""Every figure by the name of its metric, in the order of tables."""
