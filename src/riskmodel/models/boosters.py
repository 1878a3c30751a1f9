"""The seed ensemble: monotone LightGBM boosters on one binned data set, their margins averaged in order."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from riskmodel.forests import MAX_TESTS, Background, count_background
from riskmodel.models.rows import Design, Floats, Rows, thread_count


@dataclass(frozen=True, eq=False)
class Boosters:
    """LightGBM boosters, in order.

    Their margin is the sum of each one's raw score (float64, added from left to right) over their number: bit for
    bit what a reader of the trees alone computes.
    """

    boosters: tuple[lgb.Booster, ...]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the mean of the boosters' raw scores."""
        total = np.zeros(len(matrix))
        for booster in self.boosters:
            total += booster.predict(matrix, raw_score=True, num_threads=threads)
        return total / len(self.boosters)

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Count the decision patterns of rows to compare with, no row; None where paths may be too long for that."""
        depth, width = self.boosters[0].params["max_depth"], self.boosters[0].num_feature()
        longest = width if depth <= 0 else min(depth, width)
        return count_background(self.boosters, matrix, threads) if longest <= MAX_TESTS else None


def fit_boosters(rows: Rows, design: Design) -> Boosters:
    """Fit one booster a seed; the data set is binned once for all of them."""
    params = booster_params(rows, design)
    data = lgb.Dataset(
        rows.matrix,
        rows.y,
        weight=rows.weight,
        feature_name=_feature_names(design.names),
        categorical_feature=[i for i, count in enumerate(design.categories) if count],
        params=params,
    )
    data.construct()
    # not LightGBM's `seed`: it would also change the binning, which the boosters share
    seeded = [
        {**params, "bagging_seed": seed, "feature_fraction_seed": seed + 1} for seed in design.seeds
    ]
    return Boosters(tuple(_side_by_side(seeded, data, design.settings["n_estimators"])))


def _side_by_side(
    seeded: list[dict[str, Any]], data: lgb.Dataset, trees: int
) -> Iterator[lgb.Booster]:
    """Fit boosters in threads of their own: one pool on several CPUs waits at every tree for the busiest of them."""
    threads = seeded[0]["num_threads"]
    workers = min(threads, len(seeded))
    stopped = threading.Event()

    def check(_: Any) -> None:
        if stopped.is_set():
            raise RuntimeError("the fit was stopped")

    def fit(params: dict[str, Any]) -> lgb.Booster:
        return lgb.train(
            {**params, "num_threads": threads // workers}, data, trees, callbacks=[check]
        )

    with ThreadPoolExecutor(workers) as pool:
        try:
            fitted = pool.map(fit, seeded)
            yield from tqdm(
                fitted, total=len(seeded), desc="boosters", delay=2, disable=None, leave=False
            )
        finally:  # an interrupt comes to this thread alone
            stopped.set()


def booster_params(rows: Rows, design: Design) -> dict[str, Any]:
    """Return LightGBM's parameters; the same trees come from any number of threads."""
    settings = design.settings
    leaf_rows, columns = settings["min_child_samples"], settings["colsample"]
    n_columns = len(design.names)
    return {
        "objective": "binary",
        "deterministic": True,
        "force_row_wise": True,
        "data_random_seed": 1,
        "num_threads": thread_count(settings["n_jobs"], rows.matrix),
        "verbosity": -1,
        "num_leaves": settings["num_leaves"],
        "max_depth": settings["max_depth"],
        "learning_rate": settings["learning_rate"],
        "min_child_samples": int(np.clip(len(rows) // 100, 20, 200))
        if leaf_rows is None
        else leaf_rows,
        "lambda_l2": settings["reg_lambda"],
        "bagging_fraction": settings["subsample"],
        "bagging_freq": int(settings["subsample"] < 1),
        "feature_fraction": min(1.0, max(0.3, 40 / n_columns)) if columns is None else columns,
        "monotone_constraints": list(design.directions) if any(design.directions) else None,
    }


def _feature_names(names: tuple[str, ...]) -> list[str] | str:
    # LightGBM's text format takes neither blanks nor JSON's signs; names that would then collide are left out
    safe = [re.sub(r"\W", "_", name) for name in names]
    return safe if len(set(safe)) == len(safe) else "auto"
