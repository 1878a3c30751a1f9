"""Who gets which step, as an integer program: pruned, taken apart, and solved part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NOTHING = -1


class TooHighFloorsError(Exception):
    """Floors that cannot all be kept; whoever knows their names refuses them."""


@dataclass(frozen=True, eq=False)
class Program:
    """What may be chosen: at most one option of a household, and none over its budgets.

    Attributes
    ----------
    household, channel : ndarray of int, shape (n_options,)
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
    budgets of their own, is solved apart, each part exactly.

    Parameters
    ----------
    program : Program
    prunes : bool
        Whether dominated options are left out before a part is solved; see `undominated`.

    Raises
    ------
    TooHighFloorsError
    """
    chosen = np.zeros(len(program), dtype=bool)
    worthy = np.flatnonzero(_is_worthy(program))
    parts, free = _parts(program, worthy)
    chosen[free] = True
    short = 0.0
    for place, solved in zip(parts, _each_solved(program, parts, prunes), strict=True):
        chosen[place] = solved.chosen
        short += solved.short
    # a floor for which nobody can have a step is in no part
    if (program.floors[chosen].sum(axis=0) < program.least).any():
        raise TooHighFloorsError
    return Solved(_by_id(program, chosen), short)


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


def _binding(program: Program) -> Bools:
    """Tell which budgets could be overdrawn, if each household took its longest step of each."""
    most = np.zeros(len(program.room), dtype=np.int64)
    for column in program.rows.T:
        has = column >= 0
        steps = pd.DataFrame({"row": column[has], "household": program.household[has]})
        longest = steps.assign(m=program.minutes[has]).groupby(["row", "household"])["m"].max()
        np.add.at(most, longest.index.get_level_values(0).to_numpy(), longest.to_numpy())
    return most > program.room


def _parts(program: Program, worthy: Ints) -> tuple[list[Ints], Ints]:
    """Return the options of each part, and those of households that no budget or floor binds."""
    own = program.only(worthy)
    binds, asks = _binding(own), own.least > 0
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


def _each_solved(program: Program, parts: list[Ints], prunes: bool) -> Iterable[Solved]:  # noqa: FBT001
    def solved(place: Ints) -> Solved:
        own = program.only(place)
        if not prunes:
            return exactly(own)
        kept = undominated(own)
        found = exactly(own.only(kept))
        chosen = np.zeros(len(own), dtype=bool)
        chosen[kept] = found.chosen
        return Solved(chosen, found.short)

    if len(parts) < 2:
        return [solved(place) for place in parts]
    # HiGHS lets the other threads run while it solves
    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(solved, parts))


def undominated(program: Program) -> Ints:
    """Return the options without those that a best choice never needs.

    Let no choice serve more than `N` households: for each set of budgets, no more than their room
    has of its shortest steps. Compare options that are alike: of one channel and the same budgets,
    minutes and floors. One that has `N` better ones of its kind (a larger gain, or the same and an
    earlier id) is left out. Nothing is lost: where a choice holds it, it serves at most `N - 1`
    other households, so that one of the `N` better options is of a household that is not served.
    Exchange the two: budgets and floors are kept, and the gain is no smaller. Each exchange takes a
    better option, so they end, and then no option is held that was left out.

    Parameters
    ----------
    program : Program
        Of one part.

    Returns
    -------
    ndarray of int
        Their positions, in order.
    """
    budgets = pd.DataFrame(program.rows).groupby(list(range(program.rows.shape[1])), sort=False)
    kind = budgets.ngroup().to_numpy() if program.rows.shape[1] else np.zeros(len(program), int)
    most = 0
    households = len(np.unique(program.household))
    for number in range(int(kind.max(initial=-1)) + 1):
        first = int(np.argmax(kind == number))
        shortest = int(program.minutes[kind == number].min())
        rows = program.rows[first]
        rooms = program.room[rows[rows >= 0]]
        fits = rooms.min() // shortest if len(rooms) and shortest else households
        most += min(int(fits), households)
    keys = pd.DataFrame({"kind": kind, "channel": program.channel, "minutes": program.minutes})
    for number, counts in enumerate(program.floors.T):
        keys[f"floor {number}"] = counts
    order = np.lexsort([program.household, -program.gain])
    rank = keys.iloc[order].groupby(list(keys)).cumcount().to_numpy()
    return np.sort(order[rank < most])


def exactly(program: Program) -> Solved:
    """Choose the options of the largest gain in one part, by an integer program.

    A budget is counted in the largest unit of which all its steps are multiples, and what is left
    over below one unit is cut off: no choice could use it, but its relaxation would.

    Raises
    ------
    TooHighFloorsError
    """
    matrix, lower, upper = _constraints(program)
    found = milp(
        -program.gain,
        integrality=np.ones(len(program)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lower, upper),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise TooHighFloorsError
    chosen = found.x > 0.5
    return Solved(chosen, 0.0)


def _constraints(program: Program) -> tuple[csc_array, Floats, Floats]:
    """Return the matrix of a part's constraints, and what each may be at least and at most."""
    number = np.arange(len(program))
    lines: list[tuple[Ints, Ints, Floats]] = []
    lower: list[Floats] = []
    upper: list[Floats] = []
    n_lines = 0

    def add(line: Ints, option: Ints, factor: Floats, low: Floats, high: Floats) -> None:
        nonlocal n_lines
        lines.append((n_lines + line, option, factor))
        lower.append(low)
        upper.append(high)
        n_lines += len(low)

    _, household, count = np.unique(program.household, return_inverse=True, return_counts=True)
    several = count[household] > 1
    _, line = np.unique(household[several], return_inverse=True)
    size = int(line.max(initial=-1)) + 1
    add(line, number[several], np.ones(len(line)), np.zeros(size), np.ones(size))
    for row, those in _rows_of(program):
        minutes = program.minutes[those]
        unit = max(int(np.gcd.reduce(minutes)), 1)
        factor = (minutes // unit).astype(float)
        room = np.array([float(program.room[row] // unit)])
        add(np.zeros(len(those), int), those, factor, np.full(1, -np.inf), room)
    # a floor that nobody here counts for is another part's
    for floor in np.flatnonzero((program.least > 0) & program.floors.any(axis=0)):
        those = np.flatnonzero(program.floors[:, floor])
        least = program.least[[floor]].astype(float)
        add(np.zeros(len(those), int), those, np.ones(len(those)), least, np.full(1, np.inf))
    line, option, factor = (np.concatenate(each) for each in zip(*lines, strict=True))
    matrix = csc_array((factor, (line, option)), shape=(n_lines, len(program)))
    return matrix, np.concatenate(lower), np.concatenate(upper)


def _rows_of(program: Program) -> Iterator[tuple[int, Ints]]:
    """Yield each budget with the options that take of it."""
    for row in np.unique(program.rows[program.rows >= 0]):
        yield int(row), np.flatnonzero((program.rows == row).any(axis=1))


def _by_id(program: Program, chosen: Bools) -> Bools:
    """Return a choice in which, of options that are alike, the earliest households have them."""
    keys = pd.DataFrame(
        {"channel": program.channel, "minutes": program.minutes, "gain": program.gain}
    )
    for name, columns in (("row", program.rows), ("floor", program.floors)):
        for number, column in enumerate(columns.T):
            keys[f"{name} {number}"] = column
    alike = keys.groupby(list(keys), sort=True).ngroup().to_numpy()
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
