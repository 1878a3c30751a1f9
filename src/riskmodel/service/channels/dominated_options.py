"""Which options no best choice needs, since so many better ones of their kind exist."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmodel.service.channels.step_program import Floats, Ints, Program


def undominated(program: Program) -> Ints:
    """Return the options without those that a best choice never needs.

    Let no choice serve more than `N` households of an area: of each set of budgets, no more than
    their room has of its shortest steps. Compare options that are alike: of one area, one channel
    and the same budgets, minutes and floors. One that has `N` better ones of its kind (a larger
    gain, or the same and an earlier id) is left out. Nothing is lost: a choice that holds it serves
    at most `N - 1` others of the area, so that one of the `N` better options is of a household that
    is not served. Exchange the two: budgets and floors are kept, and the gain is no smaller. Each
    exchange takes a better option, so they end, and then no option is held that was left out.

    Parameters
    ----------
    program : Program

    Returns
    -------
    ndarray of int
        Their positions, in order.
    """
    kind = numbered(program.area, *program.rows.T)
    _, area = np.unique(program.area, return_inverse=True)
    most = np.bincount(area[_first_of(kind)], weights=_fitting(program, kind))
    alike = numbered(kind, program.channel, program.minutes, *program.floors.T)
    order = np.lexsort((program.household, -program.gain, alike))
    rank = np.arange(len(order)) - np.searchsorted(alike[order], alike[order])
    return np.sort(order[rank < most[area[order]]])


def numbered(*columns: NDArray[np.generic]) -> Ints:
    """Return a number for each row: the same where all columns are, and in their order."""
    order = np.lexsort(columns[::-1])
    is_other = np.zeros(len(order), dtype=bool)
    for column in columns:
        is_other[1:] |= column[order][1:] != column[order][:-1]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_other)
    return number


def _first_of(kind: Ints) -> Ints:
    """Return the first option of each kind."""
    return np.unique(kind, return_index=True)[1]


def _fitting(program: Program, kind: Ints) -> Floats:
    """Return how many options of each kind fit into the budgets at most."""
    households = np.bincount(kind).astype(float)
    shortest = np.full(len(households), np.iinfo(np.int64).max)
    np.minimum.at(shortest, kind, program.minutes)
    room = np.append(program.room, np.iinfo(np.int64).max)[program.rows[_first_of(kind)]]
    tightest = room.min(axis=1, initial=np.iinfo(np.int64).max)
    return np.where(
        shortest > 0, np.minimum(tightest // np.maximum(shortest, 1), households), households
    )
