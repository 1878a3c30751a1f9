"""What a minute of each budget is worth where many areas draw on it: a search, turn by turn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.service.channels.step_program import Bools, Floats, Ints, Program, units_of

_SWEEPS = 10
_STRIDE = 1.6
"""How far a price goes towards what it should be: beyond it, since the others follow."""
_UNBOUNDED = np.iinfo(np.int64).max


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

    def towards(self, others: Prices, part: float) -> Prices:
        """Return prices that lie so far on the way to others."""
        return Prices(
            self.rows + part * (others.rows - self.rows),
            self.floors + part * (others.floors - self.floors),
        )


class Households(NamedTuple):
    """Where the options of each household stand; they are in the order of households.

    Attributes
    ----------
    start : ndarray of int, shape (n_households,)
        The first option of each.
    number : ndarray of int, shape (n_options,)
        Of the household of each option, from 0 on.
    """

    start: Ints
    number: Ints

    @classmethod
    def of(cls, program: Program) -> Households:
        """Return the households of a program."""
        is_first = np.diff(program.household, prepend=-1) != 0
        return cls(np.flatnonzero(is_first), np.cumsum(is_first) - 1)

    def best(self, value: Floats) -> Floats:
        """Return the largest value of each household, 0 where it is better off without a step."""
        return np.maximum(np.maximum.reduceat(value, self.start), 0.0)

    def choice(self, value: Floats) -> Bools:
        """Tell which option each household would choose: of the largest value, above 0."""
        chosen = np.zeros(len(value), dtype=bool)
        wanted = np.flatnonzero((value > 0) & (value >= self.best(value)[self.number]))
        chosen[wanted[np.unique(self.number[wanted], return_index=True)[1]]] = True
        return chosen

    def other(self, value: Floats) -> Floats:
        """Return for each option what its household has without it: its next, or nothing."""
        top = np.maximum.reduceat(value, self.start)[self.number]
        is_top = value >= top
        below = np.maximum.reduceat(np.where(is_top, -np.inf, value), self.start)[self.number]
        return np.maximum(np.where(is_top, below, top), 0.0)


def bound(program: Program, prices: Prices, households: Households) -> float:
    """Return what no choice gains more than, by weak duality: any prices from 0 on give one."""
    return float(households.best(prices.reduced(program)).sum() + prices.held(program))


def searched_prices(program: Program, households: Households) -> Prices:
    """Return prices of the budgets at which, nearly, demand meets room; floors have none.

    Channels that share minutes have their turn together. An option is taken up to the price at
    which its household would turn to another channel, or to none. Where a step takes of several
    budgets, those of the smaller groups come first: what they have no room for asks for none of the
    larger ones. Each price then goes beyond what would be right at once (successive
    over-relaxation), since the prices of the other channels follow it.

    Parameters
    ----------
    program : Program
    households : Households
    """
    price = np.zeros(len(program.room) + 1)
    minutes = np.maximum(program.minutes, 1).astype(float)
    turns = [_Turn.of(program, channels) for channels in _sharing(program)]
    for _ in range(_SWEEPS):
        for turn in turns:
            reduced = program.gain - price[program.rows].sum(axis=1) * minutes
            reduced[turn.options] = -np.inf
            other = households.best(reduced)[households.number[turn.options]]
            until = (program.gain[turn.options] - other) / minutes[turn.options]
            found = turn.cleared(program, until)
            own = turn.budgets
            price[own] = np.maximum(price[own] + _STRIDE * (found[own] - price[own]), 0.0)
    return Prices(price, np.zeros(len(program.least)))


class _Turn(NamedTuple):
    """Options whose budgets are priced together.

    Attributes
    ----------
    options : ndarray of int
    columns : list of ndarray of int
        The budgets that they take of, those of the smallest groups first; -1 for none.
    budgets : ndarray of int
        All of these.
    """

    options: Ints
    columns: list[Ints]
    budgets: Ints

    @classmethod
    def of(cls, program: Program, channels: Ints) -> _Turn:
        options = np.flatnonzero(np.isin(program.channel, channels))
        columns = [column for column in program.rows[options].T if (column >= 0).any()]
        columns.sort(key=lambda column: len(np.unique(column)), reverse=True)
        budgets = np.unique(program.rows[options])
        return cls(options, columns, budgets[budgets >= 0])

    def cleared(self, program: Program, until: Floats) -> Floats:
        """Return the price of each budget at which it has room for what is asked."""
        room = np.append(program.room, _UNBOUNDED)
        total, price = np.zeros(len(room)), np.zeros(len(room))
        left = np.flatnonzero(until > 0)
        for row in self.columns:
            order = left[np.lexsort((-until[left], row[left]))]
            is_over = (
                _cumulated(row[order], program.minutes[self.options[order]]) > (room[row[order]])
            )
            left = order[~is_over]
            overdrawn, first = np.unique(row[order[is_over]], return_index=True)
            total[overdrawn] = until[order[is_over][first]]
        paid = np.zeros(len(until))
        for row in reversed(self.columns):
            least = np.full(len(room), np.inf)
            np.minimum.at(least, row, paid)
            has = np.unique(row[row >= 0])
            price[has] = np.maximum(total[has] - least[has], 0.0)
            paid += price[row]
        return price


def _cumulated(group: Ints, amount: Ints) -> Ints:
    """Return the sums from the first of each group on; groups stand together."""
    sums = np.cumsum(amount)
    first = np.flatnonzero(np.diff(group, prepend=-2))
    before = (sums - amount)[first]
    return sums - np.repeat(before, np.diff(np.append(first, len(group))))


def _sharing(program: Program) -> list[Ints]:
    """Return the channels that draw on the same budgets, set by set."""
    found: list[Ints] = []
    left = np.unique(program.channel[(program.rows >= 0).any(axis=1)])
    while len(left):
        channels, wider = left[:0], left[:1]
        while len(wider) > len(channels):
            channels = wider
            rows = np.unique(program.rows[np.isin(program.channel, channels)])
            draws = np.isin(program.rows, rows[rows >= 0]).any(axis=1)
            wider = np.union1d(channels, program.channel[draws])
        found.append(channels)
        left = np.setdiff1d(left, channels)
    return found
