"""The rows of a panel that could be drawn to be contacted: by what chance a verdict came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.keys import as_days
from riskmodel.metrics import Floats, Ints
from riskmodel.metrics.selective import check_chances, check_known
from riskmodel.models.verdict_chances import LEAST_CHANCE, Bools, as_numbers, cross_fitted
from riskmodel.panel import Panel


class ReachChance(NamedTuple):
    """The fitted chance of a verdict if drawn, shape (n_rows,), and how many were raised to .02."""

    chance: Floats
    raised: int


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Rows of a panel, who of them was drawn, and what chances are fitted on.

    Attributes
    ----------
    positions : ndarray of int, shape (n_rows,)
        Which rows of the panel they are.
    verdict : ndarray of float, shape (n_rows,)
        1, 0, or NaN.
    drawn, known : ndarray of bool, shape (n_rows,)
        Drawn by a recorded chance; drawn and with a verdict.
    chance : ndarray of float, shape (n_rows,)
        The recorded chance to be drawn; 0 where none is on record.
    household, round : ndarray of int, shape (n_rows,)
        Numbered 0, 1, ...
    records, columns : ndarray of float, shape (n_rows, n_columns)
        The panel's columns and the round; the same beside what is told of the draw.
    not_recorded : int
        Rows whose chance to be drawn is not on record.
    """

    positions: Ints
    verdict: Floats
    drawn: Bools
    known: Bools
    chance: Floats
    household: Ints
    round: Ints
    records: Floats
    columns: Floats
    not_recorded: int

    @classmethod
    def of(cls, panel: Panel, rows: Ints) -> DrawnRows:
        """Return some rows of a panel with draws and a label.

        Raises
        ------
        RiskmodelError
            For a recorded chance outside 0 to 1, or one of 0 of a row that was drawn.
        """
        assert panel.y is not None
        assert panel.draws is not None
        draws = panel.draws.iloc[rows]
        verdict = panel.y.to_numpy(dtype=np.float64)[rows]
        recorded = draws["probability"].notna().to_numpy()
        drawn = draws["drawn"].to_numpy(dtype=bool) & recorded
        chance = draws["probability"].fillna(0.0).to_numpy(dtype=np.float64)
        check_chances(chance, "probability")
        check_known(drawn, chance)
        rounds = _round_numbers(panel)[rows]
        records = np.column_stack([_varying(as_numbers(panel.X.iloc[rows])), rounds])
        return cls(
            positions=rows,
            verdict=verdict,
            drawn=drawn,
            known=drawn & ~np.isnan(verdict),
            chance=chance,
            household=pd.factorize(panel.independent_units[rows])[0].astype(np.intp),
            round=rounds,
            records=records,
            columns=np.column_stack([records, _of_draws(draws)]),
            not_recorded=int((~recorded).sum()),
        )

    def reach_chance(self) -> ReachChance:
        """Return each row's chance of a verdict if drawn, fitted on the drawn of other folds.

        A fitted chance below .02 counts as .02.
        """
        reach = cross_fitted(
            self.columns, self.known.astype(np.float64), self.drawn, self.household
        )
        raised = (reach > 0) & (reach < LEAST_CHANCE)
        return ReachChance(np.where(raised, LEAST_CHANCE, reach), int(raised.sum()))


def _varying(columns: Floats) -> Floats:
    """Return the columns that do not hold one value in all rows."""
    return columns[:, (columns != columns[:1]).any(axis=0)]


def _of_draws(draws: pd.DataFrame) -> Floats:
    """Return what reach and verdict are fitted on beside the records: stratum, whether certain.

    Stratum and channel are of use only where they are told of every row, drawn or not.
    """
    known = [name for name in ("stratum", "channel") if name in draws]
    told = draws[[name for name in known if draws[name].notna().all()]].add_prefix("drawn by ")
    return as_numbers(told.assign(certain=draws["probability"] >= 1))


def _round_numbers(panel: Panel) -> Ints:
    days = as_days(panel.as_of).astype(np.int64)
    return np.unique(days, return_inverse=True)[1]
