"""A back-dated fact shows in a backtest what no round could know; the timing rule keeps it out.

Emergency aid follows 30 % of crises. Its day is that of the application, before the crisis, and it
is known after it: who joins by that day looks into the future.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import riskmodel as rm

AID = "emergency_aid_granted"
SHARE, BACKGROUND = 0.3, 0.003
FEATURES = rm.Features(
    [
        rm.Agg.count(AID, ["6M", "12M"]),
        rm.Agg.count(["power_cut", "gas_cut", "card_overdue", "local_tax_arrears"], ["6M", "12M"]),
        rm.Agg.count(["power_bill_arrears", "gas_bill_arrears"], ["6M", "12M"]),
    ]
)


class Judged(NamedTuple):
    """What the last round's AUC looks like in a backtest, and what it was once used."""

    backtest: float
    replay: float

    @property
    def gap(self) -> float:
        return self.backtest - self.replay


def with_canary(records: rm.Records, seed: int) -> pd.DataFrame:
    """Return the events with the aid: granted after a crisis, dated before it."""
    rng = np.random.default_rng(seed)
    events = records.events
    crises = events[events["code"] == "crisis"]
    after = crises[rng.random(len(crises)) < SHARE]
    homes = records.attributes["household_id"].unique()
    idle = rng.choice(homes, rng.binomial(len(homes) * len(records.rounds), BACKGROUND))
    first, last = records.rounds[0], pd.Timestamp(records.today) - pd.Timedelta("30D")
    anytime = first + pd.to_timedelta(rng.integers(0, (last - first).days, len(idle)), "D")
    days = pd.Series([*after["event_date"], *anytime])
    aid = pd.DataFrame(
        {
            "household_id": [*after["household_id"], *idle],
            "code": AID,
            "event_date": days - pd.to_timedelta(rng.integers(60, 180, len(days)), "D"),
            "known_date": days + pd.Timedelta("10D"),
        }
    ).drop_duplicates(["household_id", "event_date"])
    today = pd.Timestamp(records.today)
    return pd.concat([events, aid[aid["known_date"] < today]], ignore_index=True)


def read(records: rm.Records, events: pd.DataFrame, today: pd.Timestamp) -> rm.Records:
    catalogue = {**records.catalogue.to_dict(), AID: {"direction": 1}}
    attributes = records.attributes
    return rm.Records.from_frames(
        events,
        today=today,
        catalogue=catalogue,
        attributes=attributes[attributes["known_date"] < today],
        rounds=records.rounds[records.rounds < today],
        label=records.label,
    )


def panel_of(records: rm.Records, rounds: pd.DatetimeIndex, label: rm.Label | None) -> rm.Panel:
    return rm.build_panel(records, rounds, label, rm.Cohort(listed=True), FEATURES)


def judged(records: rm.Records, events: pd.DataFrame, *, by_event_date: bool) -> Judged:
    """Backtest on all records, and replay from those that were known on the last round's day."""
    joined = events.assign(known_date=events["event_date"]) if by_event_date else events
    panel = panel_of(
        read(records, joined, pd.Timestamp(records.today)), records.rounds, records.label
    )
    train, test = rm.TemporalSplit().last(panel)
    fitted = rm.make_classifier(train, kind="logistic").fit(train)

    day = test.as_of[0]
    was_known = joined[events["known_date"] < day]
    stood = read(records, was_known, day)
    past = panel_of(stood, stood.rounds, records.label)
    replayed = rm.make_classifier(past, kind="logistic").fit(past)
    then = panel_of(stood, pd.DatetimeIndex([day]), None)
    margin = pd.Series(replayed.margin(then), then.households).reindex(test.households)
    return Judged(
        float(roc_auc_score(test.y, fitted.margin(test))), float(roc_auc_score(test.y, margin))
    )


@pytest.fixture(scope="module")
def records() -> rm.Records:
    return rm.make_households(1_500, n_rounds=10, random_state=3)


@pytest.fixture(scope="module")
def events(records: rm.Records) -> pd.DataFrame:
    return with_canary(records, seed=0)


def test_what_a_backtest_finds_is_what_a_replay_would_have_found(
    records: rm.Records, events: pd.DataFrame
) -> None:
    assert abs(judged(records, events, by_event_date=False).gap) <= 0.005


def test_a_join_by_event_date_shows_in_the_gap(records: rm.Records, events: pd.DataFrame) -> None:
    assert judged(records, events, by_event_date=True).gap > 0.05
