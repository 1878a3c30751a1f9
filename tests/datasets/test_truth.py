"""The ceiling is what the exact chances score in expectation."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.datasets.truth import (
    ceiling,
    expected_auc,
    expected_average_precision,
    expected_precision,
)
from riskmodel.errors import ConfigError
from riskmodel.keys import KEYS
from riskmodel.metrics import Capacity


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
        names=KEYS,
    )
    truth = pd.DataFrame({"probability": [0.9, 0.1, 0.8, 0.2, 0.0, 0.0, 0.0, 0.0]}, index=index)
    assert ceiling(truth, capacity=0.25).precision == pytest.approx((0.9 + 0.2) / 2)
    assert "at 25 % of each round" in repr(ceiling(truth, capacity=0.25))
    assert ceiling(truth).frame().loc["rows", "ceiling"] == 8


def test_slots_are_counted_as_in_an_evaluation() -> None:
    index = pd.MultiIndex.from_product(
        [[f"h{i}" for i in range(100)], pd.to_datetime(["2024-01-01"])], names=KEYS
    )
    seven = pd.DataFrame({"probability": [0.9] * 7 + [0.0] * 93}, index=index)
    assert ceiling(seven, 0.07).precision == pytest.approx(0.9)
    assert ceiling(seven, 7).precision == pytest.approx(0.9)
    assert ceiling(seven, 14).precision == pytest.approx(0.45)


def test_a_ceiling_by_area_lists_so_many_in_each() -> None:
    index = pd.MultiIndex.from_product([list("abcd"), pd.to_datetime(["2024-01-01"])], names=KEYS)
    truth = pd.DataFrame({"probability": [0.9, 0.8, 0.2, 0.1]}, index=index)
    area = pd.Series(["north", "north", "south", "south"], index=index)
    assert ceiling(truth, {"north": 1, "south": 1}, area).precision == pytest.approx(0.55)
    with pytest.raises(ConfigError, match="did you mean 'south'"):
        ceiling(truth, {"north": 1, "sout": 1}, area)
    with pytest.raises(ConfigError, match="the households have none"):
        ceiling(truth, {"north": 1})


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    n = draw(st.integers(2, 30))
    numbers = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), min_size=n, max_size=n)
    rounds = draw(st.lists(st.sampled_from(["2024-01-01", "2024-03-01"]), min_size=n, max_size=n))
    areas = draw(st.lists(st.sampled_from(["north", "south"]), min_size=n, max_size=n))
    index = pd.MultiIndex.from_arrays(
        [[f"h{i}" for i in range(n)], pd.to_datetime(rounds)], names=KEYS
    )
    truth = pd.DataFrame({"probability": draw(numbers)}, index=index)
    return truth, pd.Series(areas, index=index), np.array(draw(numbers))


@given(
    worlds(),
    st.one_of(st.floats(0.01, 0.99), st.integers(1, 9), st.just({"north": 2, "south": 0.3})),
)
def test_no_ranking_beats_the_ceiling(world: Any, capacity: Any) -> None:
    truth, area, score = world
    checked = Capacity.parse(capacity)
    by_area = area if checked.is_by_area else None
    best = expected_precision(truth, checked, by_area)
    assert expected_precision(truth, checked, by_area, score) <= best + 1e-12


@pytest.mark.parametrize("capacity", [0, -0.1, 1.5, 1.0, True])
def test_what_cannot_be_a_capacity_is_refused(capacity: float) -> None:
    with pytest.raises(ConfigError, match="share above 0"):
        ceiling(pd.DataFrame({"probability": []}), capacity=capacity)
