"""One feature: what each of its values adds to a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.displays.canvas import Drawn, axes, font_for
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.explanation import Explanation


@dataclass(frozen=True, eq=False)
class DependenceDisplay(Drawn):
    """Contribution over value of one feature, one dot per row.

    The spread at one value is what other features change about it.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``value`` and ``contribution`` (log-odds); a missing value is NaN.
    feature : str
        Its name, or what a frame's column is called, with its unit.
    categories : tuple of str
        Names of the values of a feature that is a category.
    """

    table: pd.DataFrame
    feature: str
    categories: tuple[str, ...] = ()

    @classmethod
    def from_explanation(cls, explanation: Explanation, feature: str) -> DependenceDisplay:
        """Take one feature of an explanation by features, a sensitive one too: it is asked for."""
        names = [c["name"] for c in explanation.columns]
        if explanation.by != "feature" or feature not in names:
            of_few = explanation.catalogue.rare
            rare = {c["name"] for c in explanation.columns if c["indicator"] in of_few}
            raise ConfigError(
                f"the explanation has no feature {feature!r}",
                code="displays.feature",
                allowed=named(names, rare, "feature")
                if explanation.by == "feature"
                else "explain(model, X), by='feature'",
                next_step=did_you_mean(feature, set(names) - rare),
            )
        j = names.index(feature)
        table = pd.DataFrame(
            {
                "value": explanation.matrix[:, j],
                "contribution": explanation.unmasked.iloc[:, j].to_numpy(),
            }
        )
        categories = tuple(explanation.columns[j]["categories"] or ())
        return cls(table, explanation.title_of(feature), categories)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn."""
        return self.table

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the dots; missing values stand as one line at their mean."""
        ax = axes(ax)
        known = self.table.dropna()
        ax.scatter(
            known["value"], known["contribution"], s=8, color="#b2182b", alpha=0.4, linewidths=0
        )
        missing = self.table.loc[self.table["value"].isna(), "contribution"]
        if len(missing):
            ax.axhline(float(np.mean(missing)), color="0.5", linestyle="--", label="missing")
            ax.legend()
        if self.categories:
            ax.set_xticks(
                range(len(self.categories)),
                labels=self.categories,
                fontfamily=font_for(self.categories),
            )
        ax.set_xlabel(self.feature, fontfamily=font_for([self.feature]))
        ax.set_ylabel("contribution, calibrated log-odds")
        return ax
