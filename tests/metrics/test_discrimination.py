"""AUC and average precision equal scikit-learn's; their influences are derivatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from riskmodel import metrics
from riskmodel.errors import RiskmodelError

PAIRS = {
    "auc": (metrics.auc, metrics.auc_influence, roc_auc_score),
    "average precision": (
        metrics.average_precision,
        metrics.average_precision_influence,
        average_precision_score,
    ),
}


def table(seed, n=60, levels=12):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(float)
    y[:2] = 0, 1
    return y, rng.integers(0, levels, n) / levels, rng.random(n) + 0.1


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", PAIRS)
def test_value_is_that_of_scikit_learn_with_ties_and_weights(name, seed):
    metric, _, reference = PAIRS[name]
    y, score, weight = table(seed)
    assert metric(y, score, weight) == pytest.approx(
        reference(y, score, sample_weight=weight), abs=1e-12
    )
    assert metric(y, score) == pytest.approx(reference(y, score), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", PAIRS)
def test_influence_is_weight_times_derivative_by_the_weight(name, seed):
    metric, influence, _ = PAIRS[name]
    y, score, weight = table(seed, n=25, levels=6)
    found, step = influence(y, score, weight), 1e-6
    for i in range(len(y)):
        more, less = weight.copy(), weight.copy()
        more[i], less[i] = weight[i] + step, weight[i] - step
        slope = (metric(y, score, more) - metric(y, score, less)) / (2 * step)
        assert found[i] == pytest.approx(weight[i] * slope, abs=1e-7)


@pytest.mark.parametrize("name", PAIRS)
def test_influence_is_what_the_jackknife_finds(name):
    metric, influence, _ = PAIRS[name]
    y, score, _ = table(3, n=400)
    left_out = np.array([metric(np.delete(y, i), np.delete(score, i)) for i in range(len(y))])
    jackknife = (len(y) - 1) / len(y) * ((left_out - left_out.mean()) ** 2).sum()
    assert (influence(y, score) ** 2).sum() == pytest.approx(jackknife, rel=0.03)


@given(st.integers(0, 10_000))
def test_influences_sum_to_nothing(seed):
    y, score, weight = table(seed, n=15, levels=5)
    for _, influence, _ in PAIRS.values():
        assert influence(y, score, weight).sum() == pytest.approx(0, abs=1e-12)


@given(st.integers(0, 10_000))
def test_only_the_order_of_scores_counts(seed):
    y, score, weight = table(seed, n=15)
    for metric, _, _ in PAIRS.values():
        assert metric(y, np.exp(3 * score) - 7, weight) == metric(y, score, weight)


@given(st.integers(0, 10_000))
def test_turning_scores_round_turns_auc_round(seed):
    y, score, weight = table(seed, n=15)
    assert metrics.auc(y, -score, weight) == pytest.approx(
        1 - metrics.auc(y, score, weight), abs=1e-12
    )


def test_one_score_for_all_ranks_by_chance():
    y = np.array([0.0, 1.0, 0.0, 0.0])
    assert metrics.auc(y, np.ones(4)) == 0.5
    assert metrics.average_precision(y, np.ones(4)) == 0.25


def test_a_weight_is_so_many_rows():
    y, score, _ = table(1)
    times = np.random.default_rng(0).integers(1, 4, len(y))
    for metric, _, _ in PAIRS.values():
        repeated = metric(np.repeat(y, times), np.repeat(score, times))
        assert metric(y, score, times) == pytest.approx(repeated, abs=1e-12)


def test_one_class_has_no_value():
    assert np.isnan(metrics.auc([1, 1], [0.1, 0.2]))
    assert np.isnan(metrics.average_precision([0, 0], [0.1, 0.2]))


@pytest.mark.parametrize(
    ("y", "score", "weight", "words"),
    [
        ([0, 2], [1, 2], None, "neither 0 nor 1"),
        ([0, np.nan], [1, 2], None, "leave out rows without a label"),
        ([0, 1], [1, np.nan], None, "score: 1 of 2 values are missing"),
        ([0, 1], [1, 2], [1, -1], "weight: 1 of 2 values are missing, infinite or negative"),
        ([0, 1], [1, 2, 3], None, "have 2, 3 rows"),
    ],
)
def test_arrays_that_cannot_be_judged_are_refused(y, score, weight, words):
    with pytest.raises(RiskmodelError) as refusal:
        metrics.auc(y, score, weight)
    assert words in str(refusal.value)


@pytest.mark.parametrize("off", ["score", "weight"])
def test_series_of_other_rows_are_refused_and_arrays_go_by_position(off: str) -> None:
    y, score, weight = map(pd.Series, table(1))
    parts = {"y": y, "score": score, "weight": weight}
    with pytest.raises(RiskmodelError, match=rf"pass {off}\.loc\[y\.index\]") as error:
        metrics.auc(**parts | {off: parts[off][::-1]})
    assert error.value.code == "metrics.index"
    assert metrics.auc(**parts) == metrics.auc(*table(1))
