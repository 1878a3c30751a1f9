"""How many different indicators of a family a row has facts of, from the counts of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskmodel.panel.specs.feature_columns import Agg, Column


class Counted(NamedTuple):
    """Columns to fill, and the positions of the counts from which each is made.

    Those of column k are ``counts[start[k]:start[k + 1]]``.

    Attributes
    ----------
    column : ndarray of int64, shape (n_kinds,)
    start : ndarray of int64, shape (n_kinds + 1,)
    counts : ndarray of int64
    """

    column: NDArray[np.int64]
    start: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Counted:
        """Find the counts of each column of several indicators among all columns."""
        place = {(c.indicator, c.aggregate, c.window): n for n, c in enumerate(columns)}
        own = [number for number, column in enumerate(columns) if column.codes]
        counts = [
            [place[code, "count", columns[number].window] for code in columns[number].codes]
            for number in own
        ]
        return cls(
            np.array(own, np.int64),
            np.cumsum([0, *map(len, counts)]).astype(np.int64),
            np.array([position for of_one in counts for position in of_one], np.int64),
        )

    def parts(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield the position of each column, and those of its counts."""
        for number, column in enumerate(self.column.tolist()):
            yield column, self.counts[self.start[number] : self.start[number + 1]]

    def fill(self, X: NDArray[np.float32], *, whole: bool) -> None:
        """Write the columns of X.

        Parameters
        ----------
        X : ndarray of float32, shape (n_rows, n_columns)
            With the counts.
        whole : bool
            Whether a column is missing where any of its counts is; else only where all of them are,
            and an indicator that is not delivered is not counted.
        """
        if len(self.column):
            _fill(X, self.column, self.start, self.counts, whole)


def needed_counts(columns: Sequence[Column]) -> list[Agg]:
    """Return the counts from which columns of several indicators are made."""
    return [Agg.count(column.codes, column.window) for column in columns if column.codes]


@njit(cache=True, nogil=True)
def _fill(X, column, start, counts, whole):  # type: ignore[no-untyped-def]  # numba infers
    for row in range(X.shape[0]):
        for k in range(len(column)):
            number, n_missing = 0, 0
            for i in range(start[k], start[k + 1]):
                value = X[row, counts[i]]
                n_missing += np.isnan(value)
                number += value > 0
            most = 0 if whole else start[k + 1] - start[k] - 1
            X[row, column[k]] = number if n_missing <= most else np.nan
