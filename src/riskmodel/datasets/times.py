"""What changes from round to round: seasons, a recession, the feeds' history, and support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.datasets.content import content
from riskmodel.datasets.emission import Emission, emission
from riskmodel.datasets.layer import FeedChanges, Moment
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
    changed = _change(layers, schedule)
    opening = pd.DatetimeIndex(schedule.starts[: len(schedule)])
    moments = [Moment(period, int(month), changed) for period, month in enumerate(opening.month)]
    opens = _first_deliveries(world, layers, schedule, changed)
    return Times(
        shift=tuple(layers.worsening(moment) for moment in moments),
        emission=_emissions(world, layers, schedule, moments, opens),
        changed=changed,
        opens=opens,
        support=tuple(_in_year(layers.support, year) for year in opening.year),
        private_support=tuple(_in_year(layers.private_support, year) for year in opening.year),
    )


def _change(layers: Layers, schedule: Schedule) -> int:
    """Return the round in which the world changes, or refuse one outside the as-of rounds."""
    as_of = schedule.as_of
    changed = as_of.start + (len(as_of) // 2 if layers.change_at is None else layers.change_at)
    if not as_of.start <= changed < as_of.stop:
        raise ConfigError(
            f"change_at={layers.change_at} lies outside the rounds",
            code="datasets.change_at",
            allowed=f"0 to {len(as_of) - 1}",
            next_step="name a round by its number",
        )
    return changed


def _first_deliveries(
    world: World, layers: Layers, schedule: Schedule, changed: int
) -> dict[str, int]:
    """Return the first round of each feed that does not deliver from the start."""
    opens: dict[str, int] = {}
    for code, entry in content(world.service)["indicators"].items():
        live_from = entry.get("live_from")
        first = 0 if live_from is None else _round_of(schedule, live_from)
        if first > 0:
            opens[code] = first
    return opens | dict.fromkeys(layers.new_indicator, changed)


def _emissions(
    world: World,
    layers: Layers,
    schedule: Schedule,
    moments: Sequence[Moment],
    opens: Mapping[str, int],
) -> tuple[Emission, ...]:
    """Return how indicators show in each round; rounds that do not differ share one object."""
    redefined = _redefinitions(world, schedule)
    made: dict[Any, Emission] = {}
    emissions = []
    for moment in moments:
        changes = _catalogued_changes(redefined, opens, moment) + layers.feed_changes(moment)
        season = _season(world, schedule, moment.period)
        key = (changes, tuple(season.items()))
        if key not in made:
            made[key] = emission(world, changes, opens=opens, season=season)
        emissions.append(made[key])
    return tuple(emissions)


def _redefinitions(world: World, schedule: Schedule) -> dict[str, int]:
    """Return the round from which on the catalogue defines an indicator more widely."""
    return {
        code: _round_of(schedule, entry["redefined"][0]["from"])
        for code, entry in content(world.service)["indicators"].items()
        if "redefined" in entry
    }


def _catalogued_changes(
    redefined: Mapping[str, int], opens: Mapping[str, int], moment: Moment
) -> FeedChanges:
    """Return the catalogue's own changes: wider definitions, and feeds that have not started."""
    return FeedChanges(
        wider=tuple(code for code, at in redefined.items() if moment.period >= at),
        undelivered=tuple(code for code, at in opens.items() if moment.period < at),
    )


def _season(world: World, schedule: Schedule, period: int) -> dict[str, float]:
    """Return the factor on the chance of each seasonal indicator in a round."""
    return {
        code: _mean_factor(schedule, entry["months"], period)
        for code, entry in content(world.service)["indicators"].items()
        if "months" in entry
    }


def _round_of(schedule: Schedule, day: Any) -> int:
    """Return the first round that opens on a day or later."""
    return int(np.searchsorted(schedule.starts, as_days(day)))


def _mean_factor(schedule: Schedule, months: Sequence[float], period: int) -> float:
    """Return the mean of the factors of a round's two months."""
    month = pd.Timestamp(schedule.starts[period]).month
    return float(np.mean(months[month - 1 : month - 1 + MONTHS]))


def _in_year(share: ByYear, year: int) -> float:
    """Return the share of a year, or of the nearest year that has one."""
    if isinstance(share, (int, float)):
        return float(share)
    nearest = min(share, key=lambda given: abs(given - year))
    return float(share[nearest])
