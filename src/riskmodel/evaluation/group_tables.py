"""Metrics by round, area and group, and predicted against observed shares, without small cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.pooled_verdicts import TOGETHER, draw_together
from riskmodel.metrics import (
    BASE_RATE,
    CellCounts,
    Floats,
    Groups,
    Ints,
    Metric,
    Observation,
    ScoredRows,
    Shown,
    Use,
    cells_to_hide,
    isotonic,
    metrics_used_in,
    reliability_bins,
)
from riskmodel.metrics.selective import pseudo_reliability

CONFIRMED = "confirmed_of_contacted"
MIN_OF_CLASS = 3
MIN_EXPECTED = 5
RELIABILITY_COLUMNS = (
    "predicted",
    "observed",
    "low",
    "high",
    "isotonic",
    "rows",
    "positives",
    "note",
)


@dataclass(frozen=True)
class Suppression:
    """Below which counts of households a cell is suppressed.

    Attributes
    ----------
    min_households : int
    min_of_class : int
        Of those with a crisis, and of those without.
    """

    min_households: int
    min_of_class: int

    @classmethod
    def of(cls, min_cell: int) -> Suppression:
        """Return the counts for a minimum of households; 1 suppresses nothing."""
        return cls(min_cell, min(MIN_OF_CLASS, min_cell) if min_cell > 1 else 0)

    @property
    def is_off(self) -> bool:
        """Whether nothing is suppressed."""
        return self.min_of_class == 0

    @property
    def least(self) -> str:
        """How small a cell is that is suppressed, in words."""
        return f"fewer than {self.min_households} households or {self.min_of_class} of a class"

    def shown(self, rows: ScoredRows, tables: Sequence[Groups], bins: Groups | None) -> list[Ints]:
        """Return what each table shows of its cells; the bins of reliability come last.

        Parameters
        ----------
        rows : ScoredRows
        tables : list of Groups
            Tables with figures of the list.
        bins : Groups, optional
            Cells of the table of reliability, which has none.
        """
        every = [*tables, *([] if bins is None else [bins])]
        if self.is_off:
            return [np.zeros(len(table.names), dtype=np.intp) for table in every]

        counts = [
            CellCounts.of(
                table.code,
                rows.y,
                rows.inclusion,
                rows.household,
                min_households=self.min_households,
                min_of_class=self.min_of_class,
                has_list=table is not bins,
            )
            for table in every
        ]
        return cells_to_hide(counts)

    def note(self, shown: Shown) -> str:
        """Say what a table leaves out of a cell, and why."""
        if shown is Shown.ALL:
            return ""
        if shown is Shown.NO_LIST:
            return f"no figures of the list: {self.least} on it, or they would tell such a list"
        return f"suppressed: {self.least}, or it would tell such a cell"


def group_metrics(observation: Observation, *, has_probabilities: bool) -> list[Metric]:
    """Return the metrics of these tables, those of the list first."""
    usable = [
        metric
        for metric in metrics_used_in(Use.GROUPS)
        if metric.is_defined(observation, has_probabilities=has_probabilities)
    ]
    return sorted(usable, key=lambda metric: not metric.is_at_capacity)


def group_table(
    rows: ScoredRows,
    key: str,
    groups: Groups,
    shown: Ints,
    observation: Observation,
    suppression: Suppression,
    *,
    whole_rounds: bool = False,
) -> pd.DataFrame:
    """Return one row per group: counts, base rate, and metrics with intervals.

    Where only those contacted have a verdict, the count of 1 is ``confirmed_of_contacted``, and
    figures that rest on few of them are drawn towards those of the other groups; the column
    ``drawn_together`` names them.

    Parameters
    ----------
    rows : ScoredRows
    key : str
        What the groups are: the name of their column.
    groups : Groups
    shown : ndarray of Shown, shape (n_groups,)
    observation : Observation
    suppression : Suppression
        By which cells are hidden.
    whole_rounds : bool
        Whether groups are rounds, whose cut moves with their rows; else the cut is taken as given.
    """
    metrics = group_metrics(observation, has_probabilities=rows.probability is not None)
    figures = []
    for positions, level in zip(groups.positions(), map(Shown, shown), strict=True):
        part = rows.take(positions, whole_rounds=whole_rounds)
        figures.append(_group_figures(part, metrics, level))
    together = (
        draw_together(figures, rows.selective, groups, shown)
        if rows.selective is not None and not whole_rounds
        else []
    )
    counted = pd.DataFrame(figures, columns=["rows", "positives", *_columns(metrics)], dtype=float)
    notes = [suppression.note(Shown(level)) for level in shown]
    table = counted.astype({"rows": "Int64", "positives": "Int64"}).assign(note=notes)
    table.insert(0, key, groups.names.tolist())
    if any(together):
        table.insert(len(table.columns) - 1, TOGETHER, together)
    return said_of_whom(table, rows)


def said_of_whom(table: pd.DataFrame, rows: ScoredRows) -> pd.DataFrame:
    """Call positives what they are where only those contacted have a verdict: confirmed."""
    return table if rows.selective is None else table.rename(columns={"positives": CONFIRMED})


def figure_columns(metric: Metric) -> tuple[str, str, str]:
    """Return the columns of a metric in these tables."""
    return metric.name, f"{metric.name}_low", f"{metric.name}_high"


def bins_of(rows: ScoredRows, suppression: Suppression, bins: int = 10) -> Groups | None:
    """Return the bins of the probabilities; None for scores that are none."""
    if rows.probability is None:
        return None
    min_expected = 0 if suppression.is_off else MIN_EXPECTED
    min_rows = suppression.min_households
    return Groups.of(
        reliability_bins(rows.probability, bins, min_rows=min_rows, min_expected=min_expected)
    )


def reliability_table(
    rows: ScoredRows, bins: Groups | None, shown: Ints, suppression: Suppression
) -> pd.DataFrame:
    """Return predicted against observed shares, one row per bin; none without probabilities."""
    if bins is None or rows.probability is None:
        return pd.DataFrame(columns=RELIABILITY_COLUMNS, dtype=np.float64)
    probability, weight = rows.probability, rows.weight
    recalibrated = (
        isotonic(rows.y, probability, weight)
        if rows.selective is None
        else pseudo_reliability(rows.selective.phi, probability, weight)
    )
    lines: list[dict[str, object]] = []
    for positions, level in zip(bins.positions(), shown, strict=True):
        part = rows.take(positions)
        predicted = np.average(probability[positions], weights=part.weight)
        line: dict[str, object] = {"predicted": float(predicted), "note": ""}
        if Shown(level) is Shown.NOTHING:
            lines.append({**line, "note": suppression.note(Shown.NOTHING)})
            continue
        lines.append({**line, **_observed(part, recalibrated[positions])})
    table = pd.DataFrame(lines, columns=RELIABILITY_COLUMNS)
    return said_of_whom(table.astype({"rows": "Int64", "positives": "Int64"}), rows)


def _observed(part: ScoredRows, recalibrated: Floats) -> dict[str, object]:
    observed = Estimate.of(BASE_RATE, part)
    interval = observed.interval(part)
    return {
        "observed": observed.value,
        "low": interval.low,
        "high": interval.high,
        "isotonic": float(np.average(recalibrated, weights=part.weight)),
        "rows": len(part),
        "positives": float(part.y.sum()),
        "note": interval.note if observed.identification is not None else "",
    }


def _group_figures(part: ScoredRows, metrics: list[Metric], shown: Shown) -> dict[str, float]:
    """Return what a table shows of a group."""
    if shown is Shown.NOTHING:
        return {}
    figures = {
        "rows": float(len(part)),
        "positives": float(part.y.sum()),
        "base_rate": Estimate.of(BASE_RATE, part).value,
    }
    if shown is Shown.ALL:
        figures["selected"] = float(part.inclusion.sum())
    for metric in metrics:
        if metric.is_at_capacity and shown is Shown.NO_LIST:
            continue
        estimate = Estimate.of(metric, part)
        interval = estimate.interval(part)
        values = (estimate.value, interval.low, interval.high)
        figures |= dict(zip(figure_columns(metric), values, strict=True))
    return figures


def _columns(metrics: list[Metric]) -> list[str]:
    columns = ["base_rate", "selected"]
    for metric in metrics:
        columns += figure_columns(metric)
    return columns
