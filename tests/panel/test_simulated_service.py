"""A service with an outage, an empty delivery, resends, moves and a changed definition.

Each date is built from the records as they stood on that day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import riskmodel as rm
from riskmodel.errors import RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.scoring import score_round

pytestmark = pytest.mark.slow
OUT, EMPTY, NEW, WIDER, STATE = (
    "card_overdue",
    "power_cut",
    "gas_cut",
    "loan_overdue",
    "nhi_arrears",
)
CHANGE_AT, ROUNDS = 11, 14
LABEL = rm.Label("crisis", "6M", "2M")
FEATURES = rm.Features(
    [rm.Agg.count([OUT, EMPTY, NEW, WIDER], ["2M", "12M"]), rm.Agg.now(STATE), rm.Agg.spell(STATE)]
)


@pytest.fixture(scope="module")
def records() -> rm.Records:
    made = rm.make_households(
        4_000,
        n_rounds=ROUNDS,
        random_state=1,
        change_at=CHANGE_AT,
        outage={OUT: 4},
        empty_delivery={EMPTY: 4},
        new_indicator=(NEW,),
        redefined=(WIDER,),
        resent=0.1,
        moves=0.03,
        members=True,
    )
    told = made.catalogue.to_dict()
    told[WIDER]["redefined"] = [
        {"from": made.rounds[CHANGE_AT].date(), "note": "wider from then on"}
    ]
    return as_it_stood(made.replace(catalogue=Catalogue.read(told)), pd.Timestamp(made.today))


def as_it_stood(records: rm.Records, day: pd.Timestamp) -> rm.Records:
    """Return the records as they could be read on a day, without what became known then or later.

    The newest delivery of the state could not tell of every twentieth household.
    """
    frames = {}
    for name in ("events", "attributes", "members", "contacts"):
        table = records.frame(name)
        frames[name] = table[table["known_date"].isna() | (table["known_date"] < day)]
    gone = frames["events"]["retracted_date"]
    frames["events"] = frames["events"].assign(retracted_date=gone.where(gone < day))
    return rm.Records.from_frames(
        frames.pop("events"),
        today=day,
        catalogue=records.catalogue,
        coverage=records.coverage,
        unmatched=blanks(records),
        rounds=records.rounds,
        groups=records.groups,
        area=records.area,
        **frames,
    )


def blanks(records: rm.Records) -> pd.DataFrame:
    """Return every twentieth household as unmatched in each delivery of the state that lacks it."""
    events = records.events
    held = events[events["code"] == STATE]
    days = held.groupby("event_date", as_index=False)["known_date"].max()
    everyone = pd.DataFrame(
        {"household_id": np.sort(records.attributes["household_id"].unique())[::20]}
    )
    pairs = everyone.merge(days, how="cross")
    there = pd.MultiIndex.from_frame(held[["household_id", "event_date"]])
    own = pd.MultiIndex.from_frame(pairs[["household_id", "event_date"]])
    return pairs[~own.isin(there)].assign(feed=STATE)


@pytest.fixture(scope="module")
def panel(records: rm.Records) -> rm.Panel:
    return rm.build_panel(records, records.rounds, LABEL, rm.Cohort(listed=True), FEATURES)


def test_four_kinds_of_nothing_land_in_the_right_cells(
    records: rm.Records, panel: rm.Panel
) -> None:
    before, during = (
        panel[panel.as_of == panel.as_of.unique().sort_values()[place]].X for place in (-5, -1)
    )
    told = {
        "outage": during[f"{OUT}__count__12M"],
        "before the outage": before[f"{OUT}__count__12M"],
        "empty delivery": during[f"{EMPTY}__count__2M"],
        "not live yet": before[f"{NEW}__count__12M"],
        "live since": during[f"{NEW}__count__12M"],
        "a state": during[f"{STATE}__now__ever"],
    }
    shares = {case: (x.isna().mean(), (x == 0).mean(), (x > 0).mean()) for case, x in told.items()}
    assert shares["outage"] == (1, 0, 0)
    assert shares["before the outage"][0] == 0 < shares["before the outage"][2]
    assert shares["empty delivery"] == (0, 1, 0)
    assert shares["not live yet"] == (1, 0, 0)
    assert shares["live since"][0] == 0 < shares["live since"][2]
    assert 0 < shares["a state"][0] <= 0.05
    assert f"{NEW}__count__12M" in panel.partly_covered
    assert f"{OUT}__count__12M" not in panel.partly_covered


def test_the_backtest_is_what_a_replay_would_have_found(
    records: rm.Records, panel: rm.Panel
) -> None:
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    day = test.as_of[0]
    fitted = rm.make_classifier(panel, kind="logistic").fit(train)
    backtested = roc_auc_score(test.y, fitted.margin(test))

    stood = as_it_stood(records, day)
    known = rm.build_panel(
        stood, records.rounds[records.rounds < day], LABEL, rm.Cohort(listed=True), FEATURES
    )
    replayed = rm.make_classifier(known, kind="logistic").fit(known)
    with pytest.raises(RecordsError) as refusal:
        score_round(replayed, stood, as_of=day)
    assert f"accept_feeds=['{EMPTY}']" in str(refusal.value)
    scored = score_round(replayed, stood, as_of=day, accept_feeds=[EMPTY])
    assert any(
        note.startswith("not delivered on this day") and OUT in note for note in scored.notes
    )
    listed = scored.frame()
    margin = listed.set_index("household_id")["margin"].reindex(test.households)
    gap = backtested - roc_auc_score(test.y, margin)
    assert abs(gap) <= 0.005
    assert np.array_equal(margin, fitted.margin(test))


def test_the_changed_definition_is_flagged(panel: rm.Panel) -> None:
    trial = rm.backtest(rm.make_classifier(panel, kind="logistic"), panel, baselines=[])
    assert len(trial.redefined) == 1
    assert trial.redefined[0].startswith(f"{WIDER} was redefined on")
    assert "(wider from then on), within cut 1" in repr(trial)
