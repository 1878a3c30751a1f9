"""What each further contact is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.displays.canvas import axes
from riskmodel.keys import AS_OF

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class CapacityDisplay:
    """Recall over the share of each round's households that is contacted.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``share`` (contacted), ``recall`` and ``precision``.
    name : str
        Whose scores they are.
    """

    table: pd.DataFrame
    name: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, points: int = 50) -> CapacityDisplay:
        """Compute the curve from an evaluation's scores, ranked within each round."""
        scores = evaluation.scores.dropna(subset=["y"])
        rank = scores.groupby(level=AS_OF)["margin"].rank(ascending=False, pct=True)
        shares = np.linspace(0, 1, points + 1)[1:]
        reached = [scores.loc[rank <= share, "y"] for share in shares]
        table = pd.DataFrame(
            {
                "share": shares,
                "recall": [y.sum() / scores["y"].sum() for y in reached],
                "precision": [y.mean() for y in reached],
            }
        )
        return cls(table, evaluation.name)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw recall over the share contacted; the diagonal is a list drawn at random."""
        ax = axes(ax)
        ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        ax.plot(self.table["share"], self.table["recall"], color="#b2182b", label=self.name)
        ax.set_xlabel("share of households contacted")
        ax.set_ylabel("share of crises reached")
        return ax
