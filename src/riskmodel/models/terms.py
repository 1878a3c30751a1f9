"""Margins in closed form: an intercept and one term per feature, which is its contribution."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests import Arrays, Background
from riskmodel.models.fit_rows import Floats
from riskmodel.models.kind import Core


@dataclass(frozen=True, eq=False)
class Terms(Core):
    """A margin that adds one term per feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (), and the arrays that the terms are computed from. A fitted core
        also holds ``mean``, the terms' means over the ``background_rows`` fitted on, which
        contributions compare with.
    """

    arrays: Mapping[str, NDArray[Any]]

    @abstractmethod
    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return intercept plus terms, added from left to right."""
        total = np.full(len(matrix), float(self.arrays["intercept"]))
        for term in self.terms(matrix):
            total += term
        return total

    def contributions(self, matrix: Floats) -> Floats:
        """Return each feature's term, shape (n_rows, n_features).

        With the intercept they add up to the margin.
        """
        return np.column_stack(list(self.terms(matrix)))

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays with the base, the mean margin of the rows compared with."""
        arrays = self.arrays
        # counts of the conditions of trees say nothing of terms, which keep their own means
        if background is not None and not isinstance(background, Background):
            arrays = with_means(self, np.asarray(background))
        return {**arrays, "base": arrays["intercept"] + arrays["mean"].sum()}


def with_means(core: Terms, matrix: Floats) -> Arrays:
    """Return the arrays of a core with the terms' means over rows to compare with."""
    means = core.contributions(matrix).mean(axis=0)
    return {**core.arrays, "mean": means, "background_rows": np.array(len(matrix))}
