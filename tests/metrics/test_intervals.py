"""Intervals cover the true value at their level, also where rows come in households."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from riskmodel import metrics
from riskmodel.errors import RiskmodelError
from riskmodel.metrics import Capacity


def households(n, rounds, rng, base=-2.5):
    """Households whose frailty and indicators stay over the rounds."""
    cluster = np.repeat(np.arange(n), rounds)
    score = rng.normal(size=n)[cluster] + 0.4 * rng.normal(size=n * rounds)
    y = rng.random(n * rounds) < expit(base + 1.2 * score + 1.5 * rng.normal(size=n)[cluster])
    return y.astype(float), score, cluster, np.tile(np.arange(rounds), n)


def list_figures(y, score, rounds, capacity=0.1):
    selection, weight = metrics.select(score, Capacity.parse(capacity), rounds), np.ones_like(y)
    near = selection.mean_near_cut(y, weight)
    moved = (y, selection.inclusion, weight, selection.share_listed(weight), near)
    return {
        "precision": (metrics.precision(*moved[:3]), metrics.precision_influence(*moved), "logit"),
        "recall": (metrics.recall(*moved[:3]), metrics.recall_influence(*moved), "logit"),
        "lift": (metrics.lift(*moved[:3]), metrics.lift_influence(*moved), "log"),
    }


def covered(found, truth):
    return found.low <= truth <= found.high


def test_clustered_auc_interval_covers_where_one_blind_to_households_does_not():
    rng = np.random.default_rng(0)
    y, score, *_ = households(100_000, 6, rng)
    truth, hits = metrics.auc(y, score), []
    for _ in range(200):
        y, score, cluster, _ = households(150, 6, rng)
        value, influence = metrics.auc(y, score), metrics.auc_influence(y, score)
        hits.append(
            [
                covered(metrics.clustered_interval(value, influence, who, scale="logit"), truth)
                for who in (cluster, np.arange(len(y)))
            ]
        )
    clustered, blind = np.mean(hits, axis=0)
    assert clustered >= 0.92
    assert blind < 0.9


def test_intervals_of_the_list_cover():
    rng = np.random.default_rng(1)
    y, score, _, rounds = households(100_000, 4, rng)
    truth = {name: value for name, (value, *_) in list_figures(y, score, rounds).items()}
    hits = {name: [] for name in truth}
    for _ in range(200):
        y, score, cluster, rounds = households(250, 4, rng)
        for name, (value, influence, scale) in list_figures(y, score, rounds).items():
            hits[name].append(
                covered(
                    metrics.clustered_interval(value, influence, cluster, scale=scale), truth[name]
                )
            )
    assert min(np.mean(each) for each in hits.values()) >= 0.91


def test_few_crises_widen_the_interval_enough():
    rng = np.random.default_rng(2)
    y, score, *_ = households(200_000, 1, rng, base=-5)
    truth, hits = metrics.auc(y, score), []
    while len(hits) < 200:
        y, score, cluster, _ = households(300, 1, rng, base=-5)
        if y.sum() >= 5:
            found = metrics.clustered_interval(
                metrics.auc(y, score), metrics.auc_influence(y, score), cluster, scale="logit"
            )
            hits.append(covered(found, truth))
    assert np.mean(hits) >= 0.92


def test_repeating_every_row_in_its_household_leaves_the_interval():
    rng = np.random.default_rng(3)
    y, score, cluster, _ = households(80, 3, rng, base=-1)
    once = metrics.clustered_interval(
        metrics.auc(y, score), metrics.auc_influence(y, score), cluster
    )
    y, score, cluster = (np.repeat(part, 4) for part in (y, score, cluster))
    again = metrics.clustered_interval(
        metrics.auc(y, score), metrics.auc_influence(y, score), cluster
    )
    assert (again.low, again.high) == pytest.approx((once.low, once.high))


def test_influence_with_a_given_cut_is_the_derivative_by_the_weight():
    rng = np.random.default_rng(4)
    y, weight, listed = (rng.random(40) < 0.4).astype(float), rng.random(40) + 0.1, rng.random(40)
    pairs = {
        metrics.precision: metrics.precision_influence,
        metrics.recall: metrics.recall_influence,
        metrics.lift: metrics.lift_influence,
    }
    for metric, influence in pairs.items():
        found = influence(y, listed, weight)
        for i in range(0, 40, 5):
            more, less = weight.copy(), weight.copy()
            more[i], less[i] = weight[i] + 1e-6, weight[i] - 1e-6
            slope = (metric(y, listed, more) - metric(y, listed, less)) / 2e-6
            assert found[i] == pytest.approx(weight[i] * slope, abs=1e-7)


def test_influences_with_a_moving_cut_sum_to_nothing_in_weighted_rounds():
    rng = np.random.default_rng(5)
    y, score, _, rounds = households(100, 3, rng)
    weight = rng.random(300)
    selection = metrics.select(np.round(score), Capacity(0.1), rounds)
    listed, share = selection.inclusion, selection.share_listed(weight)
    for influence in (
        metrics.precision_influence,
        metrics.recall_influence,
        metrics.lift_influence,
    ):
        assert influence(y, listed, weight, share, 0.3).sum() == pytest.approx(0, abs=1e-10)


def test_difference_of_equal_scores_is_exactly_nothing():
    found = metrics.clustered_interval(0.0, np.zeros(50), np.arange(50))
    assert (found.low, found.high) == (0, 0)


@pytest.mark.parametrize(
    ("value", "clusters", "events", "scale", "words"),
    [
        (0.8, 100, 4, "logit", "fewer than 5 households"),
        (0.8, 3, None, "logit", "fewer than 5 households"),
        (1.0, 100, 50, "logit", "edge of its range"),
        (0.0, 100, 50, "log", "edge of its range"),
        (np.nan, 100, 50, "identity", "not defined"),
    ],
)
def test_where_rows_cannot_tell_there_is_no_interval_but_a_reason(
    value, clusters, events, scale, words
):
    found = metrics.clustered_interval(
        value, np.ones(clusters), np.arange(clusters), scale=scale, events=events
    )
    assert np.isnan([found.low, found.high, found.se]).all()
    assert words in found.note


def rows_of(hits, households, rounds=1):
    """Rows of a list: so many hits, each of a household of its own, first rounds first."""
    cluster = np.tile(np.arange(households), rounds)
    hit = (np.arange(households * rounds) < hits).astype(float)
    value = hit.mean()
    return value, (hit - value) / len(hit), cluster, np.ones_like(hit), hit


@pytest.mark.parametrize(("hits", "low", "high"), [(0, 0.0, 0.137), (1, 0.001, 0.209)])
def test_one_hit_on_a_list_is_told_about_as_closely_as_none(hits, low, high):
    found = metrics.share_interval(*rows_of(hits, households=25))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize("hits", range(1, 25))
def test_an_interval_of_independent_rows_is_that_of_clopper_and_pearson(hits):
    from scipy.stats import binomtest

    found = metrics.share_interval(*rows_of(hits, households=25))
    exact = binomtest(hits, 25).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx(exact, abs=0.02)


def test_hits_of_few_households_count_as_households():
    # one of 25 households was in need, in each of six rounds or in one: rows tell no more than 25
    household = np.tile(np.arange(25), 6)
    often = (household == 0).astype(float)
    once = often * (np.arange(150) < 25)
    for hit in (often, once):
        influence = (hit - hit.mean()) / 150
        found = metrics.share_interval(hit.mean(), influence, household, np.ones(150), hit)
        assert found.high >= metrics.share_interval(*rows_of(0, households=25)).high


@pytest.mark.parametrize("chance", [0.04, 0.02])
def test_intervals_hold_where_few_hits_come_in_persistent_households(chance):
    from scipy.special import ndtr

    rng, held = np.random.default_rng(7), []
    household, everyone = np.repeat(np.arange(25), 6), np.ones(150)
    for _ in range(400):
        own, passing = rng.normal(size=25)[household], rng.normal(size=150)
        hit = (ndtr(np.sqrt(0.9) * own + np.sqrt(0.1) * passing) < chance).astype(float)
        influence = (hit - hit.mean()) / 150
        found = metrics.share_interval(hit.mean(), influence, household, everyone, hit)
        held.append(covered(found, chance))
        assert found.high - found.low < 0.9
    assert np.mean(held) >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / 400)


def test_an_unknown_scale_lists_the_known_ones():
    with pytest.raises(RiskmodelError, match="identity, log, logit"):
        metrics.clustered_interval(0.5, np.zeros(9), np.arange(9), scale="probit")
