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

RED = "#b2182b"


@dataclass(frozen=True, eq=False)
class ReliabilityDisplay(Drawn):
    """Predicted against observed shares, and where the curve lies if the probabilities are right.

    Attributes
    ----------
    table : pandas.DataFrame
        An evaluation's `reliability`: ``predicted`` and ``observed`` shares, one row per bin.
    name : str
        The name of the scores.
    curve : pandas.DataFrame, optional
        That of `riskmodel.evaluation.Reliability`: ``predicted``, ``observed`` (the isotonic
        recalibration), ``low`` and ``high`` (the band). It follows single rows: a picture with it
        is for readers of the records.
    """

    table: pd.DataFrame
    name: str = ""
    curve: pd.DataFrame | None = None

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation) -> ReliabilityDisplay:
        """Take the bins from an evaluation, and test its probabilities for the curve."""
        from riskmodel.evaluation import reliability

        table = evaluation.reliability
        curve = None if table.empty else reliability(evaluation).curve
        return cls(table, evaluation.name, curve)

    def frame(self) -> pd.DataFrame:
        """Return the bins that are drawn as dots."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the bins as dots, with the curve as a line or else with their 95 % intervals.

        The diagonal is where right chances lie.

        In the grey band lie 95 % of the curves of right probabilities, at each point.
        """
        if self.table.empty:
            raise RiskmodelError(
                "these scores are no probabilities",
                code="displays.reliability",
                allowed="scores within [0, 1]",
                next_step="draw the capacity curve, which needs ranks only",
            )
        ax = axes(ax)
        top = float(self.table[["predicted", "observed"]].max().max())
        if self.curve is not None:
            top = max(top, float(self.curve["predicted"].max()))
            _draw_band(ax, self.curve)
        ax.plot([0, top], [0, top], color="0.6", linewidth=1)
        _draw_bins(ax, self.table, self.name, with_intervals=self.curve is None)
        if self.curve is not None:
            ax.legend(loc="upper left", frameon=False)
        ax.set_xlabel("predicted share")
        ax.set_ylabel("observed share")
        return ax


def _draw_bins(ax: Axes, table: pd.DataFrame, name: str, *, with_intervals: bool) -> None:
    """Draw a dot per bin, and its interval where the table has one."""
    predicted = table["predicted"]
    if with_intervals and {"low", "high"} <= set(table):
        ax.vlines(predicted, table["low"], table["high"], color=RED, linewidth=1)
    ax.plot(predicted, table["observed"], "o", color=RED, label=name)


def _draw_band(ax: Axes, curve: pd.DataFrame) -> None:
    predicted = curve["predicted"]
    ax.fill_between(
        predicted, curve["low"], curve["high"], color="0.88", label="if right, 95 % of curves"
    )
    ax.plot(predicted, curve["observed"], color=RED, linewidth=1, label="recalibrated")
