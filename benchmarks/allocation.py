"""The allocation of a national round: how long it takes, how near to the best, and what it keeps.

One line for each setting: the areas and candidates, CPU and wall seconds, needs found, the gap to
the bound, and budgets that are overdrawn. `--small` compares random small rounds with the best of
all their allocations, counts overdrawn budgets, and compares prices with two allocations.

`--explore` plans the round whole, with such a share of all minutes for a draw.

    python benchmarks/allocation.py [--areas 3550] [--candidates 110] [--explore .1] [--small]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.records.table_schemas import conform
from riskmodel.service import Channels, Options, allocate, options, prices

DAY = "2024-05-01"
AREAS_OF_AN_OFFICE = 15
OFFICERS: dict[str, Any] = {
    "call": {"minutes": 15, "reach": 0.5, "budgets": [{"by": "area", "minutes": 375}]},
    "visit": {"minutes": 40, "reach": 0.65, "budgets": [{"by": "area", "minutes": 800}]},
}
CHANNELS = ("ai_call", "call", "visit")
AI_CALL: dict[str, Any] = {"minutes": 2, "reach": 0.45}
VISITS_BY_KIND = {"usual": 40, "by": "kind", "values": {"rural": 65, "island": 90}}


def settings(areas: int) -> dict[str, dict[str, Any]]:
    """Return the channels of each setting."""
    by_area = [{"by": "area", "minutes": 60}]
    shared = [{"minutes": 28.0 * areas}, {"by": "office", "minutes": 30.0 * AREAS_OF_AN_OFFICE}]
    pool = {"by": "area", "minutes": 1175}
    return {
        "budgets by area": {**OFFICERS, "ai_call": {**AI_CALL, "budgets": by_area}},
        "office and nation": {**OFFICERS, "ai_call": {**AI_CALL, "budgets": shared}},
        "minutes by kind": {
            "call": OFFICERS["call"],
            "visit": {**OFFICERS["visit"], "minutes": VISITS_BY_KIND},
            "ai_call": {**AI_CALL, "budgets": shared},
        },
        "officers share": {
            "call": {"minutes": 15, "reach": 0.5, "shares": "visit"},
            "visit": {**OFFICERS["visit"], "budgets": [pool]},
            "ai_call": {**AI_CALL, "budgets": by_area},
        },
    }


def round_of(areas: int, candidates: int) -> tuple[pd.DataFrame, rm.Records]:
    """Return a round's candidates, and records that know their post offices and kinds of area."""
    rng = np.random.default_rng(0)
    n = areas * candidates
    area = np.repeat(np.arange(areas), candidates)
    ids = np.char.mod("h%07d", rng.permutation(n))
    frame = pd.DataFrame(
        {
            "household_id": ids,
            "area": np.char.mod("area %04d", area),
            "score": rng.beta(0.5, 12, n),
            "is_candidate": True,
            "channels": [CHANNELS] * n,
            "must": None,
            "must_rule": None,
            "overdue": rng.random(n) < 0.05,
        }
    )
    office = np.char.mod("office %03d", area // AREAS_OF_AN_OFFICE)
    kind = rng.choice(["urban", "rural", "island"], n, p=[0.7, 0.25, 0.05])
    told = [
        pd.DataFrame({"household_id": ids, "name": name, "text": values})
        for name, values in (("office", office), ("kind", kind))
    ]
    fact = pd.DataFrame([{"household_id": "z", "code": "fire", "event_date": "2023-01-01"}])
    empty = rm.Records.from_frames(fact, today="2024-12-31")
    attributes = conform("attributes", pd.concat(told, ignore_index=True))
    return frame, empty.replace(tables={**empty.tables, "attributes": attributes})


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Print the CPU and wall seconds of what runs inside."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"    {name}: CPU {cpu:.1f} s, wall {wall:.1f} s")


def national(areas: int, candidates: int, names: list[str], *, priced: bool) -> None:
    """Print how each setting is allocated."""
    frame, records = round_of(areas, candidates)
    for name, keys in settings(areas).items():
        if names and name not in names:
            continue
        print(f"{name}: {areas:,} areas x {candidates} candidates")
        with timed("options"):
            choice = options(frame, records, Channels.read(keys), DAY)
        with timed("allocate"):
            found = allocate(frame, choice)
        over = int((found.budgets["used"] > found.budgets["minutes"]).sum())
        print(
            f"    {len(found.chosen):,} steps find {found.value:,.2f} needs, gap "
            f"{100 * found.gap:.5f} %, {over} of {len(found.budgets):,} budgets overdrawn"
        )
        if priced:
            with timed("prices"):
                table = prices(frame, choice, found)
            each = table.groupby(["channel", "by"])["price"].describe()[["count", "mean", "max"]]
            print(each.to_string().replace("\n", "\n    "))


def planned(areas: int, candidates: int, names: list[str], explore: float) -> None:
    """Print how long the plan of a round with a draw takes; budgets by area have no price."""
    frame, records = round_of(areas, candidates)
    listed = frame[["household_id", "area", "score"]].assign(as_of_date=DAY)
    ladder = {"ladder": [{"channel": name, "within": "14D"} for name in CHANNELS]}
    for name, keys in settings(areas).items():
        if names and name not in names:
            continue
        print(f"{name}: {areas:,} areas x {candidates} candidates")
        with timed("outreach"):
            plan = rm.outreach(
                listed, records, ladder, keys, explore=explore, seed=3, area_prices=False
            )
        over = (plan.prices["used"] + plan.prices["reserved"] > plan.prices["minutes"]).sum()
        counts = plan.table["stratum"].value_counts().to_dict()
        print(f"    steps {counts}, {over} of {len(plan.prices):,} budgets overdrawn")


def small(cases: int) -> None:
    """Print how small rounds compare with the best of all their allocations."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "service"))
    import allocation_cases as made
    import test_allocation as held

    with timed(f"{cases} small rounds are the best of all their allocations"):
        for seed in range(cases):
            held.check_against_counting(seed)
    over = sum(_overdrawn(made, seed) for seed in range(5 * cases))
    print(f"    overdrawn budgets in {5 * cases:,} random rounds: {over}")
    differences = [_off(made, seed) for seed in range(cases // 10)]
    print(
        f"    prices against two allocations, {cases // 10} rounds: off by {max(differences):.1e}"
    )


def _overdrawn(made: Any, seed: int) -> int:
    frame = made.frame_of(13 + seed % 48, seed, areas=3)
    choice = made.options_of(frame, made.channels_of(frame, seed, shares=bool(seed % 2)))
    used = allocate(frame, choice).budgets
    return int((used["used"] > used["minutes"]).sum())


def _off(made: Any, seed: int) -> float:
    frame = made.frame_of(30, seed, areas=3)
    channels = made.channels_of(frame, seed, shares=bool(seed % 2))

    def value(more: Callable[[Options], None]) -> float:
        choice = made.options_of(frame, channels)
        more(choice)
        return allocate(frame, choice).value

    choice = made.options_of(frame, channels)
    table = prices(frame, choice, allocate(frame, choice))
    base = value(lambda _: None)

    def wider(row: int) -> Callable[[Options], None]:
        def widen(choice: Options) -> None:
            minutes = choice.budgets.table["minutes"].astype(float).copy()
            minutes.iloc[row] += 60
            choice.budgets.table["minutes"] = minutes

        return widen

    after = np.array([value(wider(row)) for row in range(len(table))])
    return float(np.abs(table["price"] - (after - base)).max())


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, default=3550)
    parser.add_argument("--candidates", type=int, default=110)
    parser.add_argument("--setting", action="append", default=[])
    parser.add_argument("--prices", action="store_true")
    parser.add_argument("--explore", type=float)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    if asked.small:
        small(200)
    elif asked.explore is not None:
        planned(asked.areas, asked.candidates, asked.setting, asked.explore)
    else:
        national(asked.areas, asked.candidates, asked.setting, priced=asked.prices)


if __name__ == "__main__":
    main()
