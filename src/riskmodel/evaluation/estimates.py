"""The value of a metric on scored rows, with its interval and what ties allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.metrics import (
    CRISES_EXPECTED,
    Floats,
    Interval,
    Metric,
    Observation,
    ScoredRows,
    metrics_defined,
)
from riskmodel.metrics.selective import (
    VERDICT_FIGURES,
    Identification,
    SelectiveRows,
    verdict_estimate,
)

ESTIMANDS = (
    "values are of these rows and this list; intervals are for households and lists like these"
)
"""What figures and intervals are of, as results say it below their tables."""
NO_ESTIMATE = "not identified: no estimate of it is made of verdicts that only some rows have"
EVERY_ROW = "every labelled row"
OBSERVED = "rows that another recorded fact observes"
OF_CONTACTED = "verdicts of those contacted, as if nobody else were there"
OF_SCORES = "no labels: the sum of the probabilities on the list"
NO_INTERVAL = "no interval: what the scores say, no estimate from verdicts"
BY_CHANCES = "verdicts estimated for everyone; assumes reach independent of need given the records"


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
        Its bounds over the lists that ties at the cut allow; NaN for other metrics, and where only
        some rows have a verdict: then the expected list is the only one.
    of_verdicts : Interval or None
        Its interval, where only some rows have a verdict.
    identification : Identification or None
        Whether these identify it.
    """

    metric: Metric
    value: float
    influence: Floats
    support: int
    worst: float = float("nan")
    best: float = float("nan")
    of_verdicts: Interval | None = None
    identification: Identification | None = None

    @classmethod
    def of(cls, metric: Metric, rows: ScoredRows) -> Estimate:
        """Estimate a metric on some rows."""
        if rows.selective is not None and metric is not CRISES_EXPECTED:
            return cls._of_verdicts(metric, rows, rows.selective)
        value, influence = metric.estimate(rows), metric.influence(rows)
        support = metric.support(rows)
        if rows.selective is not None:
            nothing = Interval(np.nan, np.nan, np.nan, NO_INTERVAL)
            return cls(metric, value, influence, support, of_verdicts=nothing)
        if not metric.is_at_capacity:
            return cls(metric, value, influence, support)
        worst, best = (metric.estimate(rows.with_list(listed)) for listed in rows.tie_bounds)
        return cls(metric, value, influence, support, worst, best)

    @classmethod
    def _of_verdicts(cls, metric: Metric, rows: ScoredRows, selective: SelectiveRows) -> Estimate:
        if metric.name not in VERDICT_FIGURES:
            nothing = Interval(np.nan, np.nan, np.nan, NO_ESTIMATE)
            unknown = np.full(len(rows), np.nan)
            return cls(metric, float("nan"), unknown, 0, of_verdicts=nothing)
        found = verdict_estimate(VERDICT_FIGURES[metric.name], selective)
        return cls(
            metric,
            found.value,
            found.influence,
            metric.support(rows),
            of_verdicts=found.interval,
            identification=found.identification,
        )

    def interval(self, rows: ScoredRows) -> Interval:
        """Return the interval clustered by household, and by area and round for verdicts."""
        if self.of_verdicts is not None:
            return self.of_verdicts
        return self.metric.interval(self.value, self.influence, rows)


def estimates_of(rows: ScoredRows, observation: Observation) -> list[Estimate]:
    """Estimate every metric that may be given for these rows."""
    defined = metrics_defined(observation, has_probabilities=rows.probability is not None)
    return [Estimate.of(metric, rows) for metric in defined]


def estimate_table(estimates: Iterable[Estimate], rows: ScoredRows, labels: str) -> pd.DataFrame:
    """Return one row per metric.

    Its columns: metric, value, low, high, estimand, labels (under which the figure stands), counts,
    note, worst, best.
    """
    return pd.DataFrame([_line(estimate, rows, labels) for estimate in estimates])


def _line(estimate: Estimate, rows: ScoredRows, labels: str) -> dict[str, object]:
    interval = estimate.interval(rows)
    return {
        "metric": estimate.metric.name,
        "value": estimate.value,
        "low": interval.low,
        "high": interval.high,
        "estimand": estimate.metric.estimand,
        "labels": OF_SCORES if interval.note == NO_INTERVAL else labels,
        "rows": len(rows),
        "positives": int(rows.y.sum()),
        "note": interval.note,
        "worst": estimate.worst,
        "best": estimate.best,
    }
