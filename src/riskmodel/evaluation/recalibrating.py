"""What recalibration on another site's outcomes would change: the level, then the slope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from riskmodel.doors import door
from riskmodel.errors import PanelError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.labelled_probabilities import LabelledProbabilities
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    text_table,
)
from riskmodel.metrics import METRICS, Floats, brier, log_loss
from riskmodel.metrics.calibration import calibration_intercept, calibration_slope

FOLDS = 5
AS_IT_IS, LEVEL, SLOPE = "as it is", "level", "level and slope"
CHANGES_NO_LIST = (
    "a level and a slope above 0 keep the order of households: lists, AUC and percentiles stay"
)


Mask = NDArray[np.bool_]


class Line(NamedTuple):
    """The odds of a calibration: slope * log-odds + intercept."""

    intercept: float
    slope: float

    def chance(self, odds: Floats) -> Floats:
        """Return the probabilities after it."""
        return np.asarray(expit(self.slope * odds + self.intercept))


@dataclass(frozen=True, eq=False, repr=False)
class Recalibration:
    """The figures of probabilities as they are, with a local level, and with a local slope too.

    Attributes
    ----------
    name : str
        The evaluation's.
    table : DataFrame
        calibration (``"as it is"``, ``"level"``, ``"level and slope"``); intercept and slope,
        fitted on all rows; expected and observed, the mean probability and the share with the
        outcome; brier and log_loss. Each household is scored by a line fitted on the others.
    rows, households : int
    """

    name: str
    table: pd.DataFrame
    rows: int
    households: int

    def frame(self) -> pd.DataFrame:
        """Return one row per calibration."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([self._title(), "", text_table(*self._cells()), "", CHANGES_NO_LIST])

    def _repr_html_(self) -> str:
        return (
            html_lines([self._title()]) + html_table(*self._cells()) + html_lines([CHANGES_NO_LIST])
        )

    def _title(self) -> str:
        return (
            f"{self.name}: calibrated on {self.rows:,} rows of {self.households:,} households, "
            f"each household by the others ({FOLDS} folds)"
        )

    def _cells(self) -> TableCells:
        header = [str(name).replace("_", " ") for name in self.table]
        rows = [
            [cell if isinstance(cell, str) else number(cell) for cell in line]
            for line in self.table.itertuples(index=False)
        ]
        return TableCells(header, rows)


@door
def recalibrate(evaluation: Evaluation) -> Recalibration:
    """Return what a local level, and a local slope, would change in an evaluation's probabilities.

    Parameters
    ----------
    evaluation : Evaluation
        Of a model on rows of another site, or on later rounds.

    Returns
    -------
    Recalibration

    Raises
    ------
    PanelError
        For scores that are no probabilities, too few households with or without the outcome, and
        scores to which no slope can be fitted: of one value, or a cut separates the outcomes.

    Notes
    -----
    The level is the shift of the log-odds that makes the mean right; the slope multiplies them
    first. Both are maximum likelihood [1]_.

    References
    ----------
    .. [1] Steyerberg et al. (2004), Stat. Med. 23, 2567-2586. doi:10.1002/sim.1844
    """
    rows = _Rows.of(evaluation, code="recalibration.scores")
    lines = {AS_IT_IS: [Line(0.0, 1.0)] * (FOLDS + 1), LEVEL: rows.lines(_level)}
    lines[SLOPE] = rows.lines(_level_and_slope)
    table = pd.DataFrame([rows.figures(name, fitted) for name, fitted in lines.items()])
    return Recalibration(evaluation.name, table, len(rows.y), rows.households)


