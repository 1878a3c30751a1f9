"""How hidden states show in the records: rates, delivered states and reporting lags of every indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from riskmodel.datasets.world import TYPES, Floats, World, log_odds, sigmoid
from riskmodel.indicators import Catalogue

N_LAGS = 4
OUTCOME = "crisis"
THIN_RECORD = 0.3
_HOW_IT_ARISES = ("rate", "weight", "keep", "types")


@cache
def _content() -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("indicators.yaml").read_text(encoding="utf-8"))
    return content


def catalogue() -> Catalogue:
    """Return the catalogue of the simulated service: 47 indicators and the outcome ``crisis``."""
    entries = {**_content()["indicators"], **_content()["outcome"]}
    return Catalogue.read(
        {code: {k: v for k, v in entry.items() if k not in _HOW_IT_ARISES} for code, entry in entries.items()}
    )


def emission_codes(kinds: Sequence[str] = ("event", "state")) -> tuple[str, ...]:
    """Return the indicators of these kinds."""
    return tuple(code for code, e in _content()["indicators"].items() if e.get("kind", "event") in kinds)


@dataclass(frozen=True, eq=False)
class Emission:
    """The chances with which each indicator shows in one round, by household type and hidden state.

    Attributes
    ----------
    events, states : tuple of str
        Codes of the events and of the delivered states.
    shows : ndarray of float, shape (n_events, n_types, 4)
        Chance that an event happens.
    known : ndarray of float, shape (n_events, 4)
        Share of an event's facts known after at most 0, 1, 2, 3 rounds.
    enters, stays : ndarray of float, shape (n_states, n_types, 4)
        Chance that a household out of (in) a delivered state is in it a round later.
    outcome_known : ndarray of float, shape (4,)
        Share of crises known after at most 0, 1, 2, 3 rounds.
    opens : tuple of int
        Round of each state's first delivery.
    """

    events: tuple[str, ...]
    states: tuple[str, ...]
    shows: Floats
    known: Floats
    enters: Floats
    stays: Floats
    outcome_known: Floats
    opens: tuple[int, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Events, then states, then the outcome: the order of the numbers in `Facts.code`."""
        return (*self.events, *self.states, OUTCOME)

    @property
    def begins(self) -> Floats:
        """Chance to be in a state at its first delivery: the share that holds in the long run."""
        return self.enters / (self.enters + 1 - self.stays)

    def chances(self, state: int, period: int) -> tuple[Floats, Floats]:
        """Return the chances (n_types, 4) to be in a delivered state for those who were out of it, and in it."""
        if period < self.opens[state]:
            return np.zeros_like(self.enters[state]), np.zeros_like(self.enters[state])
        if period == self.opens[state]:
            return self.begins[state], self.begins[state]
        return self.enters[state], self.stays[state]

    def thinned(self) -> Emission:
        """Return how households of thin data show: three facts in ten."""
        return replace(self, shows=self.shows * THIN_RECORD, enters=self.enters * THIN_RECORD)


def emission(
    world: World,
    *,
    silent: Sequence[str] = (),
    wider: Sequence[str] = (),
    dead: Sequence[str] = (),
    resent: float = 0.0,
    opens: Mapping[str, int] | None = None,
) -> Emission:
    """Return how all catalogued indicators show in one round of a world.

    Parameters
    ----------
    world : World
    silent, wider, dead : sequence of str
        Indicators that say nothing of the state, that are twice as common, and events that are not delivered.
    resent : float
        Share of events known only after the longest lag.
    opens : mapping of str to int, optional
        First round of a state's feed; default: the first.
    """
    entries, agencies = _content()["indicators"], _content()["agencies"]
    events, states = emission_codes(["event"]), emission_codes(["state"])
    shows, enters, stays = (
        _chances(world, codes, key, silent, wider)
        for codes, key in ((events, "rate"), (states, "rate"), (states, "keep"))
    )
    shows[[code in dead for code in events]] = 0.0
    known = _known(world, [agencies[entries[code]["agency"]]["lag"] for code in events])
    known[:, :-1] *= 1 - resent
    first = tuple((opens or {}).get(code, 0) for code in states)
    return Emission(events, states, shows, known, enters, stays, _known(world, [world.reporting])[0], first)


def _chances(world: World, codes: Sequence[str], key: str, silent: Sequence[str], wider: Sequence[str]) -> Floats:
    entries = [_content()["indicators"][code] for code in codes]
    odds = log_odds(np.array([e[key] for e in entries]))
    if key == "rate":
        odds = odds + world.rate + np.log(2.0) * np.isin(codes, wider)
    weight = np.array([e["weight"] for e in entries]) * world.speech * ~np.isin(codes, silent)
    types = np.array([e.get("types", [0.0] * len(TYPES)) for e in entries])
    return sigmoid(odds[:, None, None] + types[:, :, None] + weight[:, None, None] * np.array(world.loudness))


def _known(world: World, lags: list[Any]) -> Floats:
    if world.prompt:
        return np.ones((len(lags), N_LAGS))
    known = np.cumsum(np.array(lags, dtype=float), axis=1)
    known[:, -1] = 1.0
    return known
