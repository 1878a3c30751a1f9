"""The labelled rows that every kind of model is fitted on, and what their columns mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.indicators import Catalogue

if TYPE_CHECKING:
    from riskmodel.panel import Column

Floats = NDArray[np.float64]
CELLS_PER_THREAD = 400_000


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to fit on.

    Attributes
    ----------
    matrix : ndarray of float, shape (n_rows, n_features)
    y : ndarray of float, shape (n_rows,)
        1 for the crisis class, else 0; NaN where the label is missing.
    household : ndarray of int, shape (n_rows,)
        Number of the household in the order of the ids.
    as_of : ndarray of datetime64[D], shape (n_rows,), optional
        None where the rows hold no dates: one round.
    weight : ndarray of float, shape (n_rows,), optional
    area : ndarray of str, shape (n_rows,), optional
    cluster : ndarray of int, shape (n_rows,), optional
        Number of the cluster; None where each household is one.
    stands_for : ndarray of float, shape (n_rows,), optional
        In how many rows' place each stands where the level of the probabilities is fitted; None
        where it is fitted on the rows as they are.
    """

    matrix: Floats
    y: Floats
    household: NDArray[np.intp]
    as_of: NDArray[np.datetime64] | None = None
    weight: Floats | None = None
    area: NDArray[Any] | None = None
    cluster: NDArray[np.intp] | None = None
    stands_for: Floats | None = None

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: NDArray[Any]) -> Rows:
        """Return the rows of a mask, or of positions in their order."""
        chosen = {name: part[rows] for name, part in vars(self).items() if part is not None}
        return replace(self, **chosen)

    @property
    def positives(self) -> int:
        """Number of rows of the crisis class."""
        return int(np.sum(self.y == 1))

    def require_two_classes(self) -> Rows:
        """Return the rows, or refuse rows of a single class, from which nothing can be learnt."""
        if 0 < self.positives < len(self):
            return self

        if len(self):
            message, code = "the labelled rows hold one class only", "models.one_class"
        else:
            message, code = "no row has a label and a weight above zero", "models.no_rows"
        raise ModelError(
            message,
            code=code,
            allowed="rows of both classes",
            next_step="take more rounds, a longer label window or another outcome",
        )

    def labelled(self) -> Rows:
        """Return the rows with a label and a weight above 0.

        They are sorted by household and date, and their weights have a mean of 1.
        """
        is_used = ~np.isnan(self.y)
        if self.weight is not None:
            is_used &= self.weight > 0

        keys = (self.household,) if self.as_of is None else (self.as_of, self.household)
        order = np.lexsort(keys)
        order = order[is_used[order]]
        in_order = len(order) == len(self) and bool((np.diff(order) == 1).all())

        rows = self if in_order else self[order]
        rows = rows.require_two_classes()
        if rows.weight is None:
            return rows
        return replace(rows, weight=rows.weight / rows.weight.mean())


@dataclass(frozen=True)
class FitSettings:
    """What the columns mean, and the parameters of the model.

    Attributes
    ----------
    names : tuple of str
    directions : tuple of {-1, 0, 1}
        One per column; 0 for a column of categories.
    categories : tuple of int
        Number of categories of each column; 0 for a column of numbers.
    params : mapping
        The classifier's parameters.
    seeds : tuple of int
        One per booster.
    columns : tuple of Column
        What the columns are made of; empty for a frame that was not built from records.
    catalogue : Catalogue
    """

    names: tuple[str, ...]
    directions: tuple[int, ...]
    categories: tuple[int, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)


def thread_count(n_jobs: int | None, matrix: Floats) -> int:
    """Return how many threads to use: `n_jobs`, or else the CPUs that this process may use.

    Affinity, quota and the variable OMP_NUM_THREADS limit these. A small matrix gets fewer threads,
    because threads that wait for each other cost more time than they save.
    """
    if n_jobs is not None and n_jobs > 0:
        return n_jobs

    available = joblib.cpu_count()
    variable = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(variable) if variable.isdecimal() and int(variable) else available
    return min(limit, available, 1 + matrix.size // CELLS_PER_THREAD)
