"""Which columns of a panel tell the outcome so well alone that somebody should ask why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.leaks import CHECKS, LeakQuestion, Leaks, ordered
from riskmodel.evaluation.panel_rows import labelled
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.metrics import Floats, Ints
from riskmodel.metrics.lone_columns import (
    LoneColumns,
    lone_columns,
    rates_elsewhere,
    rows_of_classes,
)
from riskmodel.texts import counted

if TYPE_CHECKING:
    from riskmodel.panel import Panel

ALONE, RESTATES, OF_HOUSEHOLD = "leaks.alone", "leaks.restates", "leaks.restates_household"


class _Outcomes(NamedTuple):
    """Outcomes of some rows of a panel: their positions, 1 or 0, and their households' numbers."""

    positions: Ints
    y: Floats
    household: Ints

    def are_enough(self) -> bool:
        """Tell whether enough households have the outcome, and enough do not."""
        counts = [len(np.unique(self.household[self.y == value])) for value in (0, 1)]
        return min(counts) >= MIN_HOUSEHOLDS

    def by_household(self) -> _Outcomes:
        """Return the first row of each household, and whether any of its rows has the outcome."""
        order = np.argsort(self.household, kind="stable")
        first = np.flatnonzero(np.diff(self.household[order], prepend=-1))
        ever = np.maximum.reduceat(self.y[order], first)
        return _Outcomes(self.positions[order[first]], ever, self.household[order[first]])


def leaking_columns(panel: Panel) -> Leaks:
    """Ask about the columns of a panel that tell the outcome alone.

    Parameters
    ----------
    panel : Panel
        With labelled rows of both classes; rows stand by household and date.

    Returns
    -------
    Leaks

    Notes
    -----
    At most 1,000 rows of each class are looked at, evenly spread over the households. Nothing is
    asked where fewer than 10 households have the outcome or do not have it, and no column is named
    that is other than usual in fewer than 10.
    """
    rows = labelled(panel)
    household = pd.factorize(panel.households[rows])[0].astype(np.intp)
    assert panel.y is not None
    outcomes = _Outcomes(rows, panel.y.to_numpy(np.float64)[rows], household)
    if not len(panel.X.columns):
        return Leaks()
    if not outcomes.are_enough():
        why = f"what columns tell alone, as fewer than {MIN_HOUSEHOLDS} households are of one class"
        return Leaks(unasked=(why,))

    found = list(_of_rows(panel, outcomes))
    restating = {question.about for question in found if question.code == RESTATES}
    of_household = outcomes.by_household()
    is_another = (of_household.y != _own(outcomes, of_household)).any()
    if is_another and of_household.are_enough():
        found += (one for one in _of_households(panel, of_household) if one.about not in restating)
    named = [one for one in found if _has_households(panel.X[one.about], outcomes)]
    few = len({one.about for one in found} - {one.about for one in named})
    differ = f"in which fewer than {MIN_HOUSEHOLDS} households differ"
    unasked = (f"{counted(few, 'column')} {differ}",) if few else ()
    return Leaks(ordered(named), len(panel.X.columns), unasked)


def _of_rows(panel: Panel, outcomes: _Outcomes) -> Iterator[LeakQuestion]:
    alone = _alone(panel, outcomes)
    yield from _asked(ALONE, panel, alone.auc)
    yield from _asked(RESTATES, panel, alone.phi)


def _of_households(panel: Panel, outcomes: _Outcomes) -> Iterator[LeakQuestion]:
    yield from _asked(OF_HOUSEHOLD, panel, _alone(panel, outcomes).phi)


def _asked(code: str, panel: Panel, figures: Floats) -> Iterator[LeakQuestion]:
    names = panel.X.columns.tolist()
    for place in np.flatnonzero(figures >= CHECKS[code].threshold):
        yield LeakQuestion(code, names[place], round(float(figures[place]), 4))


def _alone(panel: Panel, outcomes: _Outcomes) -> LoneColumns:
    chosen = rows_of_classes(outcomes.y)
    y, household = outcomes.y[chosen], outcomes.household[chosen]
    matrix = _matrix(panel.X, outcomes.positions[chosen], y, household % 2 == 1)
    return lone_columns(y, matrix, float(outcomes.y.mean()))


def _matrix(
    X: pd.DataFrame, positions: Ints, y: Floats, half: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return some rows as numbers: for a category, how often its others have the outcome."""
    is_text = np.array([isinstance(dtype, pd.CategoricalDtype) for dtype in X.dtypes])
    matrix = np.empty((len(positions), len(is_text)), np.float32)
    matrix[:, ~is_text] = X.loc[:, ~is_text].iloc[positions].to_numpy(np.float32)
    for place in np.flatnonzero(is_text):
        cells = X.iloc[:, int(place)].iloc[positions]
        codes: Ints = cells.cat.codes.to_numpy().astype(np.intp)
        matrix[:, place] = rates_elsewhere(y, codes, half)
    return matrix


def _own(outcomes: _Outcomes, of_household: _Outcomes) -> Floats:
    """Return the outcomes of the rows that stand for their households."""
    return outcomes.y[np.searchsorted(outcomes.positions, of_household.positions)]


def _has_households(column: pd.Series, outcomes: _Outcomes) -> bool:
    """Tell whether a column is other than usual in enough households to name it."""
    codes = pd.factorize(column.iloc[outcomes.positions], use_na_sentinel=False)[0]
    is_other = codes != np.bincount(codes).argmax()
    return len(np.unique(outcomes.household[is_other])) >= MIN_HOUSEHOLDS
