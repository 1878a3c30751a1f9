"""The value of a metric on scored rows, with its interval and what ties allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from riskmodel.metrics import (
    Floats,
    Interval,
    Metric,
    Observation,
    ScoredRows,
    metrics_defined,
)

ESTIMANDS = (
    "values are of these rows and this list; intervals are for households and lists like these"
)
"""What figures and intervals are of, as results say it below their tables."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A metric's value on some rows.

    Attributes
    ----------
    metric : Metric
    value : float
    influence : ndarray, shape (n_rows,)
        What each row adds to the value.
    support : int
        Households in the rarer of the classes on which it rests.
    worst, best : float
        Its bounds over the lists that ties at the cut allow; NaN for other metrics.
    """

    metric: Metric
    value: float
    influence: Floats
    support: int
    worst: float = float("nan")
    best: float = float("nan")

    @classmethod
    def of(cls, metric: Metric, rows: ScoredRows) -> Estimate:
        """Estimate a metric on some rows."""
        value, influence = metric.estimate(rows), metric.influence(rows)
        support = metric.support(rows)
        if not metric.is_at_capacity:
            return cls(metric, value, influence, support)
        worst, best = (metric.estimate(rows.with_list(listed)) for listed in rows.tie_bounds)
        return cls(metric, value, influence, support, worst, best)

    def interval(self, rows: ScoredRows) -> Interval:
        """Return the interval clustered by household."""
        return self.metric.interval(self.value, self.influence, rows)


def estimates_of(rows: ScoredRows, observation: Observation) -> list[Estimate]:
    """Estimate every metric that may be given for these rows."""
    defined = metrics_defined(observation, has_probabilities=rows.probability is not None)
    return [Estimate.of(metric, rows) for metric in defined]


def estimate_table(estimates: Iterable[Estimate], rows: ScoredRows) -> pd.DataFrame:
    """Return one row per metric: metric, value, low, high, estimand, counts, note, worst, best."""
    return pd.DataFrame([_line(estimate, rows) for estimate in estimates])


def _line(estimate: Estimate, rows: ScoredRows) -> dict[str, object]:
    interval = estimate.interval(rows)
    return {
        "metric": estimate.metric.name,
        "value": estimate.value,
        "low": interval.low,
        "high": interval.high,
        "estimand": estimate.metric.estimand,
        "rows": len(rows),
        "positives": int(rows.y.sum()),
        "note": interval.note,
        "worst": estimate.worst,
        "best": estimate.best,
    }
