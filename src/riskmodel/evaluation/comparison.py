"""Two sets of scores on the same rows: paired differences, and how far their lists agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel import metrics
from riskmodel.evaluation.figures import Cases, Figure, capacity_of, figures_of
from riskmodel.evaluation.printing import bracket, html_lines, html_table, number, text_table
from riskmodel.evaluation.record import metric_name
from riskmodel.evaluation.scores import Scorable, name_of, scores_of
from riskmodel.metrics import Capacity, CapacityLike, Interval

if TYPE_CHECKING:
    from riskmodel.panel import Panel

COMPARED = ("auc", "average_precision", "brier", "log_loss", "precision", "recall")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Differences a - b on the same rows.

    Attributes
    ----------
    names : tuple of (str, str)
        What a and b are.
    table : DataFrame
        metric, a, b, difference, low, high, note.
    overlap : float
        Households on both lists over households on either (Jaccard), of expected lists where scores tie.
    rows, positives : int
    capacity : Capacity
    """

    names: tuple[str, str]
    table: pd.DataFrame
    overlap: float
    rows: int
    positives: int
    capacity: Capacity

    def frame(self) -> pd.DataFrame:
        """Return one row a metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([self._title(), "", text_table(*self._cells()), "", self._overlap()])

    def _repr_html_(self) -> str:
        return (
            html_lines([self._title()]) + html_table(*self._cells()) + html_lines([self._overlap()])
        )

    def _title(self) -> str:
        a, b = self.names
        return f"{a} - {b} on {self.rows:,} rows, {self.positives:,} positive; list at capacity {self.capacity}"

    def _overlap(self) -> str:
        return f"{number(100 * self.overlap)} % of the households on either list are on both"

    def _cells(self) -> tuple[Sequence[str], list[tuple[str, ...]]]:
        rows = [
            (
                metric_name(line["metric"]),
                *(number(line[part]) for part in ("a", "b", "difference")),
                bracket(line["low"], line["high"]) or line["note"],
            )
            for line in self.table.to_dict("records")
        ]
        return ("metric", *self.names, "difference", "95 % interval"), rows


def compare(a: Scorable, b: Scorable, panel: Panel, capacity: CapacityLike = 0.02) -> Comparison:
    """Compare two models on the same labelled rows, list against list.

    Parameters
    ----------
    a, b : RiskClassifier, classifier, Series or Evaluation
        An evaluation brings the scores that it judged.
    panel : Panel
    capacity : float, int or mapping, default 0.02
        See `evaluate`.

    Returns
    -------
    Comparison

    Notes
    -----
    What a row adds to a difference is the difference of what it adds to both figures; so the interval takes account
    of the same households being judged twice. Brier score and log loss are compared only if both are probabilities.

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
    one, other = (Cases.of(scores_of(model, panel), panel, checked) for model in (a, b))
    return Comparison(
        names=(name_of(a), name_of(b)),
        table=difference_table(one, other),
        overlap=float(
            np.minimum(one.listed, other.listed).sum() / np.maximum(one.listed, other.listed).sum()
        ),
        rows=len(one),
        positives=int(one.y.sum()),
        capacity=checked,
    )


def difference_table(one: Cases, other: Cases) -> pd.DataFrame:
    """Return one row a metric that both have: the values, their difference and its interval."""
    figures, others = ({f.metric: f for f in figures_of(cases)} for cases in (one, other))
    lines = []
    for metric in COMPARED:
        if metric not in figures or metric not in others:
            continue
        a, b = figures[metric], others[metric]
        found = _difference(a, b, one)
        lines.append(
            (metric, a.value, b.value, a.value - b.value, found.low, found.high, found.note)
        )
    return pd.DataFrame(lines, columns=["metric", "a", "b", "difference", "low", "high", "note"])


def _difference(a: Figure, b: Figure, cases: Cases) -> Interval:
    return metrics.clustered_interval(
        a.value - b.value,
        a.influence - b.influence,
        cases.household,
        events=min(a.events, b.events),
    )
