"""Crises reached and expected are a list's size times shares; their intervals are scaled alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_settings import Setting, drawn

from riskmodel import metrics
from riskmodel.metrics import CRISES_EXPECTED, CRISES_REACHED, Capacity, ScoredRows
from riskmodel.metrics.list_metrics import PRECISION


@pytest.fixture
def rows() -> ScoredRows:
    setting = Setting(500, 2, -3.3, 50, steps=2)
    return drawn(setting, 500, np.random.default_rng(3))


def test_crises_reached_are_the_places_times_the_precision(rows: ScoredRows) -> None:
    places, precision = rows.inclusion.sum(), PRECISION.estimate(rows)
    reached = CRISES_REACHED.estimate(rows)
    assert places == 100
    assert reached == pytest.approx(places * precision)
    found = CRISES_REACHED.interval(reached, CRISES_REACHED.influence(rows), rows)
    by_share = PRECISION.interval(precision, PRECISION.influence(rows), rows)
    assert (found.low, found.high) == pytest.approx((100 * by_share.low, 100 * by_share.high))


def test_crises_expected_are_the_probabilities_of_the_listed(rows: ScoredRows) -> None:
    assert rows.probability is not None
    expected = CRISES_EXPECTED.estimate(rows)
    assert expected == pytest.approx(rows.inclusion @ rows.probability)
    found = CRISES_EXPECTED.interval(expected, CRISES_EXPECTED.influence(rows), rows)
    assert 0 < found.low < expected < found.high < 100
    # what is expected varies less than what comes about
    reached = CRISES_REACHED.estimate(rows)
    observed = CRISES_REACHED.interval(reached, CRISES_REACHED.influence(rows), rows)
    assert found.high - found.low < observed.high - observed.low


def test_weights_weigh_the_share_and_not_the_places(rows: ScoredRows) -> None:
    twice = replace(rows, weight=2 * rows.weight)
    heavy = replace(rows, weight=np.where(rows.y == 1, 3.0, 1.0))
    for metric in (CRISES_REACHED, CRISES_EXPECTED):
        assert metric.estimate(twice) == pytest.approx(metric.estimate(rows))
        assert metric.influence(twice) == pytest.approx(metric.influence(rows))
    reached = CRISES_REACHED.estimate(rows)
    others = rows.inclusion.sum() - reached
    assert CRISES_REACHED.estimate(heavy) == pytest.approx(
        rows.inclusion.sum() * 3 * reached / (3 * reached + others)
    )


def test_both_are_of_a_list_and_only_one_needs_probabilities(rows: ScoredRows) -> None:
    of_list = metrics.metrics_at_capacity()
    assert CRISES_REACHED in of_list
    assert CRISES_EXPECTED in of_list
    for metric, is_there in ((CRISES_REACHED, True), (CRISES_EXPECTED, False)):
        defined = metric.is_defined(metrics.Observation.COMPLETE, has_probabilities=False)
        assert defined == is_there
    with pytest.raises(AssertionError, match="probabilities only"):
        CRISES_EXPECTED.estimate(replace(rows, probability=None))


def test_the_cut_that_moves_counts_with_its_probability() -> None:
    # a row more above the cut pushes one of probability .3 off the list
    y, chance = np.zeros(100), np.r_[np.full(40, 0.9), np.full(20, 0.3), np.full(40, 0.01)]
    selection = metrics.select(chance, Capacity.parse(0.5), np.zeros(100))
    rows = ScoredRows.of(y, np.ones(100), chance, np.arange(100), selection)
    assert rows.marginal_probability == pytest.approx(
        0.3 * 20 / 50 + 0.9 * 15 / 50 + 0.01 * 15 / 50
    )
    assert np.isnan(ScoredRows.of(y, y + 1, None, np.arange(100), selection).marginal_probability)


def test_a_list_without_a_place_reaches_nobody(rows: ScoredRows) -> None:
    nobody = rows.with_list(np.zeros(len(rows)))
    for metric in (CRISES_REACHED, CRISES_EXPECTED):
        found = metric.interval(metric.estimate(nobody), metric.influence(nobody), nobody)
        assert (metric.estimate(nobody), found.low, found.high) == (0, 0, 0)
