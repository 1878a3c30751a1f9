"""The world of an open service, round by round: states move, a plan is carried out, facts arise."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from riskmodel.datasets.beside_the_plan import tables_beside
from riskmodel.datasets.carrying_out import Attempts, Customs, RoundAtWork
from riskmodel.datasets.contacts import Contacts
from riskmodel.datasets.course import Block, Ints
from riskmodel.datasets.drawn_lists import lists
from riskmodel.datasets.facts import Facts, Recorder, months_held, outcomes
from riskmodel.datasets.keyed_draws import KeyedDraws, KeyedFactDraws
from riskmodel.datasets.record_tables import contacts, dated_facts, facts_of_all_rounds
from riskmodel.datasets.schedule import HISTORY, MATURITY, WINDOW, Schedule
from riskmodel.datasets.service_layers import ServiceLayers
from riskmodel.datasets.simulate import Simulated, addresses, simulate
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import ACUTE, World
from riskmodel.records.table_schemas import conform

FEWEST_BEFORE = WINDOW + MATURITY


@dataclass(eq=False)
class ServiceRounds:
    """All that happened up to the present round, hidden or not.

    Attributes
    ----------
    schedule : Schedule
        All rounds: those before the first, those of the service, and what their labels need.
    now : int
        Number of the present round.
    simulated : Simulated
        The rounds before it; its course holds the present round, too, its addresses, times and
        draws those that come.
    recorder : Recorder
    customs : Customs
    work : RoundAtWork
        The present round.
    written : mapping of str to tuple of pyarrow.Table
        What was written down, in parts, by the name of the table.
    """

    schedule: Schedule
    now: int
    simulated: Simulated
    recorder: Recorder
    customs: Customs
    work: RoundAtWork
    written: Mapping[str, tuple[pa.Table, ...]]

    @property
    def block(self) -> Block:
        """All households."""
        return self.simulated.population.block

    @property
    def area(self) -> Ints:
        """Where each household is registered in the present round, shape (n,)."""
        return self.simulated.area[self.now]

    def until_now(self) -> Schedule:
        """Return the schedule as if the present morning were the end."""
        n_rounds = self.now - HISTORY - FEWEST_BEFORE + 1
        return Schedule(n_rounds, str(self.schedule.starts[self.now]))

    def seen_now(self) -> Simulated:
        """Return the simulation without the addresses of rounds that come."""
        return replace(self.simulated, area=self.simulated.area[: self.now])

    def fork(self) -> ServiceRounds:
        """Return the same rounds, which go on apart from these."""
        twin = copy.copy(self)
        twin.recorder, twin.work = copy.copy(self.recorder), self.work.fork()
        return twin

    def close(self, contacts: pa.Table, list_: pa.Table) -> None:
        """End the present round, of which this was written down, and open the next."""
        self._write("contacts", contacts)
        self._write("lists", list_)
        beside = tables_beside(
            self.simulated, self.customs, self.schedule, self.now, self.work.need
        )
        for name, table in beside.items():
            self._write(name, table)
        self.simulated = self._with_present(self._recorded())
        self.now += 1
        state = self.simulated.course[self.now + 1].astype(int)
        self.work = RoundAtWork(self.customs, self.now, self.area, state)

    def _recorded(self) -> Facts:
        """Let the agencies record the facts of the present round."""
        now, world, draws = self.now, self.simulated, self.customs.draws
        emission = world.times.emission[now]
        before, state = world.course[now : now + 2].astype(int)
        crises = outcomes(emission, now, before, state, world.draws[1][now], world.later)
        facts = self.recorder.record(emission, now, state, crises)
        keyed = KeyedFactDraws(draws, len(emission.codes))
        shares = keyed.days(now, facts.household, facts.code)
        self._write("events", dated_facts(facts, emission, self.schedule, self.block, shares))
        return facts

    def _with_present(self, facts: Facts) -> Simulated:
        """Return the simulation with the present round in it, and the states of the next."""
        world, work = self.simulated, self.work
        supported = np.vstack([world.supported, work.supported])
        state = _following(world, self.now + 1, supported)
        made = [_as_contacts(attempts, self.now) for attempts in work.attempts]
        earlier = [] if world.contacts is None else [world.contacts]
        contacts = [*earlier, *made]
        return replace(
            world,
            course=np.vstack([world.course, state.astype(np.int8)]),
            facts=(*world.facts, facts),
            contacts=Contacts.joined(contacts) if contacts else None,
            supported=supported,
            confirms=np.vstack([world.confirms, work.confirms]),
        )

    def _write(self, name: str, table: pa.Table) -> None:
        self.written = {**self.written, name: (*self.written.get(name, ()), table)}


def open_rounds(
    world: World, times: Times, layers: ServiceLayers, schedule: Schedule, block: Block, now: int
) -> ServiceRounds:
    """Simulate the rounds before round `now`, and open it."""
    past = replace(
        times,
        shift=times.shift[:now],
        emission=times.emission[:now],
        support=times.support[:now],
        private_support=times.private_support[:now],
    )
    before = simulate(world, past, layers, block, HISTORY)
    people, draws = before.population, KeyedDraws(block.seed, block.n)
    customs = Customs(people, layers, times, draws)
    if layers.capacity is None:
        states = before.course[1:].astype(int)
        read = [
            customs.first_verdicts(p, before.area[p], state >= ACUTE)
            for p, state in enumerate(states)
        ]
        before = replace(before, confirms=np.stack(read))
    ahead = range(now, len(schedule))
    numbers = [
        np.vstack([drawn, *(draws.uniform(purpose, period) for period in ahead)])
        for purpose, drawn in zip(("course", "outcomes"), before.draws, strict=True)
    ]
    before = replace(
        before,
        times=times,
        area=addresses(people, layers, len(schedule)),
        draws=(numbers[0], numbers[1]),
    )
    state = _following(before, now, before.supported)
    emission = times.emission[now - 1]
    recorder = Recorder(
        people,
        KeyedFactDraws(draws, len(emission.codes)),
        months_held(before.facts[-1], emission, block.n),
    )
    known = Schedule(now - HISTORY - FEWEST_BEFORE + 1, str(schedule.starts[now]))
    tables = {"contacts": contacts(before, known), "lists": lists(before, known)}
    written = {name: (conform(name, one),) for name, one in tables.items() if one is not None}
    return ServiceRounds(
        schedule,
        now,
        replace(before, course=np.vstack([before.course, state.astype(np.int8)])),
        recorder,
        customs,
        RoundAtWork(customs, now, before.area[now], state),
        {"events": (facts_of_all_rounds(before, schedule),), **written},
    )


def _following(simulated: Simulated, period: int, supported: np.ndarray) -> Ints:
    """Return the states in a round, which follow those of the round before."""
    before = simulated.course[period].astype(int)
    shift, chance = simulated.times.shift[period], simulated.draws[0][period]
    return simulated.dynamics.step(shift, before, supported[period - 1], chance)


def _as_contacts(attempts: Attempts, period: int) -> Contacts:
    """Return attempts as the exact filter reads contacts: it asks for verdicts and support."""
    n = len(attempts)
    return Contacts(
        household=attempts.household,
        period=np.full(n, period),
        channel=attempts.channel,
        attempt=attempts.attempt,
        stratum=np.zeros(n, dtype=int),
        reader=attempts.reader,
        result=attempts.result,
        support=attempts.support,
        probability=attempts.probability,
    )
