"""The promises that cross rooms, each shown on records rather than on matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.keys import as_days

KINDS = ("lightgbm", "logistic", "indicator_count", "longest_arrears")
BATCHES = 10


@pytest.fixture(scope="module")
def records() -> rm.Records:
    return rm.make_households(1_000, n_rounds=14, random_state=4)


@pytest.fixture(scope="module")
def panel(records: rm.Records) -> rm.Panel:
    return rm.build_panel(
        records, rounds=records.rounds, label=records.label, cohort=rm.Cohort(listed=True)
    )


@pytest.fixture(scope="module", params=[*KINDS, pytest.param("ebm", marks=pytest.mark.slow)])
def model(request: pytest.FixtureRequest, panel: rm.Panel) -> rm.RiskClassifier:
    return rm.make_classifier(panel, kind=request.param, seeds=2, n_estimators=60).fit(panel)


def last_round(records: rm.Records, panel: rm.Panel) -> rm.Panel:
    assert panel.recipe is not None
    return rm.build_panel(
        records,
        rounds=panel.as_of[-1:],
        label=None,
        cohort=panel.recipe.cohort,
        features=panel.recipe.features,
    )


def one_more_event_each(
    records: rm.Records, as_of: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one new or enlarged visible event of a risk-raising indicator for every household."""
    codes = [c for c, i in records.catalogue.items() if i.direction == 1 and i.kind == "event"]
    households = records.attributes["household_id"].unique()
    days = as_of - rng.integers(2, 500, len(households)).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "household_id": households,
            "code": rng.choice(codes, len(households)),
            "event_date": days.astype("datetime64[s]"),
            "known_date": (days + np.timedelta64(1, "D")).astype("datetime64[s]"),
        }
    )


def longer_states(
    events: pd.DataFrame, records: rm.Records, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the events with every delivered length raised by up to a year."""
    states = [c for c, i in records.catalogue.items() if i.direction == 1 and i.kind == "state"]
    longer = events.copy()
    rows = longer["code"].isin(states)
    longer.loc[rows, "value"] += rng.integers(0, 12, int(rows.sum()))
    return longer


def with_events(records: rm.Records, events: pd.DataFrame) -> rm.Records:
    """Return the records with other events."""
    table = rm.Records.from_frames(events, today=records.today).tables["events"]
    return records.replace(tables={**records.tables, "events": table})


@pytest.fixture(scope="module")
def before(records: rm.Records, panel: rm.Panel) -> rm.Panel:
    return last_round(records, panel)


@pytest.fixture(scope="module")
def troubled(records: rm.Records, panel: rm.Panel) -> list[rm.Panel]:
    """The last round where every household has one more event, and longer states."""
    as_of = as_days(panel.as_of[-1])
    rng = np.random.default_rng(0)
    after = []
    for _ in range(BATCHES):
        events = longer_states(records.events, records, rng)
        more = pd.concat([events, one_more_event_each(records, as_of, rng)], ignore_index=True)
        after.append(last_round(with_events(records, more), panel))
    return after


def test_more_trouble_never_lowers_a_score(
    before: rm.Panel, troubled: list[rm.Panel], model: rm.RiskClassifier
) -> None:
    margin = model.margin(before.X)
    for after in troubled:
        assert after.X.index.equals(before.X.index)
        assert (model.margin(after.X) >= margin).all()


@pytest.fixture(scope="module")
def by_months(records: rm.Records, panel: rm.Panel) -> list[rm.Panel]:
    """The last round where the newest length of a state is 17 months, and where it is 22."""
    state = next(c for c, i in records.catalogue.items() if i.kind == "state" and i.direction == 1)
    events, as_of = records.events, as_days(panel.as_of[-1])
    visible = events[(events["code"] == state) & (as_days(events["event_date"]) < as_of)]
    latest = visible[visible["event_date"] == visible["event_date"].max()]
    panels = []
    for months in (17.0, 22.0):
        changed = events.copy()
        changed.loc[latest.index, "value"] = months
        panels.append(last_round(with_events(records, changed), panel))
    return panels


def test_22_months_never_rank_under_17_nor_one_event_under_none(
    by_months: list[rm.Panel], model: rm.RiskClassifier
) -> None:
    fewer, more = (model.margin(panel.X) for panel in by_months)
    assert (more >= fewer).all()


def test_the_list_of_a_past_round_is_the_backtest_s(records: rm.Records, panel: rm.Panel) -> None:
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=2, n_estimators=60).fit(train.X, train.y)
    listed = rm.score(model, records, as_of=test.as_of[0], capacity=0.02).frame()
    again = listed.set_index(["household_id", "as_of_date"])["margin"].reindex(test.X.index)
    assert np.array_equal(again.to_numpy(), model.margin(test.X))


def test_base_and_contributions_are_the_score(panel: rm.Panel, model: rm.RiskClassifier) -> None:
    rows = panel.X.iloc[::37]
    explanation = rm.explain(model, rows)
    total = explanation.base + explanation.contributions.sum(axis=1)
    assert np.abs(total.to_numpy() - model.log_odds(rows)).max() <= 1e-6


def test_rows_and_labels_add_up(panel: rm.Panel) -> None:
    counts = panel.counts
    assert counts["rows"] == len(panel)
    assert counts["rows"] == sum(
        counts[k] for k in ("positive", "negative", "immature", "not_observed")
    )


@pytest.mark.parametrize("n_jobs", [2])
def test_the_same_scores_on_any_number_of_threads(panel: rm.Panel, n_jobs: int) -> None:
    one = rm.make_classifier(panel, seeds=1, n_estimators=40, n_jobs=1).fit(panel)
    two = rm.make_classifier(panel, seeds=1, n_estimators=40, n_jobs=n_jobs).fit(panel)
    assert np.array_equal(one.margin(panel.X), two.margin(panel.X))
