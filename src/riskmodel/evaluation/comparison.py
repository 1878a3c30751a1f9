"""Two sets of scores on the same rows, in the words and tables in which they are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmodel.evaluation.estimates import ESTIMANDS
from riskmodel.evaluation.non_inferiority import LEVEL, at_worst_of
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    text_table,
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
    notes : tuple of str
        In what the rows differ from those of a model's fit, or that they are some of these.
    """

    names: tuple[str, str]
    table: pd.DataFrame
    overlap: float
    rows: int
    positives: int
    capacity: Capacity
    tipping: TippingPoint | None = None
    notes: tuple[str, ...] = ()

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
        rows = f"{self.rows:,} rows, {self.positives:,} positive"
        return f"{a} - {b} on {rows}; list at capacity {self.capacity}"

    def _closing(self) -> list[str]:
        tipping = [] if self.tipping is None else [repr(self.tipping)]
        return [*self._verdicts(), *tipping, self._overlap(), ESTIMANDS, *self.notes]

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
        return f"{number(100 * self.overlap)} % of the households on either list are on both"

    def _cells(self) -> TableCells:
        header = ("metric", *self.names, "difference", "95 % interval")
        return TableCells(header, [_cells_of(line) for line in self.table.itertuples()])


def _cells_of(line: Any) -> tuple[str, ...]:
    values = (number(line.a), number(line.b), number(line.difference))
    return METRICS[line.metric].heading, *values, bracket(line.low, line.high) or line.note
