"""The log-likelihoods of a round's visible facts and of its verdicts, for each household.

A visible event has the likelihood of its chance (its lag says nothing), an absent one
``1 - chance * share known by then``. A verdict has the readers' sensitivity and specificity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.datasets.contacts import (
    BASIC,
    EMERGENCY,
    MANAGER,
    NEED,
    NO_NEED,
    OTHER_AID,
    READERS,
    VERDICTS,
    Contacts,
)
from riskmodel.datasets.course import Ints
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.facts import Facts, months_held
from riskmodel.datasets.layers import Layers, Skill
from riskmodel.datasets.meetings import ALWAYS_RIGHT
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.world import ACUTE, CRISIS, STATES, Floats


class FactLikelihood:
    """The likelihood of the facts of a round that are visible at a given age."""

    def __init__(self, simulated: Simulated) -> None:
        self.emission, self.type = simulated.times.emission, simulated.population.type
        self.n = len(self.type)
        delivered = [months_held(f, self.emission[0], self.n) > 0 for f in simulated.facts]
        self.delivered = [np.zeros_like(delivered[0]), *delivered]

    def __call__(self, period: int, age: int, visible: Facts, *, thin: bool) -> Floats:
        """Return the log-likelihoods (n, 4)."""
        emission = self.emission[period].thinned() if thin else self.emission[period]
        return self._of_events(emission, age, visible) + self._of_states(emission, period)

    def _of_events(self, emission: Emission, age: int, visible: Facts) -> Floats:
        absent = np.log1p(-emission.shows * emission.known[:, age, None, None])
        log = absent.sum(axis=0)[self.type]
        events = visible[visible.code < len(emission.events)]
        of_event = events.code, self.type[events.household]
        gain = np.log(emission.shows[of_event]) - absent[of_event]
        for z in range(len(STATES)):
            log[:, z] += np.bincount(events.household, weights=gain[:, z], minlength=self.n)
        return np.asarray(log)

    def _of_states(self, emission: Emission, period: int) -> Floats:
        before, now = self.delivered[period], self.delivered[period + 1]
        log = np.zeros((self.n, len(STATES)))
        chances = emission.chances(period)
        for j in range(len(emission.states)):
            if period < emission.opens[j]:
                continue
            table = np.log(np.stack([1 - chances[:, :, j], chances[:, :, j]], axis=2))
            followed = np.zeros(self.n, dtype=bool)
            if j in emission.follows:
                followed = now[:, emission.follows[j]]
            was, is_ = before[:, j].astype(int), now[:, j].astype(int)
            log += table[followed.astype(int), was, is_, self.type]
        return log


class VerdictLikelihood:
    """The likelihood of a round's verdicts, and of the help that followed them."""

    def __init__(self, simulated: Simulated, layers: Layers) -> None:
        self.world, self.layers = simulated, layers
        self._by_period: dict[int, Floats] = {}
        contacts = simulated.contacts
        if contacts is not None:
            for period in np.unique(contacts.period).tolist():
                self._by_period[period] = self._of_round(contacts, period)

    def __call__(self, period: int) -> Floats | None:
        """Return the log-likelihoods (n, 4), None in a round without contacts."""
        return self._by_period.get(period)

    def _of_round(self, contacts: Contacts, period: int) -> Floats:
        with_verdict = (contacts.period == period) & np.isin(contacts.result, VERDICTS)
        first = np.full(len(self.world.population), -1)
        log = np.zeros((len(first), len(STATES)))
        for reader in range(len(READERS)):
            rows = with_verdict & (contacts.reader == reader)
            household, result, support = (
                column[rows] for column in (contacts.household, contacts.result, contacts.support)
            )
            read = _Read(household, result, support)
            verdict = self._verdict_chances(reader, first[read.household])
            with np.errstate(divide="ignore"):
                log[read.household] += np.log(self._result_chance(read, verdict))
            first[read.household] = read.result
        return log

    def _verdict_chances(self, reader: int, first: Ints) -> _VerdictChances:
        """Return the chances of a reader's verdicts, given the first reader's."""
        skill = _skill(self.layers.manager if reader else self.layers.reader)
        repeats = self.layers.dependence if reader == MANAGER else 0.0
        return _VerdictChances(
            no_need=repeats * (first == NO_NEED)[:, None] + (1 - repeats) * skill[NO_NEED],
            need=repeats * (first == NEED)[:, None] + (1 - repeats) * skill[NEED],
        )

    def _result_chance(self, read: _Read, verdict: _VerdictChances) -> Floats:
        """Return the chances (n_rows, 4) of results and support, up to a factor.

        Public support follows need alone, and its kind depends on the state, too; that private help
        follows a verdict says nothing more of it.
        """
        chance = np.where(read.result[:, None] == NO_NEED, *verdict)
        for kind, share in self._kinds_of_aid().items():
            chance = np.where(read.support[:, None] == kind, chance * share, chance)
        return np.asarray(chance)

    def _kinds_of_aid(self) -> dict[int, Floats]:
        """Return the share of each kind of public support, by state."""
        emergency = self.layers.emergency * (np.arange(len(STATES)) == CRISIS)
        # the kinds are cut from one number: emergency from below, basic livelihood from above
        basic = np.minimum(self.layers.basic_livelihood, 1 - emergency)
        return {EMERGENCY: emergency, BASIC: basic, OTHER_AID: 1 - emergency - basic}


class _Read(NamedTuple):
    """The results of one reader in one round, and what followed them."""

    household: Ints
    result: Ints
    support: Ints


class _VerdictChances(NamedTuple):
    """The chances (n_rows, 4) of the two verdicts."""

    no_need: Floats
    need: Floats


def _skill(skill: Skill) -> Floats:
    """Return the chances of the verdicts no need and need, by state."""
    sensitivity, specificity = skill or ALWAYS_RIGHT
    in_need = np.arange(len(STATES)) >= ACUTE
    need = np.where(in_need, sensitivity, 1 - specificity)
    return np.stack([1 - need, need])
