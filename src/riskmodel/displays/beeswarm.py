"""All rows at once: how contributions spread, and whether high or low values raise the risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.displays.blocks import means_of_blocks, rows_of_a_block
from riskmodel.displays.canvas import Drawn, axes, font_for
from riskmodel.models import check_top

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
        among the rows, from 0 to 1. The level is missing where the value is, and for categories,
        none of which is high. Both are missing for an indicator or family of several columns, which
        has no value of its own.
    rows_per_dot : int
        More than 1 where a dot is the mean of at least so many rows, and has no value.
    """

    table: pd.DataFrame
    rows_per_dot: int = 1

    @classmethod
    def from_explanation(
        cls, explanation: Explanation, top: int = 10, rows: int = 2000, *, masked: bool = True
    ) -> BeeswarmDisplay:
        """Take the features that move scores most, or the indicators or families explained.

        Parameters
        ----------
        explanation : Explanation
        top : int, default 10
            So many of them, by mean absolute contribution.
        rows : int, default 2000
            At most so many rows, evenly spaced.
        masked : bool, default True
            Whether sensitive indicators are one band, "sensitive information".
        """
        check_top(top)
        n = len(explanation)
        chosen = np.unique(np.linspace(0, n - 1, min(rows, n)).astype(int))
        return cls(_strongest(explanation[chosen], top, masked=masked))

    @classmethod
    def of_many(cls, explanation: Explanation, top: int = 10) -> BeeswarmDisplay:
        """Take the same features for readers who may see no single household's contributions.

        A dot is the mean of at least ten households that contribute alike: of ten times as many
        rows as the household with most rows has, and of a hundredth of all rows. Where fewer have
        a value, or have none, they are not drawn. Sensitive indicators are one band.

        Parameters
        ----------
        explanation : Explanation
        top : int, default 10
        """
        check_top(top)
        rows = rows_of_a_block(explanation.log_odds.index)
        dots = _strongest(explanation, top, masked=True)
        blocks = [
            means_of_blocks(
                part["contribution"].to_numpy(np.float64), part["level"].to_numpy(np.float64), rows
            ).assign(feature=feature, value=np.nan)
            for feature, part in dots.groupby("feature", sort=False)
        ]
        return cls(pd.concat(blocks, ignore_index=True)[list(dots)], rows)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one band of dots per feature, the strongest on top.

        Red is a high value; grey a missing one, or what has no level.
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
        told = "contribution, calibrated log-odds"
        if self.rows_per_dot > 1:
            told += f"\na dot is the mean of {self.rows_per_dot} rows or more"
        ax.set_xlabel(told)
        return ax


def _strongest(explanation: Explanation, top: int, *, masked: bool) -> pd.DataFrame:
    """Return the dots of the features that move scores most, one per row and feature."""
    phi = explanation.contributions if masked else explanation.unmasked
    order = phi.abs().mean().to_numpy().argsort(kind="stable")[::-1][:top]
    parts = [_dots(explanation, phi.iloc[:, part]) for part in order.tolist()]
    return pd.concat(parts, ignore_index=True)


def _dots(explanation: Explanation, phi: pd.Series) -> pd.DataFrame:
    name = str(phi.name)
    own = explanation.columns_of_part(name)
    nothing = np.full(len(explanation), np.nan)
    value = explanation.matrix[:, own[0]] if len(own) == 1 else nothing
    has_level = len(own) == 1 and not explanation.columns[own[0]]["categories"]
    return pd.DataFrame(
        {
            "feature": name if explanation.by == "family" else explanation.title_of(name),
            "contribution": phi.to_numpy(),
            "value": value,
            "level": pd.Series(value if has_level else nothing).rank(pct=True),
        }
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
