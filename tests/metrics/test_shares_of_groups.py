"""Shares of small groups are drawn towards the others, and say how little is known of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.special import betaln
from scipy.stats import beta

from riskmodel.metrics import EffectiveCounts, SharesOfGroups

BENCHMARK = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "groups.py"), run_name="groups"
)


@pytest.mark.parametrize("spread", BENCHMARK["SPREADS"])
def test_shares_of_small_groups_are_told(spread: float) -> None:
    told = BENCHMARK["shares_told"](12, spread)
    assert told.coverage >= 0.88
    assert told.ours <= 1.15 * told.oracle
    assert told.ours <= (0.4 if spread == 0.06 else 0.85) * told.raw


@pytest.mark.slow
@pytest.mark.parametrize("spread", BENCHMARK["SPREADS"])
def test_shares_of_small_groups_are_told_in_many_samples(spread: float) -> None:
    told = BENCHMARK["shares_told"](200, spread)
    assert told.coverage >= 0.915
    assert told.ours <= 1.1 * told.oracle
    assert told.ours <= (0.4 if spread == 0.06 else 0.85) * told.raw


def test_a_planted_gap_is_found_and_none_where_groups_are_alike() -> None:
    assert BENCHMARK["share_found"](20, 0.30) >= 0.7
    assert BENCHMARK["share_found"](20, 0.45) <= 0.1


def by_integration(hits: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the mean shares and spread over a fine grid, even in the mean and in the spread."""
    mean, relative = (np.arange(1, 1000) / 1000)[:, None], np.linspace(0.0101, 0.9, 150)
    strength = 1 / relative**2 - 1
    first, second = mean * strength, (1 - mean) * strength
    log = -((relative / 0.4) ** 2) / 2 + sum(
        betaln(first + k, second + n - k) - betaln(first, second)
        for k, n in zip(hits, size, strict=True)
    )
    chance = np.exp(log - log.max())
    chance /= chance.sum()
    shares = [
        np.sum(chance * (first + k) / (strength + n)) for k, n in zip(hits, size, strict=True)
    ]
    return np.array(shares), float(np.sum(chance * relative * np.sqrt(mean * (1 - mean))))


@pytest.mark.parametrize(
    ("hits", "size"),
    [([30, 33, 0], [100, 110, 4]), ([1, 7, 2, 0], [9, 8, 12, 0]), ([1, 3], [40, 60])],
)
def test_shares_and_spread_are_those_of_an_integration_on_another_grid(hits, size) -> None:
    k, n = np.array(hits, float), np.array(size, float)
    found = SharesOfGroups.of(k, n, draws=100_000)
    shares, spread = by_integration(k, n)
    np.testing.assert_allclose(found.value, shares, atol=0.003)
    assert found.spread.mean() == pytest.approx(spread, rel=0.02)


def test_a_large_group_keeps_its_own_share() -> None:
    hits, size = np.array([9_000.0, 1_000.0]), np.array([10_000.0, 10_000.0])
    shares = SharesOfGroups.of(hits, size)
    low, high = shares.interval()
    for group in range(2):
        exact = beta.ppf([0.025, 0.975], hits[group], size[group] - hits[group])
        np.testing.assert_allclose([low[group], high[group]], exact, atol=0.002)


def test_a_group_without_rows_is_drawn_as_one_more_of_the_others() -> None:
    shares = SharesOfGroups.of(np.array([30.0, 32.0, 0.0]), np.array([100.0, 100.0, 0.0]))
    low, high = shares.interval()
    assert 0.25 < shares.value[2] < 0.4
    assert high[2] - low[2] > high[0] - low[0]


def test_the_others_of_a_group_are_weighted_by_what_they_count() -> None:
    shares = SharesOfGroups(np.array([[0.2, 0.4, 0.8]]), np.array([0.1]))
    np.testing.assert_allclose(shares.of_others(np.array([1.0, 1.0, 3.0])), [[0.7, 0.65, 0.3]])
    assert np.isnan(shares.of_others(np.array([0.0, 0.0, 3.0]))[0, 2])


def test_the_same_seed_draws_the_same() -> None:
    hits, size = np.array([3.0, 4.0]), np.array([9.0, 9.0])
    one, two = (SharesOfGroups.of(hits, size, random_state=1).draws for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_independent_rows_count_as_they_are() -> None:
    rng = np.random.default_rng(0)
    value, group = (rng.random(500) < 0.3).astype(float), rng.integers(0, 3, 500)
    counts = EffectiveCounts.of(value, np.ones(500), group, np.arange(500), 4)
    np.testing.assert_allclose(counts.size, np.bincount(group, minlength=4))
    np.testing.assert_allclose(counts.hits, np.bincount(group, value, minlength=4))


def test_rows_that_are_alike_count_as_households() -> None:
    rng = np.random.default_rng(0)
    value, group = (rng.random(300) < 0.3).astype(float), rng.integers(0, 3, 300)
    once = EffectiveCounts.of(value, np.ones(300), group, np.arange(300), 3)
    six = [np.repeat(each, 6) for each in (value, np.ones(300), group, np.arange(300))]
    np.testing.assert_allclose(EffectiveCounts.of(*six, 3).size, once.size)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_households_count_where_none_or_all_are_hits(value: float) -> None:
    household = np.repeat(np.arange(5), 4)
    zeros = np.zeros(20, dtype=np.intp)
    counts = EffectiveCounts.of(np.full(20, value), np.ones(20), zeros, household, 1)
    np.testing.assert_allclose(counts.size, [5.0])
    np.testing.assert_allclose(counts.hits, [5.0 * value])


def test_unequal_weights_make_fewer_rows() -> None:
    value, weight = np.array([1.0, 0.0, 1.0, 0.0]), np.array([3.0, 3.0, 1.0, 1.0])
    counts = EffectiveCounts.of(value, weight, np.zeros(4, dtype=np.intp), np.arange(4), 1)
    np.testing.assert_allclose(counts.size, [64 / 20])
    np.testing.assert_allclose(counts.hits, [32 / 20])
