"""The gap between an indicator's summed contributions and its Shapley value as one player."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskmodel.errors import ModelError
from riskmodel.explanation.parts import INDICATOR, parts_of
from riskmodel.models import (
    Frame,
    RiskModel,
    columns_of,
    contributions_of,
    group_values_of,
    kind_of,
)
from riskmodel.models.fit_rows import Floats
from riskmodel.serving import REGION, parts_by_region

if TYPE_CHECKING:
    from riskmodel.panel import Panel

SAMPLE = 256


@dataclass(frozen=True, eq=False, repr=False)
class GroupGap:
    """Sums of contributions beside the Shapley values of groups of columns as single players.

    Attributes
    ----------
    table : DataFrame
        By indicator or family, in log-odds: mean |sum|, mean |sum - Shapley value of the group|,
        and the largest difference.
    rows : int
        Size of the sample.
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
        """Return one row per group, the largest difference first."""
        return self.table.sort_values("largest", ascending=False, kind="stable")

    def head(self) -> str:
        """Return it in one line."""
        size = self.table["mean |sum|"].mean()
        by = self.table.index.name
        return (
            f"sums by {by} against its Shapley value as one player, {self.rows:,} rows: "
            f"mean |sum| {size:.4f}, mean |difference| {self.mean:.4f}, largest {self.largest:.4f}"
        )

    def __repr__(self) -> str:
        return f"{self.head()}\n\n{self.frame().head(10).to_string(float_format='{:.4f}'.format)}"

    def _repr_html_(self) -> str:
        table = self.frame().head(10).to_html(float_format="{:.4f}".format)
        return f"<p>{escape(self.head())}</p>{table}"


def group_gap(
    model: RiskModel,
    X: Panel | Frame,
    by: str = INDICATOR,
    *,
    rows: int = SAMPLE,
    random_state: int = 0,
) -> GroupGap:
    """Compare sums by group with the groups' own Shapley values, both exact, on a sample of rows.

    The two are equal where no columns of different groups interact. Reasons give sums, because
    these add up in any grouping. The gap shows how much that matters.

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
        For a published model, whose tables hold no counts, and for a model whose contributions are
        path-dependent.

    References
    ----------
    Jullum, Redelmeier and Aas (2021), groupShapley, arXiv:2106.12228.
    """
    matrix = model.encode(X)
    if len(matrix) > rows:
        rng = np.random.default_rng(random_state)
        matrix = matrix[rng.choice(len(matrix), rows, replace=False)]
    parts = parts_of(columns_of(model), model.catalogue_, by)
    both = _sums_and_values(model, matrix, parts.part_of_column)
    slope = model.calibration_.slope
    sums, values = slope * both.sums, slope * both.values
    size, difference = np.abs(sums), np.abs(sums - values)
    table = pd.DataFrame(
        {
            "mean |sum|": size.mean(axis=0),
            "mean |difference|": difference.mean(axis=0),
            "largest": difference.max(axis=0, initial=0.0),
        },
        index=pd.Index(parts.names, name=by),
    )
    return GroupGap(table, len(matrix))


class _SumsAndValues(NamedTuple):
    """Summed contributions by group, and the groups' Shapley values as players; on the margin."""

    sums: Floats
    values: Floats


def _sums_and_values(model: RiskModel, matrix: Floats, outputs: list[int]) -> _SumsAndValues:
    joint = model.joint_tables(outputs)
    if joint is None:
        raise ModelError(
            "only a fitted ensemble with a background can take groups as players",
            code="explanation.group_gap",
            allowed="a RiskClassifier of kind 'lightgbm', or a blend with it, fitted with "
            "max_depth <= 8",
            next_step="for other kinds take the sums: their terms do not interact, so that "
            "the sums are the groups' values",
        )
    kind, tables = kind_of(model.kind), model.tables()
    values = group_values_of(kind, joint, matrix, 1, outputs)
    region = outputs[int(tables[REGION])] if REGION in tables else None
    return _SumsAndValues(
        sums=contributions_of(kind, tables, matrix, 1, outputs).parts,
        values=parts_by_region(tables, matrix, values, region),
    )
