"""Budgets that many areas share: prices of the relaxation, one exact pass, and a fill."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from riskmodel.service.channels.step_program import (
    Bools,
    Floats,
    Ints,
    Program,
    Solved,
    TooHighFloorsError,
    constraints,
    exactly,
    in_threads,
    undominated,
    units_of,
)

_SWEEPS = 12
_CORE = 0.4
"""The share of options with which the relaxation begins, those nearest to being chosen."""
_SAME = 1e-7
_FEW_LEFT = 2_000
"""How many options may be left for the fill to be one integer program."""


class Prices(NamedTuple):
    """What a minute of each budget and a place of each floor is worth in the relaxation.

    Attributes
    ----------
    rows : ndarray of float, shape (n_rows + 1,)
        The last is of no budget, 0.
    floors : ndarray of float, shape (n_floors,)
    """

    rows: Floats
    floors: Floats

    def reduced(self, program: Program) -> Floats:
        """Return the gain of each option after the price of its minutes."""
        cost = self.rows[program.rows].sum(axis=1) * program.minutes
        return program.gain - cost + program.floors @ self.floors

    def held(self, program: Program) -> float:
        """Return what the room of the budgets is worth, without that of the floors."""
        unit = units_of(program)
        room = program.room // unit * unit
        return float(self.rows[:-1] @ room - self.floors @ program.least)


def across_areas(program: Program) -> Solved:
    """Choose options of large gain in a part of many areas, and tell how far off the best may be.

    The relaxation of the whole part, in which a step may be taken in part, gives the prices of all
    budgets at once, and a bound. Where it takes whole steps alone, they are the best. Else one
    exact pass solves each area for itself, where a minute of a shared budget costs its price; its
    gain after prices, and the price of all room, are a bound, too. Where a shared budget is
    overdrawn, the steps that are worth least after their price are dropped, and what is left of all
    budgets is filled. The whole steps of the relaxation are filled likewise, and the better of the
    two is taken.

    Raises
    ------
    TooHighFloorsError
    """
    prices, relaxed, whole = _relaxed(program)
    if program.gain[whole].sum() >= relaxed * (1 - _SAME) and _keeps_floors(program, whole):
        return Solved(whole, 0.0)
    passed, of_pass = _exact_pass(program, prices)
    filled = [_filled(program, prices, start) for start in (passed, whole)]
    kept = [each for each in filled if _keeps_floors(program, each)]
    if not kept:
        return exactly(program)
    best = max(kept, key=lambda each: float(program.gain[each].sum()))
    return Solved(best, max(min(relaxed, of_pass) - float(program.gain[best].sum()), 0.0))


def _keeps_floors(program: Program, chosen: Bools) -> bool:
    return bool((program.floors[chosen].sum(axis=0) >= program.least).all())


def _relaxed(program: Program) -> tuple[Prices, float, Bools]:
    """Return prices, the bound of the relaxation, and the options that it takes whole.

    The relaxation begins with the options that are near to being chosen at prices searched budget
    by budget. Its own prices then tell which others would be chosen; these are added until there
    is none, so that the prices are those of all options.
    """
    start = np.flatnonzero(np.diff(program.household, prepend=-1) != 0)
    household = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(program))))
    searched = Prices(_searched(program, start, household), np.zeros(len(program.least)))
    reduced = searched.reduced(program)
    loss = np.maximum(np.maximum.reduceat(reduced, start), 0)[household] - reduced
    is_in = loss <= np.quantile(loss, _CORE)
    is_in |= program.floors[:, program.least > 0].any(axis=1)
    unit = units_of(program)
    while True:
        place = np.flatnonzero(is_in)
        own = program.only(place)
        within = constraints(own, unit)
        found = linprog(
            -own.gain, A_ub=within.matrix, b_ub=within.upper, bounds=(0, 1), method="highs-ds"
        )
        if found.x is None:
            raise TooHighFloorsError
        dual = -found.ineqlin.marginals[-(len(within.rows) + len(within.floors)) :]
        prices = Prices(np.zeros(len(program.room) + 1), np.zeros(len(program.least)))
        prices.rows[within.rows] = dual[: len(within.rows)] / unit[within.rows]
        prices.floors[within.floors] = dual[len(within.rows) :]
        reduced = prices.reduced(program)
        of_core = np.zeros(len(start))
        np.maximum.at(of_core, household[place], reduced[place])
        is_better = ~is_in & (reduced > of_core[household] + _SAME)
        if not is_better.any():
            break
        is_in |= is_better
    bound = np.maximum(np.maximum.reduceat(reduced, start), 0).sum() + prices.held(program)
    whole = np.zeros(len(program), dtype=bool)
    whole[place[found.x > 1 - _SAME]] = True
    return prices, float(bound), whole


def _searched(program: Program, start: Ints, household: Ints) -> Floats:
    """Return prices of the budgets, each in its turn such that its demand meets its room.

    Budgets of one grouping of a channel are of different options, so that all of them have their
    turn at once: an option is taken up to the price at which its household would turn to another
    channel, or to none.
    """
    price = np.zeros(len(program.room) + 1)
    minutes = np.maximum(program.minutes, 1).astype(float)
    turns = _turns(program)
    for _ in range(_SWEEPS):
        for those, row in turns:
            reduced = program.gain - price[program.rows].sum(axis=1) * minutes
            others = reduced.copy()
            others[those] = -np.inf
            other = np.maximum(np.maximum.reduceat(others, start), 0)[household[those]]
            until = (reduced[those] - other) / minutes[those] + price[row]
            order = np.lexsort((-until, row))
            taken = np.cumsum(program.minutes[those][order])
            of_row, first = np.unique(row[order], return_index=True)
            before = np.append(0, taken)[first]
            taken -= np.repeat(before, np.diff(np.append(first, len(order))))
            over = np.flatnonzero(taken > program.room[row[order]])
            price[of_row] = 0.0
            overdrawn, at = np.unique(row[order][over], return_index=True)
            price[overdrawn] = np.maximum(until[order][over[at]], 0.0)
    return price


def _turns(program: Program) -> list[tuple[Ints, Ints]]:
    """Return options whose budgets have their turn together, and the budget of each."""
    turns = []
    for column in program.rows.T:
        open_channels = set(np.unique(program.channel[column >= 0]).tolist())
        while open_channels:
            channels = {min(open_channels)}
            rows = np.unique(column[(column >= 0) & (program.channel == min(channels))])
            # channels that share their minutes have them together
            sharing = np.unique(program.channel[np.isin(column, rows)])
            channels |= set(sharing.tolist())
            those = np.flatnonzero((column >= 0) & np.isin(program.channel, list(channels)))
            turns.append((those, column[those]))
            open_channels -= channels
    return turns


def _exact_pass(program: Program, prices: Prices) -> tuple[Bools, float]:
    """Return what each area chooses for itself at the prices of what is shared, and the bound."""
    _, area = np.unique(program.area, return_inverse=True)
    rows, floors = _shared(program, area)
    own = Prices(np.where(rows, prices.rows, 0.0), np.where(floors, prices.floors, 0.0))
    priced = replace(
        program,
        gain=own.reduced(program),
        rows=np.where(rows[program.rows], -1, program.rows),
        least=np.where(floors, 0, program.least),
    )
    worthy = (priced.gain > 0) | priced.floors[:, priced.least > 0].any(axis=1)
    place = np.flatnonzero(worthy)
    place = place[undominated(priced.only(place))]
    place = place[np.argsort(area[place], kind="stable")]
    parts = np.split(place, np.flatnonzero(np.diff(area[place])) + 1)
    chosen = np.zeros(len(program), dtype=bool)
    solved = in_threads(exactly, (priced.only(part) for part in parts))
    for part, each in zip(parts, solved, strict=True):
        chosen[part] = each.chosen
    return chosen, float(priced.gain[chosen].sum()) + own.held(program)


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
