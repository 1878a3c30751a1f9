"""Carriers come by each household every one to four weeks, and never by more than they can."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.errors import ConfigError
from riskmodel.service.channels.rostering import EVERY, Roster, roster

MONDAY = "2024-11-04"


def households(scores: list[float], carrier: str = "east") -> pd.DataFrame:
    ids = [f"h{number:03d}" for number in range(len(scores))]
    return pd.DataFrame({"household_id": ids, "carrier": carrier, "score": scores})


def weeks_of(plan: Roster, household: str) -> list[int]:
    own = plan.table[plan.table["household_id"] == household]["week"]
    return ((own - pd.Timestamp(MONDAY)).dt.days // 7).tolist()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(0, 12), st.integers(4, 13))
@settings(max_examples=25, deadline=None)
def test_every_household_is_come_by_in_time_and_no_week_is_too_full(
    scores: list[float], limit: int, weeks: int
) -> None:
    frame = households(scores)
    plan = roster(frame, limit, MONDAY, weeks=weeks)
    assert plan.table.groupby("week").size().max() <= limit or plan.table.empty
    served = plan.table["household_id"].unique()
    # as many as can be, and nobody is lost
    assert len(served) == min(len(scores), limit * max(EVERY))
    assert sorted([*served, *plan.left_out["household_id"]]) == frame["household_id"].tolist()
    is_served = frame["household_id"].isin(served)
    if len(served) and not is_served.all():
        assert frame[~is_served]["score"].max() <= frame[is_served]["score"].min()
    every = plan.table.drop_duplicates("household_id").set_index("household_id")["every"]
    for household in served:
        own = weeks_of(plan, household)
        assert own[0] < every[household]
        assert weeks - own[-1] <= every[household]
        assert set(np.diff(own)) <= {every[household]}
    ranked = frame.set_index("household_id")["score"][every.index]
    for score, often in zip(ranked, every, strict=True):
        assert (every[ranked > score] <= often).all()


@pytest.mark.parametrize("seed", range(6))
def test_no_other_spread_is_worth_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random(4).tolist()
    limit = 1 + seed % 3
    patterns = [(every, start) for every in EVERY for start in range(every)]
    loads = {p: np.arange(12) % p[0] == p[1] for p in patterns}
    best = max(
        sum(score / pattern[0] for score, pattern in zip(scores, each, strict=True))
        for each in product(patterns, repeat=4)
        if sum(loads[p].astype(int) for p in each).max() <= limit
    )
    plan = roster(households(scores), limit, MONDAY, weeks=12)
    every = plan.table.drop_duplicates("household_id").set_index("household_id")["every"]
    found = sum(score / every[f"h{number:03d}"] for number, score in enumerate(scores))
    assert found == pytest.approx(best, abs=1e-9)


def test_the_order_of_rows_does_not_matter_and_carriers_have_limits_of_their_own() -> None:
    both = pd.concat([households([0.5] * 9), households([0.5] * 9, "west")], ignore_index=True)
    both["household_id"] = [f"h{number:03d}" for number in range(18)]
    limits = {"east": 2, "west": 9}
    plan = roster(both, limits, MONDAY)
    other = roster(both.iloc[::-1].reset_index(drop=True), limits, MONDAY)
    pd.testing.assert_frame_equal(plan.table, other.table)
    assert plan.left_out.values.tolist() == [["east", "h008"]]
    assert (plan.table.query("carrier == 'west'")["every"] == 1).all()


@pytest.mark.parametrize(
    ("frame", "limits", "weeks", "message"),
    [
        (households([0.5]).drop(columns="score"), 2, 8, "no column 'score'"),
        (pd.concat([households([0.5])] * 2), 2, 8, "a household stands twice"),
        (households([np.nan]), 2, 8, "a score is no number"),
        (households([0.5]), {"west": 2}, 8, "a carrier has no limit"),
        (households([0.5]), -1, 8, "limits: no number that can be meant"),
        (households([0.5]), float("nan"), 8, "limits: no number that can be meant"),
        (households([0.5]), 2, 3, "weeks is no number of weeks"),
    ],
)
def test_a_roster_that_cannot_be_is_refused(
    frame: pd.DataFrame, limits: object, weeks: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        roster(frame, limits, MONDAY, weeks=weeks)  # type: ignore[arg-type]
