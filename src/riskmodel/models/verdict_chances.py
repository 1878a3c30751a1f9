"""Chances that are fitted on other households: that a verdict came, and that it was 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.metrics import Floats, Ints

Bools = NDArray[np.bool_]

FOLDS = 3
LEAST_OF_CLASS = 10
LEAST_CHANCE = 0.02
MOST_ROWS = 20_000
SEED = 0


def fold_of_units(unit: Ints, folds: int = FOLDS) -> Ints:
    """Return the fold of each row, all rows of a unit in one.

    Examples
    --------
    >>> fold = fold_of_units(np.array([0, 1, 0, 2]))
    >>> bool(fold[0] == fold[2])
    True
    """
    units = int(unit.max()) + 1 if len(unit) else 0
    order = np.random.default_rng(SEED).permutation(units) % folds
    return np.asarray(order[unit])


def cross_fitted(columns: Floats, outcome: Floats, among: Bools, unit: Ints) -> Floats:
    """Return each row's chance of an outcome of 1, fitted without the row's unit.

    Parameters
    ----------
    columns : ndarray, shape (n_rows, n_columns)
        May hold missing values.
    outcome : ndarray, shape (n_rows,)
        0 or 1 for the rows that are fitted on.
    among : ndarray of bool, shape (n_rows,)
        Which these are.
    unit : ndarray of int, shape (n_rows,)
        Households, numbered 0, 1, ... with none left out.

    Returns
    -------
    ndarray, shape (n_rows,)
        The share of 1 in the other folds, where these hold fewer than 10 rows of a class; 0 where
        they hold none.

    Notes
    -----
    Small boosted trees: shallow, many rows to a leaf, strongly penalised. What they miss costs
    width, not truth, as long as the other of the two chances is right. Of more than 20,000 rows so
    many are drawn to fit on.
    """
    fold = fold_of_units(unit)
    chance = np.zeros(len(outcome))
    for number in range(FOLDS):
        train, rows = _at_most(np.flatnonzero(among & (fold != number))), fold == number
        chance[rows] = _fitted(columns[train], outcome[train], columns[rows])
    return chance


def as_numbers(table: pd.DataFrame) -> Floats:
    """Return columns as numbers, categories by their codes, missing as NaN; shape (rows, columns).

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 2], "b": pd.Categorical(["x", None])})
    >>> as_numbers(table).tolist()
    [[1.0, 0.0], [2.0, nan]]
    """
    return np.column_stack([_numbers(table[name]) for name in table.columns])


def _at_most(rows: Ints) -> Ints:
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))


def _numbers(column: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = pd.factorize(column, sort=True)[0].astype(np.float64)
    codes[codes < 0] = np.nan
    return codes


def _fitted(columns: Floats, outcome: Floats, on: Floats) -> Floats:
    if not len(outcome):
        return np.zeros(len(on))
    ones = int(outcome.sum())
    if min(ones, len(outcome) - ones) < LEAST_OF_CLASS:
        return np.full(len(on), float(outcome.mean()))
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=60,
        max_leaf_nodes=6,
        min_samples_leaf=40,
        l2_regularization=20.0,
        early_stopping=False,
        random_state=SEED,
    )
    return np.asarray(model.fit(columns, outcome).predict_proba(on)[:, 1], dtype=np.float64)
