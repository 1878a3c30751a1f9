"""Intervals of several figures hold together: the quantile of the greatest deviation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from riskmodel.errors import RiskmodelError
from riskmodel.metrics import UPPER, clustered_interval, joint_quantile


def columns(figures: int, common: float, n: int = 2_000, seed: int = 0) -> np.ndarray:
    """Return what rows add to figures that share a part."""
    rng = np.random.default_rng(seed)
    return common * rng.normal(size=(n, 1)) + rng.normal(size=(n, figures))


def test_one_figure_has_its_own_quantile():
    one = columns(1, 0.0)
    assert joint_quantile(one, np.arange(len(one))) == UPPER
    assert joint_quantile(one, np.arange(len(one)), level=0.9) == pytest.approx(0.95)


@pytest.mark.parametrize("common", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_it_is_the_quantile_of_the_normal_distribution_with_the_same_correlation(common, level):
    """The chance that all lie within it, by integration (Genz), is the level."""
    influences = columns(3, common)
    found = norm.ppf(joint_quantile(influences, np.arange(len(influences)), level=level))
    box = multivariate_normal(cov=np.corrcoef(influences.T), seed=1)
    inside = box.cdf(np.full(3, found), lower_limit=np.full(3, -found))
    assert inside == pytest.approx(level, abs=0.003)


def test_independent_figures_have_sidaks_quantile():
    found = joint_quantile(columns(4, 0.0, n=50_000), np.arange(50_000))
    assert found == pytest.approx((1 + 0.95**0.25) / 2, abs=2e-4)


def test_rows_of_a_household_are_summed_first():
    """Two figures that differ by row and agree by household are one figure."""
    rng = np.random.default_rng(0)
    household = np.repeat(np.arange(500), 2)
    shared, own = np.repeat(rng.normal(size=500), 2), rng.normal(size=500)
    turned = np.ravel(np.column_stack([own, -own]))
    figures = np.column_stack([shared, shared + 5 * turned])
    assert joint_quantile(figures, household) == pytest.approx(UPPER, abs=1e-3)
    assert joint_quantile(figures, np.arange(1_000)) > UPPER + 0.005


def test_figures_that_nothing_moves_or_that_are_not_defined_count_for_nothing():
    influences = columns(2, 0.5)
    known = joint_quantile(influences, np.arange(2_000))
    one_missing = np.r_[np.nan, influences[1:, 0]]
    more = np.column_stack([np.zeros(2_000), influences, one_missing, np.ones(2_000)])
    assert joint_quantile(more, np.arange(2_000)) == pytest.approx(known, abs=1e-12)
    assert joint_quantile(more[:, [0, 3]], np.arange(2_000)) == UPPER


def test_a_household_alone_has_nothing_to_vary():
    assert joint_quantile(columns(3, 0.0, n=4), np.zeros(4, dtype=np.intp)) == UPPER


@given(st.integers(2, 6), st.floats(0, 5), st.integers(0, 1_000))
@settings(max_examples=15, deadline=None)
def test_it_lies_between_one_figures_and_bonferronis(figures, common, seed):
    influences = columns(figures, common, n=50, seed=seed)
    found = joint_quantile(influences, np.arange(50))
    assert UPPER <= found <= 1 - 0.025 / figures
    turned = influences[:, ::-1] * np.linspace(-3, 7, figures)
    assert joint_quantile(turned, np.arange(50)) == pytest.approx(found, abs=1e-3)


def test_the_same_seed_gives_the_same_and_another_nearly_the_same():
    influences = columns(3, 1.0)
    one, again, other = (
        joint_quantile(influences, np.arange(2_000), seed=seed) for seed in (0, 0, 1)
    )
    assert one == again
    assert other == pytest.approx(one, abs=5e-4)
    assert other != one


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_a_level_that_is_no_chance_is_refused(level):
    with pytest.raises(RiskmodelError, match="is no chance.*between 0 and 1"):
        joint_quantile(columns(2, 0.0), np.arange(2_000), level=level)


def test_a_higher_quantile_makes_a_wider_interval_of_the_same_figure():
    influence = columns(1, 0.0)[:, 0] / 2_000
    narrow, wide = (
        clustered_interval(0.5, influence, np.arange(2_000), upper=upper)
        for upper in (UPPER, 0.995)
    )
    assert narrow.se == wide.se
    assert wide.high - 0.5 == pytest.approx((narrow.high - 0.5) * 2.5775 / 1.9611, rel=1e-3)
