"""A metric as one object: what it is called, how it is computed, and where it may be given.

To add one, write its object beside its formulas and add it to `riskmodel.metrics.all_metrics`.
Everything else follows: evaluation, comparison, backtest, card, tables and gates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import (
    BY_CHANCE,
    Interval,
    Scale,
    clustered_interval,
    clusters_of_rarer_class,
)
from riskmodel.metrics.scored_rows import ScoredRows


class Observation(StrEnum):
    """Whose outcomes a label observes.

    Complete: those of every row whose label is mature. Selective: only those of rows for which
    something else was recorded (`Label.observed_by`), such as a contact.
    """

    COMPLETE = "complete"
    SELECTIVE = "selective"


class Use(StrEnum):
    """Where a metric is used beside the table of an evaluation, which has all of them.

    Comparison: differences of two models. Groups: the tables by round, area and group. Backtest
    and promotion: their printed tables. Gate: a promotion is refused where it is worse.
    """

    COMPARISON = "comparison"
    GROUPS = "groups"
    BACKTEST = "backtest"
    PROMOTION = "promotion"
    GATE = "gate"


HOUSEHOLDS_LIKE_THESE, LISTS_LIKE_THIS = "households like these", "lists like this"
EVERYWHERE = frozenset(Observation)
DIRECTED = frozenset({Use.COMPARISON, Use.GATE})
READ_FROM_COMPARISON = frozenset({Use.PROMOTION, Use.GATE})
USUAL = frozenset({Use.COMPARISON, Use.BACKTEST})


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        Its key in tables and JSON.
    title : str
        What people call it.
    estimate : callable
        Returns its value on scored rows.
    influence : callable
        Returns what each row adds to the value: weight times the derivative by the weight.
    support : callable
        Returns on how many households the value rests; see `households_of_both_classes`.
    scale : {"identity", "log", "logit"}
        Where its interval is symmetric.
    own_interval : callable, optional
        Returns its interval from value, influence and rows, in place of `clustered_interval`.
    greater_is_better : bool or None
        None where neither more nor less is better.
    margin : float
        How much worse than another model still counts as level with it, where the interval of the
        difference rules out more; 0 where only a difference that is ruled out counts.
    is_at_capacity : bool
        Whether it depends on the list, so that ties at the cut bound it.
    is_of_the_order : bool
        Whether it depends on how the scores rank rows, beyond the list.
    needs_probabilities : bool
        Whether it is undefined for scores that are no probabilities.
    observations : frozenset of Observation
        Under which labels it may be given.
    uses : frozenset of Use
        Where it is used beside the table of an evaluation.
    """

    name: str
    title: str
    estimate: Callable[[ScoredRows], float]
    influence: Callable[[ScoredRows], Floats]
    support: Callable[[ScoredRows], int]
    scale: Scale = "identity"
    own_interval: Callable[[float, Floats, ScoredRows], Interval] | None = None
    greater_is_better: bool | None = None
    margin: float = 0.0
    is_at_capacity: bool = False
    is_of_the_order: bool = False
    needs_probabilities: bool = False
    observations: frozenset[Observation] = EVERYWHERE
    uses: frozenset[Use] = USUAL

    def __post_init__(self) -> None:
        if self.greater_is_better is None and self.uses & DIRECTED:
            raise RiskmodelError(
                f"metric {self.name!r} has no direction",
                code="metrics.direction",
                allowed="greater_is_better=True, or False for a loss",
                next_step=f"state it, or leave out the uses {', '.join(sorted(DIRECTED))}",
            )
        if self.uses & READ_FROM_COMPARISON and Use.COMPARISON not in self.uses:
            raise RiskmodelError(
                f"metric {self.name!r} is used in promotions and not compared",
                code="metrics.uses",
                allowed="a gate and the promotion's table read the comparison",
                next_step="add Use.COMPARISON",
            )

    @property
    def heading(self) -> str:
        """Its title in a table of its own: those of the list say so."""
        return f"{self.title} at capacity" if self.is_at_capacity else self.title

    @property
    def estimand(self) -> str:
        """What its interval is for; the value itself is that of the rows and the list at hand.

        Examples
        --------
        >>> from riskmodel.metrics import METRICS
        >>> METRICS["auc"].estimand, METRICS["precision"].estimand
        ('households like these', 'lists like this')
        """
        return LISTS_LIKE_THIS if self.is_at_capacity else HOUSEHOLDS_LIKE_THESE

    def interval(self, value: float, influence: Floats, rows: ScoredRows) -> Interval:
        """Return its interval on some rows, clustered by household."""
        if rows.is_constant and (self.is_at_capacity or self.is_of_the_order):
            return Interval(np.nan, np.nan, np.nan, BY_CHANCE)
        if self.own_interval is not None:
            return self.own_interval(value, influence, rows)
        return clustered_interval(
            value, influence, rows.household, scale=self.scale, events=self.support(rows)
        )

    def is_defined(self, observation: Observation, *, has_probabilities: bool) -> bool:
        """Return whether it may be given under a label, for scores of a kind."""
        return observation in self.observations and (
            has_probabilities or not self.needs_probabilities
        )

    def is_no_worse(self, value: float, other: float) -> bool:
        """Return whether a value is as good as another, or better."""
        if self.greater_is_better is None:
            return False
        return value >= other if self.greater_is_better else value <= other


def households_of_both_classes(rows: ScoredRows) -> int:
    """Return the households with a crisis or those without, whichever are fewer."""
    return clusters_of_rarer_class(rows.household, rows.y == 1, rows.y == 0)


def households_listed_of_both_classes(rows: ScoredRows) -> int:
    """Return the same among the listed."""
    listed, hit = rows.is_listed, rows.y == 1
    return clusters_of_rarer_class(rows.household, listed & hit, listed & ~hit)


def households_reached_and_missed(rows: ScoredRows) -> int:
    """Return the households with a listed crisis or a missed one, whichever are fewer."""
    hit = rows.y == 1
    return clusters_of_rarer_class(rows.household, rows.is_listed & hit, rows.is_left_out & hit)
