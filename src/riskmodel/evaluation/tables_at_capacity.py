"""What a list reaches at its capacity: in all, by round and by area, in one table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.group_tables import figure_columns
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_page,
    number,
    text_page,
)
from riskmodel.metrics import metrics_at_capacity

ALL, ROUND, AREA = "all", "round", "area"


@dataclass(frozen=True, eq=False, repr=False)
class CapacityTables:
    """The figures of a list at its capacity.

    Attributes
    ----------
    name : str
        The evaluation's.
    capacity : str
        In words.
    table : DataFrame
        One row for all rounds together, one per round, one per area where the rows name areas:
        ``by`` (all, round or area), ``where``, ``listed``, ``rows``, ``positives`` (of verdicts:
        ``confirmed_of_contacted``), the figures of the list, each with ``_low`` and ``_high``, and
        ``note``. What is too small to be shown in the evaluation's tables is not shown here.
    """

    name: str
    capacity: str
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row for all rounds, and one per round and area."""
        return self.table.copy()

    def __repr__(self) -> str:
        return text_page(self._title(), [self._cells()], self._closing())

    def _repr_html_(self) -> str:
        return html_page(self._title(), [self._cells()], self._closing())

    def _title(self) -> str:
        return f"{self.name}: lists at capacity {self.capacity}"

    def _cells(self) -> TableCells:
        metrics = [metric for metric in metrics_at_capacity() if metric.name in self.table]
        titles = [metric.title for metric in metrics]
        shown = self.table[self.table["note"] == ""]
        rows = [
            (_place(line), number(_float(line["listed"])), *_figures(line))
            for line in shown.to_dict("records")
        ]
        return TableCells(("", "listed", *titles), rows)

    def _closing(self) -> list[str]:
        """Return how many rounds and areas have no figures of the list, and why."""
        hidden = self.table[self.table["note"] != ""]
        reasons = [f"by {line['by']}: {line['note']}" for line in hidden.to_dict("records")]
        return [f"{reasons.count(each)} {each}" for each in dict.fromkeys(reasons)]


@door
def capacity_tables(evaluation: Evaluation) -> CapacityTables:
    """Return what an evaluation's list reaches: in all, by round and by area.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    CapacityTables
        Precision, recall, lift, crises reached and, of probabilities, crises expected, each with
        its interval clustered by household. Areas and rounds that are too small are marked.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskmodel import Panel, evaluate
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> found = capacity_tables(evaluate(panel.X["arrears"], panel, capacity=30))
    >>> found.frame()[["by", "where", "listed", "precision", "crises_reached"]]
          by       where  listed  precision  crises_reached
    0    all         all    30.0        0.8            24.0
    1  round  2024-05-01    30.0        0.8            24.0
    """
    lines = [_overall(evaluation), *_lines(evaluation.by_round, ROUND)]
    if evaluation.by_area is not None:
        lines += _lines(evaluation.by_area, AREA)
    names = [metric.name for metric in metrics_at_capacity()]
    given = [name for name in names if name in evaluation.metrics]
    columns = [column for name in given for column in (name, f"{name}_low", f"{name}_high")]
    table = pd.DataFrame(lines).reindex(
        columns=["by", "where", "listed", "rows", evaluation.positives_called, *columns, "note"]
    )
    return CapacityTables(evaluation.name, str(evaluation.capacity), table.fillna({"note": ""}))


def _overall(evaluation: Evaluation) -> dict[Hashable, object]:
    line: dict[Hashable, object] = {
        "by": ALL,
        "where": ALL,
        "listed": float(evaluation.listed),
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
    }
    figures = evaluation.table.set_index("metric")
    for metric in metrics_at_capacity():
        if metric.name in figures.index:
            values = figures.loc[metric.name, ["value", "low", "high"]]
            line |= dict(zip(figure_columns(metric), values, strict=True))
    return line


def _lines(table: pd.DataFrame, key: str) -> Iterator[dict[Hashable, object]]:
    renamed = table.rename(columns={key: "where", "selected": "listed"})
    for line in renamed.to_dict("records"):
        yield {"by": key, **line}


def _place(line: Mapping[Hashable, Any]) -> str:
    return "all rounds" if line["by"] == ALL else f"{line['by']} {line['where']}"


def _figures(line: Mapping[Hashable, Any]) -> Iterator[str]:
    for metric in metrics_at_capacity():
        value, low, high = figure_columns(metric)
        if value in line:
            yield f"{number(_float(line[value]))} {bracket(line[low], line[high])}".strip()


def _float(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)
