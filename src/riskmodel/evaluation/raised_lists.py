"""The lists that additions to the margins of groups make, at the same capacity."""

from __future__ import annotations

import math

import numpy as np

from riskmodel.errors import ConfigError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.listed_groups import HIDDEN, ListedGroups
from riskmodel.metrics import Floats, select

PASSES, HALVINGS, LAST_DIGITS = 20, 40, 1e-9
# a lower floor that takes more passes is not looked for
PASSES_OF_LOWER = 4
FLOOR = "groups.floor"


class RaisedLists:
    """The lists that additions to the margins of groups make."""

    def __init__(self, evaluation: Evaluation, groups: ListedGroups) -> None:
        self._groups, self._capacity = groups, evaluation.capacity
        self._top = float(np.ptp(groups.margin)) + 1.0
        self._of = self.by_group(groups.weight * groups.y)
        self._has_floor = (self._of > 0) & np.array([unit != HIDDEN for unit in groups.units])

    def by_group(self, values: Floats) -> Floats:
        """Return the sum of some values of rows, by group."""
        code, count = self._groups.code, len(self._groups.units)
        return np.bincount(code, values, minlength=count).astype(np.float64)

    def recall(self, inclusion: Floats) -> Floats:
        """Return each group's recall; NaN without crises."""
        reached = self.by_group(self._groups.weight * self._groups.y * inclusion)
        return reached / np.where(self._of > 0, self._of, np.nan)

    def with_floor(self, floor: float) -> Floats:
        """Return each row's chance to be listed where each group has a least recall.

        Raises
        ------
        ConfigError
            Where raising the groups below the floor does not find such a list.
        """
        inclusion = self._found(floor, PASSES)
        if inclusion is None:
            raise self._not_found(floor)
        return inclusion

    def _found(self, floor: float, passes: int) -> Floats | None:
        added = np.zeros(len(self._groups.units))
        for _ in range(passes):
            inclusion = self._drawn(added)
            below = self._has_floor & (self.recall(inclusion) < floor - LAST_DIGITS)
            if not below.any():
                return inclusion
            for group in np.flatnonzero(below).tolist():
                least = self._least_added(added, group, floor)
                if least is None:
                    return None
                added[group] = least
        return None

    def _drawn(self, added: Floats) -> Floats:
        groups = self._groups
        margin = groups.margin + added[groups.code]
        return select(margin, self._capacity, groups.round, groups.area).inclusion

    def _least_added(self, added: Floats, group: int, floor: float) -> float | None:
        """Return the smallest addition with which a group reaches the floor; None without one."""

        def reaches(value: float) -> bool:
            tried = added.copy()
            tried[group] = value
            return bool(self.recall(self._drawn(tried))[group] >= floor - LAST_DIGITS)

        low, high = float(added[group]), float(added.max() + self._top)
        if not reaches(high):
            return None
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if reaches(middle) else (middle, high)
        return high

    def _not_found(self, floor: float) -> ConfigError:
        highest = self._highest_found(floor)
        lower = f"{highest:g} is the highest floor that was found" if highest else "lower the floor"
        return ConfigError(
            f"a recall of {floor:g} for each group by {self._groups.by} was not found by raising "
            "only the groups below it; other cuts may reach it",
            code=FLOOR,
            place="floor",
            allowed="a floor that raising the groups below it reaches",
            next_step=f"{lower}; or evaluate at a larger capacity",
        )

    def _highest_found(self, floor: float) -> float:
        """Return a lower floor, in hundredths, whose list is found; 0 without one."""
        recall = self.recall(self._groups.inclusion)[self._has_floor]
        found, not_found = int(100 * recall.min()), math.ceil(100 * floor - LAST_DIGITS)
        while not_found - found > 1:
            middle = (found + not_found) // 2
            if self._found(middle / 100, PASSES_OF_LOWER) is None:
                not_found = middle
            else:
                found = middle
        return found / 100
