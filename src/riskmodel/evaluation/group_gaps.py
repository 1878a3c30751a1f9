"""Gaps between groups at capacity: recall, and the share of crises among those not listed."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import PanelError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.listed_groups import ListedGroups
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_page,
    number,
    text_page,
)
from riskmodel.metrics import EffectiveCounts, Floats, SharesOfGroups

RECALL, OMISSION = "recall", "false_omission_rate"
TITLES = {RECALL: "recall", OMISSION: "false omission rate"}
LOWER_RECALL, HIGHER_OMISSION = 0.05, 1.25
BEHIND = {
    RECALL: f"a recall that is lower than the others' by more than {LOWER_RECALL}",
    OMISSION: f"a false omission rate of more than {HIGHER_OMISSION} times the others'",
}
FOUND = 0.95
SUPPRESSED = "suppressed"
NOTHING_OF_IT = {
    RECALL: "no row with the outcome",
    OMISSION: "all rows are listed",
}
ALONE = (
    "a group that is hardly listed is suppressed, too: whoever may read the records sees it by "
    "evaluate(..., min_cell=1)"
)


@dataclass(frozen=True, eq=False, repr=False)
class GroupGaps:
    """How far the list reaches each group, beside all other groups together.

    Attributes
    ----------
    name : str
        The evaluation's.
    by : str
        The column of groups.
    table : DataFrame
        One row per figure and group: figure, group, rows (of which it is a share: rows with the
        outcome for recall, and as expected over ties those not listed), observed, value, low, high,
        others, gap (value - others), gap_low, gap_high, behind, note. ``value`` is drawn towards
        the other groups as far as these are alike; ``behind`` is the chance that the group is
        behind by more than the margin. A group that is too small has a note instead.
    capacity : str
    """

    name: str
    by: str
    table: pd.DataFrame
    capacity: str

    def frame(self) -> pd.DataFrame:
        """Return one row per figure and group."""
        return self.table.copy()

    @property
    def found(self) -> dict[str, list[str]]:
        """By figure, the groups that are behind the others by more than the margin."""
        is_behind = self.table["behind"] >= FOUND
        return {
            figure: self.table.loc[is_behind & self.table["figure"].eq(figure), "group"].tolist()
            for figure in TITLES
        }

    def __repr__(self) -> str:
        return text_page(self._title(), self._tables(), [*self._closing()])

    def _repr_html_(self) -> str:
        return html_page(self._title(), self._tables(), [*self._closing()])

    def _tables(self) -> list[TableCells]:
        return [self._cells(figure) for figure in TITLES]

    def _title(self) -> str:
        return f"{self.name} by {self.by}, list at capacity {self.capacity}"

    def _cells(self, figure: str) -> TableCells:
        of = "crises" if figure == RECALL else "not listed"
        header = (
            self.by,
            of,
            "observed",
            TITLES[figure],
            "95 % interval",
            "less others",
            "95 % interval",
            "behind",
        )
        lines = self.table[self.table["figure"].eq(figure)].to_dict("records")
        return TableCells(header, [_cells_of(line, self._hidden) for line in lines])

    @property
    def _hidden(self) -> dict[str, list[str]]:
        """By the reason, the groups that the evaluation's tables hide."""
        recall = self.table[self.table["figure"].eq(RECALL)]
        hidden = recall[recall["note"].ne("") & recall["note"].ne(NOTHING_OF_IT[RECALL])]
        return {str(note): part["group"].tolist() for note, part in hidden.groupby("note")}

    def _closing(self) -> Iterator[str]:
        for figure, groups in self.found.items():
            who = ", ".join(groups) if groups else "no group"
            yield f"{who} found with {BEHIND[figure]}"
        yield f"behind: the chance of that; found from {FOUND} on"
        for note, groups in self._hidden.items():
            yield f"{', '.join(groups)}: {note}"
        if self._hidden:
            yield ALONE


def _cells_of(line: Mapping[Hashable, Any], hidden: Container[str]) -> tuple[str, ...]:
    """Return a line of the printed table."""
    note = SUPPRESSED if line["note"] in hidden else line["note"]
    return (
        line["group"],
        "" if np.isnan(line["rows"]) else f"{line['rows']:,.0f}",
        number(line["observed"]),
        number(line["value"]) or note,
        bracket(line["low"], line["high"]),
        number(line["gap"]),
        bracket(line["gap_low"], line["gap_high"]),
        "" if np.isnan(line["behind"]) else f"{line['behind']:.2f}",
    )


