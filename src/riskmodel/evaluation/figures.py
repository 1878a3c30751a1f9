"""The figures of one set of labelled rows, each with what every row adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel import metrics
from riskmodel.errors import PanelError
from riskmodel.metrics import UNKNOWN, Capacity, CapacityLike, Floats, Interval, Ints

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@dataclass(frozen=True, eq=False)
class Cases:
    """Labelled rows as arrays of shape (n_rows,), and who of them is listed.

    Attributes
    ----------
    y, weight, margin : ndarray
    score : ndarray or None
        Probabilities, where the scores are such.
    household : ndarray of int
        Numbered 0, 1, ... with none left out.
    listed, worst, best : ndarray
        Each row's chance to be listed, and the two lists that ties at the cut allow at most.
    share : ndarray
        Share of the row's round (or area in it) that is listed; `listed` itself where the cut is taken as given.
    marginal : float
        Precision near the cut.
    """

    y: Floats
    weight: Floats
    margin: Floats
    score: Floats | None
    household: Ints
    listed: Floats
    worst: Floats
    best: Floats
    share: Floats
    marginal: float

    @classmethod
    def of(cls, scores: pd.DataFrame, panel: Panel, capacity: Capacity) -> Cases:
        """Take the labelled rows of a panel and draw the list among them."""
        rows = labelled(panel)
        y, margin, weight = metrics.check_arrays(
            panel.y.to_numpy()[rows],  # type: ignore[union-attr]  # labelled refuses a panel without y
            scores["margin"].to_numpy()[rows],
            None if panel.weight is None else panel.weight.to_numpy()[rows],
        )
        area = areas_of(panel)
        selection = metrics.select(
            margin, capacity, rounds_of(panel)[rows], None if area is None else area[rows]
        )
        bounds = selection.tie_bounds(y, weight)
        score = scores["score"].to_numpy(dtype=np.float64)[rows]
        return cls(
            y=y,
            weight=weight,
            margin=margin,
            score=None if np.isnan(score).any() else score,
            household=pd.factorize(panel.households[rows])[0].astype(np.intp),
            listed=selection.inclusion,
            worst=bounds.worst,
            best=bounds.best,
            share=selection.share_listed(weight),
            marginal=selection.marginal_precision(y, weight),
        )

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Ints, *, whole_rounds: bool = False) -> Cases:
        """Return some of the rows; the cut is taken as given unless they are whole rounds."""
        parts = {
            name: part[rows] for name, part in vars(self).items() if isinstance(part, np.ndarray)
        }
        parts["household"] = np.unique(parts["household"], return_inverse=True)[1]
        if not whole_rounds:
            parts["share"] = parts["listed"]
        return Cases(**{**vars(self), **parts})

    @property
    def base_rate(self) -> float:
        """Weighted share of crises."""
        return float(np.average(self.y, weights=self.weight))


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure of some cases, with what each row adds to it.

    Attributes
    ----------
    metric : str
    value : float
    influence : ndarray, shape (n_rows,)
    scale : str
        Where its interval is symmetric.
    events : int
        Households in the rarer of the classes on which it rests.
    worst, best : float
        What it is at most, however ties at the cut are broken.
    """

    metric: str
    value: float
    influence: Floats
    scale: str
    events: int
    worst: float = float("nan")
    best: float = float("nan")

    def interval(self, cases: Cases) -> Interval:
        """Return the interval clustered by household."""
        return metrics.clustered_interval(
            self.value, self.influence, cases.household, scale=self.scale, events=self.events
        )


def figures_of(cases: Cases) -> list[Figure]:
    """Return every figure of some cases; those of probabilities only where the scores are such."""
    return [
        base_rate(cases),
        *rank_figures(cases),
        *probability_figures(cases),
        *list_figures(cases),
    ]


def base_rate(cases: Cases) -> Figure:
    """Return the weighted share of crises."""
    influence = metrics.mean_influence(cases.y, cases.weight)
    return Figure("base_rate", cases.base_rate, influence, "logit", _both_classes(cases))


def rank_figures(cases: Cases) -> list[Figure]:
    """Return AUC and average precision."""
    given = (cases.y, cases.margin, cases.weight)
    return [
        Figure(
            "auc", metrics.auc(*given), metrics.auc_influence(*given), "logit", _both_classes(cases)
        ),
        Figure(
            "average_precision",
            metrics.average_precision(*given),
            metrics.average_precision_influence(*given),
            "logit",
            _both_classes(cases),
        ),
    ]


