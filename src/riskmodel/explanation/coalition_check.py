"""How far an indicator's summed contributions are from its Shapley value as one player, on a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import ModelError
from riskmodel.explanation.evaluators import model_tables
from riskmodel.explanation.parts import INDICATOR, parts_of
from riskmodel.forests import PathTables, summed
from riskmodel.models import columns_of

SAMPLE = 256


@dataclass(frozen=True, eq=False, repr=False)
class GroupGap:
    """Sums of contributions against the Shapley values of the game whose players are whole groups of columns.

    Attributes
    ----------
    table : DataFrame
        By indicator (or family): mean |sum|, mean |sum - Shapley value of the group|, and the largest; log-odds.
    rows : int
        Of the sample.
    """

    table: pd.DataFrame
    rows: int

    @property
    def mean(self) -> float:
        """Mean difference over rows and groups."""
        return float(self.table["mean |difference|"].mean())

    @property
    def largest(self) -> float:
        """Largest difference of all."""
        return float(self.table["largest"].max())

    def frame(self) -> pd.DataFrame:
        """Return one row a group, the largest difference first."""
        return self.table.sort_values("largest", ascending=False, kind="stable")

    def head(self) -> str:
        """Return it in one line."""
        size = self.table["mean |sum|"].mean()
        return (
            f"sums by {self.table.index.name} against its Shapley value as one player, {self.rows:,} rows: "
            f"mean |sum| {size:.4f}, mean |difference| {self.mean:.4f}, largest {self.largest:.4f}"
        )

    def __repr__(self) -> str:
        return f"{self.head()}\n\n{self.frame().head(10).to_string(float_format='{:.4f}'.format)}"

    def _repr_html_(self) -> str:
        return f"<p>{self.head()}</p>{self.frame().head(10).to_html(float_format='{:.4f}'.format)}"


def group_gap(
    model: Any, X: Any, by: str = INDICATOR, *, rows: int = SAMPLE, random_state: int = 0
) -> GroupGap:
    """Compare sums by group with the groups' own Shapley values, both exact, on a sample of rows.

    The two are equal where no columns of different groups act together; a sum is what is told, since it is additive
    over any grouping, and this says how much that matters.

    Parameters
    ----------
    model : RiskClassifier
        Fitted.
    X : Panel, DataFrame or array
    by : {"indicator", "family"}
    rows : int, default 256
        Size of the sample.
    random_state : int, default 0

    Returns
    -------
    GroupGap

    Raises
    ------
    ModelError
        For a published model, whose tables hold no counts, and for one that is explained by its trees' paths.

    References
    ----------
    Jullum, Redelmeier and Aas (2021), groupShapley, arXiv:2106.12228.
    """
    matrix = np.asarray(model.encode(X), dtype=np.float64)
    if len(matrix) > rows:
        matrix = matrix[
            np.random.default_rng(random_state).choice(len(matrix), rows, replace=False)
        ]
    names, outputs = parts_of(columns_of(model), model.catalogue_, by)
    sums, values = (model.calibration_.slope * phi for phi in _both(model, matrix, outputs))
    table = pd.DataFrame(
        {
            "mean |sum|": np.abs(sums).mean(axis=0),
            "mean |difference|": np.abs(sums - values).mean(axis=0),
            "largest": np.abs(sums - values).max(axis=0, initial=0.0),
        },
        index=pd.Index(names, name=by),
    )
    return GroupGap(table, len(matrix))


def _both(model: Any, matrix: Any, outputs: list[int]) -> tuple[Any, Any]:
    background = getattr(model, "background_", None)
    if background is None:
        raise ModelError(
            "only a fitted ensemble with a background can take groups for players",
            code="explanation.group_gap",
            allowed="a RiskClassifier of kind 'lightgbm', fitted with max_depth <= 8",
            next_step="for other kinds the sums are the groups' values: their terms do not act together",
        )
    single = PathTables.from_arrays(summed(model_tables(model), outputs))
    joint = PathTables(model.boosters_, background, outputs, joint=True)
    return single.contributions(matrix), joint.contributions(matrix)
