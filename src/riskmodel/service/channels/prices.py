"""What an hour more of a budget would find, and what an area without room costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from riskmodel.doors import door
from riskmodel.service.channels.allocation import Allocation, Reserve, Round, at_head, best_of
from riskmodel.service.channels.channel_parts import PARTS_OF_A_MINUTE, amount
from riskmodel.service.channels.options import AREA, Options
from riskmodel.service.channels.program_parts import FEW_OPTIONS, solve
from riskmodel.service.channels.shared_budgets import LIGHT
from riskmodel.service.channels.solving_threads import in_threads
from riskmodel.service.channels.step_program import Bools, Ints, Program, binding

PRICES = ("channel", "by", "group", "minutes", "used", "price", "overdue")


@door
def prices(
    frame: pd.DataFrame,
    options: Options,
    allocation: Allocation,
    *,
    reserve: Reserve | None = None,
    floors: Mapping[str, int] | None = None,
    by_area: bool = True,
    extra: float = 60.0,
) -> pd.DataFrame:
    """Tell what more minutes of each budget would find: ``V(budget + 60) - V(budget)``.

    `V` is the value of the best allocation, found twice: a dual value of the relaxation would not
    do, since minutes come in whole steps. What shared budgets or floors connect with a
    budget is allocated again. Where that is too large to be solved exactly, the areas that draw on
    the budget are, and the rest of the country stays as it is. Where these are not solved exactly
    either, all steps stay, and the price is what the minutes find beside them.

    Parameters
    ----------
    frame, options, reserve, floors
        As they were allocated.
    allocation : Allocation
        Of `allocate`.
    by_area : bool, default True
        Whether budgets by area have a price, too; each takes as long as its area's allocation.
    extra : float, default 60
        Minutes.

    Returns
    -------
    DataFrame
        One row per budget: ``channel``, ``by`` (empty for the nation), ``group``, ``minutes``,
        ``used``, ``price``, and ``overdue``, how many overdue households more would get a step.
        Where more of these do, the price may be below 0: they go before who is worth more. Price
        and overdue are missing where they were not asked for.

    Examples
    --------
    >>> import riskmodel as rm
    >>> from riskmodel.service import Channels, allocate, options
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> ids = sorted(set(records.events["household_id"]))[:3]
    >>> frame = pd.DataFrame({"household_id": ids, "area": "A", "score": [0.5, 0.2, 0.4],
    ...     "is_candidate": True, "channels": [("visit",)] * 3, "must": None, "must_rule": None,
    ...     "overdue": False})
    >>> channels = Channels.read(
    ...     {"visit": {"minutes": 40, "reach": 0.5, "budgets": [{"by": "area", "minutes": 50}]}}
    ... )
    >>> choice = options(frame, records, channels, "2024-09-01")
    >>> prices(frame, choice, allocate(frame, choice))
      channel    by group  minutes  used  price  overdue
    0   visit  area     A     50.0  40.0    0.2      0.0
    """
    more = round(amount(extra, "extra") * PARTS_OF_A_MINUTE)
    whole = Round.of(frame, options, reserve, floors)
    table = allocation.budgets
    asked = np.flatnonzero((table["by"] != AREA).to_numpy() | by_area)
    held = _Held(whole, allocation)
    found = np.full((len(table), 2), np.nan)
    gained = in_threads(lambda row: held.gained(row, more), asked.tolist())
    found[asked] = np.reshape(gained, (-1, 2))
    return table.assign(price=found[:, 0], overdue=found[:, 1])[list(PRICES)]


def areas_without_room(frame: pd.DataFrame, allocation: Allocation) -> pd.DataFrame:
    """Return the areas in which nobody gets a step, and how many needs that leaves.

    Parameters
    ----------
    frame : DataFrame
    allocation : Allocation

    Returns
    -------
    DataFrame
        One row per area that has a candidate and no step: ``area``, ``candidates``, and ``needs``,
        the sum of the scores of its candidates: how many of them are expected to be in need.
    """
    areas = frame[AREA].astype(str)
    candidates = frame["is_candidate"].to_numpy(bool)
    served = set(areas.iloc[allocation.chosen["household"].to_numpy(np.int64)])
    rows = frame[candidates & ~areas.isin(served).to_numpy()]
    of_area = rows.groupby(rows[AREA].astype(str), sort=True)["score"]
    return of_area.agg(candidates="size", needs="sum").rename_axis("area").reset_index()


class _Held:
    """An allocation of a round, of which some areas are allocated again."""

    def __init__(self, whole: Round, allocation: Allocation) -> None:
        self._round, program = whole, whole.program
        steps = pd.MultiIndex.from_frame(allocation.chosen[["household", "channel"]])
        every = pd.MultiIndex.from_frame(whole.table[["household", "channel"]])
        self._chosen = every.isin(steps)
        self._value = whole.table["value"].to_numpy(float)
        self._is_first = at_head(whole.frame, whole.table)
        self._order = np.argsort(program.area, kind="stable")
        numbers = np.arange(int(program.area.max(initial=-1)) + 1)
        self._start = np.searchsorted(program.area[self._order], numbers)
        self._end = np.append(self._start[1:], len(program))
        self._areas = self._areas_of_rows()
        self._taken = program.taken(self._chosen)
        self._counted = program.floors[self._chosen].sum(axis=0)

    def _areas_of_rows(self) -> dict[int, Ints]:
        """Return, for each budget that binds, the areas to be allocated again.

        They are all that a budget or floor connects with it, unless these are too many to be solved
        exactly: then the areas that draw on it.
        """
        program = self._round.program
        binds = np.flatnonzero(binding(program))
        n_rows, n_areas = len(program.room), len(self._start)
        edges = [np.stack([column, program.area]) for column in program.rows.T]
        edges += [
            np.stack([np.full(int(counts.sum()), n_rows + number), program.area[counts]])
            for number, counts in enumerate(program.floors.T)
        ]
        pairs = np.unique(np.concatenate([np.empty((2, 0), np.int64), *edges], axis=1), axis=1)
        pairs = pairs[:, np.isin(pairs[0], binds) | (pairs[0] >= n_rows)]
        size = n_rows + len(program.least) + n_areas
        graph = coo_array(
            (np.ones(pairs.shape[1], np.int8), (pairs[0], pairs[1] + size - n_areas)), (size, size)
        )
        label = connected_components(graph, directed=False)[1]
        options = np.bincount(label[size - n_areas :], np.diff(self._start, append=len(program)))
        by_part = _grouped(label[size - n_areas :])
        by_row = _grouped(pairs[0], pairs[1])
        is_small = options <= FEW_OPTIONS
        return {
            row: by_part[label[row]] if is_small[label[row]] else by_row[row]
            for row in np.intersect1d(binds, pairs[0]).tolist()
        }

    def gained(self, row: int, more: int) -> tuple[float, float]:
        """Return how much more value, and how many more overdue households, minutes would give."""
        if row not in self._areas:
            return 0.0, 0.0
        program = self._round.program
        place = np.concatenate(
            [self._order[self._start[area] : self._end[area]] for area in self._areas[row]]
        )
        place.sort()
        own, was = program.only(place), self._chosen[place]
        room = program.room - self._taken + own.taken(was)
        room[row] += more
        counted = self._counted - own.floors[was].sum(axis=0)
        own = _alone(own, room, np.maximum(program.least - counted, 0))
        return self._difference(place, was, self._again(own, was, self._round.is_must[place]))

    def _again(self, own: Program, was: Bools, is_must: Bools) -> Bools:
        """Return the best choice; where it is not found exactly, what there was and more beside it.

        The difference of two choices that are near to the best would tell how near each of them
        is, and not what an hour is worth.
        """
        if len(own) <= LIGHT:
            best = best_of(own, is_must, self._round.floors)
            if not best.short:
                return best.chosen
        place = np.flatnonzero(~np.isin(own.household, own.household[was]))
        left = replace(
            own.only(place), room=own.room - own.taken(was), least=np.zeros_like(own.least)
        )
        now = was.copy()
        now[place] = solve(left).chosen
        return now

    def _difference(self, place: Ints, was: Bools, now: Bools) -> tuple[float, float]:
        value, first = self._value[place], self._is_first[place]
        more = float(first[now].sum()) - float(first[was].sum())
        return float(value[now].sum() - value[was].sum()), more


def _alone(program: Program, room: Ints, least: Ints) -> Program:
    """Return a program with these rooms and floors, and with its own budgets alone."""
    rows, number = np.unique(program.rows, return_inverse=True)
    has_none = rows[0] < 0
    number = number.reshape(program.rows.shape) - int(has_none)
    return replace(program, rows=number, room=room[rows[int(has_none) :]], least=least)


def _grouped(groups: Ints, values: Ints | None = None) -> dict[int, Ints]:
    """Return the values (by default the positions) of each group."""
    if not len(groups):
        return {}
    order = np.argsort(groups, kind="stable")
    names, first = np.unique(groups[order], return_index=True)
    kept = order if values is None else values[order]
    return dict(zip(names.tolist(), np.split(kept, first[1:]), strict=True))
