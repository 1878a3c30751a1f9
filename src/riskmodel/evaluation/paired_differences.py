"""Differences of scores on the same rows: metric by metric, and list against list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.non_inferiority import with_verdicts
from riskmodel.metrics import (
    BY_CHANCE,
    UPPER,
    Floats,
    Interval,
    Metric,
    Observation,
    ScoredRows,
    Use,
    clustered_interval,
    joint_quantile,
    metrics_used_in,
)
from riskmodel.metrics.intervals import UNDEFINED
from riskmodel.metrics.selective import (
    SelectiveRows,
    spread_of_lists_like_it,
    symmetric_interval,
)

COLUMNS = ["metric", "a", "b", "difference", "low", "high", "estimand", "note"]


class Difference(NamedTuple):
    """What two sets of scores differ by in a metric.

    Attributes
    ----------
    a, b : Estimate
    rows : ScoredRows
        Those of a.
    support : int
        On how many households the difference rests.
    """

    a: Estimate
    b: Estimate
    rows: ScoredRows
    support: int

    @classmethod
    def of(cls, metric: Metric, one: ScoredRows, other: ScoredRows) -> Difference:
        """Return the difference of two sets of scores on the same rows."""
        a, b = Estimate.of(metric, one), Estimate.of(metric, other)
        return cls(a, b, one, _support(a, b, one, other))

    @property
    def influence(self) -> Floats:
        """What each row adds to it."""
        return self.a.influence - self.b.influence

    def interval(self, upper: float) -> Interval:
        """Return its interval up to a quantile of Student's t."""
        if self.rows.selective is not None:
            return self._of_verdicts(self.rows.selective, upper)
        if self.rows.is_constant and not self.influence.any():
            return Interval(np.nan, np.nan, np.nan, BY_CHANCE)
        return clustered_interval(
            self.a.value - self.b.value,
            self.influence,
            self.rows.household,
            events=self.support,
            upper=upper,
        )

    def _of_verdicts(self, rows: SelectiveRows, upper: float) -> Interval:
        """Return it for lists like these, or why one of the two figures is not identified."""
        for each in (self.a, self.b):
            if each.identification is not None and not each.identification.identified:
                return Interval(np.nan, np.nan, np.nan, str(each.identification))
        value = self.a.value - self.b.value
        if not np.isfinite(value):
            return Interval(np.nan, np.nan, np.nan, UNDEFINED)
        spread = spread_of_lists_like_it(self.influence, rows.household, rows.area_round)
        return symmetric_interval(value, spread, upper)

    def line(self, upper: float) -> dict[str, object]:
        """Return its row of the table of differences."""
        interval = self.interval(upper)
        return {
            "metric": self.a.metric.name,
            "a": self.a.value,
            "b": self.b.value,
            "difference": self.a.value - self.b.value,
            "low": interval.low,
            "high": interval.high,
            "estimand": self.a.metric.estimand,
            "note": interval.note,
        }


class Differences(NamedTuple):
    """The differences of one set of scores from another, one row per metric that both have.

    Attributes
    ----------
    table : DataFrame
    upper : dict of str to float
        By metric, up to which quantile of Student's t its interval reaches.
    """

    table: pd.DataFrame
    upper: dict[str, float]


def differences(
    one: ScoredRows, others: Sequence[ScoredRows], observation: Observation
) -> list[Differences]:
    """Return the differences of one set of scores from each of several.

    The intervals of a metric hold for all of the several together; of a single one, by itself.
    """
    lines: list[list[dict[str, object]]] = [[] for _ in others]
    uppers: list[dict[str, float]] = [{} for _ in others]
    for metric in metrics_used_in(Use.COMPARISON):
        found = {
            number: Difference.of(metric, one, other)
            for number, other in enumerate(others)
            if metric.is_defined(observation, has_probabilities=_are_probabilities(one, other))
        }
        upper = _together(list(found.values()))
        for number, difference in found.items():
            lines[number].append(difference.line(upper))
            uppers[number][metric.name] = upper
    tables = [with_verdicts(pd.DataFrame(each, columns=COLUMNS)) for each in lines]
    return [Differences(*pair) for pair in zip(tables, uppers, strict=True)]


def overlap_of(one: ScoredRows, other: ScoredRows) -> float:
    """Return the households on both lists over those on either (of expected lists)."""
    both = np.minimum(one.inclusion, other.inclusion).sum()
    either = np.maximum(one.inclusion, other.inclusion).sum()
    return float(both / either)


def _are_probabilities(one: ScoredRows, other: ScoredRows) -> bool:
    return one.probability is not None and other.probability is not None


def _together(found: Sequence[Difference]) -> float:
    """Return up to which quantile the intervals of some differences hold together."""
    if len(found) < 2:
        return UPPER
    influences = np.column_stack([difference.influence for difference in found])
    return joint_quantile(influences, found[0].rows.household)


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
