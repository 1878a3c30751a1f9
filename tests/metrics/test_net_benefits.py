"""Net benefit keeps its identities, and its interval comes from what each row adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.metrics import (
    clustered_interval,
    mean_influence,
    net_benefit,
    net_benefit_influence,
    net_benefit_interval,
    share_interval,
)


def sample(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (rng.random(60) < 0.3).astype(float)
    y[:2] = 0, 1
    return y, rng.integers(0, 3, 60) / 2, rng.uniform(0.5, 2, 60)


@settings(deadline=None)
@given(st.integers(0, 1_000), st.floats(0.01, 0.9))
def test_everyone_nobody_and_the_right_ones(seed: int, threshold: float) -> None:
    y, _, weight = sample(seed)
    base = np.average(y, weights=weight)
    odds = threshold / (1 - threshold)
    assert net_benefit(y, np.zeros(60), weight, threshold) == 0
    assert net_benefit(y, y, weight, threshold) == pytest.approx(base)
    everyone = net_benefit(y, np.ones(60), weight, threshold)
    assert everyone == pytest.approx(base - (1 - base) * odds)
    # at the base rate itself, contacting everyone is worth as much as contacting nobody
    assert net_benefit(y, np.ones(60), weight, base) == pytest.approx(0, abs=1e-12)


def test_it_counts_hits_less_false_alarms_at_the_odds() -> None:
    y, contacted = np.repeat([1.0, 0.0, 1.0, 0.0], [8, 12, 2, 78]), np.repeat([1.0, 0], [20, 80])
    assert net_benefit(y, contacted, np.ones(100), 0.2) == pytest.approx((8 - 12 / 4) / 100)


@settings(deadline=None)
@given(st.integers(0, 1_000), st.floats(0.01, 0.9))
def test_what_rows_add_is_the_derivative_by_the_weight(seed: int, threshold: float) -> None:
    y, contacted, weight = sample(seed)
    influence = net_benefit_influence(y, contacted, weight, threshold)
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    step = np.zeros(60)
    step[0] = 1e-6
    more = net_benefit(y, contacted, weight + step, threshold)
    less = net_benefit(y, contacted, weight - step, threshold)
    assert influence[0] == pytest.approx(weight[0] * (more - less) / 2e-6, abs=1e-6)


def test_of_many_rows_its_interval_is_symmetric_and_clustered() -> None:
    rng = np.random.default_rng(0)
    household = np.repeat(np.arange(20_000), 3)
    y = np.repeat((rng.random(20_000) < 0.2).astype(float), 3)
    contacted = (rng.random(60_000) < 0.2 + 0.4 * y).astype(float)
    weight = rng.uniform(0.5, 2, 60_000)
    value = net_benefit(y, contacted, weight, 0.3)
    influence = net_benefit_influence(y, contacted, weight, 0.3)
    plain = clustered_interval(value, influence, household)
    found = net_benefit_interval(y, contacted, weight, 0.3, household)
    assert found.se == pytest.approx(plain.se)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.05 * plain.se)


def test_few_contacts_join_the_intervals_of_both_shares() -> None:
    """Of hits and contacts in vain in other households, which have next to nothing in common."""
    y, contacted = np.zeros(1_000), np.zeros(1_000)
    y[:30], contacted[[0, 1, 500, 501, 502]] = 1, 1
    household, one = np.arange(1_000), np.ones(1_000)
    found = net_benefit_interval(y, contacted, one, 0.2, household)
    hits, waste = (
        share_interval(part.mean(), mean_influence(part, one), household, one, part)
        for part in (contacted * y, contacted * (1 - y))
    )
    low = 0.00125 - np.hypot(0.002 - hits.low, 0.25 * (waste.high - 0.003))
    high = 0.00125 + np.hypot(hits.high - 0.002, 0.25 * (0.003 - waste.low))
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.01)


def test_where_everyone_is_contacted_one_more_hit_is_one_less_in_vain() -> None:
    y, one, household = np.repeat([1.0, 0.0], [10, 90]), np.ones(100), np.arange(100)
    found = net_benefit_interval(y, one, one, 0.2, household)
    rate = share_interval(0.1, mean_influence(y, one), household, one, y)
    ends = [share - (1 - share) / 4 for share in (rate.low, rate.high)]
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)


def test_a_single_household_has_no_interval() -> None:
    found = net_benefit_interval(
        np.array([1.0, 0.0]), np.ones(2), np.ones(2), 0.2, np.zeros(2, dtype=np.intp)
    )
    assert np.isnan([found.low, found.high, found.se]).all()
    assert found.note == "no interval: fewer than 2 households"
