"""Households and crises count once over all rounds: proved by the simulator's own events."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note

ROUNDS = 6


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(800, random_state=5)
    label = rm.Label("crisis", window="6M", maturity="2M")
    features = rm.Features([rm.Agg.now(["nhi_arrears", "telecom_arrears"])])
    rounds = records.rounds[-ROUNDS:]
    panel = rm.build_panel(records, rounds=rounds, label=label, features=features)
    chance = panel.truth["probability"].rename("the truth")
    return SimpleNamespace(
        records=records,
        panel=panel,
        label=label,
        chance=chance,
        found=rm.evaluate(chance, panel, capacity=0.03),
    )


def test_each_row_keeps_the_day_of_its_first_outcome(study: SimpleNamespace) -> None:
    events = study.records.events.query("code == 'crisis'")
    day = study.panel.outcome_day
    assert day.notna().equals(study.panel.y.eq(1))
    for household, as_of in day[day.notna()].index[::25]:
        end = as_of + pd.DateOffset(months=6)
        own = events[events["household_id"].eq(household)]
        inside = own[own["event_date"].between(as_of, end, inclusive="left")]
        known = inside[inside["known_date"] < end + pd.DateOffset(months=2)]
        assert day[household, as_of] == known["event_date"].min()


def test_households_and_crises_are_those_of_the_events(study: SimpleNamespace) -> None:
    rows = study.found.scores.assign(day=study.panel.outcome_day).reset_index()
    rank = rows.groupby("round")["margin"].rank(ascending=False, method="first")
    rows["listed"] = rank <= np.ceil(0.03 * rows.groupby("round")["margin"].transform("size"))
    hits = rows[rows["y"].eq(1)]

    reach = study.found.reach
    assert reach.places == study.found.listed == rows["listed"].sum()
    assert reach.households == pytest.approx(rows.loc[rows["listed"], "household_id"].nunique())
    by_household = hits.groupby("household_id")["listed"].any()
    assert reach.with_crisis.of == len(by_household) < study.found.positives
    assert reach.with_crisis.reached == pytest.approx(by_household.sum())

    by_crisis = hits.groupby(["household_id", "day"])["listed"].any()
    assert reach.crises.of == len(by_crisis)
    assert reach.crises.reached == pytest.approx(by_crisis.sum())
    first = hits[hits["listed"]].groupby(["household_id", "day"])["as_of_date"].min()
    lead = (first.index.get_level_values("day") - pd.DatetimeIndex(first)).days
    quartiles = np.quantile(lead, [0.25, 0.5, 0.75], method="inverted_cdf")
    assert reach.lead_days == pytest.approx(quartiles)


def test_they_are_printed_beside_the_figures_of_rows(study: SimpleNamespace, mended: Note) -> None:
    text = repr(study.found)
    lines = [line for line in text.splitlines() if line.startswith("recall by")]
    assert len(lines) == 2
    assert "distinct households on" in lines[0]
    assert "days before it" in lines[1]
    assert all(line in study.found._repr_html_() for line in lines)
    row_recall = study.found.metrics["recall"]
    assert study.found.reach.with_crisis.value > row_recall
    mended(
        "figures",
        tried=f"a crisis in several of {ROUNDS} rounds",
        before=f"row recall {row_recall:.3f} alone, of {study.found.positives:,} positive rows",
        now=lines[0],
    )


def test_one_round_needs_no_more_lines(study: SimpleNamespace) -> None:
    last = study.panel[study.panel.as_of == study.panel.as_of.max()]
    found = rm.evaluate(study.chance.loc[last.X.index], last, capacity=0.03)
    assert "recall by household" not in repr(found)
    assert found.reach.with_crisis.value == pytest.approx(found.metrics["recall"])
    assert found.reach.households == pytest.approx(found.listed)


def test_two_rounds_tell_them_and_an_outcome_without_a_day_tells_no_crises(
    study: SimpleNamespace,
) -> None:
    two = study.panel[study.panel.as_of >= study.panel.as_of.unique()[-2]]
    chance = study.chance.loc[two.X.index]
    assert "recall by crisis" in repr(rm.evaluate(chance, two, capacity=0.03))

    others = replace(two, y=two.y.where(np.arange(len(two)) > 9, 1.0))
    found = rm.evaluate(chance, others, capacity=0.03).reach
    assert found.crises is None
    assert found.with_crisis.of >= 10


def test_a_frame_does_not_tell_the_day(panel: rm.Panel, truth: pd.Series) -> None:
    found = rm.evaluate(truth, panel, capacity=0.05)
    assert found.reach.crises is None
    assert "recall by crisis and lead time not told: the rows do not say" in repr(found)
    assert found.reach.with_crisis.of == panel.households[panel.y.eq(1)].nunique()


def test_figures_by_household_say_that_weights_are_left_out(
    panel: rm.Panel, truth: pd.Series, study: SimpleNamespace
) -> None:
    weight = pd.Series(1.0 + (np.arange(len(panel)) % 3), panel.X.index)
    plain, equal, weighted = (
        rm.evaluate(truth, replace(panel, weight=each), capacity=0.05)
        for each in (None, 0 * weight + 2, weight)
    )
    assert weighted.reach.with_crisis == plain.reach.with_crisis == equal.reach.with_crisis
    assert "recall by household, unweighted, 0." in repr(weighted)
    for told in (plain, equal, study.found):
        assert "unweighted" not in repr(told)
    of_study = pd.Series(1.0 + (np.arange(len(study.panel)) % 2), study.panel.X.index)
    found = rm.evaluate(study.chance, replace(study.panel, weight=of_study), capacity=0.03)
    assert "recall by crisis, unweighted, 0." in repr(found)


def test_ties_count_by_their_chance(panel: rm.Panel) -> None:
    same = pd.Series(0.0, panel.X.index)
    reach = rm.evaluate(same, panel, capacity=0.25).reach
    rounds = panel.households.value_counts()
    assert reach.households == pytest.approx((1 - 0.75**rounds).sum())


def test_a_share_by_household_covers_what_other_samples_give() -> None:
    """Six rounds, a persistent list; the truth is the mean over all samples."""
    rng = np.random.default_rng(0)
    shares = [_sample(rng) for _ in range(300)]
    truth = float(np.mean([share.reached for share in shares]))
    truth /= float(np.mean([share.of for share in shares]))
    inside = np.mean([share.low <= truth <= share.high for share in shares])
    assert inside >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / len(shares))
    assert np.mean([share.high - share.low for share in shares]) < 0.5


def _sample(rng: np.random.Generator) -> rm.evaluation.Share:
    from riskmodel.evaluation.reach import _share
    from riskmodel.metrics import Capacity, ScoredRows, select

    n = 300
    frailty = rng.normal(size=n)
    household = np.tile(np.arange(n), ROUNDS)
    rounds = np.repeat(np.arange(ROUNDS), n)
    y = (rng.random(n * ROUNDS) < 1 / (1 + np.exp(2.5 - frailty[household]))).astype(float)
    score = frailty[household] + 0.5 * rng.normal(size=n * ROUNDS)
    selection = select(score, Capacity.parse(30), rounds)
    rows = ScoredRows.of(y, np.ones(len(y)), None, household, selection)
    hits = np.flatnonzero(y == 1)
    return _share(household[hits], rows, hits)


def test_the_quartiles_of_a_lead_are_weighted() -> None:
    from riskmodel.evaluation.reach import _first_listing, _quartiles

    assert _quartiles(np.array([10, 20, 30, 40]), np.ones(4)) == (10.0, 20.0, 30.0)
    assert _quartiles(np.array([10, 99]), np.array([1.0, 0.0])) == (10.0, 10.0, 10.0)
    assert _quartiles(np.array([10]), np.zeros(1)) == ()
    first = _first_listing(np.array([0, 0, 0, 1]), np.array([0.5, 0.5, 1.0, 0.2]))
    assert first.tolist() == [0.5, 0.25, 0.25, 0.2]
