"""Any figure by group; small groups are suppressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.texts import as_texts

T = TypeVar("T")

UNKNOWN = "unknown"
"""The group of rows whose group is blank."""


def group_names(groups: ArrayLike | pd.Series) -> NDArray[np.str_]:
    """Return groups as texts: a whole number has no decimals, and a blank is ``"unknown"``.

    Parameters
    ----------
    groups : array-like, shape (n_rows,)

    Examples
    --------
    >>> group_names(pd.Series([1.0, 2.0, None])).tolist()
    ['1', '2', 'unknown']
    """
    column = groups if isinstance(groups, pd.Series) else pd.Series(np.asarray(groups))
    code, names = pd.factorize(column)
    return np.array([*as_texts(names), UNKNOWN], dtype=np.str_)[code]


@dataclass(frozen=True)
class Group(Generic[T]):
    """One group's figure; None, and no counts, where the group is suppressed.

    Attributes
    ----------
    key : object
        The group.
    rows, positives : int or None
    value : object or None
        What the metric returned.
    note : str
        Why the group is suppressed.
    """

    key: object
    rows: int | None
    positives: int | None
    value: T | None
    note: str = ""


def by_group(
    metric: Callable[[Ints], T],
    groups: ArrayLike,
    y: Floats,
    *,
    min_rows: int = 10,
    min_positives: int = 3,
) -> list[Group[T]]:
    """Return a metric for each group, in the order of their names.

    Parameters
    ----------
    metric : callable
        Takes the positions of a group's rows.
    groups : array-like, shape (n_rows,)
    y : ndarray of {0, 1}, shape (n_rows,)
    min_rows, min_positives : int
        A group below either is suppressed, counts included. A single suppressed group would follow
        from the totals, so the smallest of the others is suppressed with it.

    Examples
    --------
    >>> y = np.array([0.0, 1.0] * 10 + [1.0])
    >>> names = ["a"] * 12 + ["b"] * 8 + ["c"]
    >>> groups = by_group(lambda rows: float(y[rows].mean()), names, y, min_rows=5)
    >>> [(group.key, group.value, group.note) for group in groups]  # doctest: +NORMALIZE_WHITESPACE
    [('a', 0.5, ''), ('b', None, 'suppressed: another group would follow by difference'),
     ('c', None, 'suppressed: fewer than 5 rows or 3 positives')]
    """
    parts = list(_positions(groups))
    counts = np.array([(len(rows), int(y[rows].sum())) for _, rows in parts]).reshape(-1, 2)
    small = (counts[:, 0] < min_rows) | (counts[:, 1] < min_positives)
    notes = np.where(
        small, f"suppressed: fewer than {min_rows} rows or {min_positives} positives", ""
    ).astype(object)
    if small.sum() == 1 and len(parts) > 1:
        second = np.argmin(np.where(small, np.inf, counts[:, 0]))
        notes[second] = "suppressed: another group would follow by difference"
    return [
        Group(key, None, None, None, note)
        if note
        else Group(key, int(n), int(positive), metric(rows))
        for (key, rows), (n, positive), note in zip(parts, counts, notes, strict=True)
    ]


def _positions(groups: ArrayLike) -> Iterator[tuple[object, Ints]]:
    """Return each group's key and the positions of its rows."""
    keys, code = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(code, kind="stable")
    yield from zip(keys.tolist(), np.split(order, np.cumsum(np.bincount(code))[:-1]), strict=True)
