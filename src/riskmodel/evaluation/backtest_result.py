"""The result of a backtest: models, baselines and rules on the same later rounds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.evaluation.choice import CHOSEN_BY, Standing, chosen_of, ranking_of
from riskmodel.evaluation.comparing import compare
from riskmodel.evaluation.comparison import Comparison, Comparisons
from riskmodel.evaluation.estimates import EVERY_ROW
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.leaks import NO_QUESTIONS, Leaks
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    short_note,
    text_table,
    why_not_identified,
)
from riskmodel.metrics import METRICS, Capacity, Metric, Use, metrics_used_in

if TYPE_CHECKING:
    from riskmodel.panel import Panel

POOLED = "pooled"


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
    standings : dict of str to Standing
        How each candidate stands, among which `chosen` chooses.
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
    standings: Mapping[str, Standing]
    left_out: Mapping[str, str]
    capacity: Capacity
    test: Panel = field(repr=False)
    redefined: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    leaks: Leaks = NO_QUESTIONS

    @property
    def candidates(self) -> tuple[str, ...]:
        """Among which `chosen` chooses."""
        return tuple(self.standings)

    @property
    def chosen(self) -> str:
        """The simplest candidate within one paired standard error of the best."""
        return chosen_of(self.standings)

    @property
    def ranking(self) -> pd.DataFrame:
        """The candidates, the best first: mean, behind, se and complexity (see `Standing`)."""
        return ranking_of(self.standings)

    def only(self, name: str) -> Backtest:
        """Return the backtest with one candidate, such as the one that earlier rounds chose.

        Raises
        ------
        ConfigError
            For one that was no candidate.
        """
        _check(name, self.standings, "no candidate of the backtest")
        alone = self.standings[name]._replace(behind=0.0, se=0.0)
        return replace(self, standings={name: alone})

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
        _check(rule, self.evaluations, "not in the backtest")
        return compare(
            self.evaluations[self.chosen],
            self.evaluations[rule],
            self.test,
            self.capacity,
            among=self._first.among,
        )

    def comparisons(self) -> Comparisons:
        """Return the paired differences of the chosen model and all others, which hold together.

        Raises
        ------
        ConfigError
            Where nothing else was in the backtest.
        """
        others = [each for name, each in self.evaluations.items() if name != self.chosen]
        chosen, among = self.evaluations[self.chosen], self._first.among
        return compare(chosen, others, self.test, self.capacity, among=among)

    def frame(self) -> pd.DataFrame:
        """Return one row per split, model and metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", text_table(*self._cells()), "", *self._verdict()])

    def _repr_html_(self) -> str:
        return html_lines(self._title()) + html_table(*self._cells()) + html_lines(self._verdict())

    @property
    def _first(self) -> Evaluation:
        return next(iter(self.evaluations.values()))

    def _title(self) -> list[str]:
        first = self._first
        splits = f"{len(self.cuts)} cut{'s' if len(self.cuts) > 1 else ''}"
        return [
            f"backtest of {splits}: {first.rows:,} test rows, {first.positives:,} "
            f"{first.positives_said}, "
            f"rounds {', '.join(first.rounds)}",
            f"95 % intervals for households and lists like these, clustered by household; "
            f"list at capacity {self.capacity}",
        ]

    def _cells(self) -> TableCells:
        shown = metrics_used_in(Use.BACKTEST)
        rows = []
        for name, evaluation in self.evaluations.items():
            table = evaluation.table.set_index("metric").reindex([metric.name for metric in shown])
            values = [
                number(value) or short_note(str(note))
                for value, note in zip(table["value"], table["note"], strict=True)
            ]
            intervals = map(bracket, table["low"], table["high"])
            rows += [(name, *values), ("", *intervals)]
        return TableCells(("model", *(metric.title for metric in shown)), rows)

    def _verdict(self) -> list[str]:
        not_beaten = [self._not_beaten(metric) for metric in metrics_used_in(Use.GATE)]
        own = self.evaluations[self.chosen].table
        why_not = why_not_identified([METRICS[n].title for n in own["metric"]], own["note"])
        under = [] if self._first.labels == EVERY_ROW else [*why_not, self._first.labels]
        return [
            self._choice(),
            *under,
            *(line for line in not_beaten if line),
            *(f"flagged: {change}" for change in self.redefined),
            *(f"left out: {name}, as {why}" for name, why in self.left_out.items()),
            *self.leaks.lines(),
        ]

    def _choice(self) -> str:
        best, *others = self.ranking.index
        if not others:
            return f"the model: {best}"
        chosen, highest = self.chosen, number(self.standings[best].mean)
        mean = f"mean {CHOSEN_BY.title} over the cuts"
        if chosen == best:
            ahead = f"{_with_error(self.standings[others[0]])} above {others[0]}"
            said = f"by the highest {mean} ({highest}, {ahead})"
            return f"chosen: {chosen}, {said}, none simpler within one standard error"
        behind = f"{_with_error(self.standings[chosen])} below {highest}"
        near = f"the simplest within one standard error of the best, {best}"
        return f"chosen: {chosen}, {near} ({mean} {behind})"

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


def _check(name: str, known: Collection[str], what: str) -> None:
    if name not in known:
        raise ConfigError(
            f"{name!r} was {what}",
            code="backtest.unknown",
            allowed=known,
            next_step=did_you_mean(name, known),
        )


def _with_error(standing: Standing) -> str:
    """Write by how much a candidate is behind, and the standard error of that."""
    return f"{number(standing.behind)} +- {number(standing.se)}"
