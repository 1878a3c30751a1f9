"""What changes from round to round: seasons, a recession, the feeds' own history, and what help there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.datasets.content import content
from riskmodel.datasets.emission import Emission, emission
from riskmodel.datasets.layers import ByYear, Layers
from riskmodel.datasets.schedule import MONTHS, Schedule
from riskmodel.datasets.world import World
from riskmodel.errors import ConfigError
from riskmodel.keys import as_days


@dataclass(frozen=True, eq=False)
class Times:
    """The world's parameters in each simulated round.

    Attributes
    ----------
    shift : tuple of float
        Log-odds of worsening, added for everybody.
    emission : tuple of Emission
        How indicators show; rounds alike share one object.
    changed : int
        The round in which the world changes.
    opens : mapping of str to int
        First round of each feed that does not deliver from the start.
    support, private_support : tuple of float
        Shares that get public support and private help.
    """

    shift: tuple[float, ...]
    emission: tuple[Emission, ...]
    changed: int
    opens: Mapping[str, int]
    support: tuple[float, ...]
    private_support: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.shift)


def times(world: World, layers: Layers, schedule: Schedule) -> Times:
    """Lay the world's changes over the simulated rounds."""
    as_of = schedule.as_of
    changed = as_of.start + (len(as_of) // 2 if layers.change_at is None else layers.change_at)
    if not as_of.start <= changed < as_of.stop:
        raise ConfigError(
            f"change_at={layers.change_at} lies outside the rounds",
            code="datasets.change_at",
            allowed=f"0 to {len(as_of) - 1}",
            next_step="name a round by its number",
        )
    opening = pd.DatetimeIndex(schedule.starts[: len(schedule)])
    shift = tuple(
        layers.season * float(np.cos(2 * np.pi * (month - 1) / 12))
        + layers.recession * (period >= changed)
        for period, month in enumerate(opening.month)
    )
    support, private = (
        [_in_year(share, year) for year in opening.year]
        for share in (layers.support, layers.private_support)
    )
    opens = _first_deliveries(world, layers, schedule, changed)
    found = _emissions(world, layers, schedule, changed, opens)
    return Times(shift, found, changed, opens, tuple(support), tuple(private))


def _first_deliveries(
    world: World, layers: Layers, schedule: Schedule, changed: int
) -> dict[str, int]:
    live = {
        code: entry.get("live_from") for code, entry in content(world.service)["indicators"].items()
    }
    found = {code: _round_of(schedule, day) for code, day in live.items() if day is not None}
    return {code: at for code, at in found.items() if at} | dict.fromkeys(
        layers.new_indicator, changed
    )


def _emissions(
    world: World, layers: Layers, schedule: Schedule, changed: int, opens: Mapping[str, int]
) -> tuple[Emission, ...]:
    entries = content(world.service)["indicators"]
    wider = {
        code: _round_of(schedule, e["redefined"][0]["from"])
        for code, e in entries.items()
        if "redefined" in e
    }
    wider |= dict.fromkeys(layers.redefined, changed)
    made: dict[Any, Emission] = {}
    found = []
    for period in range(len(schedule)):
        dead = [code for code, at in opens.items() if period < at]
        for lengths in (layers.outage or {}, layers.empty_delivery or {}):
            dead += [
                code for code, rounds in lengths.items() if changed <= period < changed + rounds
            ]
        now = tuple(code for code, at in wider.items() if period >= at)
        season = {
            code: _in_season(schedule, e["months"], period)
            for code, e in entries.items()
            if "months" in e
        }
        key = (period >= changed, tuple(dead), now, tuple(season.items()))
        if key not in made:
            made[key] = emission(
                world,
                silent=layers.concept_shift if period >= changed else (),
                wider=now,
                dead=dead,
                resent=layers.resent,
                opens=opens,
                season=season,
            )
        found.append(made[key])
    return tuple(found)


def _round_of(schedule: Schedule, day: Any) -> int:
    """Return the first round that opens on a day or later."""
    return int(np.searchsorted(schedule.starts, as_days(day)))


def _in_season(schedule: Schedule, months: Sequence[float], period: int) -> float:
    """Return the mean of the factors of a round's two months."""
    month = pd.Timestamp(schedule.starts[period]).month
    return float(np.mean(months[month - 1 : month - 1 + MONTHS]))


def _in_year(share: ByYear, year: int) -> float:
    """Return the share of a year, or of the nearest year that is told."""
    if isinstance(share, (int, float)):
        return float(share)
    return float(share[min(share, key=lambda told: abs(told - year))])
