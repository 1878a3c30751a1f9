"""How hidden states show in the records: each indicator's rate, states and reporting lags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from riskmodel.datasets.content import OUTCOME, Entries, codes_of, content
from riskmodel.datasets.layer import FeedChanges
from riskmodel.datasets.world import TYPES, Floats, World, log_odds, sigmoid

N_LAGS = 4
THIN_RECORD = 0.3


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
    enters, stays : ndarray of float, shape (2, n_states, n_types, 4)
        Chance that a household out of (in) a delivered state is in it a round later; the second
        half holds where the state that it follows holds now.
    outcome_known : ndarray of float, shape (4,)
        Share of crises known after at most 0, 1, 2, 3 rounds.
    opens : tuple of int
        Round of each state's first delivery.
    follows : mapping of int to int
        Numbers of the states that follow another one, and of that other.
    months : mapping of int to tuple of float
        Numbers of the seasonal events, and how common they are in each month of the year.
    """

    events: tuple[str, ...]
    states: tuple[str, ...]
    shows: Floats
    known: Floats
    enters: Floats
    stays: Floats
    outcome_known: Floats
    opens: tuple[int, ...]
    follows: Mapping[int, int]
    months: Mapping[int, tuple[float, ...]]

    @property
    def codes(self) -> tuple[str, ...]:
        """Events, then states, then the outcome: the order of the numbers in `Facts.code`."""
        return (*self.events, *self.states, OUTCOME)

    @property
    def begins(self) -> Floats:
        """Chance to be in a state at its first delivery: the share that holds in the long run."""
        return self.enters / (self.enters + 1 - self.stays)

    def chances(self, period: int) -> Floats:
        """Return the chances to be in the delivered states.

        Shape: (followed or not, out or in, n_states, n_types, 4).
        """
        chances = np.stack([self.enters, self.stays], axis=1)
        opens = np.array(self.opens, dtype=int)
        chances[:, :, opens == period] = self.begins[:, None, opens == period]
        chances[:, :, opens > period] = 0.0
        return chances

    def thinned(self) -> Emission:
        """Return how households of thin data show: three facts in ten."""
        return replace(self, shows=self.shows * THIN_RECORD, enters=self.enters * THIN_RECORD)


def emission(
    world: World,
    changes: FeedChanges | None = None,
    *,
    opens: Mapping[str, int] | None = None,
    season: Mapping[str, float] | None = None,
) -> Emission:
    """Return how all catalogued indicators show in one round of a world.

    Parameters
    ----------
    world : World
    changes : FeedChanges, optional
        What differs in this round's feeds.
    opens : mapping of str to int, optional
        First round of a state's feed; default: the first.
    season : mapping of str to float, optional
        Factor on the chance to happen, or to begin, in this season.
    """
    changes, opens, season = changes or FeedChanges(), opens or {}, season or {}
    entries = content(world.service)["indicators"]
    events, states = codes_of(world.service, ["event"]), codes_of(world.service, ["state"])
    shows = _chances(world, events, "rate", changes)[0] * _factors(events, season)
    shows[[code in changes.undelivered for code in events]] = 0.0
    enters = _chances(world, states, "rate", changes) * _factors(states, season)
    known = _known(world, [_lags(world, code) for code in events])
    known[:, :-1] *= changes.on_time
    return Emission(
        events,
        states,
        shows=np.minimum(shows, 1.0),
        known=known,
        enters=np.minimum(enters, 1.0),
        stays=_chances(world, states, "keep", changes),
        outcome_known=_known(world, [world.reporting])[0],
        opens=tuple(opens.get(code, 0) for code in states),
        follows=_followed(states, entries),
        months=_months(events, entries),
    )


def _factors(codes: Sequence[str], season: Mapping[str, float]) -> Floats:
    """Return the season's factors, shape (n_codes, 1, 1)."""
    return np.array([season.get(code, 1.0) for code in codes])[:, None, None]


def _lags(world: World, code: str) -> Any:
    """Return the shares of an event's facts that its agency reports after 0, 1, 2, 3 rounds."""
    service = content(world.service)
    return service["agencies"][service["indicators"][code]["agency"]]["lag"]


def _followed(states: Sequence[str], entries: Entries) -> dict[int, int]:
    followed = {code: entries[code]["follows"] for code in states if "follows" in entries[code]}
    return {states.index(code): states.index(other["code"]) for code, other in followed.items()}


def _months(events: Sequence[str], entries: Entries) -> dict[int, tuple[float, ...]]:
    return {
        number: tuple(entries[code]["months"])
        for number, code in enumerate(events)
        if "months" in entries[code]
    }


def _chances(world: World, codes: Sequence[str], key: str, changes: FeedChanges) -> Floats:
    """Return the chances (followed or not, n_codes, n_types, 4) of one key of the entries."""
    entries = [content(world.service)["indicators"][code] for code in codes]
    odds = log_odds(np.array([e[key] for e in entries]))
    if key == "rate":
        odds = odds + world.rate + np.log(2.0) * np.isin(codes, changes.wider)
    informative = ~np.isin(codes, changes.uninformative)
    weight = np.array([e["weight"] for e in entries]) * world.signal * informative
    types = np.array([e.get("types", [0.0] * len(TYPES)) for e in entries])
    push = np.array([e["follows"][key] if "follows" in e else 0.0 for e in entries])
    by_state = weight[:, None, None] * np.array(world.signal_by_state)
    alone = odds[:, None, None] + types[:, :, None] + by_state
    return np.stack([sigmoid(alone), sigmoid(alone + push[:, None, None])])


def _known(world: World, lags: list[Any]) -> Floats:
    if world.prompt:
        return np.ones((len(lags), N_LAGS))
    known = np.cumsum(np.array(lags, dtype=float), axis=1)
    known[:, -1] = 1.0
    return known
