"""The exact Bayes filter: what could be believed of each household, given all that was visible.

Hidden are a household's state, its frailty and whether its data are thin; known to everybody are its place and type,
the facts visible on an as-of date, and the service's own verdicts and support. A round that lies `age` rounds back
shows a fact when its lag is at most `age`: a visible event speaks with its chance (its lag says nothing), an absent
one with ``1 - chance * share known by then``. Rounds older than the longest lag are settled and folded in once. A seen
crisis says that the household *entered* that state. A verdict speaks with the readers' sensitivity and specificity.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskmodel.datasets.course import Flags, Ints, lifted
from riskmodel.datasets.emission import N_LAGS, Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.schedule import MATURITY, WINDOW
from riskmodel.datasets.service import (
    BASIC,
    EMERGENCY,
    NEED,
    NO_NEED,
    OTHER_AID,
    PRIVATE,
    READERS,
    VERDICTS,
    private_chances,
    private_leaning,
)
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.world import ACUTE, CRISIS, STATES, Floats


def crisis_chances(
    simulated: Simulated, layers: Layers, as_of: range
) -> Iterator[tuple[int, Floats]]:
    """Yield for each as-of round the exact chance of the label, given what was visible on its first morning.

    Parameters
    ----------
    simulated : Simulated
    layers : Layers
    as_of : range
        Numbers of the rounds that open on an as-of date.

    Yields
    ------
    tuple of (int, ndarray of float, shape (n,))
        Where households are supported: the chance if nobody is supported from that date on.
    """
    evidence = Evidence(simulated, layers)
    settled, belief = 0, evidence.prior()
    for now in range(as_of.stop):
        while settled <= now - N_LAGS:
            belief = evidence.observe(belief, settled, N_LAGS - 1)
            settled += 1
        if now in as_of:
            recent = belief
            for period in range(settled, now):
                recent = evidence.observe(recent, period, now - 1 - period)
            yield now, evidence.label_chance(recent, now)


class Evidence:
    """What each round says of each household, as far as it is visible at a given age."""

    def __init__(self, simulated: Simulated, layers: Layers) -> None:
        self.world = simulated
        self.n, self.type = len(simulated.population), simulated.population.type
        self.thin_share = layers.thin
        self.verdicts = _verdict_chances(simulated, layers)
        within = [_within(facts, simulated.times.emission[0], self.n) for facts in simulated.facts]
        self.within = [np.zeros_like(within[0]), *within]

    def prior(self) -> Floats:
        """Return the joint chances (n, thin or not, frailties, 4) before the first round."""
        start = self.world.dynamics.start()
        shares = [1 - self.thin_share, self.thin_share][: 2 if self.thin_share else 1]
        return np.stack([share * start for share in shares], axis=1)

    def observe(self, belief: Floats, period: int, age: int) -> Floats:
        """Move the belief by one round and weigh it with what that round says at this age."""
        emission = self.world.times.emission[period]
        visible = self.world.facts[period]
        visible = visible[visible.lag <= age]
        fell = visible.household[visible.code == len(emission.codes) - 1]
        enters, after = self._step(belief, period, lifts=True)
        after[..., CRISIS] += (1 - emission.outcome_known[age]) * enters
        after[fell] = 0.0
        after[fell, ..., CRISIS] = enters[fell]
        log = np.stack(
            [self._said(period, age, visible, thin=bool(thin)) for thin in range(belief.shape[1])],
            axis=1,
        )
        after *= np.exp(log - log.max(axis=(1, 2), keepdims=True))[:, :, None, :]
        return np.asarray(after / after.sum(axis=(1, 2, 3), keepdims=True))

    def label_chance(self, belief: Floats, now: int) -> Floats:
        """Return the chance that a crisis begins in the window and is known before the label matures."""
        for ahead in range(WINDOW):
            late = min(WINDOW + MATURITY - 1 - ahead, N_LAGS - 1)
            enters, belief = self._step(belief, now + ahead, lifts=ahead == 0)
            belief[..., CRISIS] += (
                1 - self.world.times.emission[now + ahead].outcome_known[late]
            ) * enters
        return np.asarray(1 - belief.sum(axis=(1, 2, 3)))

    def _step(self, belief: Floats, period: int, *, lifts: bool) -> tuple[Floats, Floats]:
        """Return who enters crisis (n, thin, frailty) and the belief a round later without them."""
        moves = self.world.dynamics.moves(self.world.times.shift[period])
        helped = (
            self.world.supported[period - 1] if lifts and period else np.zeros(self.n, dtype=bool)
        )
        if helped.any():
            moves = moves.copy()
            moves[helped, :, ACUTE:] = lifted(moves[helped, :, ACUTE:])
        after = np.einsum("nkfs,nfsu->nkfu", belief, moves)
        after[..., CRISIS] = belief[..., CRISIS] * moves[:, None, :, CRISIS, CRISIS]
        enters = np.einsum("nkfs,nfs->nkf", belief[..., :CRISIS], moves[..., :CRISIS, CRISIS])
        return enters, after

    def _said(self, period: int, age: int, visible: Facts, *, thin: bool) -> Floats:
        """Return the log-likelihoods (n, 4) of a round's visible facts and verdicts."""
        emission = self.world.times.emission[period]
        emission = emission.thinned() if thin else emission
        absent = np.log1p(-emission.shows * emission.known[:, age, None, None])
        log = absent.sum(axis=0)[self.type]
        events = visible[visible.code < len(emission.events)]
        shown = emission.shows[events.code, self.type[events.household]]
        said = np.log(shown) - absent[events.code, self.type[events.household]]
        for z in range(len(STATES)):
            log[:, z] += np.bincount(events.household, weights=said[:, z], minlength=self.n)
        log += self._delivered(period, emission)
        return log + self.verdicts[period] if period in self.verdicts else log

    def _delivered(self, period: int, emission: Emission) -> Floats:
        before, now = self.within[period], self.within[period + 1]
        log = np.zeros((self.n, len(STATES)))
        chances = emission.chances(period)
        for j in range(len(emission.states)):
            if period >= emission.opens[j]:
                table = np.log(np.stack([1 - chances[:, :, j], chances[:, :, j]], axis=2))
                followed = (
                    now[:, emission.follows[j]]
                    if j in emission.follows
                    else np.zeros(self.n, dtype=bool)
                )
                log += table[
                    followed.astype(int), before[:, j].astype(int), now[:, j].astype(int), self.type
                ]
        return log


