"""The course of every household: where it lives, its frailty, and how its state moves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.geography import Geography
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import STATES, STRAINED, Floats, World

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOUSEHOLDS_PER_BLOCK = 50_000
ISOLATED = (0.2, 0.4, 0.1)
SUPPORT_WORKS = 0.6


@dataclass(frozen=True, eq=False)
class Block:
    """Some districts with their households, simulated apart from all others.

    Attributes
    ----------
    seed, number : int
        What its random numbers depend on.
    first, n : int
        Number of its first household, counting from 0, and how many there are.
    geography : Geography
        All areas of the world.
    areas : slice
        Which of them are this block's.
    """

    seed: int
    number: int
    first: int
    n: int
    geography: Geography
    areas: slice

    def stream(self, name: str) -> np.random.Generator:
        """Return the random numbers of one purpose; no layer's draws shift those of another."""
        return np.random.default_rng([self.seed, self.number, *name.encode()])

    @property
    def ids(self) -> np.ndarray:
        """The ids of its households."""
        return np.char.mod("H%07d", np.arange(self.first + 1, self.first + self.n + 1))

    @property
    def n_areas(self) -> int:
        """Number of its areas."""
        return int(self.areas.stop - self.areas.start)

    def draw_areas(self, rng: np.random.Generator, n: int) -> Ints:
        """Draw where households live or move to."""
        if self.geography.share is None:
            return rng.integers(0, self.n_areas, n)
        share = self.geography.share[self.areas]
        return rng.choice(self.n_areas, n, p=share / share.sum())

    def by_district(self, figures: Floats) -> Floats:
        """Return figures of the districts as figures of their areas."""
        return np.repeat(figures, self.geography.per_district)


def blocks(n: int, seed: int, geography: Geography) -> list[Block]:
    """Divide `n` households into blocks of whole districts, small enough for memory."""
    number = min(-(-n // HOUSEHOLDS_PER_BLOCK), geography.n_districts)
    districts = [geography.n_districts * k // number for k in range(number + 1)]
    made = []
    for k, (start, stop) in enumerate(pairwise(districts)):
        first, end = round(n * geography.before(start)), round(n * geography.before(stop))
        areas = slice(geography.per_district * start, geography.per_district * stop)
        made.append(Block(seed, k, first, end - first, geography, areas))
    return made


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
    """Draw areas, household types, frailties and hidden traits."""
    n, rng = block.n, block.stream("population")
    area = block.draw_areas(rng, n)
    type_ = rng.choice(len(world.type_share), n, p=world.type_share)
    frailty = rng.choice(len(world.frailty_share), n, p=world.frailty_share)
    isolated = block.stream("isolated").random(n) < np.array(ISOLATED)[type_]
    elsewhere = block.stream("elsewhere").random(n) < layers.mismatch
    thin = block.stream("thin").random(n) < layers.thin
    return Population(block, area, type_, frailty, isolated, elsewhere, thin)


class Dynamics:
    """How the states of a population move in each round.

    The effect of geography is that of a household's first area.
    """

    def __init__(self, world: World, population: Population) -> None:
        self.world, self.population = world, population
        self.effects = world.effects(_area_effects(world, population.block))
        self._made: dict[float, Floats] = {}

    def moves(self, shift: float) -> Floats:
        """Return the chances (n, n_frailties, 4, 4) of a round, worsening shifted for everybody."""
        if shift not in self._made:
            moves = self.world.transitions(self.effects + shift)
            self._made[shift] = moves[self.population.area, self.population.type]
        return self._made[shift]

    def start(self) -> Floats:
        """Return the joint chances (n, n_frailties, 4) before the first round."""
        start = (
            self.world.start(self.world.transitions(self.effects))
            * np.array(self.world.frailty_share)[:, None]
        )
        return np.asarray(start[self.population.area, self.population.type])

    def draw_start(self, rng: np.random.Generator) -> Ints:
        """Draw the states before the first round."""
        start = self.start()[np.arange(len(self.population)), self.population.frailty]
        return _draw(rng.random(len(start)), start / start.sum(axis=1, keepdims=True))

    def step(self, shift: float, state: Ints, supported: Flags, chance: Floats) -> Ints:
        """Move every household by one round.

        `chance` is its uniform number, the same with and without support.
        """
        moves = self.moves(shift)[np.arange(len(state)), self.population.frailty, state]
        return _draw(
            chance, np.where((supported & (state > STRAINED))[:, None], lifted(moves), moves)
        )


def lifted(moves: Floats) -> Floats:
    """Return the chances of an acute household or one in crisis that is supported."""
    relieved = np.eye(len(STATES))[STRAINED]
    return np.asarray((1 - SUPPORT_WORKS) * moves + SUPPORT_WORKS * relieved)


def _draw(chance: Floats, shares: Floats) -> Ints:
    return np.asarray((chance[:, None] > shares[:, :-1].cumsum(axis=1)).sum(axis=1))


def _area_effects(world: World, block: Block) -> Floats:
    rng = block.stream("places")
    n_districts = block.n_areas // block.geography.per_district
    of_district = rng.normal(0.0, 1.0, n_districts) * world.district_sd
    of_area = rng.normal(0.0, 1.0, block.n_areas) * world.area_sd
    return np.asarray(block.by_district(of_district) + of_area)
