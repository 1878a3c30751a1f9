"""The result of an evaluation: one table overall, others by round, area and group."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError
from riskmodel.evaluation.estimates import ESTIMANDS, OF_CONTACTED
from riskmodel.evaluation.group_tables import CONFIRMED
from riskmodel.evaluation.leaks import NO_QUESTIONS, Leaks
from riskmodel.evaluation.panel_rows import Among
from riskmodel.evaluation.printed_figures import cells_of, named_rounds, tie_cells
from riskmodel.evaluation.reach import Reach
from riskmodel.evaluation.selective_report import SelectiveReport
from riskmodel.evaluation.text_tables import (
    TableCells,
    html_lines,
    html_table,
    number,
    text_table,
    why_not_identified,
)
from riskmodel.keys import HOUSEHOLD
from riskmodel.metrics import METRICS, Capacity, Selection, capacity_curve, select

if TYPE_CHECKING:
    from riskmodel.panel import Label
    from riskmodel.recipes import FitJudged, Origin

HEADER = ("metric", "value", "95 % interval")


class DrawnList(NamedTuple):
    """The rows of an evaluation's `scores` among which its list is drawn, and that list.

    Attributes
    ----------
    rows : DataFrame
        Personal: never published.
    selection : Selection
        In the order of the rows.
    """

    rows: pd.DataFrame
    selection: Selection


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Metrics of one set of scores on one panel, each with an interval clustered by household.

    Attributes
    ----------
    name : str
        What the scores are called.
    table : DataFrame
        metric, value, low, high, estimand, labels, rows, positives, note and, for metrics at
        capacity, worst and best: their bounds over the lists that ties at the cut allow. The value
        is that of these rows and this list; ``estimand`` is what the interval is for, ``labels``
        under which labels the figure stands.
    by_round, by_area, by_group : DataFrame or None
        Rows, positives (of verdicts: ``confirmed_of_contacted``), base rate, selected, and some
        metrics with intervals. ``selected`` is the
        number listed; ties count by their chance. Small cells are suppressed, and others that would
        tell them. Intervals by area and group take the cut as it fell; those by round are for
        lists like that round's.
    reliability : DataFrame
        One row per bin of about equal counts: predicted and observed share, low, high, isotonic
        recalibration, rows, positives (named as above), note. Empty where scores are no
        probabilities.
    scores : DataFrame
        margin, score, y, weight, round, cluster and area (where the panel names them) by household
        and date. Personal: never published.
    groups : DataFrame
        The groups of the same rows, by the name under which the tables report them, one column per
        table by group or area. Personal: never published.
    capacity : Capacity
    label : Label or None
    rounds : tuple of str
    listed : int
        Slots on the lists of all rounds.
    unlabelled : int
        Rows left out because they have no label.
    notes : tuple of str
        What a reader must know beside the figures.
    rare_groups : dict of str to int
        By group, how many of the names that its table may show fewer than 10 households have: none,
        unless the panel was made with a lower `min_households`.
    rare_names : frozenset of str
        The areas, groups and categories of fewer than 10 households, which no text of a version may
        name. Personal: never published.
    judged : Origin or None
        Site, areas and label of the rows judged.
    fitted : Origin or None
        Those of the rows that the model was fitted on; None for scores of no model.
    in_sample : str
        On how many of the rows judged, and in which rounds, the model was fitted, or why that
        cannot be ruled out: such figures are too good; empty where it was fitted on none.
    fits : tuple of FitJudged
        What the judged model was fitted on, and why it has not seen the rows judged; of a backtest
        one per cut, and none for scores of no model.
    data_digest : str
        A sha256 of the households, dates and outcomes judged.
    nth_model : int
        Which model this is of those that the process judged on these rows by `evaluate`; 0 for
        scores of no model, and in a backtest.
    reach : Reach or None
        How many households and crises the lists of all rounds reach, each counted once.
    min_cell : int
        Tables show no cell of fewer households; 1 where they show all.
    external : str
        Why no household is one of the fit's, for rows of another site; else empty.
    leaks : Leaks
        What looks as if it knew the outcome, as questions.
    """

    name: str
    table: pd.DataFrame
    by_round: pd.DataFrame
    by_area: pd.DataFrame | None
    by_group: pd.DataFrame | None
    reliability: pd.DataFrame
    scores: pd.DataFrame = field(repr=False)
    capacity: Capacity
    groups: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    label: Label | None = None
    rounds: tuple[str, ...] = ()
    listed: int = 0
    unlabelled: int = 0
    notes: tuple[str, ...] = ()
    rare_groups: dict[str, int] = field(default_factory=dict)
    rare_names: frozenset[str] = field(default=frozenset(), repr=False)
    judged: Origin | None = None
    fitted: Origin | None = None
    in_sample: str = ""
    fits: tuple[FitJudged, ...] = ()
    data_digest: str = ""
    nth_model: int = 0
    reach: Reach | None = None
    external: str = ""
    min_cell: int = 1
    leaks: Leaks = NO_QUESTIONS
    selective: SelectiveReport | None = None

    @property
    def metrics(self) -> dict[str, float]:
        """Value by metric."""
        return dict(zip(self.table["metric"], self.table["value"], strict=True))

    @property
    def rows(self) -> int:
        """Judged rows: the labelled ones, or all of a cohort in which some have a verdict."""
        return int(self.table["rows"].iloc[0])

    @property
    def positives(self) -> int:
        """Rows of the crisis class; of verdicts, those confirmed among the contacted."""
        return int(self.table["positives"].iloc[0])

    @property
    def positives_called(self) -> str:
        """The name of their column in the tables by round, area, group and bin."""
        return "positives" if self.selective is None else CONFIRMED

    @property
    def positives_said(self) -> str:
        """The same as a sentence says it."""
        return "positive" if self.selective is None else "confirmed among those contacted"

    def capacity_curve(self, points: int = 50) -> pd.DataFrame:
        """Return recall, precision and the next contact's worth at rising capacities.

        Parameters
        ----------
        points : int, default 50

        Returns
        -------
        DataFrame
            ``capacity`` (what `evaluate` takes: a share of each round or a count per round) or,
            where the capacity is by area, ``multiple`` (of it); ``share`` of the households that is
            listed; ``recall`` and ``precision``; ``next_contact``, the share of crises near the end
            of the list; and each of the three with ``_low`` and ``_high``, its interval there. At
            the evaluation's own capacity recall and precision are its own.
        """
        self.need_labels_of_all("the capacity curve")
        drawn = self.drawn()
        rows = drawn.rows
        y, weight = (rows[name].to_numpy(np.float64) for name in ("y", "weight"))
        units = rows.get("cluster", rows.index.get_level_values(HOUSEHOLD))
        household = pd.factorize(units)[0].astype(np.intp)
        curve = capacity_curve(y, weight, household, drawn.selection, self.capacity, points)
        return pd.DataFrame(curve._asdict()).rename(columns=self._curve_columns())

    def drawn(self) -> DrawnList:
        """Return the judged rows of a weight above 0, and the list that is drawn among them."""
        rows = self.scores[self.are_judged]
        margin = rows["margin"].to_numpy(np.float64)
        area = rows["area"].to_numpy() if "area" in rows else None
        return DrawnList(rows, select(margin, self.capacity, rows["round"].to_numpy(), area))

    @property
    def are_judged(self) -> NDArray[np.bool_]:
        """Which rows of `scores` are judged: with a label, or of a judged round, and a weight."""
        judged = self.scores["y"].notna()
        if self.selective is not None:
            judged = self.scores["round"].isin(self.rounds)
        return (judged & (self.scores["weight"] > 0)).to_numpy()

    def _curve_columns(self) -> dict[str, str]:
        return {"capacity": "multiple"} if self.capacity.is_by_area else {}

    def frame(self) -> pd.DataFrame:
        """Return one row per metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        table = text_table(*self._cells())
        return "\n".join([*self._title(), "", table, "", *self._closing()])

    def _repr_html_(self) -> str:
        return html_lines(self._title()) + html_table(*self._cells()) + html_lines(self._closing())

    def _title(self) -> list[str]:
        what = self.label.name if self.label else "the label"
        rate = self.metrics["base_rate"]
        known = "" if isnan(rate) else f" (base rate {number(100 * rate)} %)"
        return [
            f"{self.name}: {what}, {named_rounds(self.rounds)}{self._where()}",
            f"{self.rows:,} rows, {self.positives:,} {self.positives_said}{known}; "
            f"list of {self.listed:,} at capacity {self.capacity}",
        ]

    def _closing(self) -> list[str]:
        """Return the figures by household, what figures are of, what to know and what to ask."""
        reached = () if self.reach is None else self.reach.lines()
        titles = [METRICS[name].title for name in self.table["metric"]]
        why_not = why_not_identified(titles, self.table["note"])
        known = () if self.selective is None else self.selective.lines()
        return [*reached, ESTIMANDS, *why_not, *known, *self.notes, *self.leaks.lines()]

    @property
    def labels(self) -> str:
        """Under which labels its figures stand."""
        return str(self.table["labels"].iloc[0])

    @property
    def among(self) -> Among:
        """Among whom its list was drawn, as `evaluate` takes it."""
        return "contacted" if self.labels == OF_CONTACTED else "all"

    def need_labels_of_all(self, what: str) -> None:
        """Refuse what is made of labels, where only some rows have a verdict.

        Raises
        ------
        ConfigError
        """
        if self.selective is not None:
            raise ConfigError(
                f"{what} is not made of verdicts that only those contacted have",
                code="evaluation.of_verdicts",
                allowed="the figures of the evaluation, and its bounds (evaluation.selective)",
                next_step="evaluate(..., among='contacted') for those contacted alone, or a label "
                "that every row has",
            )

    def _where(self) -> str:
        """Return which other site's rows were judged; nothing for those of the fit's own."""
        return f", {self.judged.site}" if self.external and self.judged else ""

    def _cells(self) -> TableCells:
        rows, ties = cells_of(self.table), tie_cells(self.table)
        if not any(ties):
            return TableCells(HEADER, rows)
        with_ties = [(*row, tie) for row, tie in zip(rows, ties, strict=True)]
        return TableCells((*HEADER, "ties at the cut"), with_ties)
