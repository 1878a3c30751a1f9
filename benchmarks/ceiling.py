"""How near the kinds of model come to what is possible, on simulated households.

On each seed the last of 18 rounds is the test. The model has the columns that the exact chances
know, household type and area, beside the default features; everything else is the default. The
figures are the share of the ceiling's AUC gain over one half, and of its precision among the top
1 %. Both are expectations over outcomes: the exact chances weigh the rows, so that only the model's
own luck is left. `overlap` is the Jaccard index of the top 1 % of two fits by other random seeds.

    python benchmarks/ceiling.py                           # 10,000 households, seeds 0 and 1
    python benchmarks/ceiling.py --households 40_000 --seeds 5 --kinds lightgbm logistic ebm blend
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from studies import MEANS

import riskmodel as rm
from riskmodel.datasets import KNOWN_ATTRIBUTES, Ceiling, ceiling
from riskmodel.datasets.truth import expected_auc
from riskmodel.evaluation import scores_of

KINDS = ("lightgbm", "logistic", "ebm", "indicator_count", "longest_arrears", "area_rate", *MEANS)
DEFAULT = ("lightgbm", "logistic", "indicator_count", "longest_arrears", "area_rate")
FITTED_AGAIN = ("lightgbm", "blend")
CAPACITY = 0.01
FIGURES = ["AUC gain", "P@1 %", "overlap"]
COLUMNS = ["seed", "kind", "ceiling AUC", "ceiling P@1 %", *FIGURES, "CPU s"]

Floats = NDArray[np.float64]


class World(NamedTuple):
    """Rows to fit on, rows to judge on with their exact chances, and the best that is possible."""

    train: rm.Panel
    test: rm.Panel
    chance: Floats
    best: Ceiling


def simulated(households: int, seed: int) -> tuple[rm.Records, rm.Panel]:
    records = rm.make_households(households, n_rounds=18, random_state=seed)
    panel = rm.build_panel(
        records, rounds=records.rounds, label=records.label, attributes=KNOWN_ATTRIBUTES
    )
    return records, panel


def world_of(records: rm.Records, panel: rm.Panel) -> World:
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    truth = records.truth.loc[test.X.index]
    return World(train, test, truth["probability"].to_numpy(), ceiling(truth, CAPACITY))


class Margins:
    """The margins of each kind on the test rows, each fitted once; a mean has its members'."""

    def __init__(self, data: World) -> None:
        self.data = data
        self.known: dict[tuple[str, int], Floats] = {}

    def of(self, kind: str, random_state: int = 0) -> Floats:
        if kind in MEANS:
            return np.mean([self.of(member, random_state) for member in MEANS[kind]], axis=0)
        if (kind, random_state) not in self.known:
            model = rm.make_classifier(self.data.train, kind=kind, random_state=random_state)
            found = scores_of(model.fit(self.data.train), self.data.test)["margin"]
            self.known[kind, random_state] = found.to_numpy()
        return self.known[kind, random_state]


def top(margin: Floats) -> NDArray[np.intp]:
    return np.argsort(-margin, kind="stable")[: int(np.ceil(CAPACITY * len(margin)))]


def shares(data: World, margin: Floats) -> tuple[float, float]:
    """Return the shares of the ceiling's AUC gain and precision that a margin reaches."""
    gain = (expected_auc(data.chance, margin) - 0.5) / (data.best.auc - 0.5)
    return gain, float(data.chance[top(margin)].mean() / data.best.precision)


def overlap(one: Floats, other: Floats) -> float:
    """Return how many rows are on both lists, over those on either."""
    return len(np.intersect1d(top(one), top(other))) / len(np.union1d(top(one), top(other)))


def efficiency(households: int, seed: int, kinds: Sequence[str]) -> pd.DataFrame:
    """Return one line for each kind."""
    data = world_of(*simulated(households, seed))
    margins = Margins(data)
    return pd.DataFrame(_lines(data, margins, seed, kinds), columns=COLUMNS)


def _lines(
    data: World, margins: Margins, seed: int, kinds: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    for kind in kinds:
        start = time.process_time()
        margin = margins.of(kind)
        seconds = time.process_time() - start
        is_again = kind in FITTED_AGAIN
        common = overlap(margin, margins.of(kind, random_state=1)) if is_again else np.nan
        figures = (*shares(data, margin), common)
        yield seed, kind, data.best.auc, data.best.precision, *figures, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--households", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=list(DEFAULT), choices=KINDS)
    given = parser.parse_args()
    found = []
    for seed in range(given.first, given.first + given.seeds):
        found.append(efficiency(given.households, seed, given.kinds))
        print(found[-1].round(4).to_string(index=False, header=seed == given.first), flush=True)
    every = pd.concat(found).groupby("kind", sort=False)[FIGURES].agg(["mean", "min"])
    print(f"\n{given.households:,} households, {given.seeds} seeds\n{every.round(3).to_string()}")


if __name__ == "__main__":
    main()
