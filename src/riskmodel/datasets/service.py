"""The service at work: who is listed, reached, read and supported in a round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.datasets.contacts import (
    BASIC,
    EMERGENCY,
    NO_SUPPORT,
    OTHER_AID,
    PRIVATE,
    PUBLIC,
    Contacts,
    Listed,
    Readings,
    RoundOfContacts,
)
from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import ACUTE, CRISIS, Floats, log_odds, sigmoid
from riskmodel.metrics import first_of_cells

LOOKS_BACK = 3
REACHED_IF_ELSEWHERE = 0.3
DISTRICTS_DIFFER, NEED_IS_HELPED = 0.6, 0.5
ALWAYS_RIGHT = (1.0, 1.0)
STREAMS = (
    "list",
    "private",
    "random arm",
    "execution",
    "reach",
    "refusal",
    "reader",
    "manager",
    "support",
    "verdict",
)


class Slots(NamedTuple):
    """The slots of each area, shape (n_areas,): by rank, and drawn at random from the rest."""

    by_rank: Floats
    random: Floats


class RoundList(NamedTuple):
    """A round's list before any contact: all households, drawn or not.

    Attributes
    ----------
    period : int
    certain, drawn : ndarray of bool, shape (n,)
        Listed by the legacy rule; drawn at random from the rest of their area.
    probability : ndarray of float, shape (n,)
        The chance to be listed, by design: 1 for the legacy list.
    """

    period: int
    certain: Flags
    drawn: Flags
    probability: Floats

    @property
    def listed(self) -> Listed:
        """The households that are listed."""
        household = np.flatnonzero(self.certain | self.drawn)
        return Listed(household, self.drawn[household].astype(int), self.probability[household])


class ServiceRound(NamedTuple):
    """What a round of the service leaves.

    Attributes
    ----------
    list : RoundList
    contacts : Contacts
    supported : ndarray of bool, shape (n,)
        Who is supported in it.
    confirms : ndarray of bool, shape (n,)
        Whether the first reader confirms need in a household, or would if it were contacted.
    """

    list: RoundList
    contacts: Contacts
    supported: Flags
    confirms: Flags


class Service:
    """Selects, contacts, reads and supports, round after round."""

    def __init__(self, layers: Layers, times: Times, population: Population) -> None:
        self.layers, self.times, self.people = layers, times, population
        block = population.block
        self.rng = {name: block.stream(name) for name in STREAMS}
        self.n_areas = block.n_areas
        self.not_executed = _by_area(layers.not_executed, block.stream("areas"), block.n_areas)
        self.leaning = private_leaning(population)

    def round(
        self, period: int, emission: Emission, past: Sequence[Facts], area: Ints, state: Ints
    ) -> ServiceRound:
        """Let the service work through a round."""
        list_ = self._select(period, self._legacy(emission, past, state), area)
        listed = list_.listed
        confirms = self._first_verdict("verdict", state >= ACUTE)
        area, state = area[listed.household], state[listed.household]
        executed = self.rng["execution"].random(len(state)) >= self.not_executed[area]
        reached = self._reached(listed.household, state >= ACUTE) & executed[:, None]
        refused = self.rng["refusal"].random(len(state)) < self.layers.refusal
        readings = self._read(state >= ACUTE)
        confirms[listed.household] = readings.first
        support = self._help(period, area, state, readings.last)
        happened = RoundOfContacts(period, listed, executed, reached, readings, refused, support)
        supported = np.zeros(len(self.people), dtype=bool)
        talks = reached.any(axis=1) & ~refused
        supported[listed.household[talks & np.isin(support, PUBLIC)]] = True
        contacts = happened.rows(first_channel(self.layers))
        return ServiceRound(list_, contacts, supported, confirms)

    def _legacy(self, emission: Emission, past: Sequence[Facts], state: Ints) -> Floats:
        """Score households by recent visible facts, noise and private knowledge.

        Longer arrears count more.
        """
        n = len(self.people)
        score = self.layers.noise * self.rng["list"].gumbel(size=n)
        for back, facts in enumerate(reversed(past[-LOOKS_BACK:])):
            visible = facts[(facts.lag <= back) & (facts.code < len(emission.codes) - 1)]
            weights = 1 + np.nan_to_num(visible.value) / 12
            score += np.bincount(visible.household, weights=weights, minlength=n)
        hunch = (state >= ACUTE) + self.rng["private"].normal(0.0, 0.5, n)
        return np.asarray(score + self.layers.private * hunch)

    def _select(self, period: int, score: Floats, area: Ints) -> RoundList:
        """List the first of each area by score, and some of the rest at random."""
        size = np.bincount(area, minlength=self.n_areas)
        slots = self._slots(size)
        certain = first_of_cells(-score, area, slots.by_rank)
        key = np.where(certain, 2.0, self.rng["random arm"].random(len(area)))
        drawn = ~certain & first_of_cells(key, area, slots.random)
        share = slots.random / np.maximum(size - slots.by_rank, 1)
        return RoundList(period, certain, drawn, np.where(certain, 1.0, share[area]))

    def _slots(self, size: Ints) -> Slots:
        """Allocate the capacity; shares are rounded so that all areas together keep to it."""
        capacity = self.layers.capacity
        if isinstance(capacity, float):
            slots = np.diff(np.floor(np.cumsum(capacity * size) + 0.5), prepend=0.0)
        else:
            slots = np.minimum(capacity or 0, size).astype(float)
        random = np.floor(slots * self.layers.random_share + 0.5)
        return Slots(slots - random, random)

    def _reached(self, household: Ints, need: Flags) -> Flags:
        """Return by which channel each household is reached first, shape (n_listed, 3)."""
        chance = np.tile([0.0, 0.0, 1.0], (len(household), 1))
        if self.layers.reach is not None:
            base = np.clip([self.layers.reach[channel] for channel in CHANNELS], 1e-12, 1 - 1e-12)
            harder = self.layers.isolation * self.people.isolated[household]
            harder = harder + self.layers.hiding * need
            chance = sigmoid(log_odds(base) - harder[:, None])
        chance[self.people.elsewhere[household], 1:] *= REACHED_IF_ELSEWHERE
        answers = self.rng["reach"].random(chance.shape) < chance
        return np.asarray(answers & (answers.cumsum(axis=1) == 1))

    def _read(self, need: Flags) -> Readings:
        """Draw the verdicts on households that are in need or not."""
        layers, rng = self.layers, self.rng["manager"]
        first = self._first_verdict("reader", need)
        own = _verdict(rng, need, layers.manager or ALWAYS_RIGHT)
        blind = rng.random(len(need)) < layers.blind
        repeats = ~blind & (rng.random(len(need)) < layers.dependence)
        second = None if layers.manager is None else np.where(repeats, first, own)
        return Readings(first, second, blind)

    def _first_verdict(self, stream: str, need: Flags) -> Flags:
        """Draw the first reader's verdicts from one stream of random numbers."""
        return _verdict(self.rng[stream], need, self.layers.reader or ALWAYS_RIGHT)

    def _help(self, period: int, area: Ints, state: Ints, need: Flags) -> Ints:
        """Return what follows each verdict: public support, private help, or none."""
        public, kind, private = self.rng["support"].random((3, len(need)))
        gets_emergency = (state == CRISIS) & (kind < self.layers.emergency)
        other = np.where(kind >= 1 - self.layers.basic_livelihood, BASIC, OTHER_AID)
        aid = np.where(gets_emergency, EMERGENCY, other)
        chances = private_chances(self.times.private_support[period], self.leaning[area])
        passed_on = private < np.choose(need, chances)
        rest = np.where(passed_on, PRIVATE, NO_SUPPORT)
        return np.where(need & (public < self.times.support[period]), aid, rest)


