"""Lists of limited length: never too long, ties open, figures that brute force confirms."""

from __future__ import annotations

from itertools import permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel import metrics
from riskmodel.metrics import Capacity, Selection


@st.composite
def tables(draw, most=40):
    n = draw(st.integers(2, most))
    y = np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)))
    score = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), dtype=float)
    rounds = np.array(draw(st.lists(st.sampled_from(["may", "july"]), min_size=n, max_size=n)))
    return y, score, rounds


def selected(score, capacity, rounds, area=None) -> Selection:
    return metrics.select(score, Capacity.parse(capacity), rounds, area)


CAPACITIES = st.one_of(st.floats(0.01, 0.99), st.integers(1, 50))


@given(tables(), CAPACITIES)
def test_capacity_is_met_and_never_exceeded(table, capacity):
    y, score, rounds = table
    selection = selected(score, capacity, rounds)
    lists = [selection.inclusion, *selection.tie_bounds(y, np.ones_like(y))]
    for name in np.unique(rounds):
        n = int((rounds == name).sum())
        slots = min(capacity, n) if isinstance(capacity, int) else ceil(round(capacity * n, 9))
        assert [listed[rounds == name].sum() for listed in lists] == pytest.approx([slots] * 3)


@given(tables(), CAPACITIES)
def test_nobody_is_listed_before_a_higher_score_of_the_round(table, capacity):
    _, score, rounds = table
    listed = selected(score, capacity, rounds).inclusion
    for name in np.unique(rounds):
        order = np.argsort(score[rounds == name])
        assert (np.diff(listed[rounds == name][order]) >= -1e-12).all()


@given(tables(most=7), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_expected_worst_and_best_are_those_of_all_orders_of_the_tied(table, capacity):
    y, score, _ = table
    weight, selection = np.ones_like(y), selected(score, capacity, ["may"] * len(y))
    slots = int(selection.slots[0])
    hits = []
    for order in permutations(range(len(y))):
        first = sorted(order, key=lambda i: -score[i])[:slots]
        hits.append(y[first].sum() / slots)
    found = [selection.inclusion, *selection.tie_bounds(y, weight)]
    expected, worst, best = (metrics.precision(y, listed, weight) for listed in found)
    assert (expected, worst, best) == pytest.approx((np.mean(hits), np.min(hits), np.max(hits)))


def test_weights_decide_the_worst_and_best_list():
    y, weight = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 3.0, 1.0, 3.0])
    worst, best = selected(np.zeros(4), 2, ["may"] * 4).tie_bounds(y, weight)
    assert best.tolist() == [1, 1, 0, 0]
    assert worst.tolist() == [0, 0, 1, 1]
    worst, best = selected(np.zeros(4), 3, ["may"] * 4).tie_bounds(y, weight)
    assert best.tolist() == [1, 1, 1, 0]  # all crises and the lighter of the rest
    assert worst.tolist() == [1, 0, 1, 1]


@given(tables())
def test_a_list_of_everyone_has_the_base_rate_and_reaches_all(table):
    y, score, rounds = table
    weight, listed = np.ones_like(y), selected(score, len(y), rounds).inclusion
    assert metrics.precision(y, listed, weight) == pytest.approx(y.mean())
    if y.any():
        assert metrics.recall(y, listed, weight) == pytest.approx(1)
        assert metrics.lift(y, listed, weight) == pytest.approx(1)


def test_lift_is_recall_over_the_share_listed():
    rng = np.random.default_rng(0)
    y, score, weight = (rng.random(500) < 0.2).astype(float), rng.random(500), rng.random(500)
    listed = selected(score, 0.1, ["may"] * 500).inclusion
    share = weight @ listed / weight.sum()
    assert metrics.lift(y, listed, weight) == pytest.approx(
        metrics.recall(y, listed, weight) / share
    )


def test_each_area_of_each_round_has_its_own_slots():
    rounds, area = np.repeat(["july", "may"], 6), np.tile(["north", "south", "south"], 4)
    listed = selected(np.arange(12.0), {"north": 1, "south": 0.5}, rounds, area).inclusion
    for month in ("july", "may"):
        for name, slots in (("north", 1), ("south", 2)):
            assert listed[(rounds == month) & (area == name)].sum() == slots
    north_alone = selected(np.arange(12.0), {"north": 1, "south": 0}, rounds, area).inclusion
    assert north_alone[area == "south"].sum() == 0


@given(tables(), CAPACITIES)
def test_a_certain_row_is_listed_and_an_impossible_one_is_not_however_ties_fall(table, capacity):
    y, score, rounds = table
    selection = selected(score, capacity, rounds)
    ties = np.random.default_rng(len(y)).permutation(len(y))
    lists = [selection.listed(), selection.listed(ties), *selection.tie_bounds(y, np.ones_like(y))]
    for listed in lists:
        assert np.asarray(listed)[selection.inclusion == 1].all()
        assert not np.asarray(listed)[selection.inclusion == 0].any()


@given(tables(most=12))
def test_above_and_tied_are_counts_within_the_cell(table):
    _, score, rounds = table
    found = selected(score, 1, rounds)
    for i in range(len(score)):
        peers = score[rounds == rounds[i]]
        assert (found.above[i], found.tied[i]) == (
            (peers > score[i]).sum(),
            (peers == score[i]).sum(),
        )


def test_ties_go_by_the_tiebreak_low_first_then_by_order():
    selection = selected(np.zeros(4), 2, ["may"] * 4)
    assert selection.listed().tolist() == [True, True, False, False]
    assert selection.listed([3, 1, 2, 0]).tolist() == [False, True, False, True]
    assert selection.listed([1, 0, 0, 0]).tolist() == [False, True, True, False]


def test_areas_that_are_numbers_are_those_of_the_mapping():
    found = selected(np.arange(4.0), {1: 1, 2.0: 0}, ["may"] * 4, [1.0, 1.0, 2.0, 2.0])
    assert found.inclusion.tolist() == [0, 1, 0, 0]


def test_no_rows_have_no_list():
    empty = selected(np.zeros(0), 0.1, np.zeros(0))
    assert len(empty.inclusion) == len(empty.listed()) == len(empty.slots) == 0


def test_shares_listed_are_weighted_and_those_of_the_cell():
    weight = np.array([1.0, 3.0, 1.0, 1.0])
    selection = selected(np.array([2.0, 1.0, 2.0, 1.0]), 1, ["july", "july", "may", "may"])
    assert selection.share_listed(weight).tolist() == [0.25, 0.25, 0.5, 0.5]
    nothing = selected(np.zeros(2), 1, ["may"] * 2).share_listed(np.zeros(2))
    assert nothing.tolist() == [0, 0]


def test_the_mean_near_the_cut_is_that_of_ranks_within_half_the_list_of_the_cut():
    y = np.array([1.0, 1, 1, 1, 0, 1, 0, 0, 0, 0])
    selection = selected(-np.arange(10.0), 4, ["may"] * 10)
    # ranks 2 to 5: two below the cut of four, two above it
    assert selection.mean_near_cut(y, np.ones(10)) == 0.75
    assert selection.mean_near_cut(y, np.r_[np.ones(4), 3, np.ones(5)]) == 3 / 6
    assert np.isnan(selection.mean_near_cut(y, np.zeros(10)))
