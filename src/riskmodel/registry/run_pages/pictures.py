"""The pictures of a run, drawn by the displays; what cannot be drawn is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.card.plain_text import as_text
from riskmodel.displays import BeeswarmDisplay, CapacityDisplay, GroupsDisplay, ReliabilityDisplay
from riskmodel.displays.canvas import Drawn
from riskmodel.errors import RiskmodelError
from riskmodel.evaluation.group_gaps import group_gaps
from riskmodel.evaluation.large_steps import curve_in_large_steps
from riskmodel.explanation import explain

if TYPE_CHECKING:
    from riskmodel.evaluation import Evaluation
    from riskmodel.models import RiskClassifier
    from riskmodel.panel import Panel

ROWS_EXPLAINED = 2_000
_NOT_IN_A_NAME = re.compile(r"[^\w-]")

Drawing = Callable[[], Drawn]


class Pictures(NamedTuple):
    """PNG files by their path, and what was not drawn, with the reason.

    Attributes
    ----------
    files : dict of str to bytes
    not_drawn : tuple of str
    """

    files: dict[str, bytes]
    not_drawn: tuple[str, ...]

    @property
    def told(self) -> str:
        """What was not drawn, as the last paragraphs of a description."""
        return "".join(f"\n\nNot drawn: {as_text(line)}" for line in self.not_drawn)

    @classmethod
    def of(cls, drawings: Mapping[str, Drawing]) -> Pictures:
        """Draw what can be drawn here."""
        files, not_drawn = {}, []
        for name, drawing in drawings.items():
            try:
                files[f"pictures/{name}.png"] = drawing().png()
            except RiskmodelError as error:
                not_drawn.append(f"{name}: {error}")
        return cls(files, tuple(not_drawn))


def of_figures(evaluation: Evaluation) -> dict[str, Drawing]:
    """Return the drawings of an evaluation's figures; none shows what its tables suppress."""
    shown = evaluation.reliability
    if not shown.empty:
        shown = shown[shown["observed"].notna()]
    name = evaluation.name
    return {
        "reliability": lambda: ReliabilityDisplay(shown, name),
        "capacity": lambda: CapacityDisplay(curve_in_large_steps(evaluation), name),
    }


def of_groups(evaluation: Evaluation) -> dict[str, Drawing]:
    """Return one drawing per column of groups: the recall of each that the table shows."""
    if evaluation.by_group is None:
        return {}
    columns = evaluation.by_group["group"].unique().tolist()
    return {
        f"groups_{number}_{_NOT_IN_A_NAME.sub('_', column)}": partial(_groups, evaluation, column)
        for number, column in enumerate(map(str, columns), start=1)
    }


def _groups(evaluation: Evaluation, by: str) -> Drawn:
    return GroupsDisplay.from_gaps(group_gaps(evaluation, by))


def of_contributions(model: RiskClassifier, rows: Panel | None) -> dict[str, Drawing]:
    """Return the drawing of what moves scores, over the rounds that percentiles refer to."""

    def beeswarm() -> Drawn:
        if rows is None:
            raise RiskmodelError(
                "no rows were given to explain",
                code="registry.no_reference",
                next_step="publish with reference=, the rounds that percentiles refer to",
            )
        return BeeswarmDisplay.of_many(explain(model, some_rows(rows)))

    return {"contributions": beeswarm}


def some_rows(panel: Panel) -> Panel:
    """Return at most 2,000 rows, evenly spaced."""
    every = len(panel.X)
    return panel[np.unique(np.linspace(0, every - 1, min(ROWS_EXPLAINED, every)).astype(int))]
