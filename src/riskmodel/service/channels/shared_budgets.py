"""Budgets that many areas share: prices of the relaxation, one exact pass, and a fill."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from riskmodel.service.channels.budget_prices import Households, Prices, bound, searched_prices
from riskmodel.service.channels.dominated_options import undominated
from riskmodel.service.channels.exact_choice import constraints, exactly
from riskmodel.service.channels.solving_threads import in_threads
from riskmodel.service.channels.step_program import (
    Bools,
    Floats,
    Ints,
    Program,
    Solved,
    TooHighFloorsError,
    units_of,
)

_NEARLY = 1e-4
"""How much less than its bound the relaxation may be worth, as a share of it."""
LIGHT = 100_000
"""Of how many options a linear program is light work."""
_LEAST_ASKED = 100
"""As of how many options of a budget its share is near at least."""
_SAME = 1e-7
_FEW_LEFT = 2_000
"""How many options may be left for the fill to be one integer program."""


def across_areas(program: Program, *, light: int = LIGHT) -> Solved:
    """Choose options of large gain in a part of many areas, and tell how far off the best may be.

    The relaxation of the whole part, in which a step may be taken in part, gives the prices of all
    budgets at once, and a bound. Areas of which it takes whole steps alone keep them. Each other
    area is solved exactly for itself, where a minute of a shared budget costs its price; the gains
    after prices, and the price of all room, are a bound, too. Where a shared budget is overdrawn,
    the steps that are worth least after their price are dropped, and what is left of all budgets
    is filled. The whole steps of the relaxation are filled likewise, and the better of the two is
    taken.

    Parameters
    ----------
    program : Program
    light : int
        Of how many options a linear program is light work; a larger part is solved with the options
        that are near to being chosen.

    Raises
    ------
    TooHighFloorsError
    """
    relaxed = _relaxed(program, light)
    passed, of_pass = _exact_pass(program, relaxed)
    starts = [passed] if (passed == relaxed.whole).all() else [passed, relaxed.whole]
    filled = [_filled(program, relaxed.prices, start) for start in starts]
    kept = [each for each in filled if _keeps_floors(program, each)]
    if not kept:
        return exactly(program)
    best = max(kept, key=lambda each: float(program.gain[each].sum()))
    return Solved(best, max(min(relaxed.bound, of_pass) - float(program.gain[best].sum()), 0.0))


def _keeps_floors(program: Program, chosen: Bools) -> bool:
    return bool((program.floors[chosen].sum(axis=0) >= program.least).all())


class _Relaxed(NamedTuple):
    """A solution of the relaxation, and prices that bound it.

    Attributes
    ----------
    prices : Prices
    bound : float
    taken : ndarray of float, shape (n_options,)
        How much of each option is taken, from 0 to 1.
    """

    prices: Prices
    bound: float
    taken: Floats

    @property
    def whole(self) -> Bools:
        """Which options are taken whole."""
        return self.taken > 1 - _SAME


def _relaxed(program: Program, light: int) -> _Relaxed:
    """Solve the relaxation: what is taken is worth as much as the bound, or `_NEARLY` less.

    At the searched prices most households choose by a wide margin. They are held at their choice,
    and a linear program is solved of the options that are near to being chosen or dropped; of all
    options where they are not too many. Its prices bound the relaxation, too, and are taken where
    they do so more tightly. If the program gains less than the bound allows, it is solved again
    with twice as many options.

    Raises
    ------
    TooHighFloorsError
    """
    households = Households.of(program)
    prices = searched_prices(program, households)
    top = bound(program, prices, households)
    share = light / len(program)
    while True:
        is_near = _near(program, prices, households, share)
        found = _held_elsewhere(program, prices, households, is_near)
        if found is not None:
            taken, others = found
            other = bound(program, others, households)
            if other < top:
                prices, top = others, other
            if share >= 1 or program.gain @ taken >= top * (1 - _NEARLY):
                return _Relaxed(prices, top, taken)
        elif share >= 1:
            raise TooHighFloorsError
        share *= 2


def _near(program: Program, prices: Prices, households: Households, share: float) -> Bools:
    """Tell which options are nearest to being chosen or dropped, of each budget such a share.

    So are those that are asked for and have no room, and those that count for a floor.
    """
    if share >= 1:
        return np.ones(len(program), dtype=bool)
    reduced = prices.reduced(program)
    worth = (reduced - households.other(reduced)) / np.maximum(program.minutes, 1)
    is_near = np.array(program.floors[:, program.least > 0].any(axis=1), dtype=bool)
    rows = len(program.room)
    for column in program.rows.T:
        place = np.flatnonzero(column >= 0)
        order = place[np.lexsort((-worth[place], column[place]))]
        row = column[order]
        first = np.searchsorted(row, np.arange(rows))
        sums = np.append(0, np.cumsum(program.minutes[order]))
        fits = np.bincount(row[sums[1:] - sums[first][row] <= program.room[row]], minlength=rows)
        asks = np.bincount(row[worth[order] > 0], minlength=rows)
        width = np.ceil(share * np.maximum(np.maximum(fits, asks), _LEAST_ASKED))
        rank = np.arange(len(order)) - first[row]
        low, high = np.minimum(fits, asks) - width, np.maximum(fits, asks) + width
        is_near[order[(rank >= low[row]) & (rank < high[row])]] = True
    return is_near


def _held_elsewhere(
    program: Program, prices: Prices, households: Households, is_near: Bools
) -> tuple[Floats, Prices] | None:
    """Return the best relaxed choice where all that is not near is held, and its prices.

    None where the floors cannot be kept so.
    """
    choice = households.choice(prices.reduced(program))
    moves = np.zeros(len(households.start), dtype=bool)
    moves[households.number[is_near]] = True
    is_held = choice & ~moves[households.number]
    place = np.flatnonzero(is_near | (choice & ~is_held))
    own = replace(program.only(place), room=program.room - program.taken(is_held))
    unit = units_of(program)
    within = constraints(own, unit)
    found = linprog(
        -own.gain, A_ub=within.matrix, b_ub=within.upper, bounds=(0, 1), method="highs-ds"
    )
    if found.x is None:
        return None
    dual = -found.ineqlin.marginals[-(len(within.rows) + len(within.floors)) :]
    others = Prices(np.zeros(len(program.room) + 1), np.zeros(len(program.least)))
    others.rows[within.rows] = np.maximum(dual[: len(within.rows)], 0) / unit[within.rows]
    others.floors[within.floors] = np.maximum(dual[len(within.rows) :], 0)
    taken = is_held.astype(float)
    taken[place] = found.x
    return taken, others


def _exact_pass(program: Program, relaxed: _Relaxed) -> tuple[Bools, float]:
    """Return what each area chooses at the prices of what is shared, and the bound of it."""
    _, area = np.unique(program.area, return_inverse=True)
    rows, floors = _shared(program, area)
    prices = relaxed.prices
    own = Prices(np.where(rows, prices.rows, 0.0), np.where(floors, prices.floors, 0.0))
    priced = replace(
        program,
        gain=own.reduced(program),
        rows=np.where(rows[program.rows], -1, program.rows),
        least=np.where(floors, 0, program.least),
    )
    is_split = np.zeros(int(area.max()) + 1, dtype=bool)
    is_split[area[(relaxed.taken > _SAME) & ~relaxed.whole]] = True
    worthy = (priced.gain > 0) | priced.floors[:, priced.least > 0].any(axis=1)
    place = np.flatnonzero(worthy & is_split[area])
    place = place[undominated(priced.only(place))]
    place = place[np.argsort(area[place], kind="stable")]
    parts = np.split(place, np.flatnonzero(np.diff(area[place])) + 1)
    chosen = relaxed.whole & ~is_split[area]
    solved = in_threads(exactly, (priced.only(part) for part in parts))
    for part, each in zip(parts, solved, strict=True):
        chosen[part] = each.chosen
    of_split = float(priced.gain[chosen & is_split[area]].sum())
    others = np.flatnonzero(~is_split[area])
    return chosen, of_split + _bound_of(priced, others, prices, rows, floors) + own.held(program)


def _bound_of(priced: Program, place: Ints, prices: Prices, rows: Bools, floors: Bools) -> float:
    """Return what no choice of some areas gains more than, what is shared having its price."""
    if not len(place):
        return 0.0
    of_areas = Prices(np.where(rows, 0.0, prices.rows), np.where(floors, 0.0, prices.floors))
    part = priced.only(place)
    draws = np.zeros(len(rows), dtype=bool)
    draws[part.rows] = True
    asked = part.floors.any(axis=0)
    held = Prices(np.where(draws, of_areas.rows, 0.0), np.where(asked, of_areas.floors, 0.0))
    return bound(part, held, Households.of(part))


def _shared(program: Program, area: Ints) -> tuple[Bools, Bools]:
    """Tell which budgets (none comes last) and which floors are of several areas."""
    rows = np.zeros(len(program.room) + 1, dtype=bool)
    for column in program.rows.T:
        has = column >= 0
        low = np.full(len(rows), len(area))
        high = np.full(len(rows), -1)
        np.minimum.at(low, column[has], area[has])
        np.maximum.at(high, column[has], area[has])
        rows |= high > low
    floors = np.array([len(np.unique(area[counts])) > 1 for counts in program.floors.T], dtype=bool)
    return rows, floors.reshape(len(program.least))


def _filled(program: Program, prices: Prices, chosen: Bools) -> Bools:
    """Return a choice within all budgets: some steps are dropped, and what is left is filled."""
    chosen = chosen.copy()
    minutes = np.maximum(program.minutes, 1)
    worth = prices.reduced(program) / minutes
    for row in np.flatnonzero(program.taken(chosen) > program.room):
        those = np.flatnonzero(chosen & (program.rows == row).any(axis=1))
        those = those[np.lexsort((-program.household[those], worth[those]))]
        over = int(program.minutes[those].sum() - program.room[row])
        if over > 0:
            freed = np.cumsum(program.minutes[those])
            chosen[those[: int(np.searchsorted(freed, over)) + 1]] = False
    room = np.append(program.room - program.taken(chosen), np.iinfo(np.int64).max)
    least = np.maximum(program.least - program.floors[chosen].sum(axis=0), 0)
    is_open = ~np.isin(program.household, program.household[chosen])
    fits = is_open & (program.minutes[:, None] <= room[program.rows]).all(axis=1)
    place = np.flatnonzero(fits)
    left = replace(program.only(place), room=room[:-1], least=least)
    kept = undominated(left)
    place, left = place[kept], left.only(kept)
    if len(left) <= _FEW_LEFT:
        with suppress(TooHighFloorsError):
            chosen[place[exactly(left).chosen]] = True
        return chosen
    chosen[place[_one_by_one(left, worth[place])]] = True
    return chosen


def _one_by_one(program: Program, worth: Floats) -> Ints:
    """Return options that fit one after the other: those of a floor first, then by their worth."""
    room = np.append(program.room, np.iinfo(np.int64).max)
    counts = program.floors[:, program.least > 0].any(axis=1)
    served: set[int] = set()
    taken = []
    for option in np.lexsort((program.household, -worth, ~counts)):
        household, rows = int(program.household[option]), program.rows[option]
        if household in served or (program.minutes[option] > room[rows]).any():
            continue
        served.add(household)
        room[rows[rows >= 0]] -= program.minutes[option]
        taken.append(option)
    return np.array(taken, dtype=np.int64)
