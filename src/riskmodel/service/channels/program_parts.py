"""A round's program taken apart: what no budget or floor connects is solved apart."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from riskmodel.service.channels.dominated_options import numbered, undominated
from riskmodel.service.channels.exact_choice import exactly
from riskmodel.service.channels.shared_budgets import across_areas
from riskmodel.service.channels.solving_threads import in_threads
from riskmodel.service.channels.step_program import (
    Bools,
    Ints,
    Program,
    Solved,
    TooHighFloorsError,
    binding,
)

NOTHING = -1
FEW_OPTIONS = 1_000
"""A part of so many options is solved by one integer program, however many areas it spans."""


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
    if len(part) <= FEW_OPTIONS or (part.area == part.area[0]).all():
        return exactly(part)
    return across_areas(part)


def _is_worthy(program: Program) -> Bools:
    """Tell which options may be chosen at all: they gain something, and their budgets allow one."""
    gains = (program.gain > 0) | (program.floors & (program.least > 0)).any(axis=1)
    room = np.append(program.room, np.iinfo(np.int64).max)  # row -1, of no budget
    return gains & (program.minutes[:, None] <= room[program.rows]).all(axis=1)


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


def _by_id(program: Program, chosen: Bools) -> Bools:
    """Return a choice in which, of options that are alike, the earliest households have them."""
    alike = numbered(
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
