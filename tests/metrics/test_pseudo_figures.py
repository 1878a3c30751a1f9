"""Figures of pseudo-labels equal scikit-learn's and double loops; what adds to them is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from riskmodel import metrics
from riskmodel.errors import RiskmodelError
from riskmodel.metrics import selective


def table(seed, n=60, levels=12):
    """Return labels beyond 0 and 1, scores with ties, weights and a list."""
    rng = np.random.default_rng(seed)
    phi = rng.normal(0.4, 1.0, n)
    score = rng.integers(1, levels, n) / levels
    return phi, score, rng.random(n) + 0.1, (score > 0.6).astype(float)


FIGURES = {
    "prevalence": lambda phi, score, weight: selective.prevalence(phi, weight),
    "AUC": selective.pseudo_auc,
    "average precision": selective.pseudo_average_precision,
    "Brier": selective.pseudo_brier,
    "log loss": selective.pseudo_log_loss,
    "slope": selective.pseudo_calibration_slope,
    "intercept": selective.pseudo_calibration_intercept,
    "precision": lambda p, s, w: selective.listed_precision(p, (s > 0.6) * 1.0, w),
    "recall": lambda p, s, w: selective.listed_recall(p, (s > 0.6) * 0.7, w),
    "net benefit": lambda p, s, w: selective.pseudo_net_benefit(p, s, w, 0.2),
}


@pytest.mark.parametrize("seed", range(10))
def test_with_every_chance_1_every_figure_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    y, score, weight, top = table(seed)
    y = (rng.random(len(y)) < 0.4).astype(float)
    everyone = np.ones(len(y))
    phi = selective.pseudo_labels(y, everyone > 0, everyone, rng.random(len(y)))
    assert np.abs(phi - y).max() <= 1e-15

    kwargs = {"sample_weight": weight}
    references = {
        "prevalence": np.average(y, weights=weight),
        "AUC": roc_auc_score(y, score, **kwargs),
        "average precision": average_precision_score(y, score, **kwargs),
        "Brier": brier_score_loss(y, score, **kwargs),
        "log loss": log_loss(y, score, **kwargs),
        "precision": precision_score(y, top, **kwargs),
        "recall": recall_score(y, top, **kwargs),
    }
    for name, reference in references.items():
        found = (
            selective.listed_recall(phi, top, weight)
            if name == "recall"
            else FIGURES[name](phi, score, weight)
        )
        assert found.value == pytest.approx(reference, abs=1e-12), name


def test_calibration_of_verdicts_is_that_of_a_logistic_regression():
    rng = np.random.default_rng(1)
    score = rng.uniform(0.05, 0.9, 500)
    y, weight = (rng.random(500) < score).astype(float), rng.random(500) + 0.1
    odds = metrics.log_odds(score)
    fit = LogisticRegression(C=1e12, tol=1e-10, max_iter=10_000).fit(odds[:, None], y, weight)
    slope = selective.pseudo_calibration_slope(y, score, weight)
    assert slope.value == pytest.approx(fit.coef_[0, 0], abs=1e-5)
    own = metrics.calibration_slope(y, odds, weight)
    assert slope.value == own.value
    assert np.array_equal(slope.influence, own.influence)
    of_curve = selective.pseudo_reliability(y, score, weight)
    assert of_curve == pytest.approx(metrics.isotonic(y, score, weight))


def auc_by_loops(phi, score, weight):
    won, pairs = 0.0, 0.0
    for i in range(len(phi)):
        for j in range(len(phi)):
            if i != j:
                pair = weight[i] * phi[i] * weight[j] * (1 - phi[j])
                pairs += pair
                won += pair * ((score[i] > score[j]) + (score[i] == score[j]) / 2)
    return won / pairs


def average_precision_by_loops(phi, score, weight):
    total = 0.0
    for i in range(len(phi)):
        above = [j for j in range(len(phi)) if score[j] >= score[i]]
        hits = weight[i] + sum(weight[j] * phi[j] for j in above if j != i)
        total += weight[i] * phi[i] * hits / sum(weight[j] for j in above)
    return total / float(weight @ phi)


@given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(2, 8))
def test_ranking_figures_of_any_labels_are_those_of_double_loops(seed, n, levels):
    phi, score, weight, _ = table(seed, n, levels)
    for figure, loops in (
        (selective.pseudo_auc, auc_by_loops),
        (selective.pseudo_average_precision, average_precision_by_loops),
    ):
        found = figure(phi, score, weight).value
        if np.isfinite(found) and abs(found) < 1e3:
            assert found == pytest.approx(loops(phi, score, weight), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("seed", range(3))
def test_what_labels_and_rows_add_are_derivatives(name, seed):
    phi, score, weight, _ = table(seed, n=40, levels=6)
    if name in ("slope", "intercept"):
        phi = np.clip(phi, -0.5, 1.5)
    found = FIGURES[name](phi, score, weight)
    assert found.influence.sum() == pytest.approx(0, abs=1e-9)
    step = 1e-6
    for i in range(len(phi)):
        unit = step * (np.arange(len(phi)) == i)
        by_label = (
            FIGURES[name](phi + unit, score, weight).value
            - FIGURES[name](phi - unit, score, weight).value
        ) / (2 * step)
        by_weight = (
            FIGURES[name](phi, score, weight + unit).value
            - FIGURES[name](phi, score, weight - unit).value
        ) / (2 * step)
        assert found.by_label[i] == pytest.approx(by_label, abs=1e-6)
        assert found.influence[i] == pytest.approx(weight[i] * by_weight, abs=1e-6)


def test_a_cut_that_moves_has_the_influence_of_the_list_figures():
    phi, _, weight, top = table(4)
    share = np.full(len(phi), np.average(top, weights=weight))
    for figure, own in (
        (selective.listed_precision, metrics.precision_influence),
        (selective.listed_recall, metrics.recall_influence),
    ):
        found = figure(phi, top, weight, share, 0.25).influence
        assert found == pytest.approx(own(phi, top, weight, share, 0.25), abs=1e-12)
        assert np.abs(found - figure(phi, top, weight).influence).max() > 1e-4


@pytest.mark.parametrize("wrong", ["nothing", "chance", "expected"])
def test_labels_have_the_mean_of_the_verdict_if_chance_or_expectation_is_right(wrong):
    rng = np.random.default_rng(7)
    n = 400_000
    x = rng.random(n)
    need, chance = 0.05 + 0.3 * x, 0.1 + 0.6 * x
    y, known = (rng.random(n) < need) * 1.0, rng.random(n) < chance
    chance = np.full(n, known.mean()) if wrong == "chance" else chance
    model = np.full(n, 0.5) if wrong == "expected" else need
    phi = selective.pseudo_labels(y, known, chance, model)
    assert abs(y[known].mean() - y.mean()) > 0.02
    assert phi.mean() == pytest.approx(y.mean(), abs=0.004)


def test_sensitivity_labels_at_an_odds_ratio_of_1_are_the_pseudo_labels():
    rng = np.random.default_rng(0)
    n = 200
    pi, q, m = rng.uniform(0.1, 1, n), rng.uniform(0.1, 1, n), rng.random(n)
    d, r, y = rng.random(n) < pi, rng.random(n) < q, (rng.random(n) < m) * 1.0
    found = selective.sensitivity_labels(y, d, r, pi, q, m, 1.0)
    assert found == pytest.approx(selective.pseudo_labels(y, d & r, pi * q, m), abs=1e-12)


@pytest.mark.parametrize("odds_ratio", [0.25, 4.0])
def test_sensitivity_labels_have_the_right_mean_where_reach_depends_on_need(odds_ratio):
    rng = np.random.default_rng(3)
    n = 600_000
    m = 0.05 + 0.4 * rng.random(n)
    q = np.full(n, 0.6)
    reached, drawn = rng.random(n) < q, rng.random(n) < 0.5
    y = (rng.random(n) < np.where(reached, m, selective.shifted_odds(m, odds_ratio))) * 1.0
    args = (y, drawn, reached, np.full(n, 0.5), q)
    assert selective.sensitivity_labels(*args, m, odds_ratio).mean() == pytest.approx(
        y.mean(), abs=0.004
    )
    # to the first order, a wrong expectation does no harm
    near = selective.shifted_odds(m, 1.2)
    assert selective.sensitivity_labels(*args, near, odds_ratio).mean() == pytest.approx(
        y.mean(), abs=0.006
    )
    assert abs(selective.sensitivity_labels(*args, m, 1.0).mean() - y.mean()) > 0.03


ROW = {"verdict": [1.0], "known": [True], "chance": [0.5], "expected": [0.2]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chance": [-0.1]}, "selective.chance"),
        ({"chance": [1.1]}, "selective.chance"),
        ({"chance": [np.nan]}, "selective.chance"),
        ({"expected": [2.0]}, "selective.chance"),
        ({"verdict": [np.nan]}, "selective.verdict"),
        ({"verdict": [0.5]}, "selective.verdict"),
        ({"chance": [0.0]}, "selective.no_chance"),
        ({"expected": [0.2, 0.3]}, "selective.length"),
    ],
)
def test_bad_rows_are_refused_without_a_cell(change, code):
    with pytest.raises(RiskmodelError) as refused:
        selective.pseudo_labels(**(ROW | change))
    assert refused.value.code == code
    assert refused.value.next_step


def test_figures_that_are_not_defined_are_nan():
    phi, weight = np.array([-0.5, 0.2]), np.ones(2)
    assert np.isnan(selective.listed_recall(phi, weight, weight).value)
    assert np.isnan(selective.pseudo_average_precision(phi, phi, weight).value)
    assert np.isnan(selective.listed_precision(phi, 0 * phi, weight).value)
    assert np.isnan(selective.pseudo_auc(np.zeros(2), phi, weight).value)
