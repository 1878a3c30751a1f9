"""Simulated records keep the contract: exact grid, true labels, same seed same bytes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskmodel.datasets import PRESETS, World, ceiling, make_households
from riskmodel.errors import ConfigError
from riskmodel.panel import Cohort, build_panel
from riskmodel.records import Records


@pytest.fixture(scope="module")
def records() -> Records:
    return make_households(3_000, random_state=0)


def test_records_hold_grid_label_and_truth(records: Records) -> None:
    assert len(records.rounds) == 14
    assert records.label.matures_on(records.rounds[-1]) <= records.today
    assert list(records.truth.columns) == ["state", "probability", "y"]
    assert records.truth.index.names == ["household_id", "as_of_date"]
    assert len(records.truth) == 3_000 * 14
    assert records.truth.index.is_monotonic_increasing


def test_every_fact_was_known_after_it_happened_and_before_today(records: Records) -> None:
    events = records.events
    assert (pd.to_datetime(events.event_date) <= pd.to_datetime(events.known_date)).all()
    assert pd.to_datetime(events.known_date).max() < pd.Timestamp(records.today)
    assert pd.to_datetime(events.event_date).min() >= pd.Timestamp(records.since)


def test_labels_of_the_truth_are_those_that_the_panel_finds(records: Records) -> None:
    panel = build_panel(records, rounds=records.rounds[::6], label=records.label)
    assert panel.counts["immature"] == 0
    np.testing.assert_array_equal(panel.y, records.truth.loc[panel.X.index, "y"])
    assert panel.late_outcomes > 0


@pytest.mark.parametrize(
    "cohort", [Cohort(), Cohort(exclude={"crisis": "6M"}), Cohort(codes=["nhi_arrears"])]
)
def test_chances_are_exact_in_every_cohort_chosen_by_what_was_visible(cohort: Cohort) -> None:
    records = make_households(12_000, n_rounds=1, random_state=5)
    panel = build_panel(records, rounds=records.rounds, label=records.label, cohort=cohort)
    truth = records.truth.loc[panel.X.index]
    spread = np.sqrt((truth.probability * (1 - truth.probability)).sum())
    assert abs(truth.probability.sum() - truth.y.sum()) < 3 * spread


def test_calibration_over_many_seeds_is_that_of_chance() -> None:
    z = []
    for seed in range(50):
        truth = make_households(1_000, n_rounds=1, random_state=seed).truth
        p = truth.probability
        z.append((truth.y - p).sum() / np.sqrt((p * (1 - p)).sum()))
    assert stats.kstest(z, "norm").pvalue > 0.01


def test_catalogue_names_every_code_in_both_languages(records: Records) -> None:
    assert len(records.catalogue) == 48
    assert set(records.events.code) <= set(records.catalogue)
    assert len({i.agency for i in records.catalogue.values()} - {"caseworkers"}) == 21
    for indicator in records.catalogue.values():
        assert indicator.ko != indicator.code
        assert indicator.en != indicator.code
    assert set(records.coverage.feed) == set(records.catalogue)


def test_delivered_states_lengthen_by_a_round_or_end(records: Records) -> None:
    states = [code for code, i in records.catalogue.items() if i.kind == "state"]
    events = records.events
    events = events[events.code.isin(states)].sort_values(["household_id", "code", "event_date"])
    first_of_spell = events.groupby(["household_id", "code"]).event_date.diff() > pd.Timedelta(
        "80D"
    )
    grown = events.groupby(["household_id", "code"]).value.diff()
    assert set(grown[grown.notna() & ~first_of_spell]) <= {2.0} | set(grown[grown <= 0])
    days = events.groupby("code").known_date.nunique()
    assert days.max() <= 6 + 18 + 3


def test_crises_are_mostly_reported_before_maturity_and_some_late(records: Records) -> None:
    crises = records.events[records.events.code == "crisis"]
    lag = (pd.to_datetime(crises.known_date) - pd.to_datetime(crises.event_date)).dt.days
    assert (lag < 61).mean() > 0.75
    assert (lag > 122).any()


def test_presets_stand_in_order() -> None:
    auc = {
        name: ceiling(make_households(4_000, n_rounds=3, preset=name).truth).auc for name in PRESETS
    }
    assert auc["hard"] < auc["default"] < auc["easy"]


def test_default_world_has_its_stated_ceiling_and_prevalence() -> None:
    best = ceiling(make_households(20_000, n_rounds=4, random_state=1).truth, capacity=0.01)
    assert best.auc == pytest.approx(0.80, abs=0.015)
    assert best.prevalence == pytest.approx(0.06, abs=0.008)


def test_a_world_without_lags_never_knows_less() -> None:
    for seed in range(3):
        lagged = make_households(4_000, n_rounds=3, random_state=seed)
        prompt = make_households(4_000, n_rounds=3, random_state=seed, preset=World(prompt=True))
        assert ceiling(prompt.truth).auc >= ceiling(lagged.truth).auc


def test_same_seed_same_bytes_in_another_process() -> None:
    code = (
        "from riskmodel.datasets import make_households;"
        "r = make_households(300, n_rounds=2, random_state=4);"
        "print(r.digest, r.truth.probability.to_numpy().tobytes().hex()[-64:])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    here = make_households(300, n_rounds=2, random_state=4)
    assert out == [here.digest, here.truth.probability.to_numpy().tobytes().hex()[-64:]]


def test_other_seed_other_records() -> None:
    a, b = (make_households(200, n_rounds=1, random_state=seed).digest for seed in (0, 1))
    assert a != b


def test_one_household_alone_can_be_simulated() -> None:
    assert len(make_households(1, n_rounds=1).truth) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "defalt"}, "did you mean 'default'"),
        ({"n": 0}, "n=0 cannot be simulated.*at least 1"),
        ({"n": 2.5}, "n=2.5 cannot be simulated"),
        ({"n_rounds": 0}, "n_rounds=0"),
        ({"random_state": -1}, "random_state=-1"),
        ({"random_state": None}, "random_state=None"),
    ],
)
def test_what_cannot_be_simulated_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_households(**arguments)


@pytest.mark.parametrize(
    "wrong",
    [{"shock": -0.1}, {"frailty_share": (0.5, 0.4, 0.2)}, {"reporting": (0.9, 0.2, 0.0, -0.1)}],
)
def test_a_world_of_impossible_rates_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        World(**wrong)
