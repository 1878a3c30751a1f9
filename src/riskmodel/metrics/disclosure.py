"""Which cells of several tables are hidden, so that none of them can be told from the others.

The tables count the same rows: by round, by area, by group, and all rows together. A reader knows
every cell that is shown, and what adds up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskmodel.metrics.arrays import Ints
from riskmodel.metrics.cell_counts import CellCounts, Shown
from riskmodel.metrics.cell_links import Cell, Links
from riskmodel.metrics.telling_cells import Telling

TRIED_AGAIN = 40


def cells_to_hide(tables: Sequence[CellCounts]) -> list[Ints]:
    """Return what each table shows of its cells, so that no hidden count can be told.

    A hidden count is told where what adds up leaves it a range of 2 or less. Cells are hidden
    beside it, the smallest that help first, and shown again where that was not needed after all.

    Parameters
    ----------
    tables : list of CellCounts
        Tables of the same rows; their totals count as shown.

    Returns
    -------
    list of ndarray of Shown
        By table, shape (n_cells,).

    Examples
    --------
    Three areas, of which one has 4 households: a second one is hidden, or the total would tell it.

    >>> code = np.repeat([0, 1, 2], [4, 40, 60])
    >>> y = (np.arange(104) % 4 == 0).astype(float)
    >>> table = CellCounts.of(
    ...     code, y, y * 0, np.arange(104), min_households=10, min_of_class=3, has_list=False
    ... )
    >>> [cell.tolist() for cell in cells_to_hide([table])]
    [[2, 2, 1]]
    """
    telling = Telling(tables, Links.of(tables))
    shown = [table.least.copy() for table in tables]
    found = telling.told(shown)
    while found:
        more = _hidden_beside(telling, shown, found)
        if not more:
            break
        for (table, cell), level in more.items():
            shown[table][cell] = level
        # where more is hidden, what could not be told before cannot be told now
        found = telling.told(shown, among={*found, *more})
    return _shown_again(telling, shown, found)


def told_cells(tables: Sequence[CellCounts], shown: Sequence[Ints]) -> set[Cell]:
    """Return the hidden cells, as number of the table and of the cell in it, that can be told.

    Parameters
    ----------
    tables : list of CellCounts
        Tables of the same rows; their totals count as shown.
    shown : list of ndarray of Shown
        What each table shows of its cells.
    """
    return Telling(tables, Links.of(tables)).told(shown)


def _hidden_beside(telling: Telling, shown: Sequence[Ints], found: set[Cell]) -> dict[Cell, int]:
    """Return what else to hide: beside each cell told, the smallest cell of some link of it."""
    more: dict[Cell, int] = {}
    for told in sorted(found):
        beside = telling.links.beside(told)
        for level in (shown[told[0]][told[1]], Shown.NOTHING):
            fit = [cell for cell in beside if shown[cell[0]][cell[1]] < level]
            if fit:
                break
        if fit and not more.keys() & set(fit):
            more[min(fit, key=lambda cell: (_rows(telling, cell), cell))] = int(level)
    return more


def _shown_again(telling: Telling, shown: list[Ints], found: set[Cell]) -> list[Ints]:
    """Show cells again, the largest first, where no more can be told for it."""
    raised = [
        (number, int(cell))
        for number, table in enumerate(telling.tables)
        for cell in np.flatnonzero(shown[number] > table.least)
    ]
    largest = sorted(raised, key=lambda cell: (_rows(telling, cell), cell), reverse=True)
    for number, cell in largest[:TRIED_AGAIN]:
        for level in range(telling.tables[number].least[cell], shown[number][cell]):
            tried = [each.copy() for each in shown]
            tried[number][cell] = level
            beside = telling.links.beside((number, cell))
            if telling.told(tried, among=beside) <= found and not telling.tells_more(tried, found):
                shown = tried
                break
    return shown


def _rows(telling: Telling, cell: Cell) -> float:
    return float(telling.tables[cell[0]].counts[cell[1]].sum())
