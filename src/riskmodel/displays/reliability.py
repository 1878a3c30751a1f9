"""Predicted against observed shares: whether scores are right as probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes
from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class ReliabilityDisplay(Drawn):
    """Predicted against observed shares.

    Attributes
    ----------
    table : pandas.DataFrame
        An evaluation's `reliability`: ``predicted`` and ``observed`` shares, one row per bin.
    name : str
        The name of the scores.
    """

    table: pd.DataFrame
    name: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> ReliabilityDisplay:
        """Take the table from an evaluation."""
        return cls(evaluation.reliability, evaluation.name)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve beside the diagonal of a calibrated score."""
        if self.table.empty:
            raise RiskmodelError(
                "these scores are no probabilities",
                code="displays.reliability",
                allowed="scores within [0, 1]",
                next_step="draw the capacity curve, which needs ranks only",
            )
        ax = axes(ax)
        top = float(self.table[["predicted", "observed"]].max().max())
        ax.plot([0, top], [0, top], color="0.6", linewidth=1)
        ax.plot(
            self.table["predicted"],
            self.table["observed"],
            marker="o",
            color="#b2182b",
            label=self.name,
        )
        ax.set_xlabel("predicted share")
        ax.set_ylabel("observed share")
        return ax
