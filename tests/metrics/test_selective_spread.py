"""Variances, intervals, refusals, bounds and the planner of selective labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from riskmodel.errors import RiskmodelError
from riskmodel.metrics import Interval, selective
from riskmodel.metrics.selective.bounding import LabelBounds

LIST, ALL = (
    selective.Ground(is_of_the_list=True, is_of_everyone=False),
    selective.Ground(is_of_the_list=True, is_of_everyone=True),
)


def test_two_way_variance_is_that_of_the_formula_and_never_below_the_larger():
    rng = np.random.default_rng(0)
    for _ in range(50):
        n = 60
        household, area = rng.integers(0, 20, n), rng.integers(0, 6, n)
        household, area = (np.unique(each, return_inverse=True)[1] for each in (household, area))
        added = rng.normal(size=n)
        added -= added.mean()

        def one_way(group, added=added):
            sums = np.bincount(group, added)
            return len(sums) / (len(sums) - 1) * float(sums @ sums)

        both = np.unique(household * 100 + area, return_inverse=True)[1]
        ways = one_way(household), one_way(area)
        expected = max(sum(ways) - one_way(both), *ways)
        found = selective.spread_of_lists_like_it(added, household, area)
        assert found.se**2 == pytest.approx(expected)
        assert found.groups in (len(set(household)), len(set(area)))


def test_the_variance_of_this_list_is_that_of_repeated_draws():
    rng = np.random.default_rng(1)
    n = 2_000
    y = (rng.random(n) < 0.2) * 1.0
    pi, q = np.where(np.arange(n) < 200, 1.0, 0.3), np.full(n, 0.7)
    m, weight = np.full(n, 0.2), np.ones(n)
    values, estimated = [], []
    for _ in range(400):
        known = rng.random(n) < pi * q
        phi = selective.pseudo_labels(y, known, pi * q, m)
        figure = selective.prevalence(phi, weight)
        values.append(figure.value)
        spread = selective.spread_of_this_list(figure.by_label, y, known, pi * q, m)
        estimated.append(spread.se)
    assert np.mean(estimated) == pytest.approx(np.std(values), rel=0.12)
    assert np.mean(values) == pytest.approx(y.mean(), abs=0.003)


def design(n=10_000, places=200, certain=0, arm=0.1, reach=0.8):
    listed = (np.arange(n) < places) * 1.0
    drawn = np.where(np.arange(n) < certain, 1.0, arm)
    return listed, drawn, np.full(n, reach)


def test_an_arm_that_promises_enough_is_identified():
    rows = design(arm=0.2)
    found = selective.identification(ALL, *rows, arm_verdicts=1_600, last_rate=0.03)
    assert found.identified
    assert found.more_contacts == 0


@pytest.mark.parametrize(
    ("rows", "kwargs", "reason"),
    [
        (design(arm=0.1), {"arm_verdicts": 800, "last_rate": 0.1}, "uncertain places"),
        (design(arm=0.2), {"arm_verdicts": 800, "last_rate": 0.01}, "8 are expected"),
        (design(arm=0.2), {"arm_verdicts": 800, "last_rate": np.nan}, "none is known"),
        (design(arm=0.0), {"arm_verdicts": 0, "last_rate": np.nan}, "no recorded chance"),
        (design(arm=0.2, reach=0.0), {"arm_verdicts": 0, "last_rate": 0.1}, "promise 0"),
    ],
)
def test_a_figure_is_refused_by_what_is_known_before(rows, kwargs, reason):
    found = selective.identification(ALL, *rows, **kwargs)
    assert not found.identified
    assert reason in str(found)


def test_so_many_more_contacts_identify_it():
    listed, drawn, reach = design(arm=0.02)
    known = {"arm_verdicts": 160, "last_rate": 0.05}
    refused = selective.identification(LIST, listed, drawn, reach, **known)
    enough = drawn + refused.more_contacts / len(drawn)
    assert selective.identification(LIST, listed, enough, reach, **known).identified
    fewer = drawn + (refused.more_contacts - 5) / len(drawn)
    assert not selective.identification(LIST, listed, fewer, reach, **known).identified


def test_one_place_without_a_chance_takes_an_arm_over_all_rows_and_no_millions():
    listed, drawn, reach = design(arm=0.2)
    drawn[0] = 0.0
    known = {"arm_verdicts": 9, "last_rate": 0.1}
    found = selective.identification(LIST, listed, drawn, reach, **known)
    assert found.reasons == ("fewer than 10 of its places had no recorded chance to be contacted",)
    assert found.more_contacts == np.ceil(30 / 0.8)
    reach[-1] = 0.0
    assert selective.identification(LIST, listed, drawn, reach, **known).more_contacts == 38
    reach[0] = 0.0
    assert selective.identification(LIST, listed, drawn, reach, **known).more_contacts is None


def test_a_list_of_certain_rows_needs_no_arm_for_its_precision():
    rows = design(certain=200, arm=0.0)
    kwargs = {"arm_verdicts": 0, "last_rate": np.nan}
    assert selective.identification(LIST, *rows, **kwargs).identified
    assert not selective.identification(ALL, *rows, **kwargs).identified


def test_a_list_of_nobody_is_refused():
    _, drawn, reach = design()
    found = selective.identification(LIST, 0 * drawn, drawn, reach, arm_verdicts=9, last_rate=0.1)
    assert not found.identified
    assert found.more_contacts is None
    assert "nobody is on the list" in str(found)


def by_linear_program(name, labels, listed, weight, sign):
    """Return the extreme figure, of a ratio by Charnes and Cooper's transformation."""
    low, high = labels
    n = len(low)
    if name == "recall":
        # y = t phi with t > 0 and weight @ y = 1
        own = np.r_[weight * listed, 0.0]
        equal = np.r_[weight, 0.0][None]
        upper = np.column_stack([np.eye(n), -high])
        lower = np.column_stack([-np.eye(n), low])
        found = linprog(
            -sign * own,
            A_ub=np.vstack([upper, lower]),
            b_ub=np.zeros(2 * n),
            A_eq=equal,
            b_eq=[1.0],
            bounds=[(None, None)] * n + [(0, None)],
        )
        return -sign * found.fun
    own = {"precision": weight * listed / (weight @ listed), "prevalence": weight / weight.sum()}
    shift = 0.0
    if name == "net benefit":
        odds = 0.25
        direction = weight * listed * (1 + odds) / weight.sum()
        shift = -float(weight @ listed) * odds / weight.sum()
    else:
        direction = own[name]
    found = linprog(-sign * direction, bounds=list(zip(low, high, strict=True)))
    return -sign * found.fun + shift


