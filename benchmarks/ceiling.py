"""How near the default model and the baselines come to what is possible, on simulated households.

On each seed the last of 18 rounds is the test. The model has the columns that the exact chances
know, household type and area, beside the default features; everything else is the default. The
figures are the share of the ceiling's AUC gain over one half, and of its precision among the top
1 %. Both are expectations over outcomes: the exact chances weigh the rows, so that only the model's
own luck is left.

    python benchmarks/ceiling.py                           # 10,000 households, seeds 0 and 1
    python benchmarks/ceiling.py --households 40_000 --seeds 10
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.datasets import KNOWN_ATTRIBUTES, ceiling
from riskmodel.datasets.truth import expected_auc
from riskmodel.evaluation import scores_of

KINDS = ("lightgbm", "logistic", "indicator_count", "longest_arrears", "area_rate")
CAPACITY = 0.01


def efficiency(households: int, seed: int, kinds: list[str]) -> pd.DataFrame:
    records = rm.make_households(households, n_rounds=18, random_state=seed)
    panel = rm.build_panel(
        records, rounds=records.rounds, label=records.label, attributes=KNOWN_ATTRIBUTES
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    truth = records.truth.loc[test.X.index]
    chance, best = truth["probability"].to_numpy(), ceiling(truth, CAPACITY)
    rows = []
    for kind in kinds:
        start = time.process_time()
        margin = scores_of(rm.make_classifier(panel, kind=kind).fit(train), test)[
            "margin"
        ].to_numpy()
        top = np.argsort(-margin, kind="stable")[: int(np.ceil(CAPACITY * len(margin)))]
        gain = (expected_auc(chance, margin) - 0.5) / (best.auc - 0.5)
        precision = chance[top].mean() / best.precision
        rows.append(
            (seed, kind, best.auc, gain, best.precision, precision, time.process_time() - start)
        )
    columns = ["seed", "kind", "ceiling AUC", "AUC gain", "ceiling P@1 %", "P@1 %", "CPU s"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--households", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    given = parser.parse_args()
    found = []
    for seed in range(given.first, given.first + given.seeds):
        found.append(efficiency(given.households, seed, given.kinds))
        print(found[-1].round(4).to_string(index=False, header=seed == given.first), flush=True)
    every = pd.concat(found).groupby("kind", sort=False)[["AUC gain", "P@1 %"]].agg(["mean", "min"])
    print(f"\n{given.households:,} households, {given.seeds} seeds\n{every.round(3).to_string()}")


if __name__ == "__main__":
    main()
