"""Where a capacity has more slots than there are rows, so that all of these are listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.area_names import named_areas
from riskmodel.metrics.capacity import Capacity
from riskmodel.metrics.groups import UNKNOWN
from riskmodel.metrics.selection import Cells, area_of_slots
from riskmodel.serving import OTHER


class Unfilled(NamedTuple):
    """Rounds, or areas of them, with slots that no row fills.

    Attributes
    ----------
    short : int
        How many rounds have such slots.
    rounds : int
        How many there are.
    areas : tuple of str
        With a capacity by area, those that have such slots in some round, sorted.
    """

    short: int
    rounds: int
    areas: tuple[str, ...] = ()

    @classmethod
    def of(cls, capacity: Capacity, rounds: ArrayLike, area: ArrayLike | None = None) -> Unfilled:
        """Look for them among the rows from which lists are drawn.

        Parameters
        ----------
        capacity : Capacity
        rounds : array-like, shape (n_rows,)
            The round of each row.
        area : array-like, shape (n_rows,), optional
            The area of each row; used, and needed, where `capacity` is by area.

        Examples
        --------
        >>> rounds = ["may"] * 5 + ["july"] * 2
        >>> Unfilled.of(Capacity.parse(3), rounds)
        Unfilled(short=1, rounds=2, areas=())
        >>> area = ["north", "south"] * 3 + ["north"]
        >>> Unfilled.of(Capacity.parse({"north": 2, "south": 2}), rounds, area).areas
        ('north', 'south')
        """
        cells = Cells.of(rounds, area_of_slots(capacity, area))
        is_short = cells.has_idle_slots(capacity)
        areas = () if cells.area is None else tuple(np.unique(cells.area[is_short]).tolist())
        names, code = np.unique(np.asarray(rounds), return_inverse=True)
        short = np.unique(code[is_short[cells.cell]])
        return cls(len(short), len(names), areas)

    def note(self, names: Iterable[str]) -> str:
        """Say it; empty where all slots are filled.

        Parameters
        ----------
        names : iterable of str
            The areas that may be named; others are counted.
        """
        if not self.short:
            return ""
        if self.areas:
            where = named_areas(self.areas, {*names, UNKNOWN, OTHER})
            when = ", in some round" if self.rounds > 1 else ""
            return f"areas with a capacity above their rows{when}, which are all listed: {where}"
        of = "every round" if self.short == self.rounds else f"{self.short} of {self.rounds} rounds"
        return f"the capacity is above the rows of {of}: all of them are listed"
