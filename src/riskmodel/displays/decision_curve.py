"""Net benefit over the chance of a crisis from which a contact is worth its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import Evaluation

RED = "#b2182b"


@dataclass(frozen=True, eq=False)
class DecisionCurveDisplay(Drawn):
    """The net benefit of scores, of contacting everyone, and of contacting nobody.

    Attributes
    ----------
    table : pandas.DataFrame
        That of `riskmodel.evaluation.DecisionCurve`: ``threshold``, ``value``, ``low``, ``high``
        and ``everyone``, in crises reached per 1,000 rows.
    name : str
        The name of the scores.
    """

    table: pd.DataFrame
    name: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> DecisionCurveDisplay:
        """Take the curve from an evaluation whose scores are probabilities."""
        from riskmodel.evaluation import decision_curve

        curve = decision_curve(evaluation)
        return cls(curve.table, curve.name)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves; the red band holds the true one at each point in 95 % of samples."""
        ax = axes(ax)
        threshold, value = self.table["threshold"], self.table["value"]
        ax.axhline(0, color="0.6", linewidth=1, label="contact nobody")
        ax.plot(
            threshold, self.table["everyone"], color="0.4", linestyle="--", label="contact everyone"
        )
        ax.fill_between(
            threshold, self.table["low"], self.table["high"], color=RED, alpha=0.15, linewidth=0
        )
        ax.plot(threshold, value, marker="o", markersize=3, color=RED, label=self.name or "scores")
        # contacting everyone falls far below 0 where a contact is dear; that says no more than "no"
        top = float(self.table[["value", "high"]].max().max()) if len(self.table) else 1.0
        lowest = float(self.table[["value", "low"]].min().min()) if len(self.table) else 0.0
        ax.set_ylim(min(lowest, -0.15 * top), 1.1 * top)
        ax.set_xlabel("chance of a crisis from which a contact is worth it")
        ax.set_ylabel("net benefit, crises per 1,000")
        ax.legend(loc="upper right", frameon=False)
        return ax