def probability_figures(cases: Cases) -> list[Figure]:
    """Return Brier score, log loss, calibration slope and intercept; nothing for scores that are no probabilities."""
    if cases.score is None:
        return []
    y, weight, events = cases.y, cases.weight, _both_classes(cases)
    odds = metrics.log_odds(cases.score)
    errors = (
        ("brier", metrics.squared_error(y, cases.score), "logit"),
        ("log_loss", metrics.log_error(y, cases.score), "log"),
    )
    fits = (
        ("calibration_slope", metrics.calibration_slope(y, odds, weight)),
        ("calibration_intercept", metrics.calibration_intercept(y, odds, weight)),
    )
    return [
        *(
            Figure(
                name,
                float(np.average(e, weights=weight)),
                metrics.mean_influence(e, weight),
                scale,
                events,
            )
            for name, e, scale in errors
        ),
        *(Figure(name, value, influence, "identity", events) for name, (value, influence) in fits),
    ]


def list_figures(cases: Cases) -> list[Figure]:
    """Return precision, recall and lift of the list, each between the worst and the best that its ties allow."""
    y, weight, hit = cases.y, cases.weight, cases.y == 1
    listed, unlisted = cases.listed > 0, cases.listed < 1
    on_list = metrics.rarer(cases.household, listed & hit, listed & ~hit)
    found_or_missed = metrics.rarer(cases.household, listed & hit, unlisted & hit)
    kinds = (
        ("precision", metrics.precision, metrics.precision_influence, "logit", on_list),
        ("recall", metrics.recall, metrics.recall_influence, "logit", found_or_missed),
        ("lift", metrics.lift, metrics.lift_influence, "log", on_list),
    )
    return [
        Figure(
            name,
            metric(y, cases.listed, weight),
            influence(y, cases.listed, weight, cases.share, cases.marginal),
            scale,
            events,
            worst=metric(y, cases.worst, weight),
            best=metric(y, cases.best, weight),
        )
        for name, metric, influence, scale, events in kinds
    ]


def labelled(panel: Panel) -> Ints:
    """Return the positions of the rows with a label and a weight above 0, or refuse a panel that can't be judged."""
    y = np.full(len(panel), np.nan) if panel.y is None else panel.y.to_numpy(dtype=np.float64)
    known = ~np.isnan(y)
    rows = np.flatnonzero(known if panel.weight is None else known & (panel.weight.to_numpy() != 0))
    positives = int((y[rows] == 1).sum())
    if 0 < positives < len(rows):
        return rows
    what = "no row has a label" if not len(rows) else "all labelled rows are of one class"
    raise PanelError(
        f"{what}: nothing can be judged on these {len(panel):,} rows",
        code="evaluation.one_class" if len(rows) else "evaluation.no_label",
        allowed="labelled rows of both classes",
        next_step="judge rounds whose labels are mature, more of them, or a longer label window",
    )


def capacity_of(capacity: CapacityLike, panel: Panel) -> Capacity:
    """Return the checked capacity, or refuse one with an area that the panel doesn't know."""
    parsed = Capacity.parse(capacity)
    parsed.check_areas(None if panel.area is None else known_areas(panel.area))
    return parsed


def known_areas(area: pd.Series) -> list[str]:
    """Return the areas that a panel knows: some may have no row in a part of it."""
    known = area.cat.categories if isinstance(area.dtype, pd.CategoricalDtype) else area.dropna()
    return [str(name) for name in known.unique()]


def rounds_of(panel: Panel) -> NDArray[np.str_]:
    """Return the name of the round that each row shares a capacity with."""
    rounds = panel.round if len(panel.round) == len(panel) else panel.as_of.to_series()
    code, names = pd.factorize(rounds)
    return np.array([_round_name(name) for name in names], dtype=np.str_)[code]


def areas_of(panel: Panel) -> NDArray[np.str_] | None:
    """Return each row's area, if the records name one."""
    return None if panel.area is None else texts(panel.area)


def texts(column: pd.Series) -> NDArray[np.str_]:
    """Return a column of groups as texts, nothing being ``"unknown"``."""
    code, names = pd.factorize(column)
    return np.array([*map(str, names), UNKNOWN], dtype=np.str_)[code]


def _round_name(name: Any) -> str:
    return f"{name:%Y-%m-%d}" if isinstance(name, date) else str(name)


def _both_classes(cases: Cases) -> int:
    return metrics.rarer(cases.household, cases.y == 1, cases.y == 0)
