"""What changes from round to round: seasons, a recession, and the feeds' own history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmodel.datasets.emission import Emission, emission
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import World
from riskmodel.errors import ConfigError

ROUNDS_A_YEAR = 6


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
    """

    shift: tuple[float, ...]
    emission: tuple[Emission, ...]
    changed: int

    def __len__(self) -> int:
        return len(self.shift)


def times(world: World, layers: Layers, n_periods: int, as_of: range) -> Times:
    """Lay the world's changes over the simulated rounds; a year has six rounds."""
    changed = as_of.start + (len(as_of) // 2 if layers.change_at is None else layers.change_at)
    if not as_of.start <= changed < as_of.stop:
        raise ConfigError(
            f"change_at={layers.change_at} lies outside the rounds",
            code="datasets.change_at",
            allowed=f"0 to {len(as_of) - 1}",
            next_step="name a round by its number",
        )
    winter = (as_of.stop - 2) % ROUNDS_A_YEAR  # the last as-of date is the first of March
    shift = tuple(
        layers.season * float(np.cos(2 * np.pi * (period - winter) / ROUNDS_A_YEAR))
        + layers.recession * (period >= changed)
        for period in range(n_periods)
    )
    return Times(shift, _emissions(world, layers, n_periods, changed), changed)


def _emissions(world: World, layers: Layers, n_periods: int, changed: int) -> tuple[Emission, ...]:
    made: dict[tuple[bool, tuple[str, ...]], Emission] = {}
    opens = dict.fromkeys(layers.new_indicator, changed)
    found = []
    for period in range(n_periods):
        later = period >= changed
        dead = () if later else layers.new_indicator
        for lengths in (layers.outage or {}, layers.empty_delivery or {}):
            dead += tuple(code for code, rounds in lengths.items() if changed <= period < changed + rounds)
        if (later, dead) not in made:
            made[later, dead] = emission(
                world,
                silent=layers.concept_shift if later else (),
                wider=layers.redefined if later else (),
                dead=dead,
                resent=layers.resent,
                opens=opens,
            )
        found.append(made[later, dead])
    return tuple(found)
