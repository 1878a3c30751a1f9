"""Whether two models give the same reasons: rows by how many of their top reasons agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.explanation import Stability


@dataclass(frozen=True, eq=False)
class StabilityDisplay(Drawn):
    """Rows by the overlap of the reasons that two models give for them.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``overlap`` (0 to 1) and ``share`` of the rows compared.
    mean : float
    alarm : float
        Below this mean overlap the reasons have changed too much.
    """

    table: pd.DataFrame
    mean: float
    alarm: float

    @classmethod
    def from_stability(cls, stability: Stability, alarm: float = 0.7) -> StabilityDisplay:
        """Count a comparison of two models' reasons."""
        share = stability.frame()["overlap"].round(2).value_counts(normalize=True).sort_index()
        table = pd.DataFrame(
            {"overlap": share.index.to_numpy(dtype=float), "share": share.to_numpy()}
        )
        return cls(table, stability.overlap, alarm)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares, the mean, and the level below which the alarm is given."""
        ax = axes(ax)
        ax.bar(self.table["overlap"], self.table["share"], width=0.06, color="#2166ac")
        ax.axvline(self.mean, color="#b2182b", label=f"mean {self.mean:.2f}")
        ax.axvline(self.alarm, color="0.5", linestyle="--", label=f"alarm below {self.alarm}")
        ax.set_xlabel("share of top reasons that both models give")
        ax.set_ylabel("share of rows")
        ax.legend()
        return ax
