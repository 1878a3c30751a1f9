"""The exact Bayes filter: what could be believed of each household, given all that was visible.

Hidden are a household's state and its frailty (4 x 3 cells); known to everybody are its place and type, and the facts
visible on an as-of date. A round that lies `age` rounds back shows a fact when its lag is at most `age`: a visible
event speaks with its chance (its lag says nothing), an absent one with ``1 - chance * share known by then``. Rounds
older than the longest lag are settled and folded in once. A seen crisis says that the household *entered* the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.course import Population
from riskmodel.datasets.emission import N_LAGS, Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.world import CRISIS, STATES, Floats

WINDOW, MATURITY = 3, 1


class Evidence:
    """What each round says of each household's state, as far as it is visible at a given age."""

    def __init__(self, population: Population, facts: Facts, emission: Emission, n_periods: int) -> None:
        self.type = population.type
        self.emission = emission
        cuts = np.searchsorted(facts.period, np.arange(n_periods + 1))
        self.rounds = [facts[slice(*cut)] for cut in pairwise(cuts)]
        absent = np.log1p(-emission.shows * emission.known.T[:, :, None, None])
        self.nothing_seen = absent.sum(axis=1)
        self.event_seen = np.log(emission.shows) - absent
        within = [self._within(facts) for facts in self.rounds]
        self.delivered = [self._deliveries(now, within[s - 1] if s else None) for s, now in enumerate(within)]

    def of(self, period: int, age: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Return log-likelihoods (n, 4) of a round `age` rounds back, and who is seen to fall into crisis in it."""
        facts = self.rounds[period]
        facts = facts[facts.lag <= age]
        outcome = facts.code == len(self.emission.codes) - 1
        fell = np.zeros(len(self.type), dtype=bool)
        fell[facts.household[outcome]] = True
        facts = facts[facts.code < len(self.emission.events)]
        log = self.nothing_seen[age][self.type] + self.delivered[period]
        said = self.event_seen[age][facts.code, self.type[facts.household]]
        for z in range(len(STATES)):
            log[:, z] += np.bincount(facts.household, weights=said[:, z], minlength=len(log))
        return log, fell

    def _within(self, facts: Facts) -> NDArray[np.bool_]:
        number = facts.code - len(self.emission.events)
        state = (number >= 0) & (number < len(self.emission.states))
        within = np.zeros((len(self.type), len(self.emission.states)), dtype=bool)
        within[facts.household[state], number[state]] = True
        return within

    def _deliveries(self, now: NDArray[np.bool_], before: NDArray[np.bool_] | None) -> Floats:
        log = np.zeros((len(self.type), len(STATES)))
        for j in range(len(self.emission.states)):
            enters, stays, begins = (
                np.stack([np.log1p(-chance[j]), np.log(chance[j])])
                for chance in (self.emission.enters, self.emission.stays, self.emission.begins)
            )
            chances = np.stack([begins, begins]) if before is None else np.stack([enters, stays])
            was = now[:, j] if before is None else before[:, j]
            log += chances[was.astype(int), now[:, j].astype(int), self.type]
        return log


def crisis_chances(
    population: Population, facts: Facts, emission: Emission, as_of: range
) -> Iterator[tuple[int, Floats]]:
    """Yield for each as-of round the exact chance of the label given what was visible on its first morning.

    Parameters
    ----------
    population : Population
    facts : Facts
    emission : Emission
    as_of : range
        Numbers of the rounds that open on an as-of date; facts of earlier rounds may be visible.

    Yields
    ------
    tuple of (int, ndarray of float, shape (n,))
    """
    evidence = Evidence(population, facts, emission, as_of.stop)
    settled, belief = 0, population.start
    for now in range(as_of.stop):
        while settled <= now - N_LAGS:
            belief = _observe(belief, population.moves, *evidence.of(settled, N_LAGS - 1), unseen=0.0)
            settled += 1
        if now not in as_of:
            continue
        recent = belief
        for period in range(settled, now):
            age = now - 1 - period
            unseen = 1 - emission.outcome_known[age]
            recent = _observe(recent, population.moves, *evidence.of(period, age), unseen=unseen)
        yield now, _label_chance(recent, population.moves, emission)


def outcomes(facts: Facts, emission: Emission, n: int, as_of: range) -> NDArray[np.bool_]:
    """Return the labels (n_rounds, n): a crisis begins in the window and is known before the label matures."""
    crisis = facts[facts.code == len(emission.codes) - 1]
    label = np.zeros((len(as_of), n), dtype=bool)
    for row, now in zip(label, as_of, strict=True):
        ahead = crisis.period - now
        counts = (ahead >= 0) & (ahead < WINDOW) & (ahead + crisis.lag < WINDOW + MATURITY)
        row[crisis.household[counts]] = True
    return label


def _observe(
    belief: Floats, moves: Floats, log: Floats, fell: NDArray[np.bool_], *, unseen: float
) -> Floats:
    """Move the belief by one round and weigh it with what that round says."""
    enters, after = _step(belief, moves)
    after[..., CRISIS] += unseen * enters
    after[fell] = 0.0
    after[fell, :, CRISIS] = enters[fell]
    after *= np.exp(log - log.max(axis=1, keepdims=True))[:, None, :]
    return np.asarray(after / after.sum(axis=(1, 2), keepdims=True))


def _label_chance(belief: Floats, moves: Floats, emission: Emission) -> Floats:
    """Return the chance that a crisis begins in the window and is known before the label matures."""
    for ahead in range(WINDOW):
        late = min(WINDOW + MATURITY - 1 - ahead, N_LAGS - 1)
        enters, belief = _step(belief, moves)
        belief[..., CRISIS] += (1 - emission.outcome_known[late]) * enters
    return np.asarray(1 - belief.sum(axis=(1, 2)))


def _step(belief: Floats, moves: Floats) -> tuple[Floats, Floats]:
    """Return who enters crisis (n, f) and the belief a round later without them."""
    after = np.einsum("nfs,nfsu->nfu", belief, moves)
    after[..., CRISIS] = belief[..., CRISIS] * moves[..., CRISIS, CRISIS]
    enters = np.einsum("nfs,nfs->nf", belief[..., :CRISIS], moves[..., :CRISIS, CRISIS])
    return enters, after
