"""One household's score, indicator by indicator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.displays.canvas import Drawn, axes, font_for
from riskmodel.explanation import contents_of
from riskmodel.models import check_language, check_top, language_of
from riskmodel.serving import LANGUAGES

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
        cls,
        explanation: Explanation,
        top: int = 8,
        lang: str | None = None,
        *,
        masked: bool = True,
    ) -> WaterfallDisplay:
        """Take an explanation of one row, each indicator labelled by what the record holds of it.

        Sensitive indicators are one step, "sensitive information", unless `masked` is False. Labels
        are in the version's own language unless another is asked for.

        Raises
        ------
        ModelError
            For an explanation of no or several rows.
        """
        lang = language_of(lang, explanation.lang)
        contents = contents_of(explanation, lang, masked=masked)
        contributions = contents.set_index("label")["contribution"]
        return cls.from_contributions(contributions, explanation.base, top, lang)

    @classmethod
    def from_contributions(
        cls, contributions: pd.Series, base: float, top: int = 8, lang: str = "en"
    ) -> WaterfallDisplay:
        """Take one household's contributions by indicator; all but the `top` largest are summed."""
        check_top(top)
        check_language(lang)
        order = np.argsort(-contributions.abs().to_numpy(), kind="stable")
        steps, others = contributions.iloc[order[:top]], contributions.iloc[order[top:]]
        names = [str(name) for name in steps.index]
        values = steps.tolist()
        if len(others):
            names.append(LANGUAGES[lang].words["others"].format(number=len(others)))
            values.append(others.sum())
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
