"""How often each household of a round is listed, against the chance that its draw says.

    python benchmarks/inclusion.py --seeds 2000

A round of 16,000 households in 480 areas of four places each: three are chosen by score, 0.4 of the
fourth is drawn on average, and the next by score takes it where nobody is drawn. Each household's
count over the seeds is binomial; where fewer than 10 of either outcome are expected it is held
against the exact distribution.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom, norm

from riskmodel.service import draw

HOUSEHOLDS, AREAS, CHOSEN, MEAN = 16_000, 480, 3, 0.4
FEW = 10


def a_round(seed: int) -> pd.DataFrame:
    """Return a round's frame; one household in fifty is not in it."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "household_id": [f"h{number:05d}" for number in range(HOUSEHOLDS)],
            "as_of_date": "2024-07-01",
            "area": [f"a{number:03d}" for number in rng.integers(0, AREAS, HOUSEHOLDS)],
            "score": rng.beta(1, 20, HOUSEHOLDS),
            "in_frame": rng.random(HOUSEHOLDS) < 0.98,
        }
    )


def by_score(frame: pd.DataFrame, first: int, last: int) -> NDArray[np.bool_]:
    """Return who stands by score on some places of each area, from a first to before a last."""
    able = frame[frame["in_frame"]].sort_values("score", ascending=False)
    rank = able.groupby("area").cumcount().reindex(frame.index)
    return ((rank >= first) & (rank < last)).to_numpy()


def beyond(
    counts: NDArray[np.int64], chance: NDArray[np.float64], seeds: int, errors: float
) -> NDArray[np.bool_]:
    """Tell which counts lie farther from what is expected than so many standard errors."""
    expected, tail = chance * seeds, norm.sf(errors)
    is_few = np.minimum(expected, seeds - expected) < FEW
    width = np.sqrt(np.maximum(expected * (1 - chance), 1e-300))
    exact = np.minimum(binom.cdf(counts, seeds, chance), binom.sf(counts - 1, seeds, chance)) < tail
    return np.where(is_few, exact, np.abs(counts - expected) > errors * width)


def main() -> None:
    """Print the shares beyond 3 and 5 standard errors, by stratum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    seeds = parser.parse_args().seeds

    frame = a_round(0)
    other = pd.Series(a_round(1)["score"].to_numpy(), index=frame["household_id"])
    chosen, besides = by_score(frame, 0, CHOSEN), by_score(frame, CHOSEN, CHOSEN + 1)
    means = dict.fromkeys(frame["area"], MEAN)
    counts, arms = np.zeros(len(frame), np.int64), []
    for seed in range(seeds):
        found = draw(frame, chosen, means, filled=besides, other=other, seed=seed)
        counts += found.rows["listed"].to_numpy()
        arms.append(int(found.rows["drawn"].sum()))
    rows = found.rows
    chance = rows["probability"].to_numpy()
    stratum = rows["stratum"].mask(besides & frame["in_frame"], "takes a freed place")

    print(f"{len(frame):,} households, {AREAS} areas, {seeds:,} seeds")
    print(f"places: {AREAS * (CHOSEN + 1):,}; drawn in a round: {min(arms)} to {max(arms)}")
    able = frame["in_frame"].to_numpy()
    print(f"least chance in the frame: {chance[able].min():.5f}")
    print(f"{'stratum':20} {'households':>10} {'beyond 3 SE':>12} {'beyond 5 SE':>12}")
    three, five = (beyond(counts, chance, seeds, errors) for errors in (3, 5))
    for name in ["certain", "near", "disagree", "random", "takes a freed place", "all"]:
        own = able if name == "all" else (stratum == name).to_numpy()
        print(f"{name:20} {own.sum():>10,} {three[own].mean():>12.3%} {five[own].sum():>12,}")


if __name__ == "__main__":
    main()
