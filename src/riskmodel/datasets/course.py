"""The course of every household: where it lives, how prone it is, and its hidden state round by round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.world import CRISIS, STATES, Floats, World

Ints = NDArray[np.int64]

AREAS_PER_DISTRICT = 3
MOST_DISTRICTS = 40
HOUSEHOLDS_PER_DISTRICT = 500


def stream(random_state: int, name: str) -> np.random.Generator:
    """Return the random numbers of one purpose: what one layer draws never shifts what another does."""
    return np.random.default_rng([random_state, *name.encode()])


@dataclass(frozen=True, eq=False)
class Population:
    """Who lives where, all in the order of the households.

    Attributes
    ----------
    area, district, type, frailty : ndarray of int, shape (n,)
        Numbers of the place, the household type and the (hidden) frailty.
    moves : ndarray of float, shape (n, n_frailties, 4, 4)
        Chances of the hidden state, for every frailty that the household may have.
    start : ndarray of float, shape (n, n_frailties, 4)
        Joint chance of frailty and state before the first round.
    """

    area: Ints
    district: Ints
    type: Ints
    frailty: Ints
    moves: Floats
    start: Floats

    def __len__(self) -> int:
        return len(self.area)


def settle(world: World, n: int, random_state: int) -> Population:
    """Draw places, household types and frailties."""
    n_districts = max(1, min(MOST_DISTRICTS, n // HOUSEHOLDS_PER_DISTRICT))
    place = _place_effects(world, n_districts, random_state)
    rng = stream(random_state, "population")
    area = rng.integers(0, len(place), n)
    type_ = rng.choice(len(world.type_share), n, p=world.type_share)
    frailty = rng.choice(len(world.frailty_share), n, p=world.frailty_share)
    moves = world.transitions(world.effects(place))
    start = world.start(moves) * np.array(world.frailty_share)[:, None]
    return Population(area, area // AREAS_PER_DISTRICT, type_, frailty, moves[area, type_], start[area, type_])


def live(population: Population, n_periods: int, random_state: int) -> NDArray[np.int8]:
    """Draw the hidden states, shape (n_periods + 1, n); row 0 is the round before the first."""
    rng = stream(random_state, "course")
    everyone = np.arange(len(population))
    start = population.start[everyone, population.frailty]
    moves = population.moves[everyone, population.frailty].cumsum(axis=-1)
    course = np.zeros((n_periods + 1, len(population)), dtype=np.int8)
    course[0] = _draw(rng, (start / start.sum(axis=1, keepdims=True)).cumsum(axis=1))
    for period in range(n_periods):
        course[period + 1] = _draw(rng, moves[everyone, course[period]])
    return course


def entries(course: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell in which rounds households fall into crisis, shape (n_periods, n)."""
    return np.asarray((course[1:] == CRISIS) & (course[:-1] != CRISIS))


def _draw(rng: np.random.Generator, cumulated: Floats) -> NDArray[np.int8]:
    above = rng.random(len(cumulated))[:, None] > cumulated[:, : len(STATES) - 1]
    return above.sum(axis=1).astype(np.int8)


def _place_effects(world: World, n_districts: int, random_state: int) -> Floats:
    rng = stream(random_state, "places")
    district = rng.normal(0.0, 1.0, MOST_DISTRICTS)[:n_districts] * world.district_sd
    area = rng.normal(0.0, 1.0, (MOST_DISTRICTS, AREAS_PER_DISTRICT))[:n_districts] * world.area_sd
    return np.asarray((district[:, None] + area).ravel())
