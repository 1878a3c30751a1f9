"""A metric is one object: added once, it stands in every table, and with the right direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from riskmodel import metrics
from riskmodel.errors import RiskmodelError
from riskmodel.metrics import METRICS, Capacity, Metric, Observation, ScoredRows, Use


def rows(seed: int = 0, n: int = 300) -> ScoredRows:
    rng = np.random.default_rng(seed)
    chance = np.round(rng.random(n), 1) * 0.8 + 0.1
    y, weight = (rng.random(n) < chance).astype(float), rng.random(n) + 0.5
    selection = metrics.select(chance, Capacity.parse(0.1), rng.integers(0, 2, n))
    return ScoredRows.of(y, weight, chance, np.arange(n), selection)


def test_names_and_titles_are_unique() -> None:
    assert [metric.name for metric in METRICS.values()] == list(METRICS)
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_what_rows_add_sums_to_nothing(metric: Metric) -> None:
    influence = metric.influence(rows())
    assert np.abs(influence).max() > 0
    assert influence.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_of_the_list_alone_depends_on_the_list(metric: Metric) -> None:
    one = rows()
    other = one.with_list(np.roll(one.inclusion, 7))
    assert (metric.estimate(one) != metric.estimate(other)) == metric.is_at_capacity


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_needs_probabilities_only_if_it_says_so(metric: Metric) -> None:
    without = replace(rows(), probability=None)
    if not metric.needs_probabilities:
        assert metric.estimate(without) == metric.estimate(rows())


@pytest.mark.parametrize(
    "metric", [m for m in METRICS.values() if m.greater_is_better is not None], ids=lambda m: m.name
)
def test_the_better_scores_have_the_better_value(metric: Metric) -> None:
    one = rows()
    turned = metrics.select(-one.margin, Capacity.parse(0.1), np.zeros(len(one)))
    other = ScoredRows.of(one.y, one.weight, 1 - one.margin, one.household, turned)
    assert metric.is_no_worse(metric.estimate(one), metric.estimate(other))
    assert not metric.is_no_worse(metric.estimate(other), metric.estimate(one))


def test_equal_values_are_no_worse_and_nothing_is_not() -> None:
    auc, brier, slope = METRICS["auc"], METRICS["brier"], METRICS["calibration_slope"]
    assert auc.is_no_worse(0.7, 0.7)
    assert brier.is_no_worse(0.1, 0.1)
    assert not auc.is_no_worse(float("nan"), 0.7)
    assert not slope.is_no_worse(1.0, 1.0)


def test_support_is_the_households_of_the_rarer_class() -> None:
    y = np.array([1.0, 1, 0, 0, 0, 1, 0, 0])
    selection = metrics.select(-np.arange(8.0), Capacity.parse(5), np.zeros(8))
    found = ScoredRows.of(y, np.ones(8), None, np.array([0, 0, 1, 2, 3, 4, 5, 6]), selection)
    assert metrics.households_of_both_classes(found) == 2
    assert metrics.households_listed_of_both_classes(found) == 1
    assert metrics.households_reached_and_missed(found) == 1


@pytest.mark.parametrize("use", [Use.COMPARISON, Use.GATE])
def test_a_metric_without_direction_is_neither_compared_nor_a_gate(use: Use) -> None:
    with pytest.raises(RiskmodelError, match="has no direction.*False for a loss"):
        replace(METRICS["auc"], greater_is_better=None, uses=frozenset({use}))


@pytest.mark.parametrize("use", [Use.PROMOTION, Use.GATE])
def test_a_gate_reads_a_comparison_that_there_must_be(use: Use) -> None:
    with pytest.raises(RiskmodelError, match="not compared.*Next: add Use.COMPARISON"):
        replace(METRICS["auc"], uses=frozenset({use}))


def test_a_metric_may_be_kept_from_labels_that_observe_some_outcomes_only() -> None:
    everyone_only = replace(METRICS["recall"], observations=frozenset({Observation.COMPLETE}))
    assert everyone_only.is_defined(Observation.COMPLETE, has_probabilities=False)
    assert not everyone_only.is_defined(Observation.SELECTIVE, has_probabilities=True)


def test_uses_derive_from_the_one_registry() -> None:
    def names(found: list[Metric]) -> list[str]:
        return [metric.name for metric in found]

    compared = ["auc", "average_precision", "brier", "log_loss", "precision", "recall"]
    assert names(metrics.metrics_used_in(Use.COMPARISON)) == compared
    assert names(metrics.metrics_used_in(Use.GATE)) == ["auc", "average_precision", "precision"]
    assert names(metrics.metrics_at_capacity()) == [
        "precision",
        "recall",
        "lift",
        "crises_reached",
        "crises_expected",
    ]
    without = metrics.metrics_defined(Observation.COMPLETE, has_probabilities=False)
    assert [name for name in METRICS if name not in names(without)] == [
        "brier",
        "log_loss",
        "calibration_slope",
        "calibration_intercept",
        "crises_expected",
    ]


@pytest.mark.parametrize("all_in_need", [True, False])
def test_at_the_edge_the_lift_has_the_interval_of_the_precision(all_in_need: bool) -> None:
    for positives in range(20, 40):
        y = (np.arange(400) < positives).astype(float)
        listed = metrics.select(y if all_in_need else -y, Capacity.parse(20), np.zeros(400))
        one = ScoredRows.of(y, np.ones(400), y, np.arange(400), listed)
        share, lift = (interval_of(METRICS[name], one) for name in ("precision", "lift"))
        assert (share.high if all_in_need else share.low) == all_in_need
        assert np.array([lift.low, lift.high]) * y.mean() == pytest.approx([share.low, share.high])


def interval_of(metric: Metric, one: ScoredRows) -> metrics.Interval:
    return metric.interval(metric.estimate(one), metric.influence(one), one)
