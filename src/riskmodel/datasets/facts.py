"""The facts that a round leaves in the agencies' records, and when they become known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.world import CRISIS, Floats

FIRST_MONTHS, MONTHS_A_ROUND = 3, 2


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
        return Facts(*(getattr(self, f.name)[rows] for f in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Facts]) -> Facts:
        """Return the facts of all parts, in order."""
        return cls(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))
        )


class Recorder:
    """Draws the facts of one round after the other."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.events, self.states = (
            population.block.stream("events"),
            population.block.stream("states"),
        )
        self.months: Floats | None = None

    def record(self, emission: Emission, period: int, state: Ints, outcomes: Facts) -> Facts:
        """Draw the indicators of a round, and add its outcomes."""
        return Facts.joined(
            [
                self._events(emission, period, state),
                self._states(emission, period, state),
                outcomes,
            ]
        )

    def _events(self, emission: Emission, period: int, state: Ints) -> Facts:
        chance = self._by_household([emission.shows, emission.thinned().shows], state)
        household, code = np.nonzero(self.events.random(chance.shape) < chance)
        return _facts(household, code, period, _lags(self.events, emission.known[code]))

    def _states(self, emission: Emission, period: int, state: Ints) -> Facts:
        full, thin = emission.chances(period), emission.thinned().chances(period)
        out, within = (self._by_household([full[0, k], thin[0, k]], state) for k in (0, 1))
        months = np.zeros(out.shape) if self.months is None else self.months
        draws = self.states.random(out.shape)
        now = draws < np.where(months > 0, within, out)
        for j, other in emission.follows.items():
            out, within = (
                self._by_household([full[1, k, [j]], thin[1, k, [j]]], state)[:, 0] for k in (0, 1)
            )
            pushed = draws[:, j] < np.where(months[:, j] > 0, within, out)
            now[:, j] = np.where(now[:, other], pushed, now[:, j])
        first = FIRST_MONTHS + MONTHS_A_ROUND * (self.states.geometric(0.4, now.shape) - 1.0)
        fresh = np.where(np.array(emission.opens) == period, first, float(FIRST_MONTHS))
        self.months = np.where(now, np.where(months > 0, months + MONTHS_A_ROUND, fresh), 0.0)
        household, code = np.nonzero(now)
        lag = np.zeros(len(code), dtype=int)
        return _facts(
            household, code + len(emission.events), period, lag, self.months[household, code]
        )

    def _by_household(self, chances: Sequence[Floats], state: Ints) -> Floats:
        """Return chances (n, n_codes) from those by code, type and state, full and thin."""
        table = np.stack([chance.transpose(1, 2, 0) for chance in chances])
        return np.asarray(table[self.population.thin.astype(int), self.population.type, state])


def outcomes(emission: Emission, period: int, before: Ints, state: Ints, chance: Floats) -> Facts:
    """Return the crises that begin in a round.

    `chance` is the uniform number behind each household's lag.
    """
    household = np.flatnonzero((state == CRISIS) & (before != CRISIS))
    lag = (chance[household, None] > emission.outcome_known[:-1]).sum(axis=1)
    return _facts(household, np.full(len(household), len(emission.codes) - 1), period, lag)


def _lags(rng: np.random.Generator, known: Floats) -> Ints:
    return np.asarray((rng.random(len(known))[:, None] > known[:, :-1]).sum(axis=1))


def _facts(
    household: NDArray[np.intp],
    code: NDArray[np.intp],
    period: int,
    lag: Ints,
    value: Floats | None = None,
) -> Facts:
    value = np.full(len(code), np.nan) if value is None else value
    return Facts(household, code, np.full(len(code), period), lag, value)