def first_channel(layers: Layers) -> int:
    """Return the number of the channel by which households are contacted first."""
    return len(CHANNELS) - 1 if layers.reach is None else 0


def _by_area(mean: float, rng: np.random.Generator, n_areas: int) -> Floats:
    """Draw a share for each area around its mean; 0 and 1 do not vary."""
    if not 0 < mean < 1:
        return np.full(n_areas, float(mean))
    return rng.beta(10 * mean, 10 * (1 - mean), n_areas)


def private_leaning(population: Population) -> Floats:
    """Return the log-odds, by area, that a district passes a household on to private help."""
    block = population.block
    n_districts = block.n_areas // block.geography.per_district
    by_district = block.stream("private help").normal(0.0, DISTRICTS_DIFFER, n_districts)
    return block.by_district(by_district)


def private_chances(share: float, leaning: Floats) -> Floats:
    """Return the chances (no need or need, n) of private help where there is no public support."""
    if share == 0:
        return np.zeros((2, len(leaning)))
    odds = log_odds(np.minimum(share, 1 - 1e-12)) + leaning
    return np.stack([sigmoid(odds - NEED_IS_HELPED), sigmoid(odds + NEED_IS_HELPED)])


def _verdict(rng: np.random.Generator, need: Flags, skill: tuple[float, float]) -> Flags:
    return np.asarray(rng.random(len(need)) < np.where(need, skill[0], 1 - skill[1]))
