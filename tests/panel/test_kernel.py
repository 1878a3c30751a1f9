"""The kernel says what the definitions say, on all aggregates and on every edge day."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panel_oracle import Fact, feature, half_opens, opens

from riskmodel.panel import Agg, Features, Panel, build_panel
from riskmodel.panel.aggregates import OF_STATES, OPERATIONS, WITHOUT_WINDOW
from riskmodel.records import Records

AS_OFS = [date(2024, 2, 29), date(2024, 3, 31), date(2024, 5, 31), date(2025, 2, 28), date(2025, 3, 1)]
WINDOWS = ["7D", "30D", "1M", "3M", "6M", "12M", "ever"]
KINDS = {"fire": "event", "arrears": "state", "income": "reading"}
CATALOGUE = {code: {"kind": kind} for code, kind in KINDS.items()}
LAST_VISIBLE = max(AS_OFS) - timedelta(1)
EDGES = sorted(
    {
        day + timedelta(shift)
        for as_of in AS_OFS
        for window in WINDOWS[:-1]
        for day in (as_of, opens(window, as_of), half_opens(window, as_of))
        for shift in (-1, 0, 1)
    }
)
FEATURES = Features(
    Agg(
        operation,
        "arrears" if operation in OF_STATES else "*",
        ["ever"] if operation in WITHOUT_WINDOW else [w for w in WINDOWS if operation != "trend" or w != "ever"],
    )
    for operation in OPERATIONS
)


def records_of(facts: list[Fact]) -> Records:
    frame = pd.DataFrame(facts, columns=Fact._fields)
    return Records.from_frames(frame, today="2026-01-01", catalogue=CATALOGUE)


def rows_of(households: list[str]) -> pd.DataFrame:
    pairs = [(household, day) for household in households for day in AS_OFS]
    return pd.DataFrame(pairs, columns=["household_id", "as_of_date"]).astype({"as_of_date": "datetime64[s]"})


def check(facts: list[Fact], households: list[str]) -> Panel:
    panel = build_panel(records_of(facts), rows_of(households), label=None, features=FEATURES)
    for column in panel.columns:
        kind, found = KINDS[column.indicator], panel.X[column.name]
        told = [
            feature(facts, household, day.date(), column.indicator, kind, column.aggregate, column.window)
            for household, day in panel.X.index
        ]
        expected = pd.Series(np.array(told, np.float32), index=panel.X.index, name=column.name)
        pd.testing.assert_series_equal(found, expected, check_exact=True)
    return panel


def edge_fact(rng: random.Random, household: str) -> Fact:
    code = rng.choice(list(KINDS))
    event = rng.choice(EDGES) if rng.random() < 0.8 else date(2022, 1, 1) + timedelta(rng.randrange(1150))
    if code == "arrears":
        event = date(2023, 9, 5) + timedelta(30 * rng.randrange(18))
    known = event + timedelta(rng.choice([0, 0, 1, 2, 30, 31, 200, -5]))
    retracted = known + timedelta(rng.choice([1, 60, 400])) if rng.random() < 0.1 else None
    value = rng.choice([None, 0.0, 1.0, -2.5, 100.0, 5000.0])
    return Fact(household, code, event, known, value, rng.choice([None, "a", "b", "c"]), retracted)


@pytest.mark.parametrize("seed", [0, 1])
def test_kernel_equals_the_oracle_on_edge_days(seed: int) -> None:
    rng = random.Random(seed)
    households = [f"h{i:02d}" for i in range(30)]
    facts = []
    for household in households:
        if household.endswith("7"):
            continue
        for _ in range(rng.randint(1, 30)):
            facts.append(edge_fact(rng, household))
            if rng.random() < 0.2:
                facts.append(facts[-1])
    check(facts, households)


DAYS = st.sampled_from(EDGES)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    def fact(household: str, code: str, event: date, lag: int, value: float | None, retracted: int | None) -> Fact:
        known = event + timedelta(lag)
        return Fact(household, code, event, known, value, None, retracted and known + timedelta(retracted))

    one = st.builds(
        fact,
        st.sampled_from("ab"),
        st.sampled_from(list(KINDS)),
        DAYS,
        st.sampled_from([-5, 0, 1, 30, 200]),
        st.sampled_from([None, 0.0, 1.0, -0.5, 22.0]),
        st.sampled_from([None, None, 1, 100]),
    )
    return draw(st.lists(one, max_size=12))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_kernel_equals_the_oracle_on_any_history(facts: list[Fact]) -> None:
    check(facts, ["a", "b", "without"])


def test_a_household_without_facts_is_zero_where_feeds_are_live_and_readings_missing() -> None:
    facts = [Fact("a", code, date(2024, 1, 5), date(2024, 1, 5), 3.0) for code in KINDS]
    row = check(facts, ["a", "b"]).X.loc[("b", "2024-02-29")]
    assert row["fire__count__ever"] == row["arrears__now__ever"] == row["income__count__ever"] == 0
    assert np.isnan(row["income__last__ever"])


def test_the_day_itself_and_what_becomes_known_on_it_are_the_future() -> None:
    as_of = AS_OFS[0]
    day = timedelta(1)
    facts = [
        Fact("a", "fire", as_of - day, as_of - day),
        Fact("a", "fire", as_of, as_of - day),
        Fact("a", "fire", as_of - day, as_of),
    ]
    row = check(facts, ["a"]).X.loc[("a", pd.Timestamp(as_of))]
    assert row["fire__count__ever"] == row["fire__count__7D"] == 1
