"""A baseline: the longest of a household's arrears, in one unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import Core, Kind, method_of_counts, refuse_not_applicable
from riskmodel.models.risk_columns import RiskColumn, risk_columns
from riskmodel.serving import LANGUAGES

LENGTHS = ("now", "spell", "max")
DURATIONS = ("days", "weeks", "months", "years")


@dataclass(frozen=True)
class LongestArrears(Core):
    """The longest of a household's arrears, all in one unit; 0 where it has none.

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
    """Find the columns of one unit that hold arrears; y is not used.

    Arrears with a duration come first, then how long states have lasted, then amounts.
    """
    columns = risk_columns(settings, LENGTHS)
    arrears = [column for column in columns if column.aggregate != "spell"]
    spells = [column for column in columns if column.aggregate == "spell"]
    unit_of = {column: _unit_of(column, settings.catalogue) for column in arrears}

    durations = [column for column, unit in unit_of.items() if unit in DURATIONS]
    amounts = [column for column, unit in unit_of.items() if unit]
    chosen = durations or spells or amounts or arrears
    if not chosen:
        _refuse()
    _refuse_units(sorted({unit_of.get(column, "months") for column in chosen}))
    return LongestArrears(tuple(column.position for column in chosen))


def _unit_of(column: RiskColumn, catalogue: Catalogue) -> str:
    """Return the unit of a column's indicator, durations by one name; empty if it has none."""
    indicator = catalogue.get(column.indicator)
    written = "" if indicator is None else indicator.unit.strip()
    names = (name for name in DURATIONS if written.lower() in _spellings(name))
    return next(names, written)


def _spellings(duration: str) -> set[str]:
    """Return how a duration is written: in the singular, the plural, and each language."""
    by_language = (language.units.get(duration, duration) for language in LANGUAGES.values())
    return {duration, duration.removesuffix("s"), *by_language}


def _refuse_units(units: Sequence[str]) -> None:
    """Refuse arrears in several units: three months are neither more nor less than 200 KRW."""
    if len(units) > 1:
        refuse_not_applicable(
            LONGEST_ARREARS.name,
            f"the columns hold arrears in several units ({', '.join(units)})",
            allowed="arrears in one duration, or else in one currency",
            next_step="choose features of one unit, or state the values in one",
        )


def _refuse() -> NoReturn:
    refuse_not_applicable(
        LONGEST_ARREARS.name,
        f"no column holds how long or how much ({', '.join(LENGTHS)})",
        allowed="a panel built from records with such a column",
        next_step="use kind='logistic'",
    )


LONGEST_ARREARS = Kind(
    name="longest_arrears",
    fit=by_folds(fit_longest_arrears),
    evaluator="longest",
    method=method_of_counts,
    baseline=True,
    complexity=0,
)
