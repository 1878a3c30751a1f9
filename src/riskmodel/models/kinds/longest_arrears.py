"""A baseline: the longest of a household's arrears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests import Arrays, Background
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import Core, Kind, method_of_counts, refuse_not_applicable
from riskmodel.models.risk_columns import risk_columns

LENGTHS = ("now", "spell", "max")


@dataclass(frozen=True)
class LongestArrears(Core):
    """The longest of a household's arrears; 0 where it has none.

    Attributes
    ----------
    positions : tuple of int
        The columns that hold a length.
    """

    positions: tuple[int, ...]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the greatest value of the columns."""
        lengths = np.nan_to_num(matrix[:, self.positions])
        return lengths.max(axis=1, initial=0.0).astype(np.float64)

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the columns; contributions compare with a household without arrears."""
        return {"positions": np.array(self.positions), "base": np.array(0.0)}


def fit_longest_arrears(rows: Rows, settings: FitSettings) -> LongestArrears:  # noqa: ARG001
    """Find the columns that hold months in arrears, or else lengths of states; y is not used."""
    in_months = {code for code, entry in settings.catalogue.items() if entry.unit == "months"}
    columns = risk_columns(settings, LENGTHS)
    arrears = [c for c in columns if c.indicator in in_months and c.aggregate != "spell"]
    chosen = arrears or columns
    if not chosen:
        _refuse()
    return LongestArrears(tuple(column.position for column in chosen))


def _refuse() -> NoReturn:
    refuse_not_applicable(
        LONGEST_ARREARS.name,
        f"no column holds how long or how much ({', '.join(LENGTHS)})",
        allowed="a panel built from records with such a column",
        next_step="use kind='logistic'",
    )


LONGEST_ARREARS = Kind(
    name="longest_arrears",
    fit=fit_longest_arrears,
    evaluator="longest",
    method=method_of_counts,
    baseline=True,
)
