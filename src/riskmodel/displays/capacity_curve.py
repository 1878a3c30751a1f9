"""Recall of the list at rising capacities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class CapacityDisplay(Drawn):
    """Recall over the share of the households that is listed.

    Attributes
    ----------
    table : DataFrame
        As `Evaluation.capacity_curve` returns it: ``capacity`` or ``multiple``, ``share``,
        ``recall`` and ``precision``.
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

        The diagonal is a list drawn at random; a capacity by area has none.
        """
        ax = axes(ax)
        is_by_area = "multiple" in self.table
        if not is_by_area:
            ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        x = self.table["multiple" if is_by_area else "share"]
        ax.plot(x, self.table["recall"], color="#b2182b", label=self.name)
        ax.set_xlabel("multiple of the capacity" if is_by_area else "share of households listed")
        ax.set_ylabel("share of crises reached")
        return ax
