"""The ceiling is what the exact chances score in expectation."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from riskmodel.datasets.truth import ceiling, expected_auc, expected_average_precision
from riskmodel.errors import ConfigError


def test_expected_auc_is_the_mean_over_pairs_of_rows() -> None:
    p = np.array([0.1, 0.5, 0.5, 0.9, 0.2])
    won = total = 0.0
    for i, j in itertools.permutations(range(len(p)), 2):
        weight = p[i] * (1 - p[j])
        won += weight * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0)
        total += weight
    assert expected_auc(p) == pytest.approx(won / total, abs=1e-14)


def test_expected_auc_of_other_scores_is_that_over_pairs_too() -> None:
    p, score = np.array([0.1, 0.5, 0.9, 0.3]), np.array([2.0, 1.0, 1.0, 3.0])
    pairs = [
        (p[i] * (1 - p[j]), np.sign(score[i] - score[j]))
        for i, j in itertools.permutations(range(4), 2)
    ]
    won = sum(weight * (1 + sign) / 2 for weight, sign in pairs)
    assert expected_auc(p, score) == pytest.approx(
        won / sum(weight for weight, _ in pairs), abs=1e-14
    )
    assert expected_auc(p, 10 * p) == expected_auc(p)


def test_certain_chances_are_never_wrong() -> None:
    p = np.array([0.0, 1.0, 0.0, 1.0])
    assert expected_auc(p) == 1.0
    assert expected_average_precision(p) == 1.0


def test_expected_figures_are_the_mean_of_drawn_ones() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 5.0, 2_000)
    draws = [rng.random(len(p)) < p for _ in range(200)]
    assert expected_auc(p) == pytest.approx(
        np.mean([roc_auc_score(y, p) for y in draws]), abs=0.003
    )
    assert expected_average_precision(p) == pytest.approx(
        np.mean([average_precision_score(y, p) for y in draws]), abs=0.006
    )


def test_precision_takes_the_capacity_of_each_round() -> None:
    index = pd.MultiIndex.from_product(
        [list("abcd"), pd.to_datetime(["2024-01-01", "2024-03-01"])],
        names=["household_id", "as_of_date"],
    )
    truth = pd.DataFrame({"probability": [0.9, 0.1, 0.8, 0.2, 0.0, 0.0, 0.0, 0.0]}, index=index)
    assert ceiling(truth, capacity=0.25).precision == pytest.approx((0.9 + 0.2) / 2)
    assert "at 25.0%" in repr(ceiling(truth, capacity=0.25))
    assert ceiling(truth).frame().loc["rows", "ceiling"] == 8


@pytest.mark.parametrize("capacity", [0, -0.1, 1.5])
def test_a_capacity_that_is_no_share_is_refused(capacity: float) -> None:
    with pytest.raises(ConfigError, match="share above 0"):
        ceiling(pd.DataFrame({"probability": []}), capacity=capacity)
