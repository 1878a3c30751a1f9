"""Intervals of shares of verdicts lie where shares can, and hold them where few are confirmed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import betaincinv, expit, logit

from riskmodel.errors import RiskmodelError
from riskmodel.metrics import selective, share_interval
from riskmodel.metrics.selective import (
    VERDICT_FIGURES,
    SelectiveRows,
    ShareOf,
    Spread,
    interval_of_share,
    symmetric_interval,
    verdict_estimate,
)

REPETITIONS = 500
ENDS = (0.025, 0.975)
SHARES = ("base_rate", "precision", "recall", "lift", "crises_reached")


def rows_of(verdict, known, chance, expected, listed):
    """Rows of which a score lists the first ones, each a household, drawn by its chance."""
    n = len(verdict)
    return SelectiveRows(
        verdict=np.where(known, verdict, np.nan),
        known=known,
        drawn=known,
        drawn_chance=chance,
        reach_chance=np.ones(n),
        expected=expected,
        known_chance=chance,
        weight=np.ones(n),
        score=-np.arange(n, dtype=float),
        probability=expected,
        household=np.arange(n),
        area_round=None,
        listed=listed,
        share_listed=np.full(n, listed.mean()),
        near_cut=np.zeros(n),
        last_rate=1.0,  # as if enough were expected
    )


def own_chances(n, mean, seed=1):
    """Chances of a verdict of 1 that differ, and have this mean."""
    own = np.random.default_rng(seed).normal(0, 1.0, n)
    level = brentq(lambda level: expit(level + own).mean() - mean, -20, 20)
    return expit(level + own)


EXPECTED = {
    "well": lambda p: p,
    "too low": lambda p: expit(logit(p) - 1),
    "too high": lambda p: expit(logit(p) + 1),
    "alike": lambda p: np.full(len(p), p.mean()),
}


def held(p, chance, expected, figure, estimand, listed):
    """How often a share and its symmetric interval held the truth, and how wide each was."""
    rng = np.random.default_rng(7)
    held, wide = np.zeros(2), np.zeros(2)
    for _ in range(REPETITIONS):
        verdict = (rng.random(len(p)) < p).astype(float)
        rows = rows_of(verdict, rng.random(len(p)) < chance, chance, expected, listed)
        of = VERDICT_FIGURES[figure]
        hit = p if estimand == "lists like it" else verdict
        truth = {
            "precision": hit @ listed / listed.sum(),
            "recall": hit @ listed / hit.sum() if hit.any() else 0.0,
        }[figure]
        found = verdict_estimate(of, rows, estimand)
        parts = of.of(rows)
        if estimand == "lists like it":
            spread = selective.spread_of_lists_like_it(parts.influence, rows.household, None)
        else:
            spread = selective.spread_of_this_list(
                parts.by_label, rows.verdict, rows.known, rows.chance, rows.expected
            )
        for n, each in enumerate((found.interval, symmetric_interval(parts.value, spread))):
            held[n] += each.low <= truth <= each.high
            wide[n] += each.high - each.low
        assert 0 <= found.interval.low <= found.interval.high <= 1
    return held / REPETITIONS, wide / REPETITIONS


@pytest.mark.parametrize("estimand", selective.ESTIMANDS)
@pytest.mark.parametrize("how", EXPECTED)
def test_a_precision_of_few_confirmed_is_held_where_a_symmetric_interval_misses_it(how, estimand):
    """30 verdicts promised of a list of 300 of which a twentieth would be confirmed."""
    p = own_chances(300, 0.05)
    coverage, width = held(
        p, np.full(300, 0.1), EXPECTED[how](p), "precision", estimand, np.ones(300)
    )
    assert coverage[0] >= 0.94
    assert width[0] < 0.85 * width[1]
    if how != "too high":
        assert coverage[1] < 0.9


@pytest.mark.parametrize("estimand", selective.ESTIMANDS)
@pytest.mark.parametrize("mean", [0.1, 0.3, 0.9])
def test_a_precision_of_many_confirmed_is_held_and_no_wider(mean, estimand):
    """Half of the list was certain to be drawn, and most of it was met."""
    p = own_chances(300, mean)
    chance = np.repeat([0.8, 0.2], 150)
    (now, _), (wide, symmetric) = held(
        p, chance, EXPECTED["alike"](p), "precision", estimand, np.ones(300)
    )
    assert 0.92 <= now <= 0.995
    assert wide < 1.05 * symmetric


@pytest.mark.parametrize("how", ["well", "too low"])
def test_a_recall_is_held_and_given_where_few_of_the_list_are_confirmed(how):
    listed = np.repeat([1.0, 0.0], [300, 4_000])
    p = np.concatenate([own_chances(300, 0.08), own_chances(4_000, 0.05, seed=2)])
    (now, _), (wide, symmetric) = held(
        p, np.full(4_300, 0.1), EXPECTED[how](p), "recall", "lists like it", listed
    )
    assert now >= 0.93
    assert wide < symmetric


@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.floats(0.05, 1.0),
    st.floats(0.0, 1.0),
    st.sampled_from(selective.ESTIMANDS),
    st.data(),
)
def test_an_interval_of_a_share_lies_where_shares_can(yes, no, chance, expected, estimand, data):
    """Whatever was found and expected, also where the estimate is no share itself."""
    n = 30
    verdict = np.repeat([1.0, 0.0, 0.0], [yes, no, n - yes - no])
    known = np.arange(n) < yes + no
    listed = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)))
    if not listed.any():
        listed[0] = 1.0
    rows = rows_of(verdict, known, np.full(n, chance), np.full(n, expected), listed)
    for name in SHARES:
        figure = VERDICT_FIGURES[name]
        found = figure.of(rows)
        if not np.isfinite(found.value):
            continue
        share = figure.share(rows)
        spread = selective.spread_of_lists_like_it(found.influence, rows.household, None)
        interval = interval_of_share(found.value, spread, share, rows.household)
        assert 0 <= interval.low <= interval.high <= share.greatest * (1 + 1e-12)
        inside = min(max(found.value, 0.0), share.greatest)
        assert interval.low - 1e-9 <= inside <= interval.high + 1e-9


def test_with_every_verdict_known_it_is_that_of_a_share_and_this_list_a_point():
    rng = np.random.default_rng(0)
    verdict, everyone = (rng.random(400) < 0.2).astype(float), np.ones(400)
    rows = rows_of(verdict, everyone > 0, everyone, np.full(400, 0.2), everyone)
    found = verdict_estimate(VERDICT_FIGURES["precision"], rows)
    plain = share_interval(
        verdict.mean(), found.influence, rows.household, among=everyone, hit=verdict
    )
    assert found.interval.low == pytest.approx(plain.low, rel=0.01)
    assert found.interval.high == pytest.approx(plain.high, rel=0.01)
    here = verdict_estimate(VERDICT_FIGURES["precision"], rows, "this list").interval
    assert here.low == here.high == pytest.approx(verdict.mean())


def test_a_multiple_of_a_share_has_the_multiple_of_its_interval():
    rng = np.random.default_rng(0)
    p, listed = own_chances(1_000, 0.2), np.repeat([1.0, 0.0], [200, 800])
    verdict = (rng.random(1_000) < p).astype(float)
    chance = np.full(1_000, 0.3)
    rows = rows_of(verdict, rng.random(1_000) < chance, chance, p, listed)
    found = {name: verdict_estimate(VERDICT_FIGURES[name], rows) for name in SHARES}
    for part, whole, factor in (("crises_reached", "precision", 200), ("lift", "recall", 5)):
        one, other = found[part], found[whole]
        assert one.value == pytest.approx(factor * other.value)
        for end in ("low", "high", "se"):
            wanted = factor * getattr(other.interval, end)
            assert getattr(one.interval, end) == pytest.approx(wanted)


def test_where_no_hit_was_found_it_begins_at_0_and_where_no_miss_was_it_ends_at_1():
    household, among = np.arange(40), np.full(40, 5.0)
    for value, hit in ((0.02, np.zeros(40)), (0.98, np.ones(40))):
        found = interval_of_share(value, Spread(0.01, 30.0, 200), ShareOf(among, hit), household)
        assert (found.low == 0) == (value < 0.5)
        assert (found.high == 1) == (value > 0.5)
        # at most as many verdicts as were found
        assert found.high - found.low > 0.08


def test_verdicts_of_one_household_count_as_one_and_few_groups_widen():
    hit = np.repeat([1.0, 0.0], [2, 38])
    share = ShareOf(np.ones(40), hit)
    apart = interval_of_share(0.05, Spread(0.02, 9.0, 40), share, np.arange(40))
    together = interval_of_share(0.05, Spread(0.02, 9.0, 40), share, np.arange(40) // 4)
    assert together.high > 1.5 * apart.high
    many = ShareOf(np.ones(400), np.repeat([1.0, 0.0], [80, 320]))
    wide, narrow = (
        interval_of_share(0.2, Spread(0.03, 9.0, groups), many, np.arange(400))
        for groups in (6, 400)
    )
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)


def test_other_figures_keep_the_values_that_they_can_have():
    spread = Spread(0.1, 60.0, 61)
    assert symmetric_interval(0.95, spread, within=(0, 1)).high == 1
    assert symmetric_interval(0.05, spread, within=(0, 1)).low == 0
    assert symmetric_interval(0.05, spread).low < 0
    outside = symmetric_interval(1.3, spread, within=(0, 1))
    assert np.isnan(outside.low)
    assert "outside its range" in outside.note


@pytest.mark.parametrize(("hits", "size"), [(1, 40), (2, 40), (3, 0.05 * 0.95 / 0.02**2)])
def test_of_two_hits_or_fewer_no_error_can_be_told(hits, size):
    """Then as many verdicts count as were found, else as many as the error says."""
    share = ShareOf(np.ones(40), np.repeat([1.0, 0.0], [hits, 40 - hits]))
    found = interval_of_share(0.05, Spread(0.02, 9.0, 40), share, np.arange(40))
    low, high = betaincinv([0.05 * size, 0.05 * size + 1], [0.95 * size + 1, 0.95 * size], ENDS)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_a_figure_that_is_not_defined_has_no_interval_and_its_spread_is_refused():
    share = ShareOf(np.ones(4), np.zeros(4))
    for found in (
        interval_of_share(np.nan, Spread(0.1, 3.0, 4), share, np.arange(4)),
        symmetric_interval(np.nan, Spread(0.1, 3.0, 4)),
    ):
        assert np.isnan([found.low, found.high, found.se]).all()
        assert found.note == "not defined on these rows"
    some = np.array([0.1, np.nan, 0.0, -0.1])
    everyone, half = np.arange(4) >= 0, np.full(4, 0.5)
    with pytest.raises(RiskmodelError, match=r"selective\.influence"):
        selective.spread_of_lists_like_it(some, np.arange(4), None)
    with pytest.raises(RiskmodelError, match=r"selective\.influence"):
        selective.spread_of_this_list(some, np.zeros(4), everyone, half, half)


def test_where_no_verdict_is_known_a_share_may_be_anything():
    nothing = ShareOf(np.zeros(4), np.zeros(4))
    found = interval_of_share(0.2, Spread(0.0, 3.0, 4), nothing, np.arange(4))
    assert (found.low, found.high) == (0.0, 1.0)
