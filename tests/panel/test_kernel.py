"""The kernel says what the definitions say, on all aggregates and on every edge day."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from panel_oracle import Blank, Delivery, Fact, Home, Period, World, feature, half_opens, opens

from riskmodel.indicators import Catalogue
from riskmodel.panel import Agg, Features, Panel, build_panel
from riskmodel.panel.specs.aggregates import AGGREGATES, Aggregate
from riskmodel.records import Records
from riskmodel.records.table_schemas import conform

AS_OFS = [
    date(2024, 2, 29),
    date(2024, 3, 31),
    date(2024, 5, 31),
    date(2025, 2, 28),
    date(2025, 3, 1),
]
WINDOWS = ["7D", "30D", "1M", "3M", "6M", "12M", "ever"]
KINDS = {"fire": "event", "arrears": "state", "income": "reading"}
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


def codes_for(aggregate: Aggregate, kinds: dict[str, str]) -> list[str]:
    return [code for code, kind in kinds.items() if kind in aggregate.aspects]


def windows_of(aggregate: Aggregate) -> list[str]:
    windows = {"any": WINDOWS, "halves": WINDOWS[:-1], "none": ["ever"]}
    return windows[aggregate.window]


FEATURES = Features(
    Agg(name, codes_for(aggregate, KINDS), windows_of(aggregate))
    for name, aggregate in AGGREGATES.items()
)
RESTS = {
    code: [
        f"{a.operation}__{span}" for a in FEATURES.aggregates for span in a.spans if code in a.codes
    ]
    for code in KINDS
}
BATCH = 50


def records_of(world: World, households: list[str]) -> Records:
    def frame(rows: list[Any], kind: Any) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=kind._fields)

    catalogue = {code: {"kind": kind} for code, kind in world.kinds.items()}
    tables = {
        "events": frame(world.facts, Fact),
        "coverage": frame(world.coverage, Period),
        "deliveries": frame(world.deliveries, Delivery),
        "unmatched": frame(world.unmatched, Blank),
        "attributes": frame(world.homes, Home).rename(columns={"area": "text"}).assign(name="gu"),
        "members": pd.DataFrame({"household_id": households, "person_id": "someone"}),
    }
    return Records(
        name="world",
        today=np.datetime64("2026-01-01"),
        catalogue=Catalogue.read(catalogue),
        tables={name: conform(name, table) for name, table in tables.items()},
        area="gu" if world.homes else None,
    )


def rows_of(households: list[str]) -> pd.DataFrame:
    pairs = [(household, day) for household in households for day in AS_OFS]
    return pd.DataFrame(pairs, columns=["household_id", "as_of_date"]).astype(
        {"as_of_date": "datetime64[s]"}
    )


def check(world: World | list[Fact], households: list[str]) -> Panel:
    world = world if isinstance(world, World) else World(world, KINDS)
    features = Features(FEATURES.items, world.partly_covered)
    panel = build_panel(
        records_of(world, households), rows_of(households), label=None, features=features
    )
    assert_as_told(panel.X, world)
    return panel


def assert_as_told(X: pd.DataFrame, world: World) -> None:
    rows, names = [(household, day.date()) for household, day in X.index], [str(name) for name in X]
    told = [[feature(world, *row, *name.split("__")) for name in names] for row in rows]
    found, expected = X.to_numpy(), np.array(told, np.float32)
    wrong = np.argwhere(~((found == expected) | (np.isnan(found) & np.isnan(expected))))
    for row, column in wrong[:1]:
        raise AssertionError(
            f"{names[column]} of {rows[row]} is {found[row, column]}, "
            f"not {told[row][column]}, in {world}"
        )


def check_together(worlds: list[World], households: list[str]) -> None:
    """Check many worlds in one build, since a build is slow to start.

    Each world has codes and households of its own.
    """
    joined = World([], {}, partly_covered=worlds[0].partly_covered)
    for number, world in enumerate(worlds):
        joined.kinds |= {f"{code}{number}": kind for code, kind in KINDS.items()}
        for table in ("facts", "deliveries", "coverage", "unmatched", "homes"):
            for row in getattr(world, table):
                keys = {
                    key: f"{getattr(row, key)}{number}"
                    for key in ("household_id", "code", "feed")
                    if hasattr(row, key)
                }
                getattr(joined, table).append(row._replace(**keys))
    everybody = [f"{household}{n}" for household in households for n in range(len(worlds))]
    items = [
        Agg(a.operation, codes_for(a.specification, joined.kinds), a.spans)
        for a in FEATURES.aggregates
    ]
    X = build_panel(
        records_of(joined, everybody),
        rows_of(everybody),
        label=None,
        features=Features(items, joined.partly_covered),
    ).X
    for number, world in enumerate(worlds):
        own = X.loc[[f"{household}{number}" for household in households]]
        own = own[[f"{code}{number}__{rest}" for code in KINDS for rest in RESTS[code]]]
        plain = own.index.set_levels(
            own.index.levels[0].str.rstrip("0123456789"), level=0, verify_integrity=False
        )
        names = [f"{code}__{rest}" for code in KINDS for rest in RESTS[code]]
        assert_as_told(own.set_axis(names, axis=1).set_axis(plain), world)


def generated(n: int) -> list[World]:
    """Let hypothesis make up worlds, the same ones every time."""
    found: list[World] = []

    @settings(
        max_examples=n, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
    )
    @given(worlds())
    def gather(world: World) -> None:
        found.append(world)

    gather()
    return found


def edge_fact(rng: random.Random, household: str) -> Fact:
    code = rng.choice(list(KINDS))
    event = (
        rng.choice(EDGES)
        if rng.random() < 0.8
        else date(2022, 1, 1) + timedelta(rng.randrange(1150))
    )
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
# Few days and short lags, so that deliveries, periods and facts meet.
MONTH_ENDS = st.sampled_from(
    [
        date(2023, 11, 30),
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 3, 30),
        date(2025, 1, 31),
    ]
)
LAGS = st.sampled_from([-5, 0, 1, 30, 200]).map(timedelta)
CODES, HOUSEHOLDS, AREAS = (
    st.sampled_from(list(KINDS)),
    st.sampled_from("ab"),
    st.sampled_from(["north", "south"]),
)
ANYWHERE = st.none() | AREAS


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    event = draw(DAYS | MONTH_ENDS)
    known = event + draw(LAGS)
    retracted = draw(st.sampled_from([None, None, 1, 100]))
    value = draw(st.sampled_from([None, 0.0, 1.0, -0.5, 22.0]))
    return Fact(
        draw(HOUSEHOLDS),
        draw(CODES),
        event,
        known,
        value,
        None,
        retracted and known + timedelta(retracted),
    )


@st.composite
def deliveries(draw: st.DrawFn, areas: st.SearchStrategy[str | None]) -> Delivery:
    day = draw(MONTH_ENDS)
    return Delivery(draw(CODES), draw(areas), day, day + draw(LAGS), draw(st.booleans()))


@st.composite
def periods(draw: st.DrawFn, areas: st.SearchStrategy[str | None]) -> Period:
    begin = draw(st.none() | DAYS | MONTH_ENDS)
    end = draw(st.none() | DAYS)
    return Period(draw(CODES), draw(areas), begin, end)


@st.composite
def blanks(draw: st.DrawFn) -> Blank:
    day = draw(MONTH_ENDS)
    known = day + draw(LAGS)
    mended = draw(st.sampled_from([None, 0, 90]))
    return Blank(
        draw(HOUSEHOLDS),
        draw(CODES),
        day,
        known,
        None if mended is None else known + timedelta(mended),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Facts of two households that may move; feeds may be late, out, empty or of one area."""
    homes = draw(st.lists(st.builds(Home, HOUSEHOLDS, AREAS, DAYS), max_size=4))
    areas = ANYWHERE if homes else st.none()
    told = draw(st.lists(facts(), max_size=12))
    told += draw(st.lists(st.sampled_from(told), max_size=2)) if told else []
    return World(
        told,
        KINDS,
        draw(st.lists(deliveries(areas), max_size=6)),
        draw(st.lists(periods(areas), max_size=3)),
        draw(st.lists(blanks(), max_size=3)),
        homes,
        draw(st.sampled_from(["counted", "missing"])),
    )


@pytest.mark.parametrize("n", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_kernel_equals_the_oracle_on_any_history(n: int) -> None:
    found = generated(n)
    assert len(found) >= 0.9 * n
    for rule in ("counted", "missing"):
        told = [world for world in found if world.partly_covered == rule]
        for first in range(0, len(told), BATCH):
            check_together(told[first : first + BATCH], ["a", "b", "without"])


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
