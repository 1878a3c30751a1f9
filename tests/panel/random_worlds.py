"""Worlds made up by hypothesis: few days and short lags, so that all that tells of a feed meets."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from panel_oracle import Blank, Delivery, Fact, Home, Period, World, half_opens, opens

from riskmodel.indicators import Catalogue
from riskmodel.panel import Agg, Features
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


def joined(worlds: list[World]) -> World:
    """Put many worlds into one, each with codes and households of its own."""
    whole = World([], {}, partly_covered=worlds[0].partly_covered)
    for number, world in enumerate(worlds):
        whole.kinds |= {f"{code}{number}": kind for code, kind in KINDS.items()}
        for table in ("facts", "deliveries", "coverage", "unmatched", "homes"):
            for row in getattr(world, table):
                keys = {
                    key: f"{getattr(row, key)}{number}"
                    for key in ("household_id", "code", "feed")
                    if hasattr(row, key)
                }
                getattr(whole, table).append(row._replace(**keys))
    return whole


def features_of(world: World) -> Features:
    """Every aggregate of every code that it is for, over every window."""
    items = [
        Agg(a.operation, codes_for(a.specification, world.kinds), a.spans)
        for a in FEATURES.aggregates
    ]
    return Features(items, world.partly_covered)


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
    if begin is not None and end is not None:
        begin, end = min(begin, end), max(begin, end)
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
