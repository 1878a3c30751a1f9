"""The present round at work: who is reached by each step, read, and supported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.contacts import (
    CASEWORKER,
    MANAGER,
    NEED,
    NO_NEED,
    NO_SUPPORT,
    NOT_EXECUTED,
    NOT_REACHED,
    PUBLIC,
    REFUSED,
)
from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.keyed_draws import KeyedDraws
from riskmodel.datasets.meetings import (
    REACHED_IF_ELSEWHERE,
    help_given,
    private_leaning,
    reach_chances,
    readings,
    shares_by_area,
    verdicts,
)
from riskmodel.datasets.planned_steps import PlannedSteps, Words
from riskmodel.datasets.service_layers import (
    AT_ADDRESS,
    BY_PHONE,
    IN_OFFICE_HOURS,
    ServiceLayers,
)
from riskmodel.datasets.times import Times
from riskmodel.datasets.traits import WORKERS_PER_AREA, skills_of_workers, traits_of
from riskmodel.datasets.world import ACUTE, Floats
from riskmodel.records.contact_words import CHANNELS

REACHED_IF_AT_WORK = 1 / 3
MOVED = "moved"


@dataclass(frozen=True, eq=False)
class Attempts:
    """Rows of contacts: one per attempt, and one more per second reading.

    Attributes
    ----------
    household, channel, attempt, reader, result, support : ndarray of int, shape (n_rows,)
        Numbers in `CHANNELS`, `READERS`, `RESULTS`, `SUPPORTS` (-1: none); attempts count from 1.
    probability : ndarray of float, shape (n_rows,)
    stratum, reason : ndarray of str or None, shape (n_rows,)
    """

    household: Ints
    channel: Ints
    attempt: Ints
    reader: Ints
    result: Ints
    support: Ints
    probability: Floats
    stratum: Words
    reason: Words

    def __len__(self) -> int:
        return len(self.household)

    @classmethod
    def joined(cls, parts: Sequence[Attempts]) -> Attempts:
        """Return the rows of all parts, by household, attempt and reader."""
        columns = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        order = np.lexsort([columns["reader"], columns["attempt"], columns["household"]])
        return cls(**{name: column[order] for name, column in columns.items()})


class Customs:
    """What is the same in every round of a service: its chances, and the numbers that decide."""

    def __init__(
        self, people: Population, layers: ServiceLayers, times: Times, draws: KeyedDraws
    ) -> None:
        self.people, self.layers, self.times, self.draws = people, layers, times, draws
        self.traits = traits_of(people, layers)
        self.skills = skills_of_workers(people, layers)
        self.leaning = private_leaning(people)
        block = people.block
        self.not_executed = shares_by_area(
            layers.not_executed, block.stream("areas"), block.n_areas
        )
        reach = layers.reach or dict.fromkeys(CHANNELS, 1.0)
        self.reach = np.array([reach[channel] for channel in CHANNELS])

    def workers(self, period: int) -> Ints:
        """Return which worker of its area turns to each household, or would, shape (n,)."""
        share = self.draws.uniform("worker", period)
        return np.floor(WORKERS_PER_AREA * share).astype(np.int64)

    def first_verdicts(
        self, period: int, area: Ints, need: Flags, stratum: Words | None = None
    ) -> Flags:
        """Return whether the first reader confirms need in each household, or would, shape (n,).

        `stratum` is that of each household's place in the plan, None where it has no place.
        """
        sensitivity, specificity = self.skills[:, area, self.workers(period)]
        if stratum is not None:
            for name, skill in (self.layers.reader_by_stratum or {}).items():
                sensitivity = np.where(stratum == name, skill[0], sensitivity)
                specificity = np.where(stratum == name, skill[1], specificity)
        return verdicts(self.draws.uniform("reader", period), need, (sensitivity, specificity))

    def reach_chances(self, steps: PlannedSteps, need: Flags) -> Floats:
        """Return the chance that each step reaches its household, shape (n_steps,)."""
        household, base = steps.household, self.reach[steps.channel]
        if self.layers.reach is not None:
            base = reach_chances(base[:, None], self.layers, self.people, household, need)[:, 0]
        is_elsewhere = self.people.elsewhere[household] & steps.are_by(AT_ADDRESS)
        is_out = self.traits.is_at_work[household] & steps.are_by(IN_OFFICE_HOURS)
        chance = np.where(is_elsewhere, base * REACHED_IF_ELSEWHERE, base)
        chance = np.where(is_out, chance * REACHED_IF_AT_WORK, chance)
        return np.where(self._are_cut_off(steps), 0.0, chance)

    def reasons(self, missed: PlannedSteps, period: int) -> Words:
        """Return why nobody was met by each step, shape (n_steps,)."""
        household = missed.household
        numbers = np.where(self.traits.has_number[household], "wrong_number", "no_number")
        share = self.draws.uniform("returned mail", period)[household]
        is_strange = self.people.elsewhere[household] & missed.are_by(("mail",))
        is_back = is_strange & (share < self.layers.returned_mail)
        at_the_door = np.where(is_back, MOVED, "no_answer")
        return np.where(self._are_cut_off(missed), numbers, at_the_door).astype(object)

    def _are_cut_off(self, steps: PlannedSteps) -> Flags:
        """Tell which steps call a number that is not known, or that is not theirs."""
        is_right = self.traits.has_number & ~self.traits.is_wrong_number
        return steps.are_by(BY_PHONE) & ~is_right[steps.household]


class RoundAtWork:
    """One round's contacts.

    Parameters
    ----------
    customs : Customs
    period : int
    area, state : ndarray of int, shape (n,)
        Where each household is registered, and its hidden state in the round.

    Attributes
    ----------
    attempts : list of Attempts
        All that was tried so far.
    supported : ndarray of bool, shape (n,)
    """

    def __init__(self, customs: Customs, period: int, area: Ints, state: Ints) -> None:
        self.customs, self.period, self.area, self.state = customs, period, area, state
        n = len(state)
        self.need = state >= ACUTE
        self.confirms = customs.first_verdicts(period, area, self.need)
        self.attempts: list[Attempts] = []
        self.supported = np.zeros(n, dtype=bool)
        self._is_over = np.zeros(n, dtype=bool)
        self._tries = np.zeros((n, len(CHANNELS)), dtype=int)

    def carry_out(self, steps: PlannedSteps) -> Attempts:
        """Take the steps of each household one after the other until somebody meets it."""
        undone = self._left_undone(steps)
        rungs = range(int(steps.rung.max(initial=-1)) + 1)
        taken = [self._take(steps.of(steps.rung == rung)) for rung in rungs]
        attempts = Attempts.joined([undone, *taken])
        self.attempts.append(attempts)
        return attempts

    def fork(self) -> RoundAtWork:
        """Return the same round, which goes on apart from this one."""
        twin = RoundAtWork(self.customs, self.period, self.area, self.state)
        twin.attempts = [*self.attempts]
        twin.supported, twin.confirms = self.supported.copy(), self.confirms.copy()
        twin._is_over, twin._tries = self._is_over.copy(), self._tries.copy()
        return twin

    def _uniform(self, purpose: str, household: Ints) -> Floats:
        return self.customs.draws.uniform(purpose, self.period)[household]

    def _left_undone(self, steps: PlannedSteps) -> Attempts:
        """Return the rows of the households for which nothing is done although it was planned."""
        first = steps.of((steps.rung == 0) & ~self._is_over[steps.household])
        share = self.customs.not_executed[self.area[first.household]]
        idle = first.of(self._uniform("execution", first.household) < share)
        self._is_over[idle.household] = True
        return self._rows(idle, NOT_EXECUTED)

    def _take(self, steps: PlannedSteps) -> Attempts:
        """Take one step of each household whose round is not over."""
        steps = steps.of(~self._is_over[steps.household])
        nth = self._tries[steps.household, steps.channel]
        self._tries[steps.household, steps.channel] += 1
        chance = self.customs.reach_chances(steps, self.need[steps.household])
        is_met = self._answers(steps, nth) < chance
        missed, met = steps.of(~is_met), steps.of(is_met)
        reason = self.customs.reasons(missed, self.period)
        self._is_over[met.household] = True
        self._is_over[missed.household[reason == MOVED]] = True
        return Attempts.joined(
            [self._rows(missed, NOT_REACHED, reason=reason), *self._meetings(met)]
        )

    def _answers(self, steps: PlannedSteps, nth: Ints) -> Floats:
        """Return the number behind each step: one stream per channel and repetition."""
        numbers = np.zeros(len(steps))
        for channel, repetition in np.unique(np.stack([steps.channel, nth], 1), axis=0).tolist():
            rows = (steps.channel == channel) & (nth == repetition)
            purpose = f"reach by {CHANNELS[channel]}, {repetition}"
            numbers[rows] = self._uniform(purpose, steps.household[rows])
        return numbers

    def _meetings(self, met: PlannedSteps) -> list[Attempts]:
        """Return the rows of those that were met: refusals, verdicts, second readings, support."""
        layers, who = self.customs.layers, met.household
        refuses = self._uniform("refusal", who) < layers.refusal
        talks = met.of(~refuses)
        reason = np.full(int(refuses.sum()), "refused", dtype=object)
        refusals = self._rows(met.of(refuses), REFUSED, reason=reason)
        who = talks.household
        self._read_by_stratum(talks)
        chances = np.stack([self._uniform(f"manager {k}", who) for k in range(3)])
        read = readings(layers, self.need[who], self.confirms[who], chances)
        support = self._help(who, read.last)
        self.supported[who] = np.isin(support, PUBLIC)
        first = np.where(read.first, NEED, NO_NEED)
        if read.second is None:
            return [refusals, self._rows(talks, first, support=support)]
        reader = MANAGER + read.blind.astype(int)
        second = np.where(read.second, NEED, NO_NEED)
        return [
            refusals,
            self._rows(talks, first),
            self._rows(talks, second, reader=reader, support=support),
        ]

    def _read_by_stratum(self, talks: PlannedSteps) -> None:
        """Let the readers of strata read the households that talk, where strata have their own."""
        stratum = np.full(len(self.need), None, dtype=object)
        stratum[talks.household] = talks.stratum
        read = self.customs.first_verdicts(self.period, self.area, self.need, stratum)
        self.confirms[talks.household] = read[talks.household]

    def _help(self, household: Ints, need: Flags) -> Ints:
        customs, times = self.customs, self.customs.times
        return help_given(
            customs.layers,
            (times.support[self.period], times.private_support[self.period]),
            customs.leaning[self.area[household]],
            self.state[household],
            need,
            np.stack([self._uniform(f"support {k}", household) for k in range(3)]),
        )

    def _rows(
        self,
        steps: PlannedSteps,
        result: Ints | int,
        *,
        reader: Ints | int = CASEWORKER,
        support: Ints | int = NO_SUPPORT,
        reason: NDArray[np.object_] | None = None,
    ) -> Attempts:
        n = len(steps)
        attempt = self._tries[steps.household].sum(axis=1)
        return Attempts(
            steps.household,
            steps.channel,
            np.maximum(attempt, 1),
            np.broadcast_to(reader, n),
            np.broadcast_to(result, n),
            np.broadcast_to(support, n),
            steps.probability,
            steps.stratum,
            np.full(n, None, dtype=object) if reason is None else reason,
        )
