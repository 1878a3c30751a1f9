"""Small rounds of outreach, and the best allocation of each by counting all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.records.table_schemas import conform
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.options import Options, options

DAY = "2024-05-01"
CHANNELS = ("ai_call", "call", "visit")
FLOORS = ("single", "rural")


@cache
def plain_records() -> rm.Records:
    fact = {"household_id": "z", "code": "fire", "event_date": "2023-01-01"}
    return rm.Records.from_frames(pd.DataFrame([fact]), today="2024-12-31")


def records_with(attributes: Mapping[str, Mapping[str, str]]) -> rm.Records:
    """Return records in which households have some attributes, by name and id."""
    rows = [
        {"household_id": household, "name": name, "text": text}
        for name, values in attributes.items()
        for household, text in values.items()
    ]
    empty = plain_records()
    return empty.replace(
        tables={**empty.tables, "attributes": conform("attributes", pd.DataFrame(rows))}
    )


def frame_of(n: int, seed: int = 0, areas: int = 2) -> pd.DataFrame:
    """Return what rules make of `n` listed households, drawn at random."""
    rng = np.random.default_rng(seed)
    ladders = [CHANNELS[start:] for start in rng.integers(0, 3, n)]
    must = [ladder[0] if rng.random() < 0.1 else None for ladder in ladders]
    return pd.DataFrame(
        {
            "household_id": [f"h{number:03d}" for number in rng.permutation(n)],
            "area": rng.choice(["A", "B", "C"][:areas], n),
            "score": np.round(rng.beta(0.8, 3, n), 4),
            "is_candidate": rng.random(n) < 0.9,
            "channels": pd.Series(ladders, dtype=object),
            "must": pd.Series(must, dtype=object),
            "must_rule": pd.Series(["rent" if word else None for word in must], dtype=object),
            "overdue": rng.random(n) < 0.15,
            "floors": pd.Series(
                [tuple(name for name in FLOORS if rng.random() < 0.3) for _ in range(n)],
                dtype=object,
            ),
        }
    )


def channels_of(frame: pd.DataFrame, seed: int = 0, *, shares: bool = False) -> Channels:
    """Return three channels with budgets by area and for the nation, drawn at random."""
    rng = np.random.default_rng(seed)
    areas = {name: 10.0 * rng.integers(0, 13) for name in sorted(set(frame["area"]))}
    slow = dict.fromkeys(list(areas)[-1:], 55.5)
    keys: dict[str, Any] = {
        "ai_call": {"minutes": 2, "reach": 0.25, "budgets": [{"minutes": float(rng.integers(9))}]},
        "call": {"minutes": 15, "reach": 0.4, "budgets": [{"by": "area", "minutes": 30}]},
        "visit": {
            "minutes": {"usual": 40, "by": "area", "values": slow},
            "reach": 0.7,
            "budgets": [{"by": "area", "minutes": areas}, {"minutes": 120}],
        },
    }
    if shares:
        keys["call"] = {"minutes": 15, "reach": 0.4, "shares": "visit"}
    return Channels.read(keys)


def options_of(frame: pd.DataFrame, channels: Channels) -> Options:
    return options(frame, plain_records(), channels, DAY)


def steps_of(choice: Options) -> dict[int, list[tuple[str, float, float, tuple[int, ...]]]]:
    """Return by household what it may have: channel, minutes, value and budgets."""
    steps: dict[int, list[tuple[str, float, float, tuple[int, ...]]]] = {}
    for row in choice.table.itertuples():
        rows = tuple(int(r) for r in choice.budgets.of[row.channel][row.household])
        steps.setdefault(row.household, []).append((row.channel, row.minutes, row.value, rows))
    return steps


def best(
    steps: Mapping[int, list[tuple[str, float, float, tuple[int, ...]]]],
    room: np.ndarray,
    bonus: Mapping[int, float],
    counts: Mapping[int, tuple[str, ...]],
    least: Mapping[str, int],
) -> tuple[float, dict[int, str]] | None:
    """Return the largest gain and its choice, household by household over all states of budgets."""
    start = (tuple(float(minutes) for minutes in room), tuple(0 for _ in least))
    states: dict[Any, tuple[float, dict[int, str]]] = {start: (0.0, {})}
    for household, each in steps.items():
        after = dict(states)
        for (left, kept), (gain, chosen) in states.items():
            for channel, minutes, value, rows in each:
                rest = list(left)
                for row in rows:
                    rest[row] = round(rest[row] - minutes, 6)
                if min(rest, default=0) < 0:
                    continue
                now = tuple(
                    min(n + (name in counts.get(household, ())), least[name])
                    for n, name in zip(kept, least, strict=True)
                )
                total = gain + value + bonus.get(household, 0.0)
                key = (tuple(rest), now)
                if key not in after or after[key][0] < total:
                    after[key] = (total, {**chosen, household: channel})
        states = after
    full = [state for (_, kept), state in states.items() if kept == tuple(least.values())]
    return max(full, key=lambda state: state[0]) if full else None
