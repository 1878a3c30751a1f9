"""How often the intervals of a model's differences from three others hold together.

Four scores of 500 households in two rounds share half of their noise. One row in eight is in
crisis, more often so in the same household, and lists take one in ten. Where all four are equal
every difference is 0; where the last is poorer the true differences are those of 200,000
households. The three intervals should hold together in 95 % of samples; those of single pairs do so
less often.

    python benchmarks/comparing.py                # 100 samples
    python benchmarks/comparing.py --samples 500
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from riskmodel.evaluation.paired_differences import differences
from riskmodel.metrics import Capacity, Observation, ScoredRows, select

HOUSEHOLDS, POPULATION, POORER = 500, 200_000, 0.4


def simulated(rng: np.random.Generator, households: int, apart: float) -> list[ScoredRows]:
    """Return the four scores in two rounds; the last is poorer by `apart`."""
    rows = 2 * households
    who, rounds = np.repeat(np.arange(households), 2), np.tile([0, 1], households)
    frailty = rng.normal(size=households)[who]
    y = (frailty + rng.normal(size=rows) > 1.63).astype(float)
    shared = rng.normal(size=rows)
    margins = [
        signal * y + (shared + rng.normal(size=rows)) / np.sqrt(2)
        for signal in (1.0, 1.0, 1.0, 1.0 - apart)
    ]
    return [
        ScoredRows.of(y, np.ones(rows), None, who, select(m, Capacity.parse(0.1), rounds))
        for m in margins
    ]


def held_together(
    seeds: range, apart: float, *, by_pairs: bool = False, population: int = POPULATION
) -> pd.Series:
    """Return by metric in which share of samples the intervals of all three hold the truth."""
    whole = tables(-1, population if apart else HOUSEHOLDS, apart)
    truths = [found["difference"] * bool(apart) for found in whole]
    held = []
    for seed in seeds:
        found = tables(seed, HOUSEHOLDS, apart, by_pairs=by_pairs)
        inside = [
            (table["low"] <= truth) & (truth <= table["high"])
            for table, truth in zip(found, truths, strict=True)
        ]
        held.append(inside[0] & inside[1] & inside[2])
    return pd.DataFrame(held).mean()


def tables(
    seed: int, households: int, apart: float, *, by_pairs: bool = False
) -> list[pd.DataFrame]:
    """Return the differences of the first score from each of the others, by metric."""
    one, *others = simulated(np.random.default_rng(seed + 1), households, apart)
    parts = [[other] for other in others] if by_pairs else [others]
    found = [each for part in parts for each in differences(one, part, Observation.COMPLETE)]
    return [each.table.set_index("metric") for each in found]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=100)
    seeds = range(parser.parse_args().samples)
    found = {
        "all equal": held_together(seeds, 0.0),
        "one is poorer": held_together(seeds, POORER),
        "all equal, by single pairs": held_together(seeds, 0.0, by_pairs=True),
    }
    print(pd.DataFrame(found).T.round(3).to_string())


if __name__ == "__main__":
    main()
