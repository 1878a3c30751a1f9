"""Margins in closed form: an intercept and one term a feature, which is its contribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.models.rows import Floats


@dataclass(frozen=True, eq=False)
class Terms(ABC):
    """A margin that adds one term a feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (), and what the terms are computed from.
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
        """Return each feature's term, shape (n_rows, n_features); with the intercept they add up to the margin."""
        return np.column_stack(list(self.terms(matrix)))
