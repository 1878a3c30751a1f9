"""Metrics by round, area and group, and predicted against observed shares, without small cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.estimates import Estimate
from riskmodel.metrics import (
    BASE_RATE,
    Floats,
    Ints,
    Metric,
    Observation,
    ScoredRows,
    Use,
    by_group,
    isotonic,
    metrics_used_in,
    reliability_bins,
)

MIN_POSITIVES = 3
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
MIN_EXPECTED = 5


@dataclass(frozen=True)
class Suppression:
    """Below which counts a cell is suppressed.

    Attributes
    ----------
    min_rows, min_positives : int
    """

    min_rows: int
    min_positives: int

    @classmethod
    def of(cls, min_cell: int) -> Suppression:
        """Return the counts for a minimum of rows; 1 suppresses nothing."""
        return cls(min_cell, min(MIN_POSITIVES, min_cell) if min_cell > 1 else 0)


def group_metrics(observation: Observation) -> list[Metric]:
    """Return the metrics of these tables, those of the list first."""
    usable = [
        metric
        for metric in metrics_used_in(Use.GROUPS)
        if metric.is_defined(observation, has_probabilities=False)
    ]
    return sorted(usable, key=lambda metric: not metric.is_at_capacity)


def group_table(
    rows: ScoredRows,
    key: str,
    groups: NDArray[Any],
    observation: Observation,
    suppression: Suppression,
    *,
    whole_rounds: bool = False,
) -> pd.DataFrame:
    """Return one row per group: counts, base rate, and metrics with intervals.

    Parameters
    ----------
    rows : ScoredRows
    key : str
        What the groups are: the name of their column.
    groups : ndarray, shape (n_rows,)
    observation : Observation
    suppression : Suppression
    whole_rounds : bool
        Whether groups are rounds, whose cut moves with their rows; else the cut is taken as given.
    """
    metrics = group_metrics(observation)

    def figures_of(positions: Ints) -> dict[str, float]:
        return _group_figures(rows.take(positions, whole_rounds=whole_rounds), metrics)

    parts = by_group(figures_of, groups, rows.y, **vars(suppression))
    values = [part.value or {} for part in parts]
    figures = pd.DataFrame(values, columns=_columns(metrics), dtype=np.float64)
    counts = pd.DataFrame(
        {
            key: [part.key for part in parts],
            "rows": pd.array([part.rows for part in parts], dtype="Int64"),
            "positives": pd.array([part.positives for part in parts], dtype="Int64"),
        }
    )
    return pd.concat([counts, figures], axis=1).assign(note=[part.note for part in parts])


def figure_columns(metric: Metric) -> tuple[str, str, str]:
    """Return the columns of a metric in these tables."""
    return metric.name, f"{metric.name}_low", f"{metric.name}_high"


def reliability_table(rows: ScoredRows, suppression: Suppression, bins: int = 10) -> pd.DataFrame:
    """Return predicted against observed shares, one row per bin; none without probabilities."""
    probability = rows.probability
    if probability is None:
        return pd.DataFrame(columns=RELIABILITY_COLUMNS, dtype=np.float64)
    recalibrated = isotonic(rows.y, probability, rows.weight)

    def mean(values: Floats, positions: Ints) -> float:
        return float(np.average(values[positions], weights=rows.weight[positions]))

    def shares_of(positions: Ints) -> dict[str, float]:
        part = rows.take(positions)
        observed = Estimate.of(BASE_RATE, part)
        interval = observed.interval(part)
        return {
            "observed": observed.value,
            "low": interval.low,
            "high": interval.high,
            "isotonic": mean(recalibrated, positions),
        }

    min_expected = MIN_EXPECTED if suppression.min_positives else 0
    bin_of = reliability_bins(
        probability, bins, min_rows=suppression.min_rows, min_expected=min_expected
    )
    parts = by_group(shares_of, bin_of, rows.y, **vars(suppression))
    lines = [
        {
            "predicted": mean(probability, np.flatnonzero(bin_of == part.key)),
            **(part.value or {}),
            "rows": part.rows,
            "positives": part.positives,
            "note": part.note,
        }
        for part in parts
    ]
    table = pd.DataFrame(lines, columns=RELIABILITY_COLUMNS)
    return table.astype({"rows": "Int64", "positives": "Int64"})


def _group_figures(rows: ScoredRows, metrics: list[Metric]) -> dict[str, float]:
    figures = {"base_rate": BASE_RATE.estimate(rows), "selected": float(rows.inclusion.sum())}
    for metric in metrics:
        estimate = Estimate.of(metric, rows)
        interval = estimate.interval(rows)
        values = (estimate.value, interval.low, interval.high)
        figures |= dict(zip(figure_columns(metric), values, strict=True))
    return figures


def _columns(metrics: list[Metric]) -> list[str]:
    columns = ["base_rate", "selected"]
    for metric in metrics:
        columns += figure_columns(metric)
    return columns
