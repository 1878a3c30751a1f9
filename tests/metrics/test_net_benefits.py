"""Net benefit keeps its identities, and its interval comes from what each row adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.metrics import net_benefit, net_benefit_influence


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
