"""Delays of which the long ones are not seen yet: what is identified of their distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from riskmodel.metrics.truncated_delays import delay_curve, delays_differ, share_bounds

CHANCES = np.array([0.5, 0.25, 0.15, 0.1])


def drawn(n: int, seed: int, chances: np.ndarray = CHANCES) -> tuple[np.ndarray, np.ndarray]:
    """Draw delays and limits; those beyond their limit are not seen."""
    rng = np.random.default_rng(seed)
    delay, limit = rng.choice(len(chances), n, p=chances), rng.integers(0, 6, n)
    seen = delay <= limit
    return delay[seen], limit[seen]


def test_without_limits_it_is_the_share_of_facts() -> None:
    delay = np.array([0, 0, 2, 3, 3, 5])
    curve = delay_curve(delay, np.full(6, 99), 5)
    assert curve.share == pytest.approx([2 / 6, 2 / 6, 3 / 6, 5 / 6, 5 / 6, 1])
    share = curve.share[:-1]
    assert curve.se[:-1] == pytest.approx(np.sqrt(share * (1 - share) / 6))
    assert curve.days_until(0.5) == 2
    assert curve.at([-1, 2, 9]).tolist() == [0.0, curve.share[2], 1.0]


def test_the_share_is_found_that_the_naive_one_misses() -> None:
    delay, limit = drawn(40_000, 0)
    curve = delay_curve(delay, limit, 3)
    naive = np.cumsum(np.bincount(delay)) / len(delay)
    assert np.abs(curve.share - np.cumsum(CHANCES)).max() < 0.01
    assert np.abs(naive - np.cumsum(CHANCES)).max() > 0.04


def test_intervals_hold_the_share() -> None:
    truth = np.cumsum(CHANCES)[:-1]
    held = [
        np.abs(curve.share[:-1] - truth) <= 1.96 * curve.se[:-1]
        for curve in (delay_curve(*drawn(600, seed), 3) for seed in range(400))
    ]
    assert (np.abs(np.mean(held, axis=0) - 0.95) < 0.04).all()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30),
    st.integers(0, 6),
)
def test_it_is_the_product_over_longer_delays(pairs: list[tuple[int, int]], longest: int) -> None:
    pairs = [(delay, max(delay, limit)) for delay, limit in pairs]
    curve = delay_curve([d for d, _ in pairs], [limit for _, limit in pairs], longest)
    for day in range(longest + 1):
        share = 1.0
        for k in range(day + 1, longest + 1):
            at_risk = sum(delay <= k <= limit for delay, limit in pairs)
            share *= 1 - sum(delay == k for delay, _ in pairs) / at_risk if at_risk else 1.0
        assert curve.share[day] == pytest.approx(share, abs=1e-12)
    assert (np.diff(curve.share) >= -1e-15).all()


def test_the_level_is_not_identified() -> None:
    delay, limit = drawn(5_000, 1)
    kept = delay < 3
    cut = delay_curve(delay[kept], limit[kept], 3)
    whole = delay_curve(delay, limit, 3)
    assert cut.share[:3] == pytest.approx(whole.share[:3] / whole.share[2], abs=1e-12)


def test_the_test_of_one_distribution_has_its_size_and_its_power() -> None:
    p_values = []
    for seed in range(300):
        delay, limit = drawn(500, seed)
        group = np.random.default_rng(seed).integers(0, 3, len(delay))
        p_values.append(delays_differ(delay, limit, group, 3))
    assert kstest(p_values, "uniform").pvalue > 0.001
    one, other = drawn(500, 1), drawn(500, 2, np.array([0.3, 0.25, 0.25, 0.2]))
    both = [np.concatenate(part) for part in zip(one, other, strict=True)]
    group = np.repeat([0, 1], [len(one[0]), len(other[0])])
    assert delays_differ(*both, group, 3) < 1e-4


def test_bounds_move_the_odds() -> None:
    low, high = share_bounds([0.2, 0.8], 2.0)
    odds = [share / (1 - share) for share in (low, np.array([0.2, 0.8]), high)]
    assert odds[1] / odds[0] == pytest.approx([2, 2])
    assert odds[2] / odds[1] == pytest.approx([2, 2])
    assert share_bounds(0.3, 1.0) == (pytest.approx(0.3), pytest.approx(0.3))
