"""What the households' troubles leave in the agencies' records, and when it becomes known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.course import Ints, Population, entries, stream
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.world import Floats

FIRST_MONTHS, MONTHS_A_ROUND = 3, 2


@dataclass(frozen=True, eq=False)
class Facts:
    """All facts, in the order of the rounds in which they happened.

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

    def __getitem__(self, rows: NDArray[np.bool_] | slice) -> Facts:
        return Facts(self.household[rows], self.code[rows], self.period[rows], self.lag[rows], self.value[rows])


def record(population: Population, course: NDArray[np.int8], emission: Emission, random_state: int) -> Facts:
    """Draw every fact of all rounds."""
    parts = [
        _events(population, course[1:], emission, stream(random_state, "events")),
        _states(population, course[1:], emission, stream(random_state, "states")),
        _outcomes(course, emission, stream(random_state, "outcomes")),
    ]
    joined = Facts(*(np.concatenate([getattr(p, name) for p in parts]) for name in Facts.__annotations__))
    order = np.argsort(joined.period, kind="stable")
    return Facts(*(getattr(joined, name)[order] for name in Facts.__annotations__))


def _events(
    population: Population, course: NDArray[np.int8], emission: Emission, rng: np.random.Generator
) -> Facts:
    by_cell = np.ascontiguousarray(emission.shows.transpose(1, 2, 0))
    found = []
    for period, state in enumerate(course):
        chance = by_cell[population.type, state]
        household, code = np.nonzero(rng.random(chance.shape) < chance)
        found.append(_facts(household, code, period, _lags(rng, emission.known[code])))
    return _joined(found)


def _states(
    population: Population, course: NDArray[np.int8], emission: Emission, rng: np.random.Generator
) -> Facts:
    enters, stays, begins = (
        np.ascontiguousarray(chance.transpose(1, 2, 0))
        for chance in (emission.enters, emission.stays, emission.begins)
    )
    shape = (len(population), len(emission.states))
    months: Floats = np.zeros(shape)
    found = []
    for period, state in enumerate(course):
        cell = (population.type, state)
        chance = np.where(months > 0, stays[cell], enters[cell]) if period else begins[cell]
        within = rng.random(shape) < chance
        if period == 0:
            months = FIRST_MONTHS + MONTHS_A_ROUND * (rng.geometric(0.4, shape) - 1.0)
        else:
            months = np.where(months > 0, months + MONTHS_A_ROUND, FIRST_MONTHS)
        months = np.where(within, months, 0.0)
        household, code = np.nonzero(within)
        value = months[household, code]
        found.append(_facts(household, code + len(emission.events), period, np.zeros_like(code), value))
    return _joined(found)


def _outcomes(course: NDArray[np.int8], emission: Emission, rng: np.random.Generator) -> Facts:
    period, household = np.nonzero(entries(course))
    lag = _lags(rng, np.broadcast_to(emission.outcome_known, (len(period), len(emission.outcome_known))))
    code = np.full(len(period), len(emission.codes) - 1)
    return Facts(household, code, period, lag, np.full(len(period), np.nan))


def _lags(rng: np.random.Generator, known: Floats) -> Ints:
    return np.asarray((rng.random(len(known))[:, None] > known[:, :-1]).sum(axis=1))


def _facts(household: Ints, code: Ints, period: int, lag: Ints, value: Floats | None = None) -> Facts:
    if value is None:
        value = np.full(len(code), np.nan)
    return Facts(household, code, np.full(len(code), period), lag, value)


def _joined(parts: list[Facts]) -> Facts:
    return Facts(*(np.concatenate([getattr(p, name) for p in parts]) for name in Facts.__annotations__))
