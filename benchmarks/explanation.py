"""All contributions of all rows, against pred_contrib, shap and LightGBM's own prediction.

With one thread, figures are CPU seconds per row, the best of several repeats in one process. With
two threads they are wall seconds on both sides. The slow peers explain a few hundred rows. Rows are
households with counts, amounts and ages, 5 % missing, eight categorical columns, 4 % positive.

    python benchmarks/explanation.py [--rows 20_000] [--large]
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np

from riskmodel import serving
from riskmodel.forests import PathTables, count_background

CATEGORIES = (3, 5, 8, 12, 17, 25, 40, 6)
RATIOS = ("path tables, numba", "LightGBM predict, no contributions", "path tables, numpy alone")
PARAMS = {
    "objective": "binary",
    "num_leaves": 31,
    "max_depth": 6,
    "learning_rate": 0.05,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "num_threads": 1,
    "verbose": -1,
}


def households(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 80 columns, and who is in crisis.

    The columns are 40 counts, mostly 0; 20 amounts; 12 ages and ratios; and 8 categories.
    """
    rng = np.random.default_rng(seed)
    trouble = rng.normal(size=(n, 6))
    counts = [rng.poisson(np.exp(0.7 * trouble[:, k % 6] - 0.3 * (k % 7))) for k in range(40)]
    amounts = [
        np.where(
            rng.random(n) < (0.9, 0.6, 0.3, 0.0)[k % 4],
            0,
            np.round(np.exp(11 + rng.normal(size=n)), -1),
        )
        for k in range(20)
    ]
    others = [
        np.round(50 + 18 * rng.normal(size=n) + 6 * trouble[:, k % 6], k % 3) for k in range(12)
    ]
    levels = [
        (rng.integers(0, m, n) + (np.abs(trouble[:, k % 6]) > 1.3)) % m
        for k, m in enumerate(CATEGORIES)
    ]
    X = np.column_stack(counts + amounts + others + levels).astype(float)
    log_odds = (
        -5.5
        + 0.9 * trouble[:, 0]
        + 0.6 * trouble[:, 1] * (trouble[:, 2] > 0)
        + 0.4 * np.minimum(X[:, 0], 4)
    )
    y = rng.random(n) < 1 / (1 + np.exp(-log_odds - 0.5 * np.isin(X[:, 78], (2, 5, 11, 17))))
    X[:, 1:72:2] = np.where(rng.random((n, 36)) < 0.1, np.nan, X[:, 1:72:2])
    return X, y