@door
def group_gaps(evaluation: Evaluation, by: str | None = None) -> GroupGaps:
    """Compare how far the list reaches each group with how far it reaches all others.

    Parameters
    ----------
    evaluation : Evaluation
    by : str, optional
        A column of groups that the evaluation has a table of, or the area; may be left out where
        there is one.

    Returns
    -------
    GroupGaps

    Raises
    ------
    ConfigError
        For a column without a table.
    PanelError
        Where there are not two groups to compare, or the evaluation's tables hide all of them.

    Notes
    -----
    Recall is the share of a group's crises on the list, the false omission rate the share of crises
    among its rows that are not listed. A small group's own share says little: the shares of groups
    have a beta distribution, whose mean and spread are integrated out
    (`riskmodel.metrics.SharesOfGroups`), with the binomial likelihood of each group's counts, in
    independent rows (`riskmodel.metrics.EffectiveCounts`). Intervals hold 95 % of the posterior.
    A group is found behind where the chance of that is at least .95; the margins are fixed, a
    recall lower by .05 and a false omission rate 1.25 times as high. Groups that the evaluation's
    tables hide are one group here, which is not printed: what is printed follows from cells that
    are shown, and totals.

    Examples
    --------
    >>> from riskmodel import Panel, evaluate
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"id": range(4_000), "risk": rng.uniform(0, 0.4, 4_000)})
    >>> frame["type"] = np.where(rng.random(4_000) < 0.5, "single", "family")
    >>> frame["crisis"] = (rng.random(4_000) < frame["risk"]).astype(float)
    >>> frame.loc[frame["type"].eq("single"), "risk"] *= 0.75
    >>> panel = Panel.from_frame(
    ...     frame, household_id="id", as_of_date="2024-05-01", y="crisis",
    ...     features=["risk"], groups=["type"],
    ... )
    >>> group_gaps(evaluate(panel.X["risk"].astype(float), panel, capacity=800)).found["recall"]
    ['single']
    """
    groups = ListedGroups.of(evaluation, by)
    if len(groups.names) > 1:
        groups.refuse_all_hidden()
    if len(groups.units) < 2:
        raise PanelError(
            f"{groups.by} has one group among the rows judged, or shows one: it has no others",
            code="groups.one",
            allowed="a column of two groups or more",
            next_step="choose another column",
        )
    figures = (
        _figure(RECALL, groups, value=groups.inclusion, among=groups.weight * groups.y),
        _figure(
            OMISSION,
            groups,
            value=groups.y,
            among=groups.weight * (1 - groups.inclusion),
        ),
    )
    table = pd.concat(figures, ignore_index=True)
    return GroupGaps(evaluation.name, groups.by, table, str(evaluation.capacity))


def _figure(figure: str, groups: ListedGroups, value: Floats, among: Floats) -> pd.DataFrame:
    """Return one row per group that the tables name."""
    n_units = len(groups.units)
    counts = EffectiveCounts.of(value, among, groups.code, groups.household, n_units)
    shares = SharesOfGroups.of(*counts)
    total = np.bincount(groups.code, among, minlength=n_units).astype(np.float64)
    others = shares.of_others(total)
    gap = shares.draws - others
    low, high = shares.interval()
    gap_low, gap_high = np.quantile(gap, [0.025, 0.975], axis=0)
    is_behind = gap < -LOWER_RECALL if figure == RECALL else shares.draws > HIGHER_OMISSION * others
    is_of = groups.y if figure == RECALL else 1 - groups.inclusion
    columns = {
        "rows": np.bincount(groups.code, is_of, minlength=n_units),
        "observed": counts.hits / np.where(counts.size > 0, counts.size, np.nan),
        "value": shares.value,
        "low": low,
        "high": high,
        "others": others.mean(axis=0),
        "gap": gap.mean(axis=0),
        "gap_low": gap_low,
        "gap_high": gap_high,
        "behind": is_behind.mean(axis=0),
    }
    units = pd.DataFrame(columns, index=groups.units)
    units.loc[total == 0, :] = np.nan
    table = units.reindex(groups.names).rename_axis("group").reset_index()
    empty = {name for name, of in zip(groups.units, total, strict=True) if of == 0}
    table["note"] = [
        NOTHING_OF_IT[figure] if name in empty else groups.notes.get(name, "")
        for name in table["group"]
    ]
    table.insert(0, "figure", figure)
    return table
