"""The service at work: who is listed, reached, read and supported in a round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.datasets.contacts import PUBLIC, Contacts, Listed, Readings, RoundOfContacts
from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.meetings import (
    ALWAYS_RIGHT,
    REACHED_IF_ELSEWHERE,
    help_given,
    private_leaning,
    reach_chances,
    readings,
    shares_by_area,
    verdicts,
)
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import ACUTE, Floats
from riskmodel.metrics import first_of_cells

LOOKS_BACK = 3
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
        self.not_executed = shares_by_area(
            layers.not_executed, block.stream("areas"), block.n_areas
        )
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
            base = np.array([self.layers.reach[channel] for channel in CHANNELS])
            chance = reach_chances(base, self.layers, self.people, household, need)
        chance[self.people.elsewhere[household], 1:] *= REACHED_IF_ELSEWHERE
        answers = self.rng["reach"].random(chance.shape) < chance
        return np.asarray(answers & (answers.cumsum(axis=1) == 1))

    def _read(self, need: Flags) -> Readings:
        """Draw the verdicts on households that are in need or not."""
        first = self._first_verdict("reader", need)
        chances = self.rng["manager"].random((3, len(need)))
        return readings(self.layers, need, first, chances)

    def _first_verdict(self, stream: str, need: Flags) -> Flags:
        """Draw the first reader's verdicts from one stream of random numbers."""
        skill = self.layers.reader or ALWAYS_RIGHT
        return verdicts(self.rng[stream].random(len(need)), need, skill)

    def _help(self, period: int, area: Ints, state: Ints, need: Flags) -> Ints:
        """Return what follows each verdict: public support, private help, or none."""
        shares = self.times.support[period], self.times.private_support[period]
        chances = self.rng["support"].random((3, len(need)))
        return help_given(self.layers, shares, self.leaning[area], state, need, chances)


def first_channel(layers: Layers) -> int:
    """Return the number of the channel by which households are contacted first."""
    return len(CHANNELS) - 1 if layers.reach is None else 0
