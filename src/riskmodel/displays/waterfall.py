"""One household's score, indicator by indicator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.displays.canvas import Drawn, axes, font_for
from riskmodel.forests.forest import Floats
from riskmodel.serving import LANGUAGES, ReasonWriter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.explanation import Explanation


@dataclass(frozen=True, eq=False)
class WaterfallDisplay(Drawn):
    """A score as steps from the base: each indicator's contribution to the calibrated log-odds.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``indicator`` (as labelled) and ``contribution`` (log-odds), in the order drawn.
    base : float
        Log-odds of the reference population.
    """

    table: pd.DataFrame
    base: float

    @classmethod
    def from_explanation(
        cls, explanation: Explanation, top: int = 8, lang: str = "en", *, masked: bool = True
    ) -> WaterfallDisplay:
        """Take an explanation of one row, each indicator labelled by what the record holds of it.

        Sensitive indicators are one step, "sensitive information", unless `masked` is False.
        """
        writer, x = explanation.reason_writer, explanation.matrix[0]
        labels = [_label(writer, k, x, lang, masked=masked) for k in range(len(writer.keys))]
        by_label = explanation.by_indicator().iloc[0].set_axis(labels)
        contributions = by_label.groupby(level=0, sort=False).sum()
        return cls.from_contributions(contributions, explanation.base, top, lang)

    @classmethod
    def from_contributions(
        cls, contributions: pd.Series, base: float, top: int = 8, lang: str = "en"
    ) -> WaterfallDisplay:
        """Take one household's contributions by indicator; all but the `top` largest are summed."""
        order = contributions.abs().sort_values(ascending=False, kind="stable").index
        steps = contributions[order[:top]]
        names = [str(name) for name in steps.index]
        values = steps.tolist()
        if len(order) > top:
            names.append(LANGUAGES[lang].words["others"].format(number=len(order) - top))
            values.append(contributions[order[top:]].sum())
        return cls(pd.DataFrame({"indicator": names, "contribution": values}), float(base))

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
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


def _label(writer: ReasonWriter, k: int, x: Floats, lang: str, *, masked: bool) -> str:
    """Return what the record holds of an indicator; its name too, where that is nothing."""
    words = LANGUAGES[lang].words
    if masked and writer.hides(k):
        return words["sensitive"]
    content = writer.content(k, x, lang)
    if content in (words["absent"], words["undelivered"]):
        return f"{writer.name(k, lang)}: {content}"
    return content
