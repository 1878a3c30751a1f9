"""Systematic draws: what each number is on average, what their sum is, and what no seed is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import ConfigError
from riskmodel.metrics.explored_share import Explore
from riskmodel.metrics.systematic import (
    LARGEST_SEED,
    chances_by_weight,
    checked_seed,
    drawn_in_turn,
    rounded_in_turn,
    whole_parts,
)

STARTS = (np.arange(400) + 0.5) / 400


@pytest.mark.parametrize("seed", [0, LARGEST_SEED, np.int64(LARGEST_SEED)])
def test_a_seed_is_any_whole_number_that_64_bits_hold(seed: object) -> None:
    assert checked_seed(seed, "x") == seed
    assert np.iinfo(np.int64).max == LARGEST_SEED


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, True, 3.0, "3", None])
def test_other_seeds_are_refused(seed: object) -> None:
    with pytest.raises(ConfigError, match="needs a seed") as refusal:
        checked_seed(seed, "scoring.explore")
    assert refusal.value.code == "scoring.explore"


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, 1, 0, True, float("nan"), "0.1"])
def test_what_is_no_share_is_refused(share: object) -> None:
    with pytest.raises(ConfigError, match="no share of the list"):
        Explore.parse(share, 3)  # type: ignore[arg-type]


def test_a_share_and_a_seed_need_each_other() -> None:
    with pytest.raises(ConfigError, match="nothing is drawn"):
        Explore.parse(None, 3)
    with pytest.raises(ConfigError, match="needs a seed"):
        Explore.parse(0.1, None)
    assert Explore.parse(np.float64(0.25), 0) == Explore(0.25, 0)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=8))
def test_numbers_are_rounded_to_a_neighbour_and_their_sum_once(means: list[float]) -> None:
    mean = np.array(means)
    rounded = np.stack([rounded_in_turn(mean, start) for start in STARTS])
    assert (np.abs(rounded - mean) < 1).all()
    assert (np.abs(rounded.sum(1) - mean.sum()) < 1 + 1e-6).all()
    # each is itself on average, as far as 400 starts can tell
    np.testing.assert_allclose(rounded.mean(0), mean, atol=2.01 / len(STARTS))


@given(st.floats(0, 50))
def test_a_number_is_its_whole_part_and_a_rest(mean: float) -> None:
    (below,), (rest,) = whole_parts(np.array([mean]))
    assert below + rest == pytest.approx(mean, abs=2e-9)
    assert 0 <= rest < 1
    assert rest == 0 or rest > 1e-9


@given(st.lists(st.lists(st.floats(0.05, 9), min_size=1, max_size=7), min_size=1, max_size=4))
def test_chances_are_in_proportion_until_they_are_certain(weights: list[list[float]]) -> None:
    weight = np.concatenate([np.array(of_cell) for of_cell in weights])
    sizes = np.array([len(of_cell) for of_cell in weights])
    cell = np.repeat(np.arange(len(sizes)), sizes)
    places = sizes // 2 + (np.arange(len(sizes)) % 2)
    chance = chances_by_weight(weight, cell, places)
    np.testing.assert_allclose(np.bincount(cell, chance), np.minimum(places, sizes), atol=1e-9)
    assert ((chance >= 0) & (chance <= 1)).all()
    for number in range(len(sizes)):
        own, of = chance[cell == number], weight[cell == number]
        is_open = own < 1
        if is_open.any():
            ratio = own[is_open] / of[is_open]
            np.testing.assert_allclose(ratio, ratio[0], atol=1e-9)
            # who is certain would have had more than a place
            assert (of[~is_open] * ratio[0] >= 1 - 1e-6).all()

    drawn = np.stack([drawn_in_turn(chance, cell, np.full(len(sizes), s)) for s in STARTS])
    per_cell = np.stack([np.bincount(cell, one, len(sizes)) for one in drawn])
    assert (per_cell == np.minimum(places, sizes)).all()
    np.testing.assert_allclose(drawn.mean(0), chance, atol=2.01 / len(STARTS))


def test_of_nobody_nobody_is_drawn() -> None:
    nobody = drawn_in_turn(np.zeros(0), np.zeros(0, dtype=int), np.zeros(0))
    assert nobody.shape == (0,)
    assert nobody.dtype == bool


@pytest.mark.parametrize("start", [0.0, 0.5, 1 - 1e-16])
@pytest.mark.parametrize("places", [1, 2, 3])
def test_what_a_sum_of_chances_loses_draws_nobody_more_or_less(places: int, start: float) -> None:
    """Ten chances of a tenth are one place, in each of ten thousand cells."""
    cell = np.repeat(np.arange(10_000), 10 * places)
    drawn = drawn_in_turn(np.full(len(cell), 0.1), cell, np.full(10_000, start))
    assert (np.bincount(cell, drawn) == places).all()


def test_a_cell_without_rows_draws_nobody_and_takes_nobodys_place() -> None:
    chance, start = np.array([0.5, 0.5, 0.25, 0.75]), np.array([0.1, 0.6, 0.9, 0.3])
    drawn = drawn_in_turn(chance, np.array([1, 1, 3, 3]), start)
    assert drawn.tolist() == [False, True, False, True]
