"""Two sets of scores on the same rows: paired differences, and how far their lists agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation.estimates import ESTIMANDS, Estimate
from riskmodel.evaluation.judged_rows import notes_on_rows
from riskmodel.evaluation.non_inferiority import LEVEL, at_worst_of, with_verdicts
from riskmodel.evaluation.panel_rows import capacity_of, observation_of, scored_rows
from riskmodel.evaluation.scores import Scorable, name_of, scores_of
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    text_table,
)
from riskmodel.metrics import (
    BY_CHANCE,
    METRICS,
    Capacity,
    CapacityLike,
    Interval,
    Observation,
    ScoredRows,
    Use,
    clustered_interval,
    metrics_used_in,
)

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Differences a - b on the same rows.

    Attributes
    ----------
    names : tuple of (str, str)
        What a and b are.
    table : DataFrame
        metric, a, b, difference, low, high, estimand, note; verdict and at_worst, of a against b
        (see `riskmodel.evaluation.non_inferiority.with_verdicts`).
    overlap : float
        Households on both lists over households on either (Jaccard); of expected lists where
        scores tie.
    rows, positives : int
    capacity : Capacity
    notes : tuple of str
        In what the rows differ from those of a model's fit, or that they are some of these.
    """

    names: tuple[str, str]
    table: pd.DataFrame
    overlap: float
    rows: int
    positives: int
    capacity: Capacity
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return one row per metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        table = text_table(*self._cells())
        return "\n".join([self._title(), "", table, "", *self._closing()])

    def _repr_html_(self) -> str:
        table = html_table(*self._cells())
        return html_lines([self._title()]) + table + html_lines(self._closing())

    def _title(self) -> str:
        a, b = self.names
        rows = f"{self.rows:,} rows, {self.positives:,} positive"
        return f"{a} - {b} on {rows}; list at capacity {self.capacity}"

    def _closing(self) -> list[str]:
        return [*self._verdicts(), self._overlap(), ESTIMANDS, *self.notes]

    def _verdicts(self) -> Iterator[str]:
        """Yield what the differences of the metrics that judge promotions say, and at worst."""
        judged = {metric.name for metric in metrics_used_in(Use.GATE)}
        a, b = self.names
        for line in self.table[self.table["metric"].isin(judged)].to_dict("records"):
            metric, verdict = METRICS[line["metric"]], line["verdict"]
            within = f" within {metric.margin:g}" if verdict == LEVEL else ""
            said = f"{metric.title}: {a} is {verdict} {b}{within}"
            yield ", ".join(filter(None, [said, at_worst_of(line["at_worst"])]))

    def _overlap(self) -> str:
        return f"{number(100 * self.overlap)} % of the households on either list are on both"

    def _cells(self) -> TableCells:
        header = ("metric", *self.names, "difference", "95 % interval")
        return TableCells(header, [_cells_of(line) for line in self.table.itertuples()])


def _cells_of(line: Any) -> tuple[str, ...]:
    values = (number(line.a), number(line.b), number(line.difference))
    return METRICS[line.metric].heading, *values, bracket(line.low, line.high) or line.note


@door
def compare(
    a: Scorable,
    b: Scorable,
    panel: Panel,
    capacity: CapacityLike = 0.02,
    *,
    probability: bool = False,
) -> Comparison:
    """Compare two models on the same labelled rows, list against list.

    Parameters
    ----------
    a, b : RiskClassifier, classifier, Series or Evaluation
        An evaluation brings its own scores.
    panel : Panel
    capacity : float, int or mapping, default 0.02
        See `evaluate`.
    probability : bool, default False
        Whether a Series, of a and b, holds probabilities; see `evaluate`.

    Returns
    -------
    Comparison

    Notes
    -----
    What a row adds to a difference is the difference of what it adds to both figures, so that the
    interval allows for the same households being evaluated twice. Metrics of probabilities are
    compared only if both scores are probabilities.

    Examples
    --------
    >>> from riskmodel import Panel
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> compare(panel.X["arrears"], panel.X["arrears"] % 7, panel, capacity=30).overlap
    0.0
    """
    checked = capacity_of(capacity, panel)
    one, other = (
        scored_rows(scores_of(model, panel, probability=probability), panel, checked)
        for model in (a, b)
    )
    return Comparison(
        names=(name_of(a), name_of(b)),
        table=difference_table(one, other, observation_of(panel.label)),
        overlap=overlap_of(one, other),
        rows=len(one),
        positives=int(one.y.sum()),
        capacity=checked,
        notes=(*panel.doubts, *_notes(a, b, panel)),
    )


def _notes(a: Scorable, b: Scorable, panel: Panel) -> tuple[str, ...]:
    """Tell by model in what the rows differ from those of its fit."""
    return tuple(f"{name_of(one)}: {note}" for one in (a, b) for note in notes_on_rows(one, panel))


def overlap_of(one: ScoredRows, other: ScoredRows) -> float:
    """Return the households on both lists over those on either (of expected lists)."""
    both = np.minimum(one.inclusion, other.inclusion).sum()
    either = np.maximum(one.inclusion, other.inclusion).sum()
    return float(both / either)


def difference_table(one: ScoredRows, other: ScoredRows, observation: Observation) -> pd.DataFrame:
    """Return one row per metric that both have: the values, their difference and its interval."""
    both = one.probability is not None and other.probability is not None
    lines = [
        _difference(Estimate.of(metric, one), Estimate.of(metric, other), one)
        for metric in metrics_used_in(Use.COMPARISON)
        if metric.is_defined(observation, has_probabilities=both)
    ]
    columns = ["metric", "a", "b", "difference", "low", "high", "estimand", "note"]
    return with_verdicts(pd.DataFrame(lines, columns=columns))


def _difference(a: Estimate, b: Estimate, rows: ScoredRows) -> dict[str, object]:
    interval = _interval(a, b, rows)
    return {
        "metric": a.metric.name,
        "a": a.value,
        "b": b.value,
        "difference": a.value - b.value,
        "low": interval.low,
        "high": interval.high,
        "estimand": a.metric.estimand,
        "note": interval.note,
    }


def _interval(a: Estimate, b: Estimate, rows: ScoredRows) -> Interval:
    if rows.is_constant and not (a.influence - b.influence).any():
        return Interval(np.nan, np.nan, np.nan, BY_CHANCE)
    return clustered_interval(
        a.value - b.value,
        a.influence - b.influence,
        rows.household,
        events=min(a.support, b.support),
    )