def side_by_side(evaluations: Mapping[str, Evaluation]) -> pd.DataFrame:
    """Return the figures of several evaluations in one table, such as home and elsewhere.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        By the name of the column.

    Returns
    -------
    DataFrame
        One row per metric; a column of values and one of intervals, as texts, for each. Where
        evaluations stand under different labels, a row ``labels`` says under which each does.
    """
    columns = {}
    for name, evaluation in evaluations.items():
        table = evaluation.table.set_index("metric")
        columns[name] = table["value"]
        ends = zip(table["low"], table["high"], strict=True)
        texts = [bracket(low, high) for low, high in ends]
        columns[f"{name}, 95 % interval"] = pd.Series(texts, index=table.index, dtype="str")
    joined = pd.DataFrame(columns)
    order = [metric for metric in METRICS if metric in joined.index]
    named = joined.loc[order].rename(lambda metric: METRICS[metric].heading)
    labels = {name: evaluation.labels for name, evaluation in evaluations.items()}
    if len(set(labels.values())) > 1:
        named = named.astype(object)
        named.loc["labels"] = pd.Series(labels)
    return named


Fit = Callable[[Floats, Floats, Floats], Line]


class _Rows(LabelledProbabilities):
    """Labelled rows, and the figures of calibrations on them."""

    def lines(self, fit: Fit) -> list[Line]:
        """Return a line for each fold, fitted on the others, and last the one of all rows."""
        fold = self.unit % FOLDS
        of_all = self._line(fit, np.ones(len(fold), bool), "all rows")
        lines = [
            self._line(fit, fold != left_out, f"the rows outside fold {left_out + 1} of {FOLDS}")
            for left_out in range(FOLDS)
        ]
        return [*lines, of_all]

    def _line(self, fit: Fit, rows: Mask, which: str) -> Line:
        line = fit(self.y[rows], self.odds[rows], self.weight[rows])
        if not np.isfinite(line).all():
            raise _no_line(self.y[rows], self.odds[rows], which)
        return line

    def figures(self, name: str, lines: list[Line]) -> dict[str, object]:
        chance = self._chance(lines)
        of_all = lines[-1]
        return {
            "calibration": name,
            "intercept": of_all.intercept,
            "slope": of_all.slope,
            "expected": float(np.average(chance, weights=self.weight)),
            "observed": float(np.average(self.y, weights=self.weight)),
            "brier": brier(self.y, chance, self.weight),
            "log_loss": log_loss(self.y, chance, self.weight),
        }

    def _chance(self, lines: list[Line]) -> Floats:
        fold = self.unit % FOLDS
        chance = np.empty(len(fold))
        for left_out, line in enumerate(lines[:FOLDS]):
            rows = fold == left_out
            chance[rows] = line.chance(self.odds[rows])
        return chance


def _no_line(y: Floats, odds: Floats, which: str) -> PanelError:
    """Return why no level or slope can be fitted to some rows."""
    why, code = "the outcomes are too few for a local calibration", "recalibration.too_few"
    allowed = "households with and without the outcome, in each four fifths of the households"
    next_step = "take more rounds, or keep the calibration as it is"
    if np.ptp(y) and not np.ptp(odds):
        why = f"no slope can be fitted to {which}: all scores are one value"
        code = "recalibration.one_score"
        allowed = "scores of two values or more"
        next_step = "compare the score with the share that has the outcome: evaluation.table"
    elif np.ptp(y) and _are_separate(odds[y == 0], odds[y == 1]):
        why = f"no slope can be fitted to {which}: a cut of the scores separates the outcomes"
        code = "recalibration.separated"
        allowed = "rows with and without the outcome at overlapping scores"
        next_step = "check whether a column knows the outcome, or take more rounds"
    return PanelError(why, code=code, allowed=allowed, next_step=next_step)


def _are_separate(one: Floats, other: Floats) -> bool:
    return bool(one.max() <= other.min() or other.max() <= one.min())


def _level(y: Floats, odds: Floats, weight: Floats) -> Line:
    return Line(calibration_intercept(y, odds, weight).value, 1.0)


def _level_and_slope(y: Floats, odds: Floats, weight: Floats) -> Line:
    slope = calibration_slope(y, odds, weight).value
    if not np.isfinite(slope):
        return Line(np.nan, np.nan)
    return Line(calibration_intercept(y, slope * odds, weight).value, slope)
