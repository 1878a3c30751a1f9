"""Who is reached, what readers say and what help follows: from uniform numbers, in any service."""

from __future__ import annotations

import numpy as np

from riskmodel.datasets.contacts import (
    BASIC,
    EMERGENCY,
    NO_SUPPORT,
    OTHER_AID,
    PRIVATE,
    Readings,
)
from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import CRISIS, Floats, log_odds, sigmoid

REACHED_IF_ELSEWHERE = 0.3
DISTRICTS_DIFFER, NEED_IS_HELPED = 0.6, 0.5
ALWAYS_RIGHT = (1.0, 1.0)


def reach_chances(
    base: Floats, layers: Layers, people: Population, household: Ints, need: Flags
) -> Floats:
    """Return the chances to reach households, shape (n_rows, n_channels).

    `base` is the chance of each channel, which broadcasts with that shape; isolated households are
    harder to reach, and where a layer says so those in need.
    """
    harder = layers.isolation * people.isolated[household]
    harder = harder + layers.hiding * need
    return sigmoid(log_odds(np.clip(base, 1e-12, 1 - 1e-12)) - harder[:, None])


def verdicts(chance: Floats, need: Flags, skill: tuple[Floats | float, Floats | float]) -> Flags:
    """Return which households a reader of this sensitivity and specificity finds in need."""
    return np.asarray(chance < np.where(need, skill[0], 1 - skill[1]))


def readings(layers: Layers, need: Flags, first: Flags, chances: Floats) -> Readings:
    """Return both verdicts on each household.

    `first` is the caseworker's. The rows of `chances`, shape (3, n), decide on the manager's own
    verdict, whether it is blind, and else whether it repeats the first.
    """
    own_chance, blind_chance, repeat_chance = chances
    own = verdicts(own_chance, need, layers.manager or ALWAYS_RIGHT)
    blind = blind_chance < layers.blind
    repeats = ~blind & (repeat_chance < layers.dependence)
    second = None if layers.manager is None else np.where(repeats, first, own)
    return Readings(first, second, blind)


def help_given(
    layers: Layers,
    shares: tuple[float, float],
    leaning: Floats,
    state: Ints,
    need: Flags,
    chances: Floats,
) -> Ints:
    """Return what follows each verdict: public support, private help, or none.

    Parameters
    ----------
    layers : Layers
    shares : tuple of float
        Of those who get public support, and of the rest who are passed on to private help.
    leaning : ndarray of float, shape (n,)
        Log-odds by which each household's district passes on more.
    state : ndarray of int, shape (n,)
        The hidden state.
    need : ndarray of bool, shape (n,)
        The last verdict.
    chances : ndarray of float, shape (3, n)
        The numbers that decide on public support, on its kind, and on private help.
    """
    public, kind, private = chances
    gets_emergency = (state == CRISIS) & (kind < layers.emergency)
    other = np.where(kind >= 1 - layers.basic_livelihood, BASIC, OTHER_AID)
    aid = np.where(gets_emergency, EMERGENCY, other)
    passed_on = private < np.choose(need, private_chances(shares[1], leaning))
    rest = np.where(passed_on, PRIVATE, NO_SUPPORT)
    return np.where(need & (public < shares[0]), aid, rest)


def shares_by_area(mean: float, rng: np.random.Generator, n_areas: int) -> Floats:
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
