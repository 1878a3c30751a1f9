"""Models on the same rows: their differences two by two, or of one from each of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.evaluation.estimates import BY_CHANCES, ESTIMANDS, EVERY_ROW
from riskmodel.evaluation.non_inferiority import LEVEL, at_worst_of
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
from riskmodel.evaluation.tipping import TippingPoint
from riskmodel.metrics import METRICS, Capacity, Use, metrics_used_in


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Differences a - b on the same rows.

    Attributes
    ----------
    names : tuple of (str, str)
        What a and b are.
    table : DataFrame
        metric, a, b, difference, low, high, estimand, note; verdict and at_worst, of a against b
        (see `riskmodel.evaluation.non_inferiority.with_verdicts`).
    overlap : float
        Households on both lists over households on either (Jaccard); of expected lists where
        scores tie.
    rows, positives : int
    capacity : Capacity
    tipping : TippingPoint or None
        How many outcomes would have to be otherwise for neither list to be better; None where
        neither is.
    together : int
        For how many comparisons the intervals hold together: this one, and others of the same
        model. Of a metric that only some of these have, for those (see `notes`).
    notes : tuple of str
        In what the rows differ from those of a model's fit, or that they are some of these; and
        whose intervals hold for fewer comparisons than `together`.
    labels : str
        Under which labels the figures stand.
    """

    names: tuple[str, str]
    table: pd.DataFrame
    overlap: float
    rows: int
    positives: int
    capacity: Capacity
    tipping: TippingPoint | None = None
    together: int = 1
    notes: tuple[str, ...] = ()
    labels: str = EVERY_ROW

    def frame(self) -> pd.DataFrame:
        """Return one row per metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        table = text_table(*self._cells())
        return "\n".join([self._title(), "", table, "", *self._closing()])

    def _repr_html_(self) -> str:
        table = html_table(*self._cells())
        return html_lines([self._title()]) + table + html_lines(self._closing())

    def _title(self) -> str:
        a, b = self.names
        return f"{a} - {b} on {self.judged_on()}"

    def _closing(self) -> list[str]:
        titles = [METRICS[name].title for name in self.table["metric"]]
        why_not = why_not_identified(titles, self.table["note"])
        under = [] if self.labels == EVERY_ROW else [*why_not, self.labels]
        return [*self.findings(), ESTIMANDS, *under, *self.notes]

    def judged_on(self) -> str:
        """Return on which rows and lists the models were compared."""
        of_whom = "confirmed among those contacted" if self.labels == BY_CHANCES else "positive"
        rows = f"{self.rows:,} rows, {self.positives:,} {of_whom}"
        return f"{rows}; list at capacity {self.capacity}"

    def findings(self) -> list[str]:
        """Return what the differences say, what would undo that, and how far the lists agree."""
        tipping = [] if self.tipping is None else [repr(self.tipping)]
        return [*self._verdicts(), *tipping, self._overlap()]

    def _verdicts(self) -> Iterator[str]:
        """Yield what the differences of the metrics that judge promotions say, and at worst."""
        judged = {metric.name for metric in metrics_used_in(Use.GATE)}
        a, b = self.names
        for line in self.table[self.table["metric"].isin(judged)].to_dict("records"):
            metric, verdict = METRICS[line["metric"]], line["verdict"]
            within = f" within {metric.margin:g}" if verdict == LEVEL else ""
            said = f"{metric.title}: {a} is {verdict} {b}{within}"
            yield ", ".join(filter(None, [said, at_worst_of(line["at_worst"])]))

    def _overlap(self) -> str:
        either = "either list" if self.together == 1 else f"the list of {' or '.join(self.names)}"
        return f"{number(100 * self.overlap)} % of the households on {either} are on both"

    def _cells(self) -> TableCells:
        header = ("metric", *self.names, "difference", interval_heading(self.together))
        return TableCells(header, [_cells_of(line) for line in self.table.itertuples()])


@dataclass(frozen=True, eq=False, repr=False)
class Comparisons:
    """Differences of one model from each of several others, on the same rows.

    Attributes
    ----------
    name : str
        The one model.
    against : dict of str to Comparison
        By the name of the other. The intervals of a metric hold for all of them together in 95 %
        of samples, and so do the verdicts.
    """

    name: str
    against: Mapping[str, Comparison]

    def __len__(self) -> int:
        return len(self.against)

    def __getitem__(self, other: str) -> Comparison:
        """Return the comparison with another model.

        Raises
        ------
        ConfigError
            For one that was not compared.
        """
        if other not in self.against:
            raise ConfigError(
                f"{self.name} was not compared with {other!r}",
                code="comparison.unknown",
                allowed=self.against,
                next_step=did_you_mean(other, self.against),
            )
        return self.against[other]

    def frame(self) -> pd.DataFrame:
        """Return one row per other model and metric, its name in the column ``against``."""
        tables = [each.table.assign(against=name) for name, each in self.against.items()]
        return pd.concat(tables, ignore_index=True).set_index("against").reset_index()

    def __repr__(self) -> str:
        table = text_table(*self._cells())
        return "\n".join([self._title(), "", table, "", *self._closing()])

    def _repr_html_(self) -> str:
        table = html_table(*self._cells())
        return html_lines([self._title()]) + table + html_lines(self._closing())

    @property
    def _first(self) -> Comparison:
        return next(iter(self.against.values()))

    def _title(self) -> str:
        return f"{self.name} - each of {len(self)} on {self._first.judged_on()}"

    def _closing(self) -> list[str]:
        findings = [line for each in self.against.values() for line in each.findings()]
        notes = [note for each in self.against.values() for note in each.notes]
        return [*findings, ESTIMANDS, *dict.fromkeys(notes)]

    def _cells(self) -> TableCells:
        interval = interval_heading(len(self))
        header = ("against", "metric", self.name, "the other", "difference", interval)
        rows = [
            (name, *_cells_of(line))
            for name, each in self.against.items()
            for line in each.table.itertuples()
        ]
        return TableCells(header, rows)


def interval_heading(together: int) -> str:
    """Return what intervals are called that hold for so many comparisons together."""
    return "95 % interval" if together == 1 else f"95 % interval, all {together} together"


def _cells_of(line: Any) -> tuple[str, ...]:
    values = (number(line.a), number(line.b), number(line.difference))
    return (
        METRICS[line.metric].heading,
        *values,
        bracket(line.low, line.high) or short_note(line.note),
    )
