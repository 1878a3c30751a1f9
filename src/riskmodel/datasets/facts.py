"""The facts that a round leaves in the agencies' records, and when they become known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.delays import known_later
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.world import CRISIS, Floats

FIRST_MONTHS, MONTHS_PER_ROUND = 3, 2
# chance, per round, that a state of the first delivery is no older
NO_OLDER = 0.4


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts of one round or of several.

    Attributes
    ----------
    household, code, period, lag : ndarray of int, shape (n_facts,)
        `code` counts in `Emission.codes`; `lag` is the number of rounds until the fact is known.
    value : ndarray of float, shape (n_facts,)
        Months of a delivered state; NaN for events.
    """

    household: Ints
    code: Ints
    period: Ints
    lag: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.household)

    def __getitem__(self, rows: Flags) -> Facts:
        chosen = [getattr(self, f.name)[rows] for f in fields(self)]
        return Facts(*chosen)

    @classmethod
    def joined(cls, parts: Sequence[Facts]) -> Facts:
        """Return the facts of all parts, in order."""
        return cls(*(_concatenated(parts, f.name) for f in fields(cls)))


def _concatenated(parts: Sequence[Facts], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])


class FactDraws(Protocol):
    """The random numbers behind facts."""

    def shows(self, period: int, shape: tuple[int, int]) -> Floats:
        """Return the uniform numbers by which events happen, by household and event."""

    def lags(self, period: int, household: Ints, code: Ints) -> Floats:
        """Return the uniform numbers by which the events that happened become known."""

    def holds(self, period: int, shape: tuple[int, int]) -> Floats:
        """Return the uniform numbers by which states begin or last, by household and state."""

    def ages(self, period: int, shape: tuple[int, int], chance: float) -> Ints:
        """Return geometric numbers, at least 1, behind the age of states."""


class SequentialFactDraws:
    """The numbers of two streams, one after the other."""

    def __init__(self, population: Population) -> None:
        self.events = population.block.stream("events")
        self.states = population.block.stream("states")

    def shows(self, period: int, shape: tuple[int, int]) -> Floats:  # noqa: ARG002
        """Return the next numbers for events."""
        return self.events.random(shape)

    def lags(self, period: int, household: Ints, code: Ints) -> Floats:  # noqa: ARG002
        """Return the next numbers for lags."""
        return self.events.random(len(code))

    def holds(self, period: int, shape: tuple[int, int]) -> Floats:  # noqa: ARG002
        """Return the next numbers for states."""
        return self.states.random(shape)

    def ages(self, period: int, shape: tuple[int, int], chance: float) -> Ints:  # noqa: ARG002
        """Return the next numbers for ages."""
        return self.states.geometric(chance, shape)


class Recorder:
    """Draws the facts of one round after the other.

    Parameters
    ----------
    population : Population
    draws : FactDraws
    months : ndarray of float, shape (n, n_states), optional
        How long each household has been in each delivered state before the first round.
    """

    def __init__(
        self, population: Population, draws: FactDraws, months: Floats | None = None
    ) -> None:
        self.population, self.draws, self.months = population, draws, months

    def record(self, emission: Emission, period: int, state: Ints, outcomes: Facts) -> Facts:
        """Draw the indicators of a round, and add its outcomes."""
        events = self._events(emission, period, state)
        states = self._states(emission, period, state)
        return Facts.joined([events, states, outcomes])

    def _events(self, emission: Emission, period: int, state: Ints) -> Facts:
        chance = self._by_household([emission.shows, emission.thinned().shows], state)
        household, code = np.nonzero(self.draws.shows(period, chance.shape) < chance)
        lags = _lags(self.draws.lags(period, household, code), emission.known[code])
        return _facts(household, code, period, lags)

    def _states(self, emission: Emission, period: int, state: Ints) -> Facts:
        # Chances by: followed or not, begins or lasts, code, type, state.
        full = emission.chances(period)
        thin = emission.thinned().chances(period)
        begins = self._by_household([full[0, 0], thin[0, 0]], state)
        lasts = self._by_household([full[0, 1], thin[0, 1]], state)
        months = np.zeros(begins.shape) if self.months is None else self.months
        draws = self.draws.holds(period, begins.shape)
        is_on = draws < np.where(months > 0, lasts, begins)
        for code, other in emission.follows.items():
            begins = self._by_household([full[1, 0, [code]], thin[1, 0, [code]]], state)[:, 0]
            lasts = self._by_household([full[1, 1, [code]], thin[1, 1, [code]]], state)[:, 0]
            is_pushed = draws[:, code] < np.where(months[:, code] > 0, lasts, begins)
            is_on[:, code] = np.where(is_on[:, other], is_pushed, is_on[:, code])

        self.months = np.where(is_on, self._months(emission, period, months), 0.0)
        household, number = np.nonzero(is_on)
        lag = np.zeros(len(number), dtype=int)
        value = self.months[household, number]
        return _facts(household, number + len(emission.events), period, lag, value)

    def _months(self, emission: Emission, period: int, before: Floats) -> Floats:
        """Return how many months each state has lasted, if it is delivered in this round."""
        draws = self.draws.ages(period, before.shape, NO_OLDER)
        # The first delivery of a feed holds states of any age; later ones begin at three months.
        of_opening = FIRST_MONTHS + MONTHS_PER_ROUND * (draws - 1.0)
        is_opening = np.array(emission.opens) == period
        first = np.where(is_opening, of_opening, float(FIRST_MONTHS))
        return np.where(before > 0, before + MONTHS_PER_ROUND, first)

    def _by_household(self, chances: Sequence[Floats], state: Ints) -> Floats:
        """Return chances (n, n_codes) from those by code, type and state, full and thin."""
        table = np.stack([chance.transpose(1, 2, 0) for chance in chances])
        return np.asarray(table[self.population.thin.astype(int), self.population.type, state])


def months_held(facts: Facts, emission: Emission, n: int) -> Floats:
    """Return how long each household has been in each delivered state, shape (n, n_states)."""
    number = facts.code - len(emission.events)
    is_state = (number >= 0) & (number < len(emission.states))
    months = np.zeros((n, len(emission.states)))
    months[facts.household[is_state], number[is_state]] = facts.value[is_state]
    return months


def outcomes(
    emission: Emission,
    period: int,
    before: Ints,
    state: Ints,
    chance: Floats,
    later: Floats | None = None,
) -> Facts:
    """Return the crises that begin in a round.

    `chance` is the uniform number behind each household's lag; `later` are the log-odds by which
    its crises become known later than others.
    """
    household = np.flatnonzero((state == CRISIS) & (before != CRISIS))
    known = emission.outcome_known[:-1]
    if later is not None:
        known = known_later(known, later[household, None])
    lag = (chance[household, None] > known).sum(axis=1)
    return _facts(household, np.full(len(household), len(emission.codes) - 1), period, lag)


def _lags(draws: Floats, known: Floats) -> Ints:
    return np.asarray((draws[:, None] > known[:, :-1]).sum(axis=1))


def _facts(
    household: NDArray[np.intp],
    code: NDArray[np.intp],
    period: int,
    lag: Ints,
    value: Floats | None = None,
) -> Facts:
    value = np.full(len(code), np.nan) if value is None else value
    return Facts(household, code, np.full(len(code), period), lag, value)
