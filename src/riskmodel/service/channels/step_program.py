"""Who gets which step, as an integer program: pruned, taken apart, and solved part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Given = TypeVar("Given")
Made = TypeVar("Made")

NOTHING = -1
HALF = 0.5
NEARLY = 1e-7
IN_THOUSANDTHS = 1_000.0
"""HiGHS takes for equal what differs by a millionth."""
FEW_OPTIONS = 1_000
"""A part of so many options is solved by one integer program, however many areas it spans."""


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


def solve(program: Program, *, prunes: bool = True) -> Solved:
    """Choose the options of the largest gain within all budgets, and keep the floors.

    Budgets that bind nobody are left out. What no budget or floor connects, such as two areas with
    budgets of their own, is solved apart. A part of one area, or of few options, is solved exactly;
    budgets that many areas share are solved by `riskmodel.service.channels.shared_budgets`.

    Parameters
    ----------
    program : Program
    prunes : bool
        Whether dominated options are left out first; see `undominated`.

    Raises
    ------
    TooHighFloorsError
    """
    chosen = np.zeros(len(program), dtype=bool)
    worthy = np.flatnonzero(_is_worthy(program))
    if prunes:
        worthy = worthy[undominated(program.only(worthy))]
    parts, free = _parts(program, worthy)
    chosen[free] = True
    short = 0.0
    each = (program.only(place) for place in parts)
    for place, solved in zip(parts, in_threads(_solved_part, each), strict=True):
        chosen[place] = solved.chosen
        short += solved.short
    # a floor for which nobody can have a step is in no part
    if (program.floors[chosen].sum(axis=0) < program.least).any():
        raise TooHighFloorsError
    return Solved(_by_id(program, chosen), short)


def _solved_part(part: Program) -> Solved:
    from riskmodel.service.channels.shared_budgets import across_areas

    if len(part) <= FEW_OPTIONS or (part.area == part.area[0]).all():
        return exactly(part)
    return across_areas(part)


def in_threads(function: Callable[[Given], Made], items: Iterable[Given]) -> list[Made]:
    """Return what a function makes of each item; while HiGHS solves, other threads run."""
    several = list(items)
    if len(several) < 2:
        return [function(item) for item in several]
    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(function, several))


def _is_worthy(program: Program) -> Bools:
    """Tell which options may be chosen at all: they gain something, and their budgets allow one."""
    gains = (program.gain > 0) | (program.floors & (program.least > 0)).any(axis=1)
    room = np.append(program.room, np.iinfo(np.int64).max)  # row -1, of no budget
    return gains & (program.minutes[:, None] <= room[program.rows]).all(axis=1)


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


def _parts(program: Program, worthy: Ints) -> tuple[list[Ints], Ints]:
    """Return the options of each part, and those of households that no budget or floor binds."""
    own = program.only(worthy)
    if len(worthy) and (own.area == own.area[0]).all():
        return [worthy], worthy[:0]
    binds, asks = binding(own), own.least > 0
    _, household = np.unique(own.household, return_inverse=True)
    households = int(household.max(initial=-1)) + 1
    n_rows, n_floors = len(own.room), len(own.least)
    edges = [
        (household[has], households + column[has])
        for column in own.rows.T
        for has in [(column >= 0) & np.append(binds, False)[column]]
    ]
    edges += [
        (household[counts], np.full(int(counts.sum()), households + n_rows + number))
        for number, counts in enumerate(own.floors.T)
        if asks[number]
    ]
    size = households + n_rows + n_floors
    start, end = (np.concatenate([np.empty(0, np.int64), *each]) for each in _columns(edges))
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    of_option = label[household]
    is_bound = np.zeros(size, dtype=bool)
    is_bound[label[start]] = True
    free = worthy[~is_bound[of_option]]
    bound = np.flatnonzero(is_bound[of_option])
    bound = bound[np.argsort(of_option[bound], kind="stable")]
    cuts = np.flatnonzero(np.diff(of_option[bound])) + 1
    parts = [worthy[place] for place in np.split(bound, cuts)] if len(bound) else []
    return parts, _best_of_each(program, free)


def _columns(edges: list[tuple[Ints, Ints]]) -> tuple[list[Ints], list[Ints]]:
    return [start for start, _ in edges], [end for _, end in edges]


def _best_of_each(program: Program, options: Ints) -> Ints:
    """Return the option of the largest gain of each household; of equals the first."""
    order = options[np.lexsort([-program.gain[options], program.household[options]])]
    _, first = np.unique(program.household[order], return_index=True)
    return order[first]


def undominated(program: Program) -> Ints:
    """Return the options without those that a best choice never needs.

    Let no choice serve more than `N` households of an area: of each set of budgets, no more than
    their room has of its shortest steps. Compare options that are alike: of one area, one channel
    and the same budgets, minutes and floors. One that has `N` better ones of its kind (a larger
    gain, or the same and an earlier id) is left out. Nothing is lost: a choice that holds it serves
    at most `N - 1` others of the area, so that one of the `N` better options is of a household that
    is not served. Exchange the two: budgets and floors are kept, and the gain is no smaller. Each
    exchange takes a better option, so they end, and then no option is held that was left out.

    Parameters
    ----------
    program : Program

    Returns
    -------
    ndarray of int
        Their positions, in order.
    """
    kind = _numbered(program.area, *program.rows.T)
    _, area = np.unique(program.area, return_inverse=True)
    most = np.bincount(area[_first_of(kind)], weights=_fitting(program, kind))
    alike = _numbered(kind, program.channel, program.minutes, *program.floors.T)
    order = np.lexsort((program.household, -program.gain, alike))
    rank = np.arange(len(order)) - np.searchsorted(alike[order], alike[order])
    return np.sort(order[rank < most[area[order]]])


def _numbered(*columns: NDArray[np.generic]) -> Ints:
    """Return a number for each row: the same where all columns are, and in their order."""
    order = np.lexsort(columns[::-1])
    is_other = np.zeros(len(order), dtype=bool)
    for column in columns:
        is_other[1:] |= column[order][1:] != column[order][:-1]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_other)
    return number


def _first_of(kind: Ints) -> Ints:
    """Return the first option of each kind."""
    return np.unique(kind, return_index=True)[1]


def _fitting(program: Program, kind: Ints) -> Floats:
    """Return how many options of each kind fit into the budgets at most."""
    households = np.bincount(kind).astype(float)
    shortest = np.full(len(households), np.iinfo(np.int64).max)
    np.minimum.at(shortest, kind, program.minutes)
    room = np.append(program.room, np.iinfo(np.int64).max)[program.rows[_first_of(kind)]]
    tightest = room.min(axis=1, initial=np.iinfo(np.int64).max)
    return np.where(
        shortest > 0, np.minimum(tightest // np.maximum(shortest, 1), households), households
    )


def exactly(program: Program) -> Solved:
    """Choose the options of the largest gain by one integer program, with a gap of 0.

    Its relaxation is solved first: where that takes whole steps alone, as it does where all steps
    of a channel are as long, it is the best.

    Raises
    ------
    TooHighFloorsError
    """
    if not len(program):
        return Solved(np.zeros(0, dtype=bool), 0.0)
    within = constraints(program)
    for integrality in (0, 1):
        found = milp(
            -IN_THOUSANDTHS * program.gain,
            integrality=np.full(len(program), integrality),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(within.matrix, -np.inf, within.upper),
            # presolve costs more than it saves in programs as small as these
            options={"mip_rel_gap": 0.0, "presolve": False},
        )
        if found.x is None:
            raise TooHighFloorsError
        if np.abs(found.x - np.rint(found.x)).max() < NEARLY:
            break
    return Solved(found.x > HALF, 0.0)


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


def _by_id(program: Program, chosen: Bools) -> Bools:
    """Return a choice in which, of options that are alike, the earliest households have them."""
    alike = _numbered(
        program.channel, program.minutes, program.gain, *program.rows.T, *program.floors.T
    )
    step = np.full(int(program.household.max(initial=-1)) + 1, NOTHING)
    step[program.household[chosen]] = np.flatnonzero(chosen)
    is_kind = np.zeros(int(alike.max(initial=-1)) + 1, dtype=bool)
    is_kind[alike[chosen]] = True
    others = np.zeros_like(is_kind)
    others[alike[step[program.household] == NOTHING]] = True
    order = np.argsort(alike, kind="stable")
    start = np.searchsorted(alike[order], np.arange(len(is_kind) + 1))
    for kind in np.flatnonzero(is_kind & others):
        those = order[start[kind] : start[kind + 1]]
        held = step[program.household[those]]
        has = held == those
        those = those[has | (held == NOTHING)]
        step[program.household[those]] = NOTHING
        first = those[: int(has.sum())]
        step[program.household[first]] = first
    found = np.zeros(len(program), dtype=bool)
    found[step[step != NOTHING]] = True
    return found
