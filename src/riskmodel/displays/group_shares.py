"""Recall of each group at capacity, with its interval, beside that of all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.displays.canvas import Drawn, axes, font_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import GroupGaps

BLUE, RED = "#2166ac", "#b2182b"


@dataclass(frozen=True, eq=False)
class GroupsDisplay(Drawn):
    """One line per group that is shown: its share, the interval, its own share, the others'.

    Attributes
    ----------
    table : pandas.DataFrame
        ``group``, ``value``, ``low``, ``high``, ``observed``, ``others`` and ``found``: whether the
        group is behind by more than the margin. The lowest share stands at the bottom.
    title : str
        What the share is of.
    hidden : int
        Groups that are not drawn, since the evaluation's tables hide them.
    """

    table: pd.DataFrame
    title: str
    hidden: int = 0

    @classmethod
    def from_gaps(cls, gaps: GroupGaps, figure: str = "recall") -> GroupsDisplay:
        """Take one figure of a comparison of groups.

        Parameters
        ----------
        gaps : GroupGaps
        figure : {"recall", "false_omission_rate"}
        """
        lines = gaps.frame()
        lines = lines[lines["figure"].eq(figure)]
        lines = lines.assign(found=lines["group"].isin(gaps.found[figure]))
        drawn = lines[lines["value"].notna()].sort_values("value", kind="stable")
        columns = ["group", "value", "low", "high", "observed", "others", "found"]
        title = f"{figure.replace('_', ' ')} by {gaps.by}"
        return cls(drawn[columns].reset_index(drop=True), title, len(lines) - len(drawn))

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the groups below each other; red are those that are found behind the others."""
        ax = axes(ax)
        table, at = self.table, np.arange(len(self.table))
        for is_found, color, label in (
            (False, BLUE, "the group"),
            (True, RED, "found behind"),
        ):
            part = table["found"].to_numpy(dtype=bool) == is_found
            if not part.any():
                continue
            value = table["value"][part]
            reach = [value - table["low"][part], table["high"][part] - value]
            ax.errorbar(
                value,
                at[part],
                xerr=reach,
                fmt="o",
                color=color,
                capsize=3,
                label=label,
            )
        ax.plot(table["observed"], at, "x", color="0.4", label="its own share")
        ax.plot(table["others"], at, "|", color="0.2", markersize=14, label="all others")
        ax.set_yticks(at, table["group"].tolist(), fontfamily=font_for(table["group"]))
        ax.set_ylim(-0.6, len(table) - 0.4)
        hidden = f" ({self.hidden} not shown)" if self.hidden else ""
        ax.set_xlabel(f"{self.title}, 95 % intervals{hidden}")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=4, frameon=False)
        return ax
