"""The world round by round: states move, facts arise, the service works, households move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.contacts import Contacts
from riskmodel.datasets.course import Block, Dynamics, Flags, Ints, Population, settle
from riskmodel.datasets.delays import later
from riskmodel.datasets.facts import Facts, Recorder, SequentialFactDraws, outcomes
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.schedule import MATURITY, WINDOW
from riskmodel.datasets.service import RoundList, Service
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import Floats, World


@dataclass(frozen=True, eq=False)
class Simulated:
    """All that happened, hidden or not.

    Attributes
    ----------
    population : Population
    dynamics : Dynamics
    layers : Layers
    later : ndarray of float, shape (n,), or None
        Log-odds by which each household's crises become known later than others.
    times : Times
    course : ndarray of int, shape (n_periods + 1, n)
        Hidden states; row 0 is the round before the first.
    facts : tuple of Facts
        One per round.
    lists : tuple of RoundList
        One per round of the service.
    contacts : Contacts or None
    supported : ndarray of bool, shape (n_periods, n)
    confirms : ndarray of bool, shape (n_periods, n)
        The first reader's verdict on each household, contacted or not.
    area : ndarray of int, shape (n_periods, n)
        Where each household is registered.
    draws : tuple of two ndarrays of float, shape (n_periods, n)
        The uniform numbers behind the course and behind the lags of outcomes.
    """

    population: Population
    dynamics: Dynamics
    layers: Layers
    later: Floats | None
    times: Times
    course: NDArray[np.int8]
    facts: tuple[Facts, ...]
    lists: tuple[RoundList, ...]
    contacts: Contacts | None
    supported: Flags
    confirms: Flags
    area: Ints
    draws: tuple[Floats, Floats]


def simulate(
    world: World, times: Times, layers: Layers, block: Block, first_list: int
) -> Simulated:
    """Simulate a block's households in all rounds; the service works from `first_list` on."""
    people, n = settle(world, layers, block), block.n
    dynamics, late = Dynamics(world, people), later(world, people, layers)
    recorder = Recorder(people, SequentialFactDraws(people))
    service = Service(layers, times, people)
    rng = block.stream("course")
    start = dynamics.draw_start(rng)
    draws = rng.random((len(times), n)), block.stream("outcomes").random((len(times), n))
    area = addresses(people, layers, len(times))
    course = np.vstack([start, np.zeros((len(times), n), dtype=int)]).astype(np.int8)
    supported, confirms = np.zeros((2, len(times), n), dtype=bool)
    facts: list[Facts] = []
    lists: list[RoundList] = []
    contacts: list[Contacts] = []
    for period, (shift, emission) in enumerate(zip(times.shift, times.emission, strict=True)):
        before = course[period].astype(int)
        state = dynamics.step(shift, before, supported[period - 1], draws[0][period])
        if layers.capacity is not None and period >= first_list:
            worked = service.round(period, emission, facts, area[period], state)
            supported[period], confirms[period] = worked.supported, worked.confirms
            lists.append(worked.list)
            contacts.append(worked.contacts)
        crises = outcomes(emission, period, before, state, draws[1][period], late)
        facts.append(recorder.record(emission, period, state, crises))
        course[period + 1] = state
    return Simulated(
        population=people,
        dynamics=dynamics,
        layers=layers,
        later=late,
        times=times,
        course=course,
        facts=tuple(facts),
        lists=tuple(lists),
        contacts=Contacts.joined(contacts) if contacts else None,
        supported=supported,
        confirms=confirms,
        area=area,
        draws=draws,
    )


def labels(simulated: Simulated, as_of: range) -> Flags:
    """Return the labels (n_rounds, n): a crisis begins in the window and is known at maturity."""
    crises = Facts.joined(simulated.facts)
    crises = crises[crises.code == len(simulated.times.emission[0].codes) - 1]
    label = np.zeros((len(as_of), len(simulated.population)), dtype=bool)
    for row, now in zip(label, as_of, strict=True):
        row[_counted(crises, now)] = True
    return label


def labels_unsupported(simulated: Simulated, as_of: range) -> Flags:
    """Return the labels as they would be without any support from each as-of date on."""
    label = np.zeros((len(as_of), len(simulated.population)), dtype=bool)
    no_support = np.zeros(len(simulated.population), dtype=bool)
    for row, now in zip(label, as_of, strict=True):
        state, supported = simulated.course[now].astype(int), simulated.supported[now - 1]
        for period in range(now, now + WINDOW):
            before, shift = state, simulated.times.shift[period]
            state = simulated.dynamics.step(shift, before, supported, simulated.draws[0][period])
            emission, chance = simulated.times.emission[period], simulated.draws[1][period]
            crises = outcomes(emission, period, before, state, chance, simulated.later)
            row[_counted(crises, now)] = True
            supported = no_support
    return label


def _counted(crises: Facts, now: int) -> Ints:
    ahead = crises.period - now
    return crises.household[
        (ahead >= 0) & (ahead < WINDOW) & (ahead + crises.lag < WINDOW + MATURITY)
    ]


def addresses(people: Population, layers: Layers, n_periods: int) -> Ints:
    """Return where each household is registered, shape (n_periods, n); later rounds change none."""
    rng = people.block.stream("moves")
    area = np.tile(people.area, (n_periods, 1))
    if layers.moves > 0:
        for period in range(1, n_periods):
            goes = rng.random(len(people)) < layers.moves
            area[period] = np.where(
                goes, people.block.draw_areas(rng, len(people)), area[period - 1]
            )
    return area
