"""The part of a list that is drawn at random from the whole cohort, with exact chances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics import Selection
from riskmodel.metrics.systematic import (
    chances_by_weight,
    drawn_in_turn,
    household_numbers,
    rounded_in_turn,
    whole_parts,
)

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Listing(NamedTuple):
    """Who is on a list, in the order of rank, each of shape (n_rows,).

    Attributes
    ----------
    certain : ndarray of bool
        Listed by rank.
    drawn : ndarray of bool
        Listed by the draw.
    probability : ndarray of float
        The total chance to be listed.
    """

    certain: Flags
    drawn: Flags
    probability: Floats


def by_rank(selection: Selection) -> Listing:
    """Return the list of the first of each cell alone.

    Parameters
    ----------
    selection : Selection
        Of rows in the order of rank.
    """
    listed = selection.listed()
    return Listing(listed, np.zeros(len(listed), bool), listed.astype(float))


def explored(
    selection: Selection,
    share: float,
    household: NDArray[np.str_],
    area: NDArray[np.str_],
    rng: np.random.Generator,
) -> Listing:
    """Give a share of the slots of each cell to households drawn from the rest of it.

    A cell of `k` slots and `n` households has `m = share * k` slots for the draw. These are rounded
    down or up by one systematic draw over all cells, so that all together have their sum, rounded
    down or up, and each has `m` on average. With `d` slots the first `k - d` by rank are listed,
    and `d` of the others are drawn systematically, in the order of their areas and within an area
    at random: each with the chance `d / (n - k + d)`, and each area with its share, rounded down or
    up.

    Parameters
    ----------
    selection : Selection
        Of rows in the order of rank.
    share : float
    household, area : ndarray of str, shape (n_rows,)
    rng : Generator

    Returns
    -------
    Listing
        Whose probabilities are averages over both roundings of `m`.

    Notes
    -----
    A cell all of whose households are listed, or that has no slot, draws nothing.
    """
    cell, size, slots = selection.cells.cell, selection.cells.size, selection.slots
    mean = np.where(slots < size, share * slots, 0.0)
    drawn_slots = rounded_in_turn(mean, rng.random())
    key = household_numbers(household, rng)
    start = rng.random(len(size))

    position = _position(cell)
    certain = position < (slots - drawn_slots)[cell]
    drawn = np.zeros(len(cell), dtype=bool)
    order = np.lexsort((key, area, cell))
    order = order[~certain[order]]
    rest = cell[order]
    alike = chances_by_weight(np.ones(len(rest)), rest, drawn_slots)
    drawn[order] = drawn_in_turn(alike, rest, start)
    return Listing(certain, drawn, _chances(position, mean[cell], slots[cell], size[cell]))


def _position(cell: Ints) -> Ints:
    """Return the place of each row among those of its cell, from 0 on."""
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    position = np.empty(len(cell), dtype=np.intp)
    position[order] = np.arange(len(cell)) - first
    return position


def _chances(position: Ints, mean: Floats, slots: Ints, size: Ints) -> Floats:
    """Return the chances of rows to be listed: by rank, or drawn, over both roundings of `mean`."""
    fewer, more = whole_parts(mean)
    total = np.zeros(len(position))
    for slots_of_draw, chance in ((fewer, 1 - more), (fewer + 1, more)):
        rest = np.maximum(size - slots + slots_of_draw, 1)
        is_certain = position < slots - slots_of_draw
        total += chance * np.where(is_certain, 1.0, slots_of_draw / rest)
    return total
