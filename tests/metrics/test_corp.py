"""The parts of a Brier score add up, and right probabilities are seldom said to be wrong."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel import metrics

OVERLAPPING_ROUNDS = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "corp.py"), run_name="corp"
)
share_rejected = OVERLAPPING_ROUNDS["share_rejected"]


@given(st.integers(0, 10_000), st.booleans())
def test_parts_add_up_to_the_brier_score_and_none_is_below_0(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    p = rng.integers(1, 20, 80) / 20
    y = (rng.random(80) < p).astype(float)
    weight = rng.integers(0, 3, 80).astype(float) if weighted else np.ones(80)
    weight[0] = 1
    parts = metrics.brier_parts(y, p, weight)
    total = parts.miscalibration - parts.discrimination + parts.uncertainty
    assert total == pytest.approx(metrics.brier(y, p, weight), abs=1e-12)
    assert min(parts) >= -1e-12
    y, p, weight = (part[weight > 0] for part in (y, p, weight))
    of_recalibrated = metrics.brier(y, metrics.isotonic(y, p, weight), weight)
    assert parts.miscalibration == pytest.approx(
        metrics.brier(y, p, weight) - of_recalibrated, abs=1e-12
    )


def test_recalibrated_probabilities_need_no_recalibration_and_one_chance_tells_nothing() -> None:
    y = np.array([0.0, 0, 1, 0, 1, 1])
    p = np.linspace(0.1, 0.9, 6)
    assert metrics.brier_parts(y, metrics.isotonic(y, p)).miscalibration == pytest.approx(0)
    assert metrics.brier_parts(y, np.full(6, 0.3)).discrimination == pytest.approx(0)


def test_rows_of_a_household_have_one_sign_and_every_draw_keeps_the_size_of_its_errors() -> None:
    probability = np.array([0.2, 0.4, 0.6, 0.8])
    y = np.array([0.0, 1, 1, 0])
    levels = metrics.Levels.of(probability, np.ones(4))
    points = np.arange(4)
    one = metrics.wild_null(levels, y, np.zeros(4, int), points, 40, seed=0)
    own = levels.curve(y)
    turned = levels.curve(2 * probability - y)
    seen = {tuple(curve) for curve in one.curves}
    assert seen == {tuple(own), tuple(turned)}
    assert set(one.miscalibration.round(12)) == {
        round(levels.parts(y, own).miscalibration, 12),
        round(levels.parts(2 * probability - y, turned).miscalibration, 12),
    }


def test_the_calibration_error_is_the_mean_distance_over_the_bins() -> None:
    rng = np.random.default_rng(0)
    p = np.repeat([0.1, 0.3, 0.5, 0.8], 100)
    y, weight = (rng.random(400) < 0.4).astype(float), rng.uniform(0.5, 2, 400)
    levels = metrics.Levels.of(p, weight)
    assert len(np.unique(levels.bin_of_row)) == 4
    of_bins = [p == value for value in np.unique(p)]
    apart = [abs(np.average(y[rows] - p[rows], weights=weight[rows])) for rows in of_bins]
    share = [weight[rows].sum() / weight.sum() for rows in of_bins]
    assert levels.ece(y) == pytest.approx(np.dot(apart, share))


def test_points_are_spread_over_rows_and_over_the_scale_with_both_ends() -> None:
    p = np.concatenate([np.linspace(0.01, 0.02, 900), np.linspace(0.03, 0.9, 100)])
    levels = metrics.Levels.of(np.random.default_rng(0).permutation(p), np.ones(1_000))
    points = levels.points(11)
    # every hundredth row, and the first level from every eleventh of the scale on
    over_rows = np.linspace(0, 999, 11).round().astype(int)
    over_scale = np.searchsorted(p, np.linspace(0.01, 0.9, 11))
    assert points.tolist() == sorted({*over_rows.tolist(), *over_scale.tolist()})
    assert (points[0], points[-1]) == (0, 999)


def test_the_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    p = rng.integers(1, 50, 300) / 50
    y, unit = (rng.random(300) < p).astype(float), np.arange(300) // 3
    order = rng.permutation(300)
    points = np.arange(5)
    one, other = (
        metrics.wild_null(metrics.Levels.of(p[o], np.ones(300)), y[o], unit[o], points, 9, seed=0)
        for o in (np.arange(300), order)
    )
    assert one.curves == pytest.approx(other.curves)
    assert one.miscalibration == pytest.approx(other.miscalibration)
    assert one.ece == pytest.approx(other.ece)


def test_wrong_slopes_are_found_and_right_probabilities_seldom_refused() -> None:
    assert share_rejected(range(30), slope=1.0, draws=39) <= 0.14
    assert share_rejected(range(6), slope=1.4, draws=39) == 1


def test_signs_by_rows_would_refuse_right_probabilities_far_too_often() -> None:
    assert share_rejected(range(30), slope=1.0, draws=39, by_rows=True) >= 0.3
