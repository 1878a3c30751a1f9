"""Differences of two sets of scores on the same rows: metric by metric, and list against list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.non_inferiority import with_verdicts
from riskmodel.metrics import (
    BY_CHANCE,
    Interval,
    Metric,
    Observation,
    ScoredRows,
    Use,
    clustered_interval,
    metrics_used_in,
)

COLUMNS = ["metric", "a", "b", "difference", "low", "high", "estimand", "note"]


def difference_table(one: ScoredRows, other: ScoredRows, observation: Observation) -> pd.DataFrame:
    """Return one row per metric that both have: the values, their difference and its interval."""
    both = one.probability is not None and other.probability is not None
    lines = [
        difference_of(metric, one, other)
        for metric in metrics_used_in(Use.COMPARISON)
        if metric.is_defined(observation, has_probabilities=both)
    ]
    return with_verdicts(pd.DataFrame(lines, columns=COLUMNS))


def difference_of(metric: Metric, one: ScoredRows, other: ScoredRows) -> dict[str, object]:
    """Return a metric's row of the table of differences."""
    a, b = Estimate.of(metric, one), Estimate.of(metric, other)
    interval = _interval(a, b, one, _support(a, b, one, other))
    return {
        "metric": metric.name,
        "a": a.value,
        "b": b.value,
        "difference": a.value - b.value,
        "low": interval.low,
        "high": interval.high,
        "estimand": metric.estimand,
        "note": interval.note,
    }


def overlap_of(one: ScoredRows, other: ScoredRows) -> float:
    """Return the households on both lists over those on either (of expected lists)."""
    both = np.minimum(one.inclusion, other.inclusion).sum()
    either = np.maximum(one.inclusion, other.inclusion).sum()
    return float(both / either)


def _support(a: Estimate, b: Estimate, one: ScoredRows, other: ScoredRows) -> int:
    """Return on how many households a difference rests.

    Those on which both figures rest; at capacity also those whose crisis one list alone holds, so
    that a list without a hit is told from one of many.
    """
    both = min(a.support, b.support)
    if not a.metric.is_at_capacity:
        return both
    crises_apart = (one.y == 1) & (one.inclusion != other.inclusion)
    return max(both, len(np.unique(one.household[crises_apart])))


def _interval(a: Estimate, b: Estimate, rows: ScoredRows, support: int) -> Interval:
    if rows.is_constant and not (a.influence - b.influence).any():
        return Interval(np.nan, np.nan, np.nan, BY_CHANCE)
    return clustered_interval(
        a.value - b.value,
        a.influence - b.influence,
        rows.household,
        events=support,
    )
