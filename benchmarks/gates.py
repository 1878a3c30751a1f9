"""How often each gate lets through what it should, and refuses what it should: planted scores.

    python benchmarks/gates.py                        # 20 versions of each kind
    python benchmarks/gates.py --versions 100

Gates are functions of scored rows, so that nothing is fitted. Worlds of 12,000 households and six
rounds (72,000 rows) are drawn once. A model's log-odds are those of the exact chances plus an
error that each household keeps, put through the sigmoid that calibrates them. The champion and a
version of the same recipe share their error but for the part that a seed draws. Faults are planted
one at a time, and each is to be refused by its own gate of the set `korea`, all others passing:

- worse: an error that is larger, so that a tenth of the ceiling's AUC gain is lost,
- miscalibrated: log-odds that are half as far apart, and a level that is too low by a third,
- unfair: a better version in which households of one type score lower by .5,
- unstable: two fits whose whole errors differ, of which each is as good as the champion.

Then verdicts are known of contacts alone: the champion's list (a twentieth of each round) and as
many households drawn at random. Worlds, champions and contacts are drawn once, and the default set
judges by the chances on record:

- better where chosen: exact where the champion listed, and worse than it everywhere else. Beside it
  stands what the same gates say of the contacted alone,
- no arm: a better version where nobody was drawn at random. Nothing is identified, and none passes.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

import riskmodel as rm
from riskmodel.evaluation import compare
from riskmodel.evaluation.panel_rows import Among
from riskmodel.metrics import Capacity, Floats, auc, first_of_cells, select
from riskmodel.registry.gates.gate import Agreement, Conduct
from riskmodel.registry.gates.gate_evidence import evidence_of
from riskmodel.registry.gates.gate_sets import GateSet, gates_with, stopping
from riskmodel.registry.gates.holdout import NamedScores, Opponents

HOUSEHOLDS, ROUNDS, CAPACITY = 12_000, 6, Capacity.parse(0.02)
GAIN, BETTER, WORSE = 0.88, 0.93, 0.75  # shares of the ceiling's AUC gain
SEED_SHARE = 0.005  # of the error's variance that the seed draws: Jaccard .84 of two lists
UNFAIR_TYPE, UNFAIR_BY = "single_elder", 0.5
GATES, USUAL = gates_with("korea"), gates_with("default")
LISTED, REACHED = 0.05, 0.8  # of each round by the champion, and as many at random
NOT_WORSE = ("auc", "average_precision", "precision")
CONTACTED = Capacity.parse(2 * LISTED)


class World(NamedTuple):
    """Rows with labels, their exact log-odds, and the number of each row's household."""

    panel: rm.Panel
    odds: Floats
    household: np.ndarray

    @classmethod
    def draw(cls, households: int, seed: int) -> World:
        """Simulate households, and take the last rounds."""
        records = rm.make_households(households, random_state=seed)
        panel = rm.build_panel(
            records,
            rounds=list(records.rounds)[-ROUNDS:],
            label=records.label,
            features=rm.Features([rm.Agg.count("*", ["1M"])]),
            attributes=["household_type"],
        )
        assert records.truth is not None
        chance = records.truth["probability"].reindex(panel.X.index).to_numpy(float)
        household = pd.factorize(panel.X.index.get_level_values("household_id"))[0]
        return cls(panel, logit(chance), household)

    def gain(self, margin: Floats) -> float:
        """Return the share of the ceiling's AUC gain, expected over the exact chances."""
        chance = expit(self.odds)
        y, weight = np.repeat([1.0, 0.0], len(chance)), np.r_[chance, 1 - chance]
        found, most = (auc(y, np.r_[m, m], weight) - 0.5 for m in (margin, self.odds))
        return float(found / most)

    def size_of_error(self, target: float) -> float:
        """Return how large a household's error leaves a share of the ceiling's gain."""
        error = np.random.default_rng(0).normal(size=self.household.max() + 1)[self.household]
        return float(
            brentq(lambda size: self.gain(self.odds + size * error) - target, 0.05, 5, xtol=1e-3)
        )

    def scores(self, margin: Floats, name: str) -> NamedScores:
        """Return margins through the sigmoid that calibrates them to the exact chances."""
        design = np.column_stack([np.ones_like(margin), margin])
        theta, chance = np.array([0.0, 1.0]), expit(self.odds)
        for _ in range(30):
            fitted = expit(design @ theta)
            slope = design.T @ (design * (fitted * (1 - fitted))[:, None])
            theta = theta + np.linalg.solve(slope, design.T @ (chance - fitted))
        return self.named(design @ theta, name)

    def named(self, log_odds: Floats, name: str) -> NamedScores:
        """Return log-odds as scores of the panel."""
        table = {"margin": log_odds, "score": expit(log_odds)}
        return NamedScores(pd.DataFrame(table, index=self.panel.X.index), name)