@pytest.mark.parametrize("name", ["precision", "recall", "prevalence", "net benefit"])
@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_the_optima_of_linear_programs(name, seed):
    rng = np.random.default_rng(seed)
    n = 30
    low = rng.random(n) * 0.5
    labels = LabelBounds(low, low + rng.random(n) * 0.5)
    listed = np.where(np.arange(n) < 8, 1.0, np.where(np.arange(n) < 12, 0.4, 0.0))
    weight = rng.random(n) + 0.2
    bounds = selective.figure_bounds(name, labels, listed, weight, threshold=0.2)
    for figure, sign in ((bounds.low, -1), (bounds.high, 1)):
        assert figure.value == pytest.approx(
            by_linear_program(name, labels, listed, weight, sign), abs=1e-9
        )


def test_bounds_without_assumptions_hold_every_completion():
    rng = np.random.default_rng(2)
    n = 40
    y, known = (rng.random(n) < 0.3) * 1.0, rng.random(n) < 0.5
    listed, weight = (np.arange(n) < 10) * 1.0, np.ones(n)
    labels = selective.labels_without_assumptions(np.where(known, y, np.nan), known)
    for name in ("precision", "recall", "prevalence", "net benefit"):
        bounds = selective.figure_bounds(name, labels, listed, weight, threshold=0.1)
        point = LabelBounds(y, y)
        truth = selective.figure_bounds(name, point, listed, weight, threshold=0.1).low.value
        assert bounds.low.value <= truth <= bounds.high.value


