"""How often the test of miscalibration rejects right probabilities, and how often wrong ones.

2,000 households have six rounds whose windows overlap, so that outcomes of a household hang
together. Right probabilities should be rejected in 2 to 8 % of samples, and probabilities whose
log-odds should be multiplied by 1.4 in at least 95 %. With one random sign for each row instead of
each household, right ones are rejected far too often.

    python benchmarks/corp.py                # 100 samples
    python benchmarks/corp.py --samples 500
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr

from riskmodel.metrics import Levels, share_as_large, wild_null

HOUSEHOLDS, ROUNDS, WINDOW = 2_000, 6, 3

Floats = NDArray[np.float64]


def told(rng: np.random.Generator, households: int = HOUSEHOLDS) -> Floats:
    """Return probabilities, shape (households, rounds): most of a household's score lasts."""
    lasting = rng.normal(-3.2, 1.0, (households, 1))
    passing = 0.2 * rng.normal(size=(households, ROUNDS)).cumsum(axis=1)
    return expit(lasting + passing)


def outcomes(rng: np.random.Generator, chance: Floats) -> Floats:
    """Return outcomes of these chances, which hang together most in windows that overlap."""
    households, rounds = chance.shape
    shocks = rng.normal(size=(households, rounds + WINDOW - 1))
    in_window = sum(shocks[:, first : first + rounds] for first in range(WINDOW)) / WINDOW**0.5
    own = rng.normal(size=(households, 1))
    return (ndtr(np.sqrt(0.5) * in_window + np.sqrt(0.5) * own) < chance).astype(float)


def p_value(seed: int, slope: float, *, draws: int = 199, by_rows: bool = False) -> float:
    """Return the p-value for probabilities whose log-odds should be multiplied by a slope."""
    rng = np.random.default_rng(seed)
    probability = told(rng)
    y = outcomes(rng, expit(slope * logit(probability))).ravel()
    order = np.argsort(probability.ravel())
    levels = Levels.of(probability.ravel()[order], np.ones(y.size))
    unit = order if by_rows else order // ROUNDS
    miscalibration = levels.parts(y[order], levels.curve(y[order])).miscalibration
    null = wild_null(levels, y[order], unit, np.array([0]), draws, seed)
    return share_as_large(miscalibration, null.miscalibration)


def share_rejected(seeds: range, slope: float, *, draws: int = 199, by_rows: bool = False) -> float:
    """Return how often the probabilities are said to be wrong at the level of 5 %."""
    found = [p_value(seed, slope, draws=draws, by_rows=by_rows) for seed in seeds]
    return float(np.mean(np.array(found) <= 0.05))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--draws", type=int, default=199)
    given = parser.parse_args()
    seeds, draws = range(given.samples), given.draws
    print(f"right: rejected in {share_rejected(seeds, 1.0, draws=draws):.1%}", flush=True)
    print(f"off by 1.4: rejected in {share_rejected(seeds, 1.4, draws=draws):.1%}", flush=True)
    by_rows = share_rejected(seeds, 1.0, draws=draws, by_rows=True)
    print(f"right, signs by rows: rejected in {by_rows:.1%}", flush=True)


if __name__ == "__main__":
    main()
