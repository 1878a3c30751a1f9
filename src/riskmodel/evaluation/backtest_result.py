"""The result of a backtest: models, baselines and rules on the same later rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.evaluation.comparing import compare
from riskmodel.evaluation.comparison import Comparison
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.leaks import NO_QUESTIONS, Leaks
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    text_table,
)
from riskmodel.metrics import AVERAGE_PRECISION, Capacity, Metric, Use, metrics_used_in

if TYPE_CHECKING:
    from riskmodel.panel import Panel

POOLED = "pooled"
CHOSEN_BY = AVERAGE_PRECISION


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Out-of-time metrics of models, baselines and rules on the same rows.

    Attributes
    ----------
    table : DataFrame
        split, model, metric, value, low, high, estimand, note; split is 1, 2, ... (the newest last)
        and ``"pooled"``, where the test rows of all cuts are evaluated together, each by the scores
        of its own cut.
    evaluations : dict of str to Evaluation
        By model, on the pooled test rows; their scores are personal and never published.
    cuts : DataFrame
        One row per split: rows, positives and rounds of train and test.
    candidates : tuple of str
        Among which `chosen` chooses.
    left_out : dict of str to str
        Baselines that don't apply, and why.
    capacity : Capacity
    test : Panel
        The pooled test rows.
    redefined : tuple of str
        Indicators whose definition changed between the first training round and the last test
        round of some cut.
    rules : tuple of str
        The one-line rules among `evaluations`.
    leaks : Leaks
        What of the panel looks as if it knew the outcome, as questions.
    """

    table: pd.DataFrame
    evaluations: Mapping[str, Evaluation]
    cuts: pd.DataFrame
    candidates: tuple[str, ...]
    left_out: Mapping[str, str]
    capacity: Capacity
    test: Panel = field(repr=False)
    redefined: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    leaks: Leaks = NO_QUESTIONS

    @property
    def chosen(self) -> str:
        """The candidate with the highest mean average precision over the splits."""
        return self.ranking.index[0]

    @property
    def ranking(self) -> pd.Series:
        """Mean average precision over the splits by candidate, the best first."""
        by_split = self.table[
            (self.table["metric"] == CHOSEN_BY.name) & (self.table["split"] != POOLED)
        ]
        means = by_split.groupby("model")["value"].mean()[list(self.candidates)]
        return means.sort_values(ascending=False, kind="stable")

    def beats(self, rule: str) -> Comparison:
        """Return the paired difference of the chosen model and another on the pooled test rows.

        Parameters
        ----------
        rule : str
            Any model, baseline or rule of the backtest.

        Returns
        -------
        Comparison

        Raises
        ------
        ConfigError
            For one that was not in the backtest.
        """
        if rule not in self.evaluations:
            raise ConfigError(
                f"{rule!r} was not in the backtest",
                code="backtest.unknown",
                allowed=self.evaluations,
                next_step=did_you_mean(rule, self.evaluations),
            )
        return compare(
            self.evaluations[self.chosen], self.evaluations[rule], self.test, self.capacity
        )

    def frame(self) -> pd.DataFrame:
        """Return one row per split, model and metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", text_table(*self._cells()), "", *self._verdict()])

    def _repr_html_(self) -> str:
        return html_lines(self._title()) + html_table(*self._cells()) + html_lines(self._verdict())

    def _title(self) -> list[str]:
        first = next(iter(self.evaluations.values()))
        splits = f"{len(self.cuts)} cut{'s' if len(self.cuts) > 1 else ''}"
        return [
            f"backtest of {splits}: {first.rows:,} test rows, {first.positives:,} positive, "
            f"rounds {', '.join(first.rounds)}",
            f"95 % intervals for households and lists like these, clustered by household; "
            f"list at capacity {self.capacity}",
        ]

    def _cells(self) -> TableCells:
        shown = metrics_used_in(Use.BACKTEST)
        rows = []
        for name, evaluation in self.evaluations.items():
            table = evaluation.table.set_index("metric").reindex([metric.name for metric in shown])
            intervals = map(bracket, table["low"], table["high"])
            rows += [(name, *map(number, table["value"])), ("", *intervals)]
        return TableCells(("model", *(metric.title for metric in shown)), rows)

    def _verdict(self) -> list[str]:
        not_beaten = [self._not_beaten(metric) for metric in metrics_used_in(Use.GATE)]
        return [
            self._choice(),
            *(line for line in not_beaten if line),
            *(f"flagged: {change}" for change in self.redefined),
            *(f"left out: {name}, as {why}" for name, why in self.left_out.items()),
            *self.leaks.lines(),
        ]

    def _choice(self) -> str:
        (best, value), *others = self.ranking.items()
        if not others:
            return f"the model: {best}"
        second, next_value = others[0]
        ahead = f"{number(value - next_value)} above {second}"
        mean = f"mean {CHOSEN_BY.title} over the cuts ({number(value)}, {ahead})"
        return f"chosen: {best}, by the highest {mean}"

    def _not_beaten(self, metric: Metric) -> str:
        """Name the baselines and rules that the chosen model does not beat."""
        own = self.evaluations[self.chosen].metrics.get(metric.name, np.nan)
        rest = {
            name: e.metrics for name, e in self.evaluations.items() if name not in self.candidates
        }
        ahead = [
            name
            for name, values in rest.items()
            if metric.is_no_worse(values.get(metric.name, np.nan), own)
        ]
        return f"not beaten on {metric.title}: {', '.join(ahead)}" if ahead else ""
