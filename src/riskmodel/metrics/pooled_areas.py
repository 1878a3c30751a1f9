"""Areas of few households share one capacity, so that what is published names none of them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.metrics.capacity import Capacity, Number
from riskmodel.metrics.groups import UNKNOWN, group_names
from riskmodel.metrics.selection import Cells
from riskmodel.serving import OTHER


def for_publication(
    capacity: Capacity, names: Collection[str], rounds: ArrayLike, area: ArrayLike | None
) -> Capacity:
    """Return a capacity that names no area of few households: they share that of ``"other"``.

    Counts are added. Where some of them are shares, the shared capacity is the share of their
    households that could be listed in these rounds.

    Parameters
    ----------
    capacity : Capacity
    names : collection of str
        The areas that may be named.
    rounds : array-like, shape (n_rows,)
    area : array-like, shape (n_rows,), or None
        The rows that the capacity was used for.

    Examples
    --------
    >>> by_area = Capacity.parse({"north": 40, "a hamlet": 2, "a farm": 1})
    >>> for_publication(by_area, ["north"], ["may"] * 3, ["north", "a hamlet", "a farm"])
    Capacity({'north': 40, 'other': 3})
    """
    if not capacity.is_by_area or area is None:
        return capacity
    shown = {*names, UNKNOWN} - {OTHER}
    value = dict(capacity.values_by_area)
    hidden = {name: value.pop(name) for name in capacity.areas if name not in shown}
    if set(hidden) <= {OTHER}:
        return capacity
    pooled = capacity.pooled(group_names(area))
    return Capacity({**value, OTHER: _shared(hidden, np.asarray(rounds), pooled)})


def _shared(
    hidden: dict[str, Number], rounds: NDArray[np.generic], area: NDArray[np.str_]
) -> Number:
    """Return one number for several areas."""
    if all(isinstance(value, int) for value in hidden.values()):
        return sum(hidden.values())
    rows = np.isin(area, list(hidden))
    cells = Cells.of(rounds[rows], area[rows])
    slots = int(cells.slots(Capacity(hidden)).sum())
    if slots < rows.sum():
        return 0 if slots == 0 else slots / int(rows.sum())
    return max(slots, 1)
