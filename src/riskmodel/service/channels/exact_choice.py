"""The best choice of a part: by its relaxation, by all states of its budgets, or by MILP."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

from riskmodel.service.channels.step_program import (
    Bools,
    Floats,
    Ints,
    Program,
    Solved,
    TooHighFloorsError,
    units_of,
)

_HALF = 0.5
_NEARLY = 1e-7
_IN_THOUSANDTHS = 1_000.0
"""HiGHS takes for equal what differs by a millionth."""
_FEW_STATES = 20_000
"""In how many states budgets may be for all of them to be gone through."""
_FEW_CELLS = 50_000_000
"""Of how many households times states is remembered which option was best."""


def exactly(program: Program) -> Solved:
    """Choose the options of the largest gain.

    Its relaxation is solved first: where that takes whole steps alone, as it does where all steps
    of a channel are as long, it is the best. Else it is found by dynamic programming over all
    states that the budgets can be in, or where these are many, or floors are asked for, by one
    integer program with a gap of 0.

    Raises
    ------
    TooHighFloorsError
    """
    if not len(program):
        return Solved(np.zeros(0, dtype=bool), 0.0)
    within = constraints(program)
    taken = _optimum(program, within, whole=False)
    if np.abs(taken - np.rint(taken)).max() < _NEARLY:
        return Solved(taken > _HALF, 0.0)
    states = _states_of(program, within)
    if states is not None:
        return Solved(_best_by_states(program, states), 0.0)
    return Solved(_optimum(program, within, whole=True) > _HALF, 0.0)


def _optimum(program: Program, within: Constraints, *, whole: bool) -> Floats:
    found = milp(
        -_IN_THOUSANDTHS * program.gain,
        integrality=np.full(len(program), int(whole)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(within.matrix, -np.inf, within.upper),
        # presolve costs more than it saves in programs as small as these
        options={"mip_rel_gap": 0.0, "presolve": False},
    )
    if found.x is None:
        raise TooHighFloorsError
    return np.asarray(found.x)


class _States(NamedTuple):
    """The states that budgets can be in: how many units of each are left.

    Attributes
    ----------
    levels : tuple of int
        Of each budget, one more than its units.
    takes : ndarray of int, shape (n_options, n_budgets)
        The units that an option takes of each.
    """

    levels: tuple[int, ...]
    takes: Ints


def _states_of(program: Program, within: Constraints) -> _States | None:
    """Return the states of a program's budgets; None where they are many, or floors are asked."""
    if len(within.floors):
        return None
    unit = units_of(program)
    takes = np.zeros((len(program), len(program.room) + 1), dtype=np.int64)
    for column in program.rows.T:
        takes[np.arange(len(program)), column] = program.minutes // unit[column]
    takes = takes[:, within.rows]
    room = program.room[within.rows] // unit[within.rows]
    # more than every option takes is as good as that
    levels = np.minimum(room, takes.sum(axis=0)) + 1
    states = float(np.prod(levels.astype(float)))
    households = len(np.unique(program.household))
    few = states <= _FEW_STATES and states * households <= _FEW_CELLS
    return _States(tuple(levels.tolist()), takes) if few else None


def _best_by_states(program: Program, states: _States) -> Bools:
    """Return the best choice, household by household over all states (Bellman's equation).

    ``V[s]`` is the largest gain of the households so far with `s` units left. One more household
    gives ``max(V[s], max over its options (gain + V[s - takes]))``.
    """
    first = np.flatnonzero(np.diff(program.household, prepend=-1) != 0)
    last = np.append(first[1:], len(program))
    value = np.zeros(states.levels)
    taken = np.full((len(first), *states.levels), -1, dtype=np.int8)
    for number, (begin, end) in enumerate(zip(first, last, strict=True)):
        before = value
        value = before.copy()
        for option in range(begin, end):
            takes = states.takes[option]
            here = tuple(slice(units, None) for units in takes)
            there = tuple(
                slice(None, max(level - units, 0))
                for level, units in zip(states.levels, takes, strict=True)
            )
            gain = before[there] + program.gain[option]
            is_better = gain > value[here]
            np.copyto(value[here], gain, where=is_better)
            np.copyto(taken[number][here], option - begin, where=is_better)
    chosen = np.zeros(len(program), dtype=bool)
    left = np.array(states.levels) - 1
    for number in reversed(range(len(first))):
        option = taken[(number, *left)]
        if option >= 0:
            chosen[first[number] + option] = True
            left = left - states.takes[first[number] + option]
    return chosen


class Constraints(NamedTuple):
    """The constraints of a program: a line for each household, binding budget and floor.

    Attributes
    ----------
    matrix : sparse array, shape (n_lines, n_options)
    upper : ndarray of float, shape (n_lines,)
        Floors are counted below zero, so that every line is at most something.
    rows, floors : ndarray of int
        The budgets and floors that have a line, after those of the households.
    """

    matrix: csc_array
    upper: Floats
    rows: Ints
    floors: Ints


def constraints(program: Program, unit: Ints | None = None) -> Constraints:
    """Return the constraints of a program, its budgets counted in units, by default its own."""
    unit = units_of(program) if unit is None else unit
    number = np.arange(len(program))
    _, household = np.unique(program.household, return_inverse=True)
    n_households = int(household.max(initial=-1)) + 1
    rows = np.unique(program.rows[program.rows >= 0])
    lines, options, factors = [household], [number], [np.ones(len(program))]
    for column in program.rows.T:
        has = column >= 0
        lines.append(n_households + np.searchsorted(rows, column[has]))
        options.append(number[has])
        factors.append(program.minutes[has] / unit[column[has]])
    # a floor that nobody here counts for is another part's
    floors = np.flatnonzero((program.least > 0) & program.floors.any(axis=0))
    for place, floor in enumerate(floors):
        those = np.flatnonzero(program.floors[:, floor])
        lines.append(np.full(len(those), n_households + len(rows) + place))
        options.append(those)
        factors.append(np.full(len(those), -1.0))
    n_lines = n_households + len(rows) + len(floors)
    where = (np.concatenate(lines), np.concatenate(options))
    matrix = csc_array((np.concatenate(factors), where), shape=(n_lines, len(program)))
    upper = [np.ones(n_households), program.room[rows] // unit[rows], -program.least[floors]]
    return Constraints(matrix, np.concatenate(upper).astype(float), rows, floors)
