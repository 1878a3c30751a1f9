"""Recall of the list at rising capacities, and what the next contact is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import Evaluation

RED, BLUE = "#b2182b", "#2166ac"


@dataclass(frozen=True, eq=False)
class CapacityDisplay(Drawn):
    """Recall over the share of the households that is listed.

    Attributes
    ----------
    table : DataFrame
        As `Evaluation.capacity_curve` returns it: ``capacity`` or ``multiple``, ``share``,
        ``recall`` and ``precision``, ``next_contact`` and the intervals. Only ``share`` or
        ``multiple`` and ``recall`` need be there.
    name : str
        The name of the scores.
    """

    table: pd.DataFrame
    name: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, points: int = 50) -> CapacityDisplay:
        """Take the curve from an evaluation: its list at rising capacities."""
        return cls(evaluation.capacity_curve(points), evaluation.name)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw recall over the share listed, or over the multiple of a capacity by area.

        The diagonal is a list drawn at random; a capacity by area has none. In blue, on the right,
        stands how many crises one more contact would reach. Bands are 95 % intervals at each point.
        """
        ax = axes(ax)
        is_by_area = "multiple" in self.table
        if not is_by_area:
            ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        x = self.table["multiple" if is_by_area else "share"]
        _draw(ax, x, self.table, "recall", RED, self.name)
        ax.set_xlabel("multiple of the capacity" if is_by_area else "share of households listed")
        ax.set_ylabel("share of crises reached", color=RED)
        if "next_contact" in self.table:
            beside = ax.twinx()
            _draw(beside, x, self.table, "next_contact", BLUE)
            beside.set_ylabel("crises reached by one more contact", color=BLUE)
            beside.set_ylim(bottom=0)
        return ax


def _draw(
    ax: Axes, x: pd.Series, table: pd.DataFrame, name: str, color: str, label: str = ""
) -> None:
    """Draw a figure, and its interval where the table has one."""
    if f"{name}_low" in table:
        low, high = table[f"{name}_low"], table[f"{name}_high"]
        ax.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)
    ax.plot(x, table[name], color=color, label=label or None)