class Errors(NamedTuple):
    """The errors of one champion and of versions of its recipe, one value per household."""

    common: Floats
    champion: Floats
    version: Floats
    again: Floats

    @classmethod
    def draw(cls, world: World, seed: int) -> Errors:
        """Draw them, and give each row its household's."""
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=(4, world.household.max() + 1))
        return cls(*drawn[:, world.household])

    def of_recipe(self, own: Floats) -> Floats:
        """Return the error of a fit: what the recipe always does wrong, and what its seed does."""
        return np.sqrt(1 - SEED_SHARE) * self.common + np.sqrt(SEED_SHARE) * own


class Sizes(NamedTuple):
    """How large the errors of a recipe are: its own, of a better one, of a worse one."""

    own: float
    smaller: float
    larger: float


Planted = tuple[NamedScores, NamedScores]
"""The version, and another fit of its recipe."""


def same(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """The champion's recipe with other seeds."""
    one, other = (
        world.scores(world.odds + sizes.own * errors.of_recipe(own), "version")
        for own in (errors.version, errors.again)
    )
    return one, other


def better(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """A recipe that gets .05 more of the ceiling's gain."""
    return same(world, errors, sizes._replace(own=sizes.smaller))


def worse(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """A recipe that loses a part of the ceiling's gain."""
    return same(world, errors, sizes._replace(own=sizes.larger))


def miscalibrated(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """The same ranks, of probabilities that are too far apart, and too low."""
    one, other = same(world, errors, sizes)
    return (
        world.named(1.6 * one.scores["margin"].to_numpy() + 0.6, "version"),
        world.named(1.6 * other.scores["margin"].to_numpy() + 0.6, "version"),
    )


def unfair(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """A better version, in which households of one type score lower."""
    groups = world.panel.groups
    assert groups is not None
    lower = UNFAIR_BY * (groups["household_type"] == UNFAIR_TYPE).to_numpy(float)
    one, other = better(world, errors, sizes)
    return (
        world.named(one.scores["margin"].to_numpy() - lower, "version"),
        world.named(other.scores["margin"].to_numpy() - lower, "version"),
    )


def unstable(world: World, errors: Errors, sizes: Sizes) -> Planted:
    """Two fits of which each is as good, and which list other households."""
    one, _ = same(world, errors, sizes)
    return one, world.scores(world.odds + sizes.own * errors.again, "version")


KINDS: dict[str, tuple[Callable[[World, Errors, Sizes], Planted], Sequence[str]]] = {
    "same recipe": (same, ()),
    "better": (better, ()),
    "worse": (worse, NOT_WORSE),
    "miscalibrated": (miscalibrated, ("calibration",)),
    "unfair": (unfair, ("group_recall",)),
    "unstable": (unstable, ("list_overlap",)),
}


def stopped_by(
    world: World,
    planted: Planted,
    champion: NamedScores,
    gates: GateSet = GATES,
    capacity: Capacity = CAPACITY,
    among: Among = "all",
) -> list[str]:
    """Return the gates that stop a version."""
    version, again = planted
    lists = compare(version, NamedScores(again.scores, "again"), world.panel, CAPACITY).overlap
    evidence = evidence_of(
        version,
        Opponents((champion,), (), has_champion=True),
        world.panel,
        capacity,
        among=among,
        # reasons are no function of scores
        agreement=Agreement(lists, np.nan),
        conduct=Conduct("kim", "lee", questions=0),
    )
    results = [gate.result(evidence) for gate in gates.gates]
    stopping_ones = stopping(results, refuses_too_few=gates.refuses_too_few)
    return [result.gate.name for result in stopping_ones]


class Service(NamedTuple):
    """A world of which only contacts have a verdict: the champion's list, and a random arm.

    Attributes
    ----------
    world : World
    sizes : Sizes
    errors : Errors
        The champion's.
    champion : NamedScores
    is_chosen : ndarray of bool, shape (n_rows,)
        Whom the champion's list contacted.
    """

    world: World
    sizes: Sizes
    errors: Errors
    champion: NamedScores
    is_chosen: np.ndarray

    @classmethod
    def draw(cls, world: World, sizes: Sizes, seed: int, *, arm: float = LISTED) -> Service:
        """Let a champion list, draw the arm among all others, and reach some of both."""
        errors = Errors.draw(world, seed)
        champion = world.scores(
            world.odds + sizes.own * errors.of_recipe(errors.champion), "champion"
        )
        panel, rng = world.panel, np.random.default_rng(seed)
        rounds = np.unique(panel.as_of, return_inverse=True)[1]
        margin = champion.scores["margin"].to_numpy()
        is_chosen = select(margin, Capacity.parse(LISTED), rounds).listed()
        rest = np.bincount(rounds, ~is_chosen)
        places = np.round(arm * np.bincount(rounds))
        key = np.where(is_chosen, 2.0, rng.random(len(panel)))
        is_drawn = is_chosen | first_of_cells(key, rounds, places)
        known = is_drawn & (rng.random(len(panel)) < REACHED)
        draws = pd.DataFrame(
            {"probability": np.where(is_chosen, 1.0, (places / rest)[rounds]), "drawn": is_drawn},
            index=panel.X.index,
        )
        assert panel.y is not None
        assert panel.label is not None
        contacted = replace(
            panel,
            X=panel.X.assign(champion=margin),
            y=panel.y.where(known),
            label=replace(panel.label, observed_by="contacts"),
            draws=draws,
        )
        return cls(world._replace(panel=contacted), sizes, errors, champion, is_chosen)

    def version(self, seed: int) -> Errors:
        """Return the errors of a version of the champion's recipe."""
        return Errors.draw(self.world, seed)._replace(common=self.errors.common)


def better_where_chosen(world: World, errors: Errors, sizes: Sizes, is_chosen: Floats) -> Planted:
    """A version that gains on the rows that the champion chose, and loses on all others."""
    size = np.where(is_chosen, 0.0, sizes.larger)
    one = world.scores(world.odds + size * errors.of_recipe(errors.version), "version")
    return one, one


class Case(NamedTuple):
    """A kind of version where verdicts are known of contacts alone.

    Attributes
    ----------
    plant : callable
    own_gates : sequence of str
        Which are to stop it; none of one that is to pass.
    arm : float
        Share of a round that is drawn at random.
    among : {"all", "contacted"}
    """

    plant: Callable[[Service, Errors], Planted]
    own_gates: Sequence[str] = ()
    arm: float = LISTED
    among: Among = "all"


def _chosen(service: Service, errors: Errors) -> Planted:
    return better_where_chosen(service.world, errors, service.sizes, service.is_chosen)


def _better(service: Service, errors: Errors) -> Planted:
    return better(service.world, errors, service.sizes)


CASES = {
    "same recipe, contacts": Case(
        lambda service, errors: same(service.world, errors, service.sizes)
    ),
    "better, contacts": Case(_better),
    "better where chosen": Case(_chosen, NOT_WORSE),
    "the same among the contacted alone": Case(_chosen, among="contacted"),
    "no arm": Case(_better, (*NOT_WORSE, "calibration"), arm=0.0),
}


Worlds = list[tuple[World, Sizes]]


def stopped_of_kind(kind: str, worlds: Worlds, versions: int) -> Iterator[list[str]]:
    """Yield the gates that stop each version where every verdict is known."""
    plant, _ = KINDS[kind]
    for number in range(versions):
        world, sizes = worlds[number % len(worlds)]
        errors = Errors.draw(world, number)
        margin = world.odds + sizes.own * errors.of_recipe(errors.champion)
        yield stopped_by(world, plant(world, errors, sizes), world.scores(margin, "champion"))


def stopped_of_case(kind: str, worlds: Worlds, versions: int) -> Iterator[list[str]]:
    """Yield the gates that stop each version where verdicts are known of contacts alone."""
    plant, _, arm, among = CASES[kind]
    services = [
        Service.draw(world, sizes, seed, arm=arm) for seed, (world, sizes) in enumerate(worlds)
    ]
    for number in range(versions):
        service = services[number % len(services)]
        planted = plant(service, service.version(len(services) + number))
        yield stopped_by(service.world, planted, service.champion, USUAL, CONTACTED, among)


def line_of(kind: str, own_gates: Sequence[str], stopped: list[list[str]]) -> str:
    """Return how many versions of a kind passed, and by which gates the others were stopped."""
    by = Counter(gate for gates in stopped for gate in gates)
    told = f"stopped by {dict(by)}" if by else "stopped by none"
    by_own = [gates for gates in stopped if set(gates) & set(own_gates)]
    alone = [gates for gates in by_own if set(gates) <= set(own_gates)]
    own = f", by its own {len(by_own)}, all others passing {len(alone)}" if own_gates else ""
    return f"{kind:34} passed {stopped.count([])} of {len(stopped)}{own}; {told}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", type=int, default=20, help="of each kind")
    parser.add_argument("--worlds", type=int, default=2)
    parser.add_argument("--households", type=int, default=HOUSEHOLDS)
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS, *CASES], default=[*KINDS, *CASES])
    given = parser.parse_args()
    drawn = [World.draw(given.households, seed) for seed in range(given.worlds)]
    worlds = [(world, Sizes(*map(world.size_of_error, (GAIN, BETTER, WORSE)))) for world in drawn]
    print(f"{given.versions} versions of each kind, {len(drawn[0].panel):,} rows a world")
    for kind in given.kinds:
        if kind in KINDS:
            own_gates, found = KINDS[kind][1], stopped_of_kind(kind, worlds, given.versions)
        else:
            own_gates, found = CASES[kind].own_gates, stopped_of_case(kind, worlds, given.versions)
        print(line_of(kind, own_gates, list(found)), flush=True)


if __name__ == "__main__":
    main()
