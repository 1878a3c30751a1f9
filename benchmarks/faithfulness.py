"""Do contributions say what the records say? Simulated households, whose exact chances are known.

Two figures for the flagged of the newest round. The first is the rank correlation, over indicators,
of contributions with each indicator's exact part of the log-odds: the mean of what it adds alone
and of what it adds last, by the exact filter. The second is how often masking the three strongest
indicators lowers the margin more than masking three at random. A masked value is replaced by those
of 50 rows of the fit.

    python benchmarks/faithfulness.py [--households 5000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

import riskmodel as rm
from riskmodel.datasets.beliefs import crisis_chances
from riskmodel.datasets.course import blocks
from riskmodel.datasets.geography import geography_of
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.presets import find_preset
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.simulate import Simulated, simulate
from riskmodel.datasets.times import times

FLAGGED = 0.02
OTHERS = 50


def simulated(n: int) -> tuple[Simulated, Layers, int]:
    """The world behind ``make_households(n, random_state=0)``, and its newest round."""
    world = find_preset("default").world
    layers, schedule = Layers.of({}, world.service), Schedule(14, world.today)
    laid = times(world, layers, schedule)
    (block,) = blocks(n, 0, geography_of(world, n))
    return simulate(world, laid, layers, block, schedule.as_of.start), layers, schedule.as_of[-1]


def only(world: Simulated, codes: Collection[str], now: int) -> Simulated:
    """The world as seen by who gets these indicators only."""

    def seen(period: int) -> object:
        emission = world.times.emission[period]
        silent = np.array([code not in codes for code in emission.events])
        opens = [
            opening if code in codes else 10**9
            for code, opening in zip(emission.states, emission.opens, strict=True)
        ]
        known = (
            emission.outcome_known
            if "crisis" in codes or period >= now
            else np.zeros_like(emission.outcome_known)
        )
        shows = np.where(silent[:, None, None], 0.0, emission.shows)
        return replace(emission, shows=shows, opens=tuple(opens), outcome_known=known)

    names = world.times.emission[0].codes
    kept = np.array([code in codes for code in names])
    return replace(
        world,
        facts=tuple(facts[kept[facts.code]] for facts in world.facts),
        times=replace(
            world.times, emission=tuple(seen(period) for period in range(len(world.facts)))
        ),
    )


def exact_parts(world: Simulated, layers: Layers, now: int) -> pd.DataFrame:
    """Each household's exact log-odds, indicator by indicator."""
    codes = list(world.times.emission[0].codes)

    def log_odds(told: Collection[str]) -> np.ndarray:
        ((_, chance),) = crisis_chances(only(world, told, now), layers, range(now, now + 1))
        return np.log(chance / (1 - chance))

    nothing, everything = log_odds(()), log_odds(codes)
    parts = {
        c: (log_odds([c]) - nothing + everything - log_odds([d for d in codes if d != c])) / 2
        for c in codes
    }
    return pd.DataFrame(parts, index=world.population.block.ids)


def masked(
    margin: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    columns: np.ndarray,
    others: np.ndarray,
) -> float:
    """Mean margin of a row whose columns are taken from other rows."""
    rows = np.tile(x, (len(others), 1))
    rows[:, columns] = others[:, columns]
    return float(margin(rows).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=5_000)
    n = parser.parse_args().households
    records = rm.make_households(n, random_state=0)
    panel = rm.build_panel(records, rounds=records.rounds, label=records.label)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    world, layers, now = simulated(n)
    truth = exact_parts(world, layers, now)
    assert str(test.as_of[0]) == str(records.rounds[-1])
    print(f"{'kind':10} {'flagged':>8} {'Spearman':>9} {'top 3 beat 3 at random':>23}")
    for kind in ("lightgbm", "logistic"):
        model = rm.make_classifier(panel, kind=kind).fit(train)
        explanation = rm.explain(model, test, by="indicator")
        flagged = explanation.log_odds.nlargest(int(np.ceil(FLAGGED * len(test)))).index
        chosen = explanation[explanation.log_odds.index.isin(flagged)]
        phi = chosen.unmasked[[c for c in truth if c in chosen.unmasked]]
        exact = truth.loc[chosen.log_odds.index.get_level_values(0), phi.columns]
        ranks = [
            spearmanr(a, b).statistic for a, b in zip(phi.to_numpy(), exact.to_numpy(), strict=True)
        ]
        print(
            f"{kind:10} {len(chosen):8} {np.mean(ranks):9.3f} {_wins(model, chosen, train):23.1%}"
        )


def _wins(model: rm.RiskClassifier, chosen: rm.explain, train: rm.Panel) -> float:
    rng = np.random.default_rng(0)
    matrix = model.encode(train.X)
    others = matrix[rng.choice(len(matrix), OTHERS, replace=False)]
    members = [np.array(columns) for columns in chosen.writer.members]
    won = []
    for x, phi in zip(chosen.matrix, chosen.unmasked.to_numpy(), strict=True):
        top, drawn = np.argsort(-phi)[:3], rng.choice(len(members), 3, replace=False)
        margins = [
            masked(model.core_.margin, x, np.concatenate([members[k] for k in ks]), others)
            for ks in (top, drawn)
        ]
        won.append(margins[0] < margins[1])
    return float(np.mean(won))


if __name__ == "__main__":
    main()
