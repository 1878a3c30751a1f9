"""The course of every household: where it lives, how prone it is, and how its hidden state moves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import STATES, STRAINED, Floats, World

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

AREAS_PER_DISTRICT = 3
HOUSEHOLDS_PER_DISTRICT, LARGE_DISTRICT = 500, 25_000
USUAL_DISTRICTS, MOST_DISTRICTS = 40, 229
HOUSEHOLDS_PER_BLOCK = 50_000
ISOLATED = (0.2, 0.4, 0.1)
SUPPORT_WORKS = 0.6


@dataclass(frozen=True)
class Block:
    """Some districts with their households, simulated apart from all others.

    Attributes
    ----------
    seed, number : int
        What its random numbers depend on.
    first, n : int
        Number of its first household, counting from 0, and how many there are.
    first_area, n_areas : int
    """

    seed: int
    number: int
    first: int
    n: int
    first_area: int
    n_areas: int

    def stream(self, name: str) -> np.random.Generator:
        """Return the random numbers of one purpose: what one layer draws never shifts what another does."""
        return np.random.default_rng([self.seed, self.number, *name.encode()])

    @property
    def ids(self) -> np.ndarray:
        """The ids of its households."""
        return np.char.mod("H%07d", np.arange(self.first + 1, self.first + self.n + 1))


def blocks(n: int, seed: int) -> list[Block]:
    """Part `n` households into blocks of whole districts, small enough for memory."""
    number = -(-n // HOUSEHOLDS_PER_BLOCK)
    districts = min(USUAL_DISTRICTS, max(1, n // HOUSEHOLDS_PER_DISTRICT))
    districts = max(districts, min(MOST_DISTRICTS, n // LARGE_DISTRICT), number)
    cuts = [(n * k // number, AREAS_PER_DISTRICT * (districts * k // number)) for k in range(number + 1)]
    return [
        Block(seed, k, first, last - first, area, next_area - area)
        for k, ((first, area), (last, next_area)) in enumerate(pairwise(cuts))
    ]


@dataclass(frozen=True, eq=False)
class Population:
    """Who lives where, all in the order of the households.

    Attributes
    ----------
    block : Block
    area, type, frailty : ndarray of int, shape (n,)
        Numbers of the area (within the block), the household type and the (hidden) frailty.
    isolated, elsewhere, thin : ndarray of bool, shape (n,)
        Hidden: lives withdrawn; does not live where registered; leaves few traces in the records.
    """

    block: Block
    area: Ints
    type: Ints
    frailty: Ints
    isolated: Flags
    elsewhere: Flags
    thin: Flags

    def __len__(self) -> int:
        return len(self.area)


def settle(world: World, layers: Layers, block: Block) -> Population:
    """Draw places, household types, frailties and hidden traits."""
    n, rng = block.n, block.stream("population")
    area = rng.integers(0, block.n_areas, n)
    type_ = rng.choice(len(world.type_share), n, p=world.type_share)
    frailty = rng.choice(len(world.frailty_share), n, p=world.frailty_share)
    isolated = block.stream("isolated").random(n) < np.array(ISOLATED)[type_]
    elsewhere = block.stream("elsewhere").random(n) < layers.mismatch
    thin = block.stream("thin").random(n) < layers.thin
    return Population(block, area, type_, frailty, isolated, elsewhere, thin)


class Dynamics:
    """How the states of a population move in each round; the place's effect is that of the first area."""

    def __init__(self, world: World, population: Population) -> None:
        self.world, self.population = world, population
        self.effects = world.effects(_place_effects(world, population.block))
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


def _place_effects(world: World, block: Block) -> Floats:
    rng = block.stream("places")
    shape = (block.n_areas // AREAS_PER_DISTRICT, AREAS_PER_DISTRICT)
    district = rng.normal(0.0, 1.0, shape[0])[:, None] * world.district_sd
    return np.asarray((district + rng.normal(0.0, 1.0, shape) * world.area_sd).ravel())
