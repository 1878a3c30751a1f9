"""The kernel says what the definitions say, on all aggregates and on every edge day."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panel_oracle import Fact, World, feature
from random_worlds import (
    AS_OFS,
    EDGES,
    FEATURES,
    KINDS,
    RESTS,
    features_of,
    generated,
    joined,
    records_of,
    rows_of,
)

from riskmodel.datasets import make_households
from riskmodel.panel import Features, Panel, build_panel
from riskmodel.panel.filling import kernel

BATCH = 50


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
    """Check many worlds in one build, since a build is slow to start."""
    together = joined(worlds)
    everybody = [f"{household}{n}" for household in households for n in range(len(worlds))]
    X = build_panel(
        records_of(together, everybody),
        rows_of(everybody),
        label=None,
        features=features_of(together),
    ).X
    for number, world in enumerate(worlds):
        own = X.loc[[f"{household}{number}" for household in households]]
        own = own[[f"{code}{number}__{rest}" for code in KINDS for rest in RESTS[code]]]
        plain = own.index.set_levels(
            own.index.levels[0].str.rstrip("0123456789"), level=0, verify_integrity=False
        )
        names = [f"{code}__{rest}" for code in KINDS for rest in RESTS[code]]
        assert_as_told(own.set_axis(names, axis=1).set_axis(plain), world)


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


def test_the_kernel_is_compiled_once_for_facts_from_any_source(tmp_path: Path) -> None:
    """An array that may be written to is of another type to numba than one that may not."""
    held = make_households(60, n_rounds=3, random_state=0)
    stored = make_households(60, n_rounds=3, random_state=0, folder=tmp_path / "parts")
    for records in (held, stored):
        build_panel(records, rounds=records.rounds, label=None)
    day = date(2024, 1, 5)
    retracted = Fact("h", next(iter(KINDS)), day, day, 1.0, retracted_date=day + timedelta(9))
    check([retracted], ["h", "nobody"])
    assert len(kernel.fill.signatures) == len(kernel.members.signatures) == 1
