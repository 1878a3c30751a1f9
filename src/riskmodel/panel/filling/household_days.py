"""One number for a household's position and a day, in the order of both.

A sorted array of such numbers is searched three times as fast as a MultiIndex.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BEFORE_EVERY_DAY = -(2**23)
_DAYS = 2**24

Positions = NDArray[np.int64]


def household_days(
    household: Positions, day: NDArray[np.int64] | NDArray[np.datetime64]
) -> Positions:
    """Return the number of each household and day.

    Examples
    --------
    >>> days = np.array(["1970-01-02", "1969-12-31"], dtype="datetime64[D]")
    >>> numbers = household_days(np.array([0, 1]), days)
    >>> bool(numbers[0] < numbers[1]), household_of(numbers).tolist()
    (True, [0, 1])
    """
    return household.astype(np.int64) * _DAYS + (day.astype(np.int64) - BEFORE_EVERY_DAY)


def household_of(number: Positions) -> Positions:
    """Return the household's position in each number."""
    return number // _DAYS
