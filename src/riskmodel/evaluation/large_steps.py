"""The capacity curve in steps so large that none of them tells of few households."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.group_tables import Suppression
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.keys import HOUSEHOLD
from riskmodel.metrics import CellCounts, Shown, first_listed

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURES = ("share", "recall", "recall_low", "recall_high")


def curve_in_large_steps(evaluation: Evaluation, points: int = 50) -> pd.DataFrame:
    """Return the recall of the list at rising capacities, for readers who may see no records.

    From one point to the next so many households join the list that a table would show them as a
    group of their own: 10, of which 3 with a crisis and 3 without. Other points are left out, but
    for the evaluation's own capacity and the list of everyone, whose figures are told elsewhere.

    Parameters
    ----------
    evaluation : Evaluation
    points : int, default 50
        At most so many, and the evaluation's own capacity.

    Returns
    -------
    DataFrame
        ``capacity`` or ``multiple``, ``share``, ``recall``, ``recall_low`` and ``recall_high``, as
        `Evaluation.capacity_curve` has them. Without what one more contact is worth, which rests on
        the few households near the end of the list.

    Raises
    ------
    ConfigError
        For an evaluation of verdicts that only those contacted have.
    """
    table = evaluation.capacity_curve(points)
    at = table.columns[0]
    grid = table[at].to_numpy(np.float64)
    drawn = evaluation.drawn()
    first = first_listed(drawn.selection, evaluation.capacity, grid)
    y = drawn.rows["y"].to_numpy(np.float64)
    household = pd.factorize(drawn.rows.index.get_level_values(HOUSEHOLD))[0].astype(np.intp)

    def is_large(after: int, until: int) -> bool:
        """Tell whether those may be told of who join the list between two points."""
        return _is_large((first > after) & (first <= until), y, household)

    value = evaluation.capacity.value
    own = int(np.abs(grid - (value if isinstance(value, int | float) else 1.0)).argmin())
    kept = _steps(range(own + 1), -1, is_large)
    if own + 1 < len(grid):
        kept += _steps(range(own + 1, len(grid)), own, is_large)
    return table.iloc[kept][[at, *FIGURES]].reset_index(drop=True)


def _steps(points: range, start: int, is_large: Callable[[int, int], bool]) -> list[int]:
    """Return points that are large steps apart, and the last of them, which is told elsewhere."""
    *others, last = points
    kept: list[int] = []
    for point in others:
        if is_large(kept[-1] if kept else start, point):
            kept.append(point)
    while kept and not is_large(kept[-1], last):
        kept.pop()
    return [*kept, last]


def _is_large(
    among: NDArray[np.bool_], y: NDArray[np.float64], household: NDArray[np.intp]
) -> bool:
    """Tell whether a table would show some rows as a group of their own."""
    if not among.any():
        return False
    suppression, one = Suppression.of(MIN_HOUSEHOLDS), np.zeros(int(among.sum()))
    cell = CellCounts.of(
        one.astype(np.intp),
        y[among],
        one,
        household[among],
        min_households=suppression.min_households,
        min_of_class=suppression.min_of_class,
        has_list=False,
    )
    return bool(cell.least[0] != Shown.NOTHING)
