"""Moves, merges and splits that become known later leave past rounds as they were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from riskmodel.panel import Agg, Features, Panel, build_panel
from riskmodel.records import Records, read_records

HOMES = ["A", "B", "C"]
PERSONS = [f"p{i}" for i in range(6)]
MONTHS = pd.date_range("2023-01-31", periods=16, freq="ME")
ROUNDS = pd.DatetimeIndex(["2023-07-01", "2023-11-01", "2024-03-01", "2024-05-15"])
FEATURES = Features(
    [
        Agg.count("fire", ["3M", "ever"]),
        Agg.now("debt"),
        Agg.spell("debt"),
        Agg.change("debt", "6M"),
    ]
)


def facts(rng: np.random.Generator) -> pd.DataFrame:
    n = 60
    day = MONTHS[rng.integers(0, len(MONTHS), n)]
    return pd.DataFrame(
        {
            "person": rng.choice(PERSONS, n),
            "what": rng.choice(["fire", "debt"], n),
            "day": day,
            "known": day + pd.to_timedelta(rng.integers(0, 60, n), "D"),
            "months": rng.integers(1, 23, n),
        }
    )


def homes(rng: np.random.Generator) -> pd.DataFrame:
    """Return where everybody lives from the start."""
    return pd.DataFrame(
        {
            "person": PERSONS,
            "home": rng.choice(HOMES, len(PERSONS)),
            "from": "2022-01-01",
            "known": "2022-01-01",
        }
    )


def moves(rng: np.random.Generator, kind: str, known_from: pd.Timestamp) -> pd.DataFrame:
    """Return a change that becomes known late: a person moves, two homes merge, one is split."""
    who = {"move": PERSONS[:1], "merge": PERSONS[:3], "split": PERSONS[:2]}[kind]
    to = {"move": ["C"], "merge": ["A"] * 3, "split": ["D", "E"]}[kind]
    took_place = known_from - pd.to_timedelta(rng.integers(0, 200, len(who)), "D")
    known = known_from + pd.to_timedelta(rng.integers(0, 90, len(who)), "D")
    return pd.DataFrame({"person": who, "home": to, "from": took_place, "known": known})


def panel_of(told: pd.DataFrame, members: pd.DataFrame) -> Panel:
    dated = members.assign(
        **{"from": pd.to_datetime(members["from"]), "known": pd.to_datetime(members["known"])}
    )
    areas = pd.DataFrame(
        {
            "id": [*HOMES, "D", "E"],
            "gu": ["north", "north", "south", "south", "south"],
            "on": "2022-01-01",
        }
    )
    records = read_records(
        {
            "today": "2024-06-01",
            "catalogue": {"fire": {"direction": 1}, "debt": {"kind": "state", "unit": "months"}},
            "events": [
                {
                    "frame": told,
                    "person_id": "person",
                    "code": {"column": "what"},
                    "event_date": "day",
                    "known_date": "known",
                    "value": "months",
                }
            ],
            "members": [
                {
                    "frame": dated,
                    "person_id": "person",
                    "household_id": "home",
                    "from": "from",
                    "known_date": "known",
                }
            ],
            "attributes": [
                {"frame": areas, "household_id": "id", "known_date": "on", "columns": {"gu": "gu"}}
            ],
            "area": "gu",
            "max_quarantined": 1,
        }
    )
    rows = pd.DataFrame(
        [(home, day) for home in HOMES for day in ROUNDS], columns=["household_id", "as_of_date"]
    )
    return build_panel(records, rows, None, features=FEATURES)


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("kind", ["move", "merge", "split"])
def test_a_move_known_later_alters_no_past_round(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    told, members, known_from = facts(rng), homes(rng), ROUNDS[2]
    before = panel_of(told, members)
    after = panel_of(told, pd.concat([members, moves(rng, kind, known_from)], ignore_index=True))
    past = before.as_of <= known_from
    pd.testing.assert_frame_equal(after.X[past], before.X[past], check_exact=True)
    pd.testing.assert_frame_equal(after.groups[past], before.groups[past])


def test_facts_after_a_move_is_known_belong_to_the_new_home() -> None:
    told = pd.DataFrame(
        {
            "person": "p0",
            "what": "fire",
            "day": ["2023-05-31", "2024-03-31"],
            "known": ["2023-06-01", "2024-04-01"],
            "months": 1,
        }
    )
    told = told.assign(day=pd.to_datetime(told["day"]), known=pd.to_datetime(told["known"]))
    members = pd.DataFrame(
        {
            "person": "p0",
            "home": ["A", "C"],
            "from": ["2022-01-01", "2024-03-01"],
            "known": ["2022-01-01", "2024-03-10"],
        }
    )
    found = panel_of(told, members).X["fire__count__ever"].unstack()
    assert found.loc["A"].to_list() == [1, 1, 1, 1]
    assert found.loc["C"].to_list() == [0, 0, 0, 1]


def test_the_area_is_that_known_on_the_date() -> None:
    told = pd.DataFrame({"household_id": ["a"], "code": "fire", "event_date": ["2023-01-01"]})
    moved = pd.DataFrame(
        {
            "household_id": "a",
            "name": "gu",
            "text": ["north", "south"],
            "known_date": ["2023-01-01", "2023-06-01"],
        }
    )
    only_north = pd.DataFrame({"feed": ["fire"], "area": ["north"], "from_date": ["2022-01-01"]})
    records = Records.from_frames(
        told, today="2024-01-01", attributes=moved, coverage=only_north, area="gu"
    )
    panel = build_panel(
        records, ["2023-06-01", "2023-06-02"], features=Features([Agg.count("fire")])
    )
    assert panel.area.to_list() == ["north", "south"]
    assert panel.X["fire__count__ever"].isna().to_list() == [False, True]
