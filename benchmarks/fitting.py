"""What the classifier costs beyond LightGBM.

One seed, with calibration, is compared with the same fits alone, of all rows and of three folds:
CPU seconds on one thread, the best of several repeats in one process. The import is compared with
numpy's and pandas's.

    python benchmarks/fitting.py [--households 5000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import lightgbm as lgb
import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.kinds.lightgbm import booster_params

REPEATS = 3


def cpu(work: Callable[[], object]) -> float:
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def import_seconds(code: str) -> float:
    command = [
        sys.executable,
        "-c",
        f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)",
    ]
    return min(
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(REPEATS)
    )


def bare_fits(panel: rm.Panel) -> Callable[[], None]:
    """Return LightGBM's fits on the same rows, with the classifier's parameters."""
    names = tuple(panel.X.columns)
    directions = tuple(panel.directions[name] for name in names)
    design = FitSettings(
        names,
        directions,
        (0,) * len(names),
        rm.make_classifier(panel, seeds=1, n_jobs=1).get_params(),
    )
    household, _ = pd.factorize(panel.households)
    everyone = Rows(panel.X.to_numpy(), panel.y.to_numpy(), household)
    parts = [everyone, *(everyone[fold.fitted] for fold in Folds.of(everyone, 0))]
    fits = [(rows, booster_params(rows, design)) for rows in parts]

    def fit() -> None:
        for rows, params in fits:
            lgb.train(params, lgb.Dataset(rows.matrix, rows.y, params=params), 150)

    return fit


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=5_000)
    records = rm.make_households(parser.parse_args().households, random_state=0)
    panel = rm.build_panel(records, rounds=records.rounds, label=records.label)
    ours = cpu(lambda: rm.make_classifier(panel, seeds=1, n_jobs=1).fit(panel.X, panel.y))
    bare = cpu(bare_fits(panel))
    light, both = (
        import_seconds("import numpy, pandas"),
        import_seconds("import numpy, pandas, riskmodel"),
    )
    print(f"{'work':46} {'ours':>8} {'peer':>8} {'ratio':>7}")
    print(
        f"{'fit, one seed, against bare LightGBM fits':46} "
        f"{ours:7.2f}s {bare:7.2f}s {ours / bare:7.2f}"
    )
    print(
        f"{'import, beyond numpy and pandas':46} {both:7.2f}s {light:7.2f}s {both - light:+7.2f}s"
    )


if __name__ == "__main__":
    main()
