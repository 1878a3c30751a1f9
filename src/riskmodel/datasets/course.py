"""The course of every household: where it lives, how prone it is, and how its hidden state moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import STATES, STRAINED, Floats, World

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

AREAS_PER_DISTRICT = 3
MOST_DISTRICTS = 40
HOUSEHOLDS_PER_DISTRICT = 500
ISOLATED = (0.2, 0.4, 0.1)
SUPPORT_WORKS = 0.6


def stream(random_state: int, name: str) -> np.random.Generator:
    """Return the random numbers of one purpose: what one layer draws never shifts what another does."""
    return np.random.default_rng([random_state, *name.encode()])


@dataclass(frozen=True, eq=False)
class Population:
    """Who lives where, all in the order of the households.

    Attributes
    ----------
    area, type, frailty : ndarray of int, shape (n,)
        Numbers of the area, the household type and the (hidden) frailty.
    isolated, elsewhere, thin : ndarray of bool, shape (n,)
        Hidden: lives withdrawn; does not live where registered; leaves few traces in the records.
    n_areas : int
    """

    area: Ints
    type: Ints
    frailty: Ints
    isolated: Flags
    elsewhere: Flags
    thin: Flags
    n_areas: int

    def __len__(self) -> int:
        return len(self.area)


def settle(world: World, layers: Layers, n: int, random_state: int) -> Population:
    """Draw places, household types, frailties and hidden traits."""
    n_areas = AREAS_PER_DISTRICT * max(1, min(MOST_DISTRICTS, n // HOUSEHOLDS_PER_DISTRICT))
    rng = stream(random_state, "population")
    area = rng.integers(0, n_areas, n)
    type_ = rng.choice(len(world.type_share), n, p=world.type_share)
    frailty = rng.choice(len(world.frailty_share), n, p=world.frailty_share)
    isolated = stream(random_state, "isolated").random(n) < np.array(ISOLATED)[type_]
    elsewhere = stream(random_state, "elsewhere").random(n) < layers.mismatch
    thin = stream(random_state, "thin").random(n) < layers.thin
    return Population(area, type_, frailty, isolated, elsewhere, thin, n_areas)


class Dynamics:
    """How the states of a population move in each round; the place's effect is that of the first area."""

    def __init__(self, world: World, population: Population, random_state: int) -> None:
        self.world, self.population = world, population
        self.effects = world.effects(_place_effects(world, population.n_areas, random_state))
        self._made: dict[float, Floats] = {}

    def moves(self, shift: float) -> Floats:
        """Return the chances (n, n_frailties, 4, 4) of a round in which everybody's worsening is shifted."""
        if shift not in self._made:
            moves = self.world.transitions(self.effects + shift)
            self._made[shift] = moves[self.population.area, self.population.type]
        return self._made[shift]

    def start(self) -> Floats:
        """Return the joint chances (n, n_frailties, 4) of frailty and state before the first round."""
        start = self.world.start(self.world.transitions(self.effects)) * np.array(self.world.frailty_share)[:, None]
        return np.asarray(start[self.population.area, self.population.type])

    def draw_start(self, rng: np.random.Generator) -> Ints:
        """Draw the states before the first round."""
        start = self.start()[np.arange(len(self.population)), self.population.frailty]
        return _draw(rng.random(len(start)), start / start.sum(axis=1, keepdims=True))

    def step(self, shift: float, state: Ints, supported: Flags, chance: Floats) -> Ints:
        """Move every household by one round; `chance` is its uniform number, the same with and without support."""
        moves = self.moves(shift)[np.arange(len(state)), self.population.frailty, state]
        return _draw(chance, np.where((supported & (state > STRAINED))[:, None], lifted(moves), moves))


def lifted(moves: Floats) -> Floats:
    """Return the chances of an acute household or one in crisis that is supported."""
    relieved = np.eye(len(STATES))[STRAINED]
    return np.asarray((1 - SUPPORT_WORKS) * moves + SUPPORT_WORKS * relieved)


def _draw(chance: Floats, shares: Floats) -> Ints:
    return np.asarray((chance[:, None] > shares[:, :-1].cumsum(axis=1)).sum(axis=1))


def _place_effects(world: World, n_areas: int, random_state: int) -> Floats:
    rng = stream(random_state, "places")
    district = rng.normal(0.0, 1.0, (MOST_DISTRICTS, 1)) * world.district_sd
    area = rng.normal(0.0, 1.0, (MOST_DISTRICTS, AREAS_PER_DISTRICT)) * world.area_sd
    return np.asarray((district + area).ravel()[:n_areas])
