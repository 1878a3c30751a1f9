"""One-line rules: a column of the panel that ranks by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import named

if TYPE_CHECKING:
    from riskmodel.panel import Panel


class Rule(NamedTuple):
    """A column that ranks by itself.

    Attributes
    ----------
    column : str
    is_descending : bool
        Whether less of it means more risk.
    """

    column: str
    is_descending: bool

    @classmethod
    def parse(cls, text: str, panel: Panel) -> Rule:
        """Read a rule: a column, descending by its risk direction or by a minus before its name.

        Raises
        ------
        ConfigError
            For no column of the panel, or one of categories.
        """
        has_minus = text.startswith("-")
        column = text.removeprefix("-")
        _check_column(text, column, panel)
        return cls(column, has_minus or panel.directions.get(column) == -1)

    def scores(self, panel: Panel) -> pd.DataFrame:
        """Return the column as margins; missing values rank last."""
        sign = -1 if self.is_descending else 1
        value = panel.X[self.column].to_numpy(dtype=np.float64) * sign
        lowest = np.nanmin(value, initial=0.0) - 1
        margin = np.where(np.isnan(value), lowest, value)
        return pd.DataFrame({"margin": margin, "score": np.nan}, index=panel.X.index)


def _check_column(text: str, column: str, panel: Panel) -> None:
    if column not in panel.X:
        known = [str(name) for name in panel.X]
        raise ConfigError(
            f"rule {text!r} is no column of the panel",
            code="backtest.rule",
            allowed=named(known, panel.rare_columns, "column"),
            next_step=did_you_mean(column, set(known) - panel.rare_columns),
        )
    if not is_numeric_dtype(panel.X[column]):
        raise ConfigError(
            f"rule {text!r} holds categories, which have no order",
            code="backtest.rule",
            allowed="columns of numbers",
            next_step="name another column, or score the categories in a Series",
        )
