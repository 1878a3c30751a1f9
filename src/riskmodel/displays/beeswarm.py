"""All rows at once: how contributions spread, and whether high or low values raise the risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.displays.canvas import Drawn, axes, font_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.explanation import Explanation

BINS, WIDTH = 60, 0.8


@dataclass(frozen=True, eq=False)
class BeeswarmDisplay(Drawn):
    """Contributions of the features that move scores most, one dot per row.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``feature``, ``contribution`` (log-odds), ``value`` and ``level``: the value's rank
        among the rows, from 0 to 1; missing where the value is.
    """

    table: pd.DataFrame

    @classmethod
    def from_explanation(
        cls, explanation: Explanation, top: int = 10, rows: int = 2000
    ) -> BeeswarmDisplay:
        """Take the features that move scores most.

        Parameters
        ----------
        explanation : Explanation
        top : int, default 10
            Features, by mean absolute contribution.
        rows : int, default 2000
            At most so many rows, evenly spaced.
        """
        n = len(explanation)
        chosen = np.unique(np.linspace(0, n - 1, min(rows, n)).astype(int))
        phi, matrix = explanation.contributions.iloc[chosen], explanation.matrix[chosen]
        order = phi.abs().mean().to_numpy().argsort(kind="stable")[::-1][:top]
        titles = [explanation.title_of(str(name)) for name in phi.columns]
        parts = [_dots(titles[j], phi.iloc[:, j].to_numpy(), matrix[:, j]) for j in order]
        return cls(pd.concat(parts, ignore_index=True))

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one band of dots per feature, the strongest on top.

        Red is a high value, grey a missing one.
        """
        ax = axes(ax)
        features = list(dict.fromkeys(self.table["feature"]))
        for band, (_, dots) in enumerate(self.table.groupby("feature", sort=False)):
            x, level = dots["contribution"].to_numpy(), dots["level"].to_numpy()
            known = ~np.isnan(level)
            y = band + _spread(x)
            ax.scatter(x[~known], y[~known], s=6, color="0.7", linewidths=0)
            ax.scatter(
                x[known],
                y[known],
                s=6,
                c=level[known],
                cmap="coolwarm",
                vmin=0,
                vmax=1,
                linewidths=0,
            )
        ax.set_yticks(range(len(features)), labels=features, fontfamily=font_for(features))
        ax.invert_yaxis()
        ax.axvline(0, color="0.5", linewidth=1)
        ax.set_xlabel("contribution, calibrated log-odds")
        return ax


def _dots(feature: str, contribution: NDArray[Any], value: NDArray[Any]) -> pd.DataFrame:
    level = pd.Series(value).rank(pct=True)
    return pd.DataFrame(
        {"feature": feature, "contribution": contribution, "value": value, "level": level}
    )


def _spread(x: NDArray[Any]) -> NDArray[np.float64]:
    """Move dots that lie together apart, as wide as they are many."""
    if np.ptp(x) == 0:
        return np.zeros(len(x))
    bins = np.floor((x - x.min()) / np.ptp(x) * BINS).astype(int)
    within = pd.Series(bins).groupby(bins).cumcount().to_numpy()
    size = np.bincount(bins)
    side = (-1.0) ** within * ((within + 1) // 2)
    return side / max(size.max(), 1) * WIDTH