def _within(facts: Facts, emission: Emission, n: int) -> Flags:
    number = facts.code - len(emission.events)
    state = (number >= 0) & (number < len(emission.states))
    within = np.zeros((n, len(emission.states)), dtype=bool)
    within[facts.household[state], number[state]] = True
    return within


def _verdict_chances(simulated: Simulated, layers: Layers) -> dict[int, Floats]:
    """Return, for each round with contacts, the log-chances (n, 4) of the verdicts given and what came of them."""
    contacts = simulated.contacts
    chances: dict[int, Floats] = {}
    if contacts is None:
        return chances
    for period in np.unique(contacts.period):
        given = (contacts.period == period) & np.isin(contacts.result, VERDICTS)
        first = np.full(len(simulated.population), -1)
        log = np.zeros((len(first), len(STATES)))
        for reader in range(len(READERS)):
            rows = given & (contacts.reader == reader)
            who, result = contacts.household[rows], contacts.result[rows]
            skill = _skill((layers.manager if reader else layers.reader) or (1.0, 1.0))
            repeats = layers.dependence if READERS[reader] == "manager" else 0.0
            need = repeats * (first[who] == NEED)[:, None] + (1 - repeats) * skill[NEED]
            none = repeats * (first[who] == NO_NEED)[:, None] + (1 - repeats) * skill[NO_NEED]
            with np.errstate(divide="ignore"):
                log[who] += np.log(
                    _result_chance(simulated, layers, int(period), who, result, none, need)
                )
            first[who] = result
        chances[int(period)] = log
    return chances


def _result_chance(
    simulated: Simulated,
    layers: Layers,
    period: int,
    who: Ints,
    result: Ints,
    none: Floats,
    need: Floats,
) -> Floats:
    """Return the chances (n_rows, 4) of results, up to a factor, from those of the two verdicts.

    Public support follows need alone, its kind also the state; private help may follow either verdict.
    """
    crisis = np.arange(len(STATES)) == CRISIS
    emergency = layers.emergency * crisis
    # the kinds are cut from one number: emergency from below, basic livelihood from above
    basic = np.minimum(layers.basic_livelihood, 1 - emergency)
    kinds = {EMERGENCY: emergency, BASIC: basic, OTHER_AID: 1 - emergency - basic}
    chance = np.where((result == NO_NEED)[:, None], none, need)
    for kind, share in kinds.items():
        chance = np.where((result == kind)[:, None], need * share, chance)
    leaning = private_leaning(simulated.population)[simulated.area[period, who]]
    help_none, help_need = private_chances(simulated.times.private_support[period], leaning)[
        ..., None
    ]
    either = none * help_none + need * (1 - simulated.times.support[period]) * help_need
    return np.where((result == PRIVATE)[:, None], either, chance)


def _skill(skill: tuple[float, float]) -> Floats:
    """Return the chances of the verdicts no need and need, by state."""
    need = np.arange(len(STATES)) >= ACUTE
    says = np.where(need, skill[0], 1 - skill[1])
    return np.stack([1 - says, says])
