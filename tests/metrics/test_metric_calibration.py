"""Losses equal scikit-learn's; slope and intercept recover the truth; bins are large enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from riskmodel import metrics


def drawn(n=200_000, slope=1.0, intercept=0.0, seed=0):
    """Outcomes whose true log-odds are slope * z + intercept, told log-odds z."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2, 1.2, n)
    return (rng.random(n) < expit(slope * odds + intercept)).astype(float), odds


def test_losses_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, p, w = (
        (rng.random(300) < 0.2).astype(float),
        np.r_[0.0, 1.0, rng.random(298)],
        rng.random(300),
    )
    assert metrics.brier(y, p, w) == pytest.approx(
        brier_score_loss(y, p, sample_weight=w), abs=1e-12
    )
    assert metrics.log_loss(y, p, w) == pytest.approx(log_loss(y, p, sample_weight=w), abs=1e-12)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.7, 0.0), (1.4, 0.9)])
def test_slope_recovers_the_truth(slope, intercept):
    y, odds = drawn(slope=slope, intercept=intercept)
    found, influence = metrics.calibration_slope(y, odds)
    assert abs(found - slope) < 4 * metrics.clustered_se(influence, np.arange(len(y)))
    assert found == pytest.approx(slope, abs=0.05)


def test_intercept_recovers_the_truth_and_makes_the_mean_right():
    y, odds = drawn(intercept=0.5)
    found, _ = metrics.calibration_intercept(y, odds)
    assert found == pytest.approx(0.5, abs=0.05)
    assert expit(odds + found).mean() == pytest.approx(y.mean(), abs=1e-9)


def test_slope_is_that_of_an_unpenalised_logistic_regression():
    y, odds = drawn(n=500, slope=0.8)
    weight = np.random.default_rng(1).random(500)
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds[:, None], y, weight)
    assert metrics.calibration_slope(y, odds, weight)[0] == pytest.approx(
        reference.coef_[0, 0], abs=1e-5
    )


@pytest.mark.parametrize("fit", [metrics.calibration_slope, metrics.calibration_intercept])
def test_influence_is_weight_times_derivative_by_the_weight(fit):
    y, odds = drawn(n=60, seed=3)
    weight = np.random.default_rng(2).random(60) + 0.1
    _, influence = fit(y, odds, weight)
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    for i in range(0, 60, 7):
        more, less = weight.copy(), weight.copy()
        more[i], less[i] = weight[i] + 1e-5, weight[i] - 1e-5
        slope = (fit(y, odds, more)[0] - fit(y, odds, less)[0]) / 2e-5
        assert influence[i] == pytest.approx(weight[i] * slope, abs=1e-6)


@pytest.mark.parametrize(
    ("y", "odds"),
    [
        ([0, 0, 1, 1], [1.0, 2, 3, 4]),
        ([0, 1, 0, 1], [1.0, 1, 1, 1]),
        ([0, 0, 0, 0], [1.0, 2, 3, 4]),
    ],
    ids=["separated", "one score", "one class"],
)
def test_no_finite_slope_is_said_to_be_none(y, odds):
    assert np.isnan(metrics.calibration_slope(y, odds)[0])


def test_certain_scores_that_fail_cost_dearly_but_not_infinitely():
    y = np.array([0.0, 1.0, 0.0, 1.0] * 10)
    slope, _ = metrics.calibration_slope(y, metrics.log_odds(np.array([1.0, 0.0, 0.0, 1.0] * 10)))
    assert slope == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(0, 6))
def test_bins_hold_equal_scores_together_in_order_and_never_too_few(seed, min_rows, min_expected):
    p = np.random.default_rng(seed).integers(0, 30, 120) / 30
    code = metrics.reliability_bins(p, min_rows=min_rows, min_expected=min_expected)
    assert np.array_equal(np.unique(code), np.arange(code.max() + 1))
    assert code.max() < 10
    order = np.argsort(p, kind="stable")
    assert (np.diff(code[order]) >= 0).all()
    assert all(len(np.unique(code[p == value])) == 1 for value in np.unique(p))
    if code.max() > 0:
        assert np.bincount(code).min() >= min_rows
        assert np.bincount(code, p).min() >= min_expected - 1e-9


def test_right_probabilities_are_right_in_every_bin_on_average():
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(400):
        p = rng.beta(0.5, 20, 1_000)
        y = rng.random(1_000) < p
        code = metrics.reliability_bins(p)
        ratios.append(y[code == 0].sum() / p[code == 0].sum())
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)


def test_isotonic_curve_is_calibrated_and_keeps_order():
    y, odds = drawn(n=2000, slope=0.5)
    curve = metrics.isotonic(y, expit(odds))
    assert (np.diff(curve[np.argsort(odds)]) >= 0).all()
    for value in np.unique(curve):
        assert y[curve == value].mean() == pytest.approx(value)
    assert metrics.brier(y, curve) < metrics.brier(y, expit(odds))
