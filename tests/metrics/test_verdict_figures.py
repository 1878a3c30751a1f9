"""Intervals of figures of verdicts that some rows have hold the truth; the contacted's do not."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from riskmodel.errors import RiskmodelError
from riskmodel.metrics import METRICS
from riskmodel.metrics.selective import ESTIMANDS, VERDICT_FIGURES, verdict_estimate

BENCHMARK = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "selective.py"), run_name="selective"
)
Setting, World = BENCHMARK["Setting"], BENCHMARK["World"]


@pytest.fixture(scope="module")
def rows():
    return World(Setting(households=1_500), seed=3).rows()


def test_every_figure_is_named_after_its_metric():
    assert set(VERDICT_FIGURES) == set(METRICS) - {"crises_expected"}


def test_with_every_chance_1_figures_are_those_of_the_metrics(rows):
    found, verdict = rows
    truth = BENCHMARK["among_all"](found, verdict)
    top = found.listed > 0
    assert truth["precision"] == pytest.approx(verdict[top].mean(), abs=1e-12)
    assert truth["recall"] == pytest.approx(verdict[top].sum() / verdict.sum(), abs=1e-12)
    lift = verdict[top].mean() / verdict.mean()
    assert truth["lift"] == pytest.approx(lift, abs=1e-12)


def test_small_rows_are_refused_and_say_how_many_contacts_would_do(rows):
    found, _ = rows
    few = found.take(np.flatnonzero(found.household < 150))
    refused = verdict_estimate(VERDICT_FIGURES["recall"], few)
    assert np.isnan(refused.value)
    assert np.isnan(refused.interval.low)
    assert "not identified" in refused.interval.note
    assert refused.identification.more_contacts > 0


def test_an_unknown_estimand_is_refused(rows):
    with pytest.raises(RiskmodelError, match="selective.estimand"):
        verdict_estimate(VERDICT_FIGURES["auc"], rows[0], "the next list")


def test_whole_rounds_keep_a_cut_that_moves(rows):
    found, _ = rows
    first = np.flatnonzero(np.arange(len(found)) < 1_500)
    moving = found.take(first, whole_rounds=True)
    assert np.ptp(moving.share_listed) == 0
    assert np.array_equal(found.take(first).share_listed, moving.listed)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_intervals_hold_the_truth_where_the_contacted_miss_it(estimand):
    world = World(Setting(households=2_500), seed=1)
    held, apart, gap = [], [], []
    for _ in range(12):
        found, verdict = world.rows()
        known = replace(found, last_rate=1.0)  # as if enough were expected: no figure is refused
        truth = BENCHMARK["among_all"](found, verdict)
        contacted = BENCHMARK["among_contacted"](found)
        for name in ("precision", "recall", "auc", "base_rate"):
            estimate = verdict_estimate(VERDICT_FIGURES[name], known, estimand)
            held.append(estimate.interval.low <= truth[name] <= estimate.interval.high)
        apart.append(verdict_estimate(VERDICT_FIGURES["recall"], known).value - truth["recall"])
        gap.append(contacted["recall"] - truth["recall"])
    assert np.mean(held) > 0.85
    assert np.mean(gap) > 0.2
    assert abs(np.mean(apart)) < 0.06


@pytest.mark.parametrize("name", [name for name in BENCHMARK["HARD"] if "arm" in name])
def test_without_an_arm_that_does_figures_are_refused_and_bounded(name):
    setting, sign = BENCHMARK["HARD"][name]
    held = BENCHMARK["bounds_held"](replace(setting, households=1_500), 3, sign=sign)
    assert held["identified"].eq(0).all()
    assert held["without assumptions"].eq(1).all()
    if name.endswith("1"):
        assert held["at 3"].eq(1).all()
        assert held.loc["recall", "width"] <= 0.5
    if name.endswith("3"):
        assert held.loc["base_rate", "at 3"] == 0


@pytest.mark.slow
def test_coverage_and_bias_of_every_figure(capsys):
    found = BENCHMARK["coverage"](BENCHMARK["repeated"](Setting(), repetitions=200))
    with capsys.disabled():
        print(f"\n{found.round(4)}")
    assert found["coverage"].between(0.90, 0.995).all()
    assert found["bias"].drop("lift").abs().max() <= 0.012
