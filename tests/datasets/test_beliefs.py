"""The filter is exact: it equals the enumeration of every course that a small world can take."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.datasets.beliefs import MATURITY, WINDOW, crisis_chances, outcomes
from riskmodel.datasets.course import Population, live, settle
from riskmodel.datasets.emission import Emission, emission
from riskmodel.datasets.facts import Facts, record
from riskmodel.datasets.world import CRISIS, World

N_PERIODS = 4
EVENTS, STATES = 2, 1
WORLD = World(worsen=(-1.0, -0.5, -0.3), shock=0.05, frailty=(-0.5, 0.8), frailty_share=(0.7, 0.3))
TINY = Emission(
    events=("loud", "slow"), states=("months",),
    shows=np.array([[[0.1, 0.2, 0.4, 0.6]] * 3, [[0.2, 0.2, 0.3, 0.5]] * 3]),
    known=np.array([[0.5, 0.8, 0.9, 1.0], [0.2, 0.4, 0.7, 1.0]]),
    enters=np.array([[[0.1, 0.2, 0.4, 0.7]] * 3]),
    stays=np.array([[[0.5, 0.6, 0.7, 0.8]] * 3]),
    outcome_known=np.array([0.6, 0.8, 0.95, 1.0]),
)


def one_household(n: int, seed: int) -> tuple[Population, Facts]:
    people = settle(WORLD, n, seed)
    course = live(people, N_PERIODS + WINDOW, seed)
    return people, record(people, course, TINY, seed)


def all_courses(length: int) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.arange(4)] * length, indexing="ij"), axis=-1).reshape(-1, length)


def enumerated_chance(people: Population, facts: Facts, who: int, now: int) -> float:
    """P(label | visible) by summing over every frailty and course, with the plain probability of each visible fact."""
    courses = all_courses(now + 1 + WINDOW)
    mine = facts[facts.household == who]
    pmf = np.diff(TINY.known, axis=1, prepend=0.0)
    outcome_pmf = np.diff(TINY.outcome_known, prepend=0.0)
    visible = {(c, p): lag for c, p, lag in zip(mine.code, mine.period, mine.lag, strict=True) if p + lag < now}
    kind = people.type[who]
    both = np.zeros(2)
    for frailty in range(len(WORLD.frailty)):
        moves = people.moves[who, frailty]
        weight = people.start[who, frailty, courses[:, 0]]
        for period in range(now + WINDOW):
            weight = weight * moves[courses[:, period], courses[:, period + 1]]
        missed = np.ones(len(courses))
        for period in range(now):
            z = courses[:, period + 1]
            age = now - 1 - period
            for code in range(EVENTS):
                lag = visible.get((code, period))
                shows = TINY.shows[code, kind, z]
                unknown = 1 - pmf[code, : age + 1].sum()
                weight = weight * (shows * pmf[code, lag] if lag is not None else 1 - shows + shows * unknown)
            within = (EVENTS, period) in visible
            before = (EVENTS, period - 1) in visible
            chance = (TINY.begins if period == 0 else TINY.stays if before else TINY.enters)[0, kind, z]
            weight = weight * (chance if within else 1 - chance)
            entered = (z == CRISIS) & (courses[:, period] != CRISIS)
            lag = visible.get((EVENTS + STATES, period))
            seen = 0.0 if lag is None else outcome_pmf[lag]
            hidden = 1 - outcome_pmf[: age + 1].sum()
            weight = weight * (np.where(entered, seen, 0.0) if lag is not None else np.where(entered, hidden, 1.0))
        for ahead in range(WINDOW):
            period = now + ahead
            entered = (courses[:, period + 1] == CRISIS) & (courses[:, period] != CRISIS)
            in_time = outcome_pmf[: WINDOW + MATURITY - ahead].sum()
            missed = missed * np.where(entered, 1 - in_time, 1.0)
        both += [(weight * (1 - missed)).sum(), weight.sum()]
    return float(both[0] / both[1])


@pytest.mark.parametrize("seed", [0, 1])
def test_filter_equals_enumeration_of_every_course(seed: int) -> None:
    people, facts = one_household(12, seed)
    for now, chance in crisis_chances(people, facts, TINY, range(1, N_PERIODS + 1)):
        expected = [enumerated_chance(people, facts, who, now) for who in range(len(people))]
        np.testing.assert_allclose(chance, expected, rtol=0, atol=1e-12)


def test_chances_never_depend_on_facts_not_yet_visible() -> None:
    people, facts = one_household(50, 3)
    now = 3
    kept = facts[facts.period + facts.lag < now]
    (_, with_future), = crisis_chances(people, facts, TINY, range(now, now + 1))
    (_, without), = crisis_chances(people, kept, TINY, range(now, now + 1))
    np.testing.assert_array_equal(with_future, without)


def test_chances_are_calibrated_in_every_tenth() -> None:
    world, n, now = World(), 20_000, 8
    emitted = emission(world)
    people = settle(world, n, 7)
    facts = record(people, live(people, now + WINDOW + MATURITY, 7), emitted, 7)
    (_, chance), = crisis_chances(people, facts, emitted, range(now, now + 1))
    label = outcomes(facts, emitted, n, range(now, now + 1))[0]
    tenth = np.argsort(np.argsort(chance)) * 10 // n
    observed = np.bincount(tenth, weights=label)
    expected = np.bincount(tenth, weights=chance)
    spread = np.sqrt(np.bincount(tenth, weights=chance * (1 - chance)))
    assert np.abs((observed - expected) / spread).max() < 3.5
    assert abs(observed.sum() - expected.sum()) < 3 * np.sqrt((spread**2).sum())
