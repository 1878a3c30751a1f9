"""Who may get which step, as an integer program: options, budgets and floors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class TooHighFloorsError(Exception):
    """Floors that cannot all be kept; whoever knows their names refuses them."""


@dataclass(frozen=True, eq=False)
class Program:
    """What may be chosen: at most one option of a household, and none over its budgets.

    Attributes
    ----------
    household, channel, area : ndarray of int, shape (n_options,)
        Options stand in the order of households, and of channels within one.
    gain : ndarray of float
        What is made as large as can be, in sum.
    minutes : ndarray of int
        In thousandths, as all minutes here.
    rows : ndarray of int, shape (n_options, n_budgets)
        The budgets that an option takes its minutes from; -1 for none.
    room : ndarray of int, shape (n_rows,)
        The minutes of each budget.
    floors : ndarray of bool, shape (n_options, n_floors)
        Which floors an option counts for.
    least : ndarray of int, shape (n_floors,)
        How many options of each must be chosen.
    """

    household: Ints
    channel: Ints
    area: Ints
    gain: Floats
    minutes: Ints
    rows: Ints
    room: Ints
    floors: Bools
    least: Ints

    def __len__(self) -> int:
        return len(self.household)

    def only(self, those: Bools | Ints) -> Program:
        """Return the program of some of the options."""
        return replace(
            self,
            household=self.household[those],
            channel=self.channel[those],
            area=self.area[those],
            gain=self.gain[those],
            minutes=self.minutes[those],
            rows=self.rows[those],
            floors=self.floors[those],
        )

    def taken(self, chosen: Bools) -> Ints:
        """Return how many minutes of each budget some options take."""
        return _by_row(self.rows[chosen], self.minutes[chosen], len(self.room))


class Solved(NamedTuple):
    """What was chosen.

    Attributes
    ----------
    chosen : ndarray of bool, shape (n_options,)
    short : float
        No choice gains more than so much above it; 0 where it is the best.
    """

    chosen: Bools
    short: float


def _by_row(rows: Ints, minutes: Ints, n_rows: int) -> Ints:
    taken = np.zeros(n_rows, dtype=np.int64)
    for column in rows.T:
        has = column >= 0
        np.add.at(taken, column[has], minutes[has])
    return taken


def binding(program: Program) -> Bools:
    """Tell which budgets could be overdrawn, if each household took its longest step of each."""
    most = np.zeros(len(program.room), dtype=np.int64)
    for column in program.rows.T:
        has = column >= 0
        row, household, minutes = column[has], program.household[has], program.minutes[has]
        order = np.lexsort((minutes, household, row))
        row, household = row[order], household[order]
        is_last = np.ones(len(row), dtype=bool)
        is_last[:-1] = (row[1:] != row[:-1]) | (household[1:] != household[:-1])
        np.add.at(most, row[is_last], minutes[order][is_last])
    return most > program.room


def units_of(program: Program) -> Ints:
    """Return the largest unit of each budget of which all its steps are multiples.

    What is left over below one unit may be cut off: no choice could use it, but the relaxation
    would.
    """
    unit = np.zeros(len(program.room), dtype=np.int64)
    for column in program.rows.T:
        has = column >= 0
        np.gcd.at(unit, column[has], program.minutes[has])
    return np.maximum(unit, 1)
