"""How well shares of small groups are told, and how often a gap between groups is found.

Sixty groups have 5 to 200 crises each, and recalls that vary around .4 by .06, .12 or .20. Of
groups of at most 10 crises: how often the interval holds the true recall (at least .915), and the
root of the mean squared error beside that of an oracle who knows mean and spread (at most 1.1
times) and of the groups' own shares (at spread .06 at most .4 times).

A planted gap: one of six groups of 400 crises has a recall of .30, the others of .45. It should be
found in at least 80 % of samples, and among equal groups none in at least 95 %.

    python benchmarks/groups.py                # 200 samples
    python benchmarks/groups.py --samples 1000
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from scipy.stats import binom, norm

from riskmodel.evaluation.group_gaps import FOUND, LOWER_RECALL
from riskmodel.metrics import Floats, SharesOfGroups

MEAN, SPREADS, SMALL = 0.4, (0.06, 0.12, 0.20), 10
SIZES = (5, 8, 10, 20, 50, 100, 200)
GROUPS, DRAWS = 60, 2_000
AT = (np.arange(400) + 0.5) / 400


class Told(NamedTuple):
    """Of small groups: coverage, and the errors of ours, the oracle and their own shares."""

    coverage: float
    ours: float
    oracle: float
    raw: float


def shares_told(samples: int, spread: float) -> Told:
    """Return how well the recalls of small groups are told."""
    found: list[Floats] = []
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        size = rng.choice(SIZES, GROUPS)
        true = recalls(rng, spread)
        hits = rng.binomial(size, true)
        shares = SharesOfGroups.of(
            hits.astype(float), size.astype(float), draws=DRAWS, random_state=seed
        )
        low, high = shares.interval()
        chance = norm.pdf(AT, MEAN, spread) * binom.pmf(hits[:, None], size[:, None], AT)
        oracle = chance @ AT / chance.sum(axis=1)
        figures = ((low <= true) & (true <= high), shares.value, oracle, hits / size)
        errors = [figures[0], *((figure - true) ** 2 for figure in figures[1:])]
        found.append(np.array(errors, dtype=float)[:, size <= SMALL])
    coverage, *squares = np.concatenate(found, axis=1).mean(axis=1)
    return Told(coverage, *np.sqrt(squares))


def recalls(rng: np.random.Generator, spread: float) -> Floats:
    """Return recalls that vary normally, within 0 and 1."""
    true = np.full(GROUPS, -1.0)
    while (outside := (true < 0) | (true > 1)).any():
        true[outside] = rng.normal(MEAN, spread, int(outside.sum()))
    return true


def share_found(
    samples: int, recall: float, *, others: float = 0.45, size: int = 400, groups: int = 6
) -> float:
    """Return in which share of samples some group is found behind the others."""
    sizes, true = np.full(groups, size), np.full(groups, others)
    true[0] = recall
    found = 0
    for seed in range(samples):
        hits = np.random.default_rng(seed).binomial(sizes, true)
        shares = SharesOfGroups.of(
            hits.astype(float), sizes.astype(float), draws=DRAWS, random_state=seed
        )
        gap = shares.draws - shares.of_others(sizes.astype(float))
        is_behind = (gap < -LOWER_RECALL).mean(axis=0) >= FOUND
        found += bool(is_behind[0] if recall < others else is_behind.any())
    return found / samples


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=200)
    samples = parser.parse_args().samples
    for spread in SPREADS:
        told = shares_told(samples, spread)
        print(
            f"spread {spread}: covered {told.coverage:.3f}, error {told.ours:.4f}, "
            f"{told.ours / told.oracle:.3f} of the oracle's, {told.ours / told.raw:.3f} of the raw",
            flush=True,
        )
    print(f"planted gap: found in {share_found(samples, 0.30):.1%}", flush=True)
    print(f"no gap: some group found in {share_found(samples, 0.45):.1%}", flush=True)


if __name__ == "__main__":
    main()