def cost(
    run: Callable[[np.ndarray], Any],
    X: np.ndarray,
    repeats: int = 5,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Microseconds a row, the least of some repeats after a first one."""
    run(X)
    found = []
    for _ in range(repeats):
        start = clock()
        run(X)
        found.append(clock() - start)
    return min(found) / len(X) * 1e6


def compare(title: str, booster: lgb.Booster, X: np.ndarray) -> None:
    """Print the cost per row of each way to explain, and its distance from pred_contrib."""
    start = time.process_time()
    tables = PathTables(booster)
    compiled = time.process_time() - start
    few, fewer = X[:200], X[:1000]
    exact = booster.predict(few, pred_contrib=True, num_threads=1)
    by_numpy = serving.EVALUATORS["trees"](tables.arrays)
    contrib = cost(lambda rows: booster.predict(rows, pred_contrib=True, num_threads=1), few, 3)
    lines = [
        ("LightGBM pred_contrib", contrib, 0.0),
        (
            "LightGBM predict, no contributions",
            cost(lambda rows: booster.predict(rows, num_threads=1), X),
            np.nan,
        ),
        (
            "path tables, numba",
            cost(tables.evaluate, X),
            np.abs(tables.contributions(few) - exact[:, :-1]).max(),
        ),
        ("path tables, margin alone", cost(tables.margin, X), np.nan),
        ("path tables, summed in 20 groups", cost(_grouped(booster).evaluate, X), np.nan),
        (
            "path tables, numpy alone",
            cost(by_numpy, fewer, 2),
            np.abs(by_numpy(few)[1] - exact[:, :-1]).max(),
        ),
    ]
    shaps = _shap(booster).shap_values
    lines.insert(
        1, ("shap.TreeExplainer", cost(shaps, few, 2), np.abs(shaps(few) - exact[:, :-1]).max())
    )
    memory = sum(array.nbytes for array in tables.arrays.values()) / 1e6
    print(f"\n{title}: compiled in {compiled:.1f} CPU s, {memory:.0f} MB")
    print(f"{'':36}{'us a row':>10}{'x pred_contrib':>16}{'difference':>12}")
    for name, spent, difference in lines:
        print(f"{name:36}{spent:10.1f}{contrib / spent:16.1f}{difference:12.1e}")
    mine, predict, alone = (
        next(spent for name, spent, _ in lines if name == wanted) for wanted in RATIOS
    )
    print(
        f"score and all contributions / Booster.predict: {mine / predict:.2f}; "
        f"numpy / numba: {alone / mine:.1f}"
    )
    print(f"two threads, wall: {_on_two_threads(booster, tables, X):.1f}x pred_contrib")


def _grouped(booster: lgb.Booster) -> PathTables:
    return PathTables(booster, outputs=[f % 20 for f in range(80)])


def _on_two_threads(booster: lgb.Booster, tables: PathTables, X: np.ndarray) -> float:
    few, clock = X[:200], time.perf_counter
    slow = cost(lambda rows: booster.predict(rows, pred_contrib=True, num_threads=2), few, 3, clock)
    return slow / cost(lambda rows: tables.evaluate(rows, n_jobs=2), X, clock=clock)


def compare_backgrounds(booster: lgb.Booster, X: np.ndarray, background: np.ndarray) -> None:
    """Print what contributions against a background cost, by its size."""
    print("\nagainst a background (interventional; numbers only, for shap refuses categories)")
    print(f"{'':36}{'us a row':>10}{'x shap':>16}{'difference':>12}")
    few, explainer = X[:60], _shap(booster, background[:100])
    values = explainer.shap_values(few, check_additivity=False)
    spent = cost(lambda rows: explainer.shap_values(rows, check_additivity=False), few, 1)
    print(f"{'shap, 100 rows':36}{spent:10.1f}{1.0:16.1f}{0:12.1e}")
    for size in (100, 10_000, len(background)):
        tables = PathTables(booster, count_background(booster, background[:size]))
        mine = cost(tables.evaluate, X)
        difference = np.abs(tables.contributions(few) - values).max() if size == 100 else np.nan
        print(
            f"{f'path tables, {size:,} rows':36}{mine:10.1f}{spent / mine:16.1f}{difference:12.1e}"
        )


def _shap(booster: lgb.Booster, background: np.ndarray | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        if background is None:
            return shap.TreeExplainer(booster)
        return shap.TreeExplainer(booster, background, feature_perturbation="interventional")


def main() -> None:
    """Fit, explain, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--large", action="store_true", help="also 800 trees of 63 leaves")
    asked = parser.parse_args()
    X, y = households(60_000, 1)
    fresh = households(asked.rows, 2)[0]
    categorical = list(range(72, 80))

    def fit(trees: int, **params: Any) -> lgb.Booster:
        return lgb.train(PARAMS | params, lgb.Dataset(X, y, categorical_feature=categorical), trees)

    compare("300 trees x 31 leaves, depth 6", fit(300), fresh)
    compare("300 trees x 31 leaves, no depth limit", fit(300, max_depth=-1), fresh)
    if asked.large:
        compare(
            "800 trees x 63 leaves, depth 6", fit(800, num_leaves=63, learning_rate=0.02), fresh
        )
        wide = np.column_stack([households(20_000, seed)[0] for seed in range(4)])[:, :300]
        booster = lgb.train(PARAMS | {"feature_fraction": 0.3}, lgb.Dataset(wide, y[:20_000]), 1000)
        tables = PathTables(booster, wide)
        memory = sum(array.nbytes for array in tables.arrays.values()) / 1e6
        print(
            f"\n300 features, 1,000 trees: {cost(tables.evaluate, wide, 2):.1f} us a row, "
            f"tables {memory:.0f} MB"
        )
    numbers = lgb.train(PARAMS, lgb.Dataset(X[:, :72], y), 300)
    compare_backgrounds(
        numbers, np.ascontiguousarray(fresh[:, :72]), np.ascontiguousarray(X[:, :72])
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
