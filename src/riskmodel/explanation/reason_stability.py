"""How much two models agree in their reasons for the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from riskmodel.errors import ModelError
from riskmodel.explanation.explanation import Explanation
from riskmodel.models import check_top

ALARM = 0.7
CALM = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Stability:
    """How much the reasons of two models agree, row by row.

    Attributes
    ----------
    table : DataFrame
        One row per row in which either model has a reason: ``overlap`` of their top reasons
        (shared ones over the longer list), ``same_first``, ``score_a``, ``score_b``.
    top : int
        Reasons compared.
    without : int
        Rows in which neither model has a reason.
    """

    table: pd.DataFrame
    top: int
    without: int

    @property
    def overlap(self) -> float:
        """Mean share of top reasons that both give."""
        return float(self.table["overlap"].mean())

    @property
    def overlap_where_scores_agree(self) -> float:
        """The same over rows whose scores lie within .05 of each other."""
        close = (self.table["score_a"] - self.table["score_b"]).abs() <= CALM
        return float(self.table.loc[close, "overlap"].mean())

    @property
    def alarm(self) -> bool:
        """Whether the mean overlap is below .7."""
        return bool(self.overlap < ALARM)

    def frame(self) -> pd.DataFrame:
        """Return one row per row compared."""
        return self.table.copy()

    def _lines(self) -> list[str]:
        same_first = self.table["same_first"].mean()
        rows = f"{len(self.table):,} rows ({self.without:,} without any)"
        close = f"{self.overlap_where_scores_agree:.3f} where scores lie within {CALM}"
        return [
            f"top {self.top} reasons of two models on {rows}",
            f"overlap {self.overlap:.3f}, {close}; first reason the same in {same_first:.1%}",
            self._alarm_line(),
        ]

    def _alarm_line(self) -> str:
        if not self.alarm:
            return f"no alarm (below {ALARM})"
        return (
            f"ALARM: below {ALARM}; find out which features changed before anyone gets reasons of "
            "the new model"
        )

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return f"<p>{'<br>'.join(map(escape, self._lines()))}</p>"


def stability_of(a: Explanation, b: Explanation, top: int = 3) -> Stability:
    """Compare the reasons that two models give for the same rows.

    Parameters
    ----------
    a, b : Explanation
        Of the same rows in the same order, by two models.
    top : int, default 3

    Returns
    -------
    Stability

    Raises
    ------
    ModelError
        If the rows are not the same.
    """
    check_top(top)
    if not a.log_odds.index.equals(b.log_odds.index):
        raise ModelError(
            "the two explanations are not of the same rows",
            code="explanation.other_rows",
            allowed="one panel, explained by two models",
            next_step="explain the same rows in the same order",
        )

    both = list(zip(_codes(a, top), _codes(b, top), strict=True))
    has_reason = np.array([bool(one or other) for one, other in both], dtype=bool)
    pairs = [(one, other) for one, other in both if one or other]
    table = pd.DataFrame(
        {
            "overlap": [_overlap(one, other) for one, other in pairs],
            "same_first": [one[:1] == other[:1] for one, other in pairs],
            "score_a": a.scores[has_reason].to_numpy(),
            "score_b": b.scores[has_reason].to_numpy(),
        },
        index=a.log_odds.index[has_reason],
    )
    return Stability(table, top, int((~has_reason).sum()))


def _overlap(one: list[str], other: list[str]) -> float:
    return len({*one} & {*other}) / max(len(one), len(other))


def _codes(one: Explanation, top: int) -> list[list[str]]:
    """Return the codes of the top reasons of each row."""
    writer = one.reason_writer
    strongest = writer.strongest(one.matrix, one.by_indicator(masked=False).to_numpy(), top)
    return [[writer.keys[k] for k in keys] for keys in strongest.keys]
