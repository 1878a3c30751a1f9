"""How hidden states show in the records: rates, delivered states and reporting lags of every indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from riskmodel.datasets.world import TYPES, Floats, World, sigmoid
from riskmodel.indicators import Catalogue

N_LAGS = 4
OUTCOME = "crisis"
_HOW_IT_ARISES = ("rate", "weight", "keep", "types")


@cache
def _content() -> Mapping[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("indicators.yaml").read_text(encoding="utf-8"))


def catalogue() -> Catalogue:
    """Return the catalogue of the simulated service: 47 indicators and the outcome ``crisis``."""
    entries = {**_content()["indicators"], **_content()["outcome"]}
    return Catalogue.read(
        {code: {k: v for k, v in entry.items() if k not in _HOW_IT_ARISES} for code, entry in entries.items()}
    )


@dataclass(frozen=True, eq=False)
class Emission:
    """The chances with which each indicator shows, by household type and hidden state.

    Attributes
    ----------
    codes : tuple of str
        Events first, then delivered states.
    shows : ndarray of float, shape (n_events, n_types, 4)
        Chance that an event happens in a round.
    known : ndarray of float, shape (n_events, 4)
        Share of an event's facts known after at most 0, 1, 2, 3 rounds.
    enters, stays : ndarray of float, shape (n_states, n_types, 4)
        Chance that a household out of (in) a delivered state is in it a round later.
    outcome_known : ndarray of float, shape (4,)
        Share of crises known after at most 0, 1, 2, 3 rounds.
    """

    events: tuple[str, ...]
    states: tuple[str, ...]
    shows: Floats
    known: Floats
    enters: Floats
    stays: Floats
    outcome_known: Floats

    @property
    def codes(self) -> tuple[str, ...]:
        """Events, then states, then the outcome: the order of the numbers in `Facts.code`."""
        return (*self.events, *self.states, OUTCOME)

    @property
    def begins(self) -> Floats:
        """Chance to be in a delivered state at its first delivery: of the share that holds in the long run."""
        return self.enters / (self.enters + 1 - self.stays)


def emission(world: World) -> Emission:
    """Return the emission of all catalogued indicators in a world."""
    entries, agencies = _content()["indicators"], _content()["agencies"]
    events = tuple(code for code, e in entries.items() if e.get("kind", "event") == "event")
    states = tuple(code for code, e in entries.items() if e.get("kind") == "state")
    return Emission(
        events, states,
        shows=_chances(world, [entries[c] for c in events], "rate"),
        known=_known(world, [agencies[entries[c]["agency"]]["lag"] for c in events]),
        enters=_chances(world, [entries[c] for c in states], "rate"),
        stays=_chances(world, [entries[c] for c in states], "keep"),
        outcome_known=_known(world, [world.reporting])[0],
    )


def _chances(world: World, entries: list[Mapping[str, Any]], key: str) -> Floats:
    base = np.array([e[key] for e in entries])
    weight = np.array([e["weight"] for e in entries]) * world.speech
    types = np.array([e.get("types", [0.0] * len(TYPES)) for e in entries])
    shift = world.rate if key == "rate" else 0.0
    odds = np.log(base / (1 - base)) + shift
    return sigmoid(odds[:, None, None] + types[:, :, None] + weight[:, None, None] * np.array(world.loudness))


def _known(world: World, lags: list[Any]) -> Floats:
    if world.prompt:
        return np.ones((len(lags), N_LAGS))
    known = np.cumsum(np.array(lags, dtype=float), axis=1)
    known[:, -1] = 1.0
    return known