def test_signed_bounds_open_on_one_side_only():
    rng = np.random.default_rng(5)
    n = 300
    m, everyone = rng.uniform(0.1, 0.5, n), np.ones(n)
    y, known = (rng.random(n) < m) * 1.0, rng.random(n) < 0.5
    rows = (y, everyone > 0, known, everyone, everyone * 0.5, m)
    listed = (m > 0.4) * 1.0
    point, lower, higher, either = (
        selective.figure_bounds(
            "prevalence", selective.labels_by_odds_ratio(*rows, ratio, sign), listed, everyone
        )
        for ratio, sign in ((1.0, "either"), (3.0, "lower"), (3.0, "higher"), (3.0, "either"))
    )
    assert point.low.value == point.high.value == lower.high.value == higher.low.value
    assert lower.low.value == either.low.value < point.low.value
    assert higher.high.value == either.high.value > point.low.value


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda rows: selective.labels_by_odds_ratio(*rows, 0.5), "selective.odds_ratio"),
        (lambda rows: selective.labels_by_odds_ratio(*rows, np.inf), "selective.odds_ratio"),
        (lambda rows: selective.labels_by_odds_ratio(*rows, 2.0, "up"), "selective.sign"),
        (
            lambda rows: selective.figure_bounds(
                "net benefit", LabelBounds(rows[0], rows[0]), rows[0], rows[3]
            ),
            "selective.threshold",
        ),
    ],
)
def test_bounds_that_cannot_be_made_are_refused(call, code):
    one = np.ones(3)
    with pytest.raises(RiskmodelError) as refused:
        call((one, one > 0, one > 0, one, one, one * 0.3))
    assert refused.value.code == code


def test_no_odds_ratio_tips_what_is_far_away():
    assert selective.tipping_odds_ratio(lambda g: Interval(0.4, 0.5, 0.0), 0.1) == np.inf
    assert selective.tipping_odds_ratio(lambda g: Interval(0.1, 0.5, 0.0), 0.2) == 1.0


def test_the_planner_is_right_about_the_width():
    rng = np.random.default_rng(9)
    n, places = 4_000, 300
    m = np.where(np.arange(n) < places, 0.25, 0.03)
    listed, everyone = (np.arange(n) < places) * 1.0, np.ones(n)
    drawn, reach = np.where(np.arange(n) < 100, 1.0, 0.0), np.full(n, 0.8)
    by_label = selective.listed_recall(m, listed, everyone).by_label
    contacts = selective.contacts_for_half_width(0.12, by_label, m, drawn, reach)
    chance = np.where(drawn == 1, 1.0, contacts / (n - 100)) * reach
    values = []
    for _ in range(400):
        y = (rng.random(n) < m) * 1.0
        phi = selective.pseudo_labels(y, rng.random(n) < chance, chance, m)
        truth = selective.listed_recall(y, listed, everyone).value
        values.append(selective.listed_recall(phi, listed, everyone).value - truth)
    assert 1.96 * np.std(values) == pytest.approx(0.12, rel=0.15)


def test_a_width_that_no_contacts_reach_is_refused():
    one = np.ones(50)
    with pytest.raises(RiskmodelError, match="selective.half_width"):
        selective.contacts_for_half_width(0.001, one / 50, one * 0.3, 0 * one, one * 0.5)


def figure(value: float) -> selective.Figure:
    return selective.Figure(value, np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(
    ("low", "high", "low_se", "high_se"),
    [
        (np.nan, 0.4, 0.01, 0.01),
        (0.2, np.nan, 0.01, 0.01),
        (0.2, 0.4, np.nan, 0.01),
        (np.nan, np.nan, np.nan, np.nan),
    ],
)
def test_bounds_of_which_one_end_is_not_defined_are_none(low, high, low_se, high_se):
    bounds = selective.FigureBounds(figure(low), figure(high))
    found = selective.interval_of_bounds(bounds, low_se, high_se)
    assert np.isnan([found.low, found.high]).all()
    assert "no bounds" in found.note


@pytest.mark.parametrize("ratio", [1.0001, 1.3, 1.9, 2.0, 40.0, 999.0])
def test_a_tipping_odds_ratio_is_found_wherever_it_lies(ratio):
    from_above = selective.tipping_odds_ratio(lambda g: Interval(0.3 / g, 0.3, 0.0), 0.3 / ratio)
    from_below = selective.tipping_odds_ratio(lambda g: Interval(0.3, 0.3 * g, 0.0), 0.3 * ratio)
    assert from_above == pytest.approx(ratio, rel=1e-9)
    assert from_below == pytest.approx(ratio, rel=1e-9)
