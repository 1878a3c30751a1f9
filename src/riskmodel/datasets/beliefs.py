"""The exact Bayes filter: the chance of each label, given all that was visible.

Hidden are a household's state, its frailty and whether its data are thin. Known are its place and
type, the facts visible on an as-of date, and the service's own verdicts and support. A round that
lies `age` rounds back shows a fact if the fact's lag is at most `age`. Rounds older than the
longest lag are settled and folded in once. A visible crisis means that the household *entered*
that state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from riskmodel.datasets.course import lifted
from riskmodel.datasets.delays import known_later, later_as_recorded
from riskmodel.datasets.emission import N_LAGS
from riskmodel.datasets.layers import IGNORED, Layers
from riskmodel.datasets.likelihoods import FactLikelihood, VerdictLikelihood
from riskmodel.datasets.schedule import MATURITY, WINDOW
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.world import ACUTE, CRISIS, Floats
from riskmodel.errors import ConfigError

PARTS = {
    "nothing": "the layer acts on nothing that depends on the hidden state",
    "movement": "Filter.step: the chances to move between states in each round",
    "facts": "FactLikelihood: the chances with which facts show and become known in each round",
    "thin data": "Filter.prior: households of thin data are believed in beside the others",
    "outcomes": "Filter.outcome_known: the chances with which crises become known",
    "verdicts": "VerdictLikelihood: the readers' verdicts, and the help that followed",
    IGNORED: "the filter leaves the layer out, and the chances are not exact",
}


class RoundChances(NamedTuple):
    """The exact chances (n,) of the label on the as-of date that opens a round."""

    period: int
    chance: Floats


def crisis_chances(simulated: Simulated, layers: Layers, as_of: range) -> Iterator[RoundChances]:
    """Yield for each as-of round the chance of the label, given what was visible that morning.

    Parameters
    ----------
    simulated : Simulated
    layers : Layers
    as_of : range
        Numbers of the rounds that open on an as-of date.

    Yields
    ------
    RoundChances
        Where households are supported: the chance without any support from that date on.

    Raises
    ------
    ConfigError
        For a layer that the filter does not know.
    """
    require_known(layers)
    filter_ = Filter(simulated, layers)
    settled, belief = 0, filter_.prior()
    for now in range(as_of.stop):
        while settled <= now - N_LAGS:
            belief = filter_.observe(belief, settled, N_LAGS - 1)
            settled += 1
        if now in as_of:
            recent = belief
            for period in range(settled, now):
                recent = filter_.observe(recent, period, now - 1 - period)
            yield RoundChances(now, filter_.label_chance(recent, now))


def require_known(layers: Layers) -> None:
    """Refuse layers of which no part of the filter takes account: the chances would be wrong."""
    for layer, _ in layers.in_use():
        if not layer.filter_parts or any(part not in PARTS for part in layer.filter_parts):
            raise ConfigError(
                f"the exact filter does not know layer {layer.name}",
                code="datasets.layer_not_in_filter",
                allowed=[f"{part} ({text})" for part, text in PARTS.items()],
                next_step=f"name the part of the filter that accounts for {layer.name}, "
                f"or {IGNORED!r}",
            )


def are_exact(layers: Layers) -> bool:
    """Return whether the filter takes account of all layers that are on."""
    return not any(IGNORED in layer.filter_parts for layer, _ in layers.in_use())


class Step(NamedTuple):
    """A belief moved by one round.

    Attributes
    ----------
    enters : ndarray of float, shape (n, thin or not, frailties)
        The chance to have entered crisis.
    stays_out : ndarray of float, shape (n, thin or not, frailties, 4)
        The joint chances of those who have not entered it.
    """

    enters: Floats
    stays_out: Floats


class Filter:
    """The belief of every household, moved from round to round.

    A belief holds the joint chances (n, thin or not, frailties, 4).
    """

    def __init__(self, simulated: Simulated, layers: Layers) -> None:
        self.world, self.n = simulated, len(simulated.population)
        self.thin_share = layers.thin
        self.later = later_as_recorded(simulated.population, layers)
        self.facts = FactLikelihood(simulated)
        self.verdicts = VerdictLikelihood(simulated, layers)

    def prior(self) -> Floats:
        """Return the belief before the first round."""
        start = self.world.dynamics.start()
        shares = [1 - self.thin_share, self.thin_share] if self.thin_share else [1.0]
        return np.stack([share * start for share in shares], axis=1)

    def observe(self, belief: Floats, period: int, age: int) -> Floats:
        """Move the belief by one round and weigh it with what that round says at this age."""
        emission = self.world.times.emission[period]
        visible = self.world.facts[period]
        visible = visible[visible.lag <= age]
        entered = visible.household[visible.code == len(emission.codes) - 1]
        enters, after = self.step(belief, period, lifts=True)
        after[..., CRISIS] += (1 - self.outcome_known(period, age)) * enters
        after[entered] = 0.0
        after[entered, ..., CRISIS] = enters[entered]
        likelihoods = []
        for thin in range(belief.shape[1]):
            log = self.facts(period, age, visible, thin=bool(thin))
            verdicts = self.verdicts(period)
            likelihoods.append(log if verdicts is None else log + verdicts)
        log = np.stack(likelihoods, axis=1)
        after *= np.exp(log - log.max(axis=(1, 2), keepdims=True))[:, :, None, :]
        return np.asarray(after / after.sum(axis=(1, 2, 3), keepdims=True))

    def label_chance(self, belief: Floats, now: int) -> Floats:
        """Return the chance that a crisis begins in the window and is known at maturity."""
        for ahead in range(WINDOW):
            late = min(WINDOW + MATURITY - 1 - ahead, N_LAGS - 1)
            enters, belief = self.step(belief, now + ahead, lifts=ahead == 0)
            belief[..., CRISIS] += (1 - self.outcome_known(now + ahead, late)) * enters
        return np.asarray(1 - belief.sum(axis=(1, 2, 3)))

    def outcome_known(self, period: int, age: int) -> Floats:
        """Return the share of a round's crises that are known so many rounds later.

        It is one share, or one of each household, shape (n, 1, 1).
        """
        share = self.world.times.emission[period].outcome_known[age]
        return share if self.later is None else known_later(share, self.later[:, None, None])

    def step(self, belief: Floats, period: int, *, lifts: bool) -> Step:
        """Move the belief by one round; support of the round before lifts households if `lifts`."""
        moves = self.world.dynamics.moves(self.world.times.shift[period])
        helped = np.zeros(self.n, dtype=bool)
        if lifts and period:
            helped = self.world.supported[period - 1]
        if helped.any():
            moves = moves.copy()
            moves[helped, :, ACUTE:] = lifted(moves[helped, :, ACUTE:])
        after = np.einsum("nkfs,nfsu->nkfu", belief, moves)
        after[..., CRISIS] = belief[..., CRISIS] * moves[:, None, :, CRISIS, CRISIS]
        enters = np.einsum("nkfs,nfs->nkf", belief[..., :CRISIS], moves[..., :CRISIS, CRISIS])
        return Step(enters, after)
