"""One household's score, indicator by indicator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskmodel.displays.canvas import axes, font_for
from riskmodel.serving import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class WaterfallDisplay:
    """How a score comes about: from the base, each indicator's contribution on the calibrated log-odds.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``indicator`` (as told) and ``contribution`` (log-odds), in the order drawn.
    base : float
        Log-odds of the reference population.
    """

    table: pd.DataFrame
    base: float

    @classmethod
    def from_explanation(
        cls, explanation: Any, top: int = 8, lang: str = "en", *, masked: bool = True
    ) -> WaterfallDisplay:
        """Take an explanation of one row, its indicators told by what the record holds of them.

        Sensitive indicators are one step, "sensitive information", unless `masked` is False.
        """
        writer, x = explanation.reason_writer, explanation.matrix[0]
        told = [
            WORDS[lang]["sensitive"]
            if masked and writer.hides(k)
            else f"{writer.name(k, lang)}: {held}"
            if (held := writer.content(k, x, lang))
            in (WORDS[lang]["absent"], WORDS[lang]["undelivered"])
            else held
            for k in range(len(writer.keys))
        ]
        contributions = (
            explanation.by_indicator().iloc[0].set_axis(told).groupby(level=0, sort=False).sum()
        )
        return cls.from_contributions(contributions, explanation.base, top)

    @classmethod
    def from_contributions(
        cls, contributions: pd.Series, base: float, top: int = 8
    ) -> WaterfallDisplay:
        """Take one household's contributions by indicator; all but the `top` largest are summed up."""
        order = contributions.abs().sort_values(ascending=False, kind="stable").index
        shown = contributions[order[:top]]
        rest = contributions[order[top:]].sum()
        names = [str(name) for name in shown.index] + [f"{len(order) - top} others"] * (
            len(order) > top
        )
        steps = [*shown, rest] if len(order) > top else [*shown]
        return cls(pd.DataFrame({"indicator": names, "contribution": steps}), float(base))

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Any:
        """Draw the steps from the base to the household's log-odds."""
        ax = axes(ax)
        steps = self.table["contribution"]
        start = self.base + steps.cumsum().shift(fill_value=0.0)
        colours = ["#b2182b" if step > 0 else "#2166ac" for step in steps]
        ax.barh(range(len(steps)), steps, left=start, color=colours)
        ax.set_yticks(
            range(len(steps)),
            labels=list(self.table["indicator"]),
            fontfamily=font_for(self.table["indicator"]),
        )
        ax.invert_yaxis()
        ax.axvline(self.base, color="0.5", linewidth=1)
        ax.set_xlabel("calibrated log-odds of crisis")
        return ax
