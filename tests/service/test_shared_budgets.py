"""Budgets that areas share: never overdrawn, near to the best, and the bound is a bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.service.channels.exact_choice import exactly
from riskmodel.service.channels.program_parts import solve
from riskmodel.service.channels.shared_budgets import across_areas
from riskmodel.service.channels.step_program import Program, TooHighFloorsError


def program_of(
    areas: int, each: int, seed: int, *, offices: int = 3, mixed: bool = False, floors: int = 0
) -> Program:
    """Return steps of three channels: calls of the nation and an office, visits of the area."""
    rng = np.random.default_rng(seed)
    n = areas * each
    household = np.repeat(np.arange(n), 3)
    channel = np.tile([0, 1, 5], n)
    area = household // each
    rows = np.full((3 * n, 2), -1)
    rows[channel == 0, 0] = 0
    rows[channel == 0, 1] = 1 + area[channel == 0] % offices
    rows[channel == 1, 0] = 1 + offices + area[channel == 1]
    rows[channel == 5, 0] = 1 + offices + areas + area[channel == 5]
    minutes = np.tile([2000, 15_000, 40_000], n)
    if mixed:
        minutes += 1000 * rng.integers(0, 12, n)[household]
    room = [n // 8, *[n // (4 * offices)] * offices, *[45] * areas, *[130] * areas]
    reach = np.array([0.45, 0.5, 0.65])[np.tile([0, 1, 2], n)]
    counts = rng.random((n, floors)) < 0.2
    return Program(
        household=household,
        channel=channel,
        area=area,
        gain=rng.beta(0.5, 8, n)[household] * reach,
        minutes=minutes,
        rows=rows,
        room=np.array(room) * 2000,
        floors=counts[household].reshape(3 * n, floors),
        least=np.full(floors, n // 12),
    )


@given(st.integers(0, 10**6), st.integers(2, 6), st.booleans(), st.integers(0, 1))
@settings(max_examples=25, deadline=None)
def test_what_is_short_of_the_bound_is_at_least_what_is_short_of_the_best(
    seed: int,
    areas: int,
    mixed: bool,
    floors: int,
) -> None:
    program = program_of(areas, 12, seed, mixed=mixed, floors=floors)
    try:
        best = exactly(program)
    except TooHighFloorsError:
        with pytest.raises(TooHighFloorsError):
            across_areas(program)
        return
    near = across_areas(program)
    top, found = (float(program.gain[each.chosen].sum()) for each in (best, near))
    assert found <= top + 1e-8
    assert top <= found + near.short + 1e-6 * top
    assert (program.taken(near.chosen) <= program.room).all()
    assert (program.floors[near.chosen].sum(axis=0) >= program.least).all()
    assert np.bincount(program.household[near.chosen]).max(initial=0) <= 1


@given(st.integers(0, 10**6), st.booleans(), st.integers(0, 1), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_who_is_held_at_a_choice_by_a_wide_margin_loses_no_more_than_is_told(
    seed: int, mixed: bool, floors: int, digits: int
) -> None:
    # of few digits many options are worth the same, or nothing at all
    program = program_of(4, 15, seed, mixed=mixed, floors=floors)
    program = replace(program, gain=np.round(program.gain, digits))
    room = np.where(np.random.default_rng(seed).random(len(program.room)) < 0.2, 0, program.room)
    program = replace(program, room=room)
    try:
        best = exactly(program)
    except TooHighFloorsError:
        with pytest.raises(TooHighFloorsError):
            across_areas(program, light=10)
        return
    near = across_areas(program, light=10)
    top, found = (float(program.gain[each.chosen].sum()) for each in (best, near))
    assert found <= top + 1e-8
    assert top <= found + near.short + 1e-6 * top
    assert (program.taken(near.chosen) <= program.room).all()
    assert (program.floors[near.chosen].sum(axis=0) >= program.least).all()


@pytest.mark.parametrize("light", [300, 10**6])
def test_the_bound_of_a_part_of_its_options_is_within_a_thousandth(light: int) -> None:
    program = program_of(60, 40, 3, offices=5)
    found = across_areas(program, light=light)
    assert found.short <= 1e-3 * program.gain[found.chosen].sum()


@pytest.mark.parametrize("mixed", [False, True])
def test_the_gap_of_two_shared_budgets_is_below_a_thousandth(mixed: bool) -> None:
    program = program_of(60, 40, 1, offices=5, mixed=mixed)
    found = solve(program)
    assert found.short <= 1e-3 * program.gain[found.chosen].sum()
    assert (program.taken(found.chosen) <= program.room).all()


def test_a_shared_budget_that_binds_nobody_leaves_each_area_exact() -> None:
    program = program_of(40, 12, 2, mixed=True)
    wide = replace(program, room=np.where(np.arange(len(program.room)) < 4, 10**9, program.room))
    assert solve(wide).short == 0.0
