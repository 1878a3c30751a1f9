"""Folds of households, or clusters: a model of the other folds has seen none of a fold's rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.models.fit_rows import Floats, Rows

FOLDS = 3
FLAT = 1e-6

Mask = NDArray[np.bool_]


class Fold(NamedTuple):
    """The rows that a model is fitted on, and the rows held out from it."""

    fitted: Mask
    held_out: Mask


@dataclass(frozen=True, eq=False)
class Folds:
    """Which fold each row is in.

    Attributes
    ----------
    of_row : ndarray of int, shape (n_rows,)
    count : int
    kept_whole : {"household", "cluster"}
        What lies in one fold with all its rows.
    """

    of_row: NDArray[np.intp]
    count: int
    kept_whole: str

    @classmethod
    def of(cls, rows: Rows, seed: int, most: int = FOLDS) -> Folds:
        """Split households, or clusters, into folds with about equally many positive ones.

        The folds do not depend on the order of the rows. There are fewer than `most` where fewer
        units are positive.

        Raises
        ------
        ModelError
            Where one household, or cluster, holds all the positive labels.
        """
        kept_whole = "household" if rows.cluster is None else "cluster"
        unit_of_row = rows.household if rows.cluster is None else rows.cluster
        units, position = np.unique(unit_of_row, return_inverse=True)
        positive = np.bincount(position, rows.y) > 0
        count = min(most, int(positive.sum()))
        if count < 2:
            _refuse_one_unit(kept_whole)

        shuffled = np.random.default_rng(seed).permutation(len(units))
        positives_last = shuffled[np.argsort(positive[shuffled], kind="stable")]
        fold = np.empty(len(units), dtype=int)
        fold[positives_last] = np.arange(len(units)) % count
        return cls(fold[position], count, kept_whole)

    def __iter__(self) -> Iterator[Fold]:
        for number in range(self.count):
            held_out = self.of_row == number
            yield Fold(~held_out, held_out)

    def are_flat(self, margin: Floats) -> bool:
        """Tell whether a margin is constant within each fold, to what an optimiser can tell."""
        return all(np.ptp(margin[fold.held_out]) < FLAT for fold in self)


def _refuse_one_unit(kept_whole: str) -> None:
    raise ModelError(
        f"the crisis class is held by one {kept_whole} only",
        code="models.one_household",
        allowed=f"at least two {kept_whole}s with a positive label",
        next_step="take more rounds, a longer label window or another outcome",
    )
