"""Lists of limited length: never too long, ties open, figures that brute force confirms."""

from __future__ import annotations

from itertools import permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel import metrics
from riskmodel.errors import ConfigError


@st.composite
def tables(draw, most=40):
    n = draw(st.integers(2, most))
    y = np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)))
    score = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), dtype=float)
    rounds = np.array(draw(st.lists(st.sampled_from(["may", "july"]), min_size=n, max_size=n)))
    return y, score, rounds


CAPACITIES = st.one_of(st.floats(0.01, 0.99), st.integers(1, 50))


@given(tables(), CAPACITIES)
def test_capacity_is_met_and_never_exceeded(table, capacity):
    y, score, rounds = table
    spots = metrics.places(capacity, rounds)
    lists = [metrics.inclusion(score, spots), *metrics.extremes(y, score, spots, np.ones_like(y))]
    for name in np.unique(rounds):
        n = int((rounds == name).sum())
        places = min(capacity, n) if isinstance(capacity, int) else ceil(round(capacity * n, 9))
        assert [listed[rounds == name].sum() for listed in lists] == pytest.approx([places] * 3)


@given(tables(), CAPACITIES)
def test_nobody_is_listed_before_a_higher_score_of_the_round(table, capacity):
    _, score, rounds = table
    listed = metrics.inclusion(score, metrics.places(capacity, rounds))
    for name in np.unique(rounds):
        order = np.argsort(score[rounds == name])
        assert (np.diff(listed[rounds == name][order]) >= -1e-12).all()


@given(tables(most=7), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_expected_worst_and_best_are_those_of_all_orders_of_the_tied(table, capacity):
    y, score, _ = table
    weight, spots = np.ones_like(y), metrics.places(capacity, ["may"] * len(y))
    places = int(spots.room[0])
    hits = []
    for order in permutations(range(len(y))):
        first = sorted(order, key=lambda i: -score[i])[:places]
        hits.append(y[first].sum() / places)
    found = [metrics.inclusion(score, spots), *metrics.extremes(y, score, spots, weight)]
    expected, worst, best = (metrics.precision(y, listed, weight) for listed in found)
    assert (expected, worst, best) == pytest.approx((np.mean(hits), np.min(hits), np.max(hits)))


def test_weights_decide_the_worst_and_best_list():
    y, weight = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 3.0, 1.0, 3.0])
    spots = metrics.places(2, ["may"] * 4)
    worst, best = metrics.extremes(y, np.zeros(4), spots, weight)
    assert best.tolist() == [1, 1, 0, 0]
    assert worst.tolist() == [0, 0, 1, 1]
    worst, best = metrics.extremes(y, np.zeros(4), metrics.places(3, ["may"] * 4), weight)
    assert best.tolist() == [1, 1, 1, 0]  # all crises and the lighter of the rest
    assert worst.tolist() == [1, 0, 1, 1]


@given(tables())
def test_a_list_of_everyone_has_the_base_rate_and_reaches_all(table):
    y, score, rounds = table
    weight, listed = np.ones_like(y), metrics.inclusion(score, metrics.places(len(y), rounds))
    assert metrics.precision(y, listed, weight) == pytest.approx(y.mean())
    if y.any():
        assert metrics.recall(y, listed, weight) == pytest.approx(1)
        assert metrics.lift(y, listed, weight) == pytest.approx(1)


def test_lift_is_recall_over_the_share_listed():
    rng = np.random.default_rng(0)
    y, score, weight = (rng.random(500) < 0.2).astype(float), rng.random(500), rng.random(500)
    listed = metrics.inclusion(score, metrics.places(0.1, ["may"] * 500))
    share = weight @ listed / weight.sum()
    assert metrics.lift(y, listed, weight) == pytest.approx(
        metrics.recall(y, listed, weight) / share
    )


def test_a_share_is_rounded_up_but_not_for_the_last_bit_of_a_product():
    assert 0.07 * 100 > 7  # what the machine makes of it
    assert metrics.places(0.07, ["may"] * 100).room.tolist() == [7]
    assert metrics.places(0.02, ["may"] * 1230).room.tolist() == [25]
    assert metrics.places(0.02, ["may"] * 3).room.tolist() == [1]


def test_each_area_of_each_round_has_its_own_places():
    rounds, area = np.repeat(["july", "may"], 6), np.tile(["north", "south", "south"], 4)
    spots = metrics.places({"north": 1, "south": 0.5}, rounds, area)
    listed = metrics.inclusion(np.arange(12.0), spots)
    for month in ("july", "may"):
        for name, places in (("north", 1), ("south", 2)):
            assert listed[(rounds == month) & (area == name)].sum() == places
    nobody = metrics.inclusion(
        np.arange(12.0), metrics.places({"north": 1, "south": 0}, rounds, area)
    )
    assert nobody[area == "south"].sum() == 0


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        (1.0, "1.0 can mean everyone or one household"),
        (20.0, "write 20 for so many a round"),
        (0.0, "a share above 0 and below 1"),
        (0, "a whole number of at least 1"),
        (-3, "-3 is no capacity"),
        (True, "True is no capacity"),
        ("2%", "write 0.02"),
        (float("nan"), "nan is no capacity"),
        ({"north": 1.0}, "capacity['north']"),
    ],
)
def test_a_capacity_that_cannot_be_meant_is_refused(capacity, words):
    with pytest.raises(ConfigError) as refusal:
        metrics.places(capacity, ["may"], ["north"])
    assert words in str(refusal.value)


def test_areas_without_a_capacity_are_counted_not_named():
    with pytest.raises(ConfigError, match="1 of 2 areas have no capacity") as refusal:
        metrics.places({"north": 3, "sout": 2}, ["may"] * 2, ["north", "south"])
    assert "'sout' is no area of these rows" in str(refusal.value)
    assert "'south'" not in str(refusal.value)
    with pytest.raises(ConfigError, match="the rows have none"):
        metrics.places({"north": 3}, ["may"])
