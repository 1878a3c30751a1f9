"""The seed ensemble: monotone LightGBM boosters, whose margins are averaged in order."""

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

from riskmodel.forests import BoosterTrees, parse_lightgbm
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows, thread_count
from riskmodel.models.kind import TREES, Kind, Range
from riskmodel.models.tree_core import TreeCore


@dataclass(frozen=True, eq=False)
class Boosters(TreeCore):
    """LightGBM boosters, in order.

    Their margin is the mean of their raw scores in float64, added from left to right. It is bit for
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

    def trees(self) -> list[BoosterTrees]:
        """Return the trees of each booster, read from its text."""
        return [parse_lightgbm(booster.model_to_string()) for booster in self.boosters]

    def first_trees(self) -> BoosterTrees:
        """Return the trees of the first booster, without those of the others."""
        return parse_lightgbm(self.boosters[0].model_to_string())

    @property
    def longest_path(self) -> int:
        """The depth allowed, or the number of features where it is not limited."""
        booster = self.boosters[0]
        depth, width = booster.params["max_depth"], booster.num_feature()
        return width if depth <= 0 else min(depth, width)

    def audit_texts(self) -> dict[str, str]:
        """Return the text of each booster, without its parameters and ranges."""
        return {f"booster_{i}.txt": _audit_text(booster) for i, booster in enumerate(self.boosters)}


def _audit_text(booster: lgb.Booster) -> str:
    """Return a booster's text without its parameters and ranges.

    The parameters hold the number of threads. Both ends of a range are values of one household.
    """
    text = booster.model_to_string()
    text = re.sub(r"\nparameters:\n.*?end of parameters\n", "\n", text, flags=re.DOTALL)
    no_ranges = " ".join(["none"] * booster.num_feature())
    return re.sub(r"(?m)^feature_infos=.*$", f"feature_infos={no_ranges}", text)


def fit_boosters(rows: Rows, settings: FitSettings) -> Boosters:
    """Fit one booster per seed; the data set is binned once for all of them."""
    params = booster_params(rows, settings)
    data = lgb.Dataset(
        rows.matrix,
        rows.y,
        weight=rows.weight,
        feature_name=_feature_names(settings.names),
        categorical_feature=[i for i, count in enumerate(settings.categories) if count],
        params=params,
    )
    data.construct()

    # not LightGBM's `seed`: it would also change the binning, which the boosters share
    seeded = [
        {**params, "bagging_seed": seed, "feature_fraction_seed": seed + 1}
        for seed in settings.seeds
    ]
    fitted = _fitted_in_parallel(seeded, data, settings.params["n_estimators"])
    return Boosters(tuple(fitted))


def _fitted_in_parallel(
    seeded: list[dict[str, Any]], data: lgb.Dataset, trees: int
) -> Iterator[lgb.Booster]:
    """Fit each booster in a thread of its own.

    LightGBM's own threads would wait for each other at every tree.
    """
    threads = seeded[0]["num_threads"]
    workers = min(threads, len(seeded))
    stopped = threading.Event()

    def check(_: Any) -> None:
        if stopped.is_set():
            raise RuntimeError("the fit was stopped")

    def fit(params: dict[str, Any]) -> lgb.Booster:
        own = {**params, "num_threads": threads // workers}
        return lgb.train(own, data, trees, callbacks=[check])

    with ThreadPoolExecutor(workers) as pool:
        try:
            fitted = pool.map(fit, seeded)
            yield from tqdm(
                fitted, total=len(seeded), desc="boosters", delay=2, disable=None, leave=False
            )
        finally:
            # only this thread is interrupted; the others are stopped by their next check
            stopped.set()


def booster_params(rows: Rows, settings: FitSettings) -> dict[str, object]:
    """Return LightGBM's parameters; the trees do not depend on the number of threads."""
    chosen = settings.params
    leaf_rows, columns = chosen["min_child_samples"], chosen["colsample"]
    if leaf_rows is None:
        leaf_rows = int(np.clip(len(rows) // 100, 20, 200))
    if columns is None:
        columns = min(1.0, max(0.3, 40 / len(settings.names)))
    return {
        "objective": "binary",
        "deterministic": True,
        "force_row_wise": True,
        "data_random_seed": 1,
        "num_threads": thread_count(chosen["n_jobs"], rows.matrix),
        "verbosity": -1,
        "num_leaves": chosen["num_leaves"],
        "max_depth": chosen["max_depth"],
        "learning_rate": chosen["learning_rate"],
        "min_child_samples": leaf_rows,
        "lambda_l2": chosen["reg_lambda"],
        "bagging_fraction": chosen["subsample"],
        "bagging_freq": int(chosen["subsample"] < 1),
        "feature_fraction": columns,
        "monotone_constraints": list(settings.directions) if any(settings.directions) else None,
    }


def _feature_names(names: tuple[str, ...]) -> list[str] | str:
    # LightGBM's text format allows neither blanks nor the signs of JSON in names
    safe = [re.sub(r"\W", "_", name) for name in names]
    return safe if len(set(safe)) == len(safe) else "auto"


LIGHTGBM = Kind(
    name="lightgbm",
    fit=by_folds(fit_boosters),
    evaluator=TREES,
    complexity=3,
    ranges={
        "n_estimators": Range(1, np.inf, whole=True),
        "num_leaves": Range(2, 131_072, whole=True),
        "max_depth": Range(1, np.inf, whole=True, besides=(-1, "no limit")),
        "min_child_samples": Range(1, np.inf, whole=True, optional=True),
        "colsample": Range(1e-3, 1, optional=True),
        "learning_rate": Range(1e-6, 1),
        "subsample": Range(1e-3, 1),
        "reg_lambda": Range(0, np.inf),
    },
)
