"""Rows with every value that LightGBM accepts, boosters grown on them, and Shapley values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

CATEGORICAL = (6, 7)
DIRT = (
    np.nan,
    np.inf,
    -np.inf,
    -0.0,
    -1.0,
    2.7,
    -0.5,
    1e-36,
    1e300,
    999.0,
    2.0**31,
    2.0**40,
    -(2.0**40),
    5e-324,
)


def rows(n: int, seed: int = 0, width: int = 8) -> NDArray[np.float64]:
    """Counts, amounts and ages with gaps; two categories where the width holds them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, max(width, 8)))
    X[:, 0] = rng.poisson(0.6, n)
    X[:, 1] = np.where(rng.random(n) < 0.6, 0, np.round(np.exp(rng.normal(5, 1, n)), -1))
    X[:, 2] = np.round(X[:, 2], 1)
    for j, levels in zip(CATEGORICAL, (5, 30), strict=True):
        X[:, j] = rng.integers(0, levels, n)
    for j in range(2, width, 2):
        X[rng.random(n) < 0.1, j] = np.nan
    return X[:, :width]


def dirty(X: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """The same rows with a fifth of their values replaced by what nobody expects."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(X.shape) < 0.2, rng.choice(DIRT, X.shape), X)


def grow(X: NDArray[np.float64], trees: int = 30, seed: int = 0, **params: Any) -> lgb.Booster:
    """A booster of crises with interactions, fitted on one thread."""
    rng = np.random.default_rng(seed)
    Z = np.clip(np.nan_to_num(X), -9, 40)
    log_odds = (
        0.8 * Z[:, 0]
        - 0.7 * np.abs(Z[:, X.shape[1] // 2]) * (Z[:, 0] > 0)
        + 0.5 * (Z[:, -1] % 3 == 1)
        - 1
    )
    y = rng.random(len(X)) < 1 / (1 + np.exp(-log_odds))
    settings = {
        "objective": "binary",
        "num_leaves": 15,
        "min_child_samples": 5,
        "learning_rate": 0.2,
        "verbose": -1,
        "num_threads": 1,
        "deterministic": True,
        "seed": seed,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.8,
        "min_data_per_group": 5,
        "cat_smooth": 1.0,
    }
    categories = [j for j in CATEGORICAL if j < X.shape[1]]
    return lgb.train(settings | params, lgb.Dataset(X, y, categorical_feature=categories), trees)


def shapley(
    value: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    x: NDArray[np.float64],
    others: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the Shapley values of one row by their definition.

    The value of a set of features is the mean over the other rows, which fill the other features.
    """
    n = len(x)
    sets = [frozenset(s) for size in range(n + 1) for s in combinations(range(n), size)]
    mixed = np.stack([np.where([j in s for j in range(n)], x, others) for s in sets])
    worth = dict(
        zip(sets, value(mixed.reshape(-1, n)).reshape(len(sets), -1).mean(axis=1), strict=True)
    )
    return np.array(
        [
            sum(
                factorial(len(s))
                * factorial(n - len(s) - 1)
                / factorial(n)
                * (worth[s | {j}] - worth[s])
                for s in sets
                if j not in s
            )
            for j in range(n)
        ]
    )
