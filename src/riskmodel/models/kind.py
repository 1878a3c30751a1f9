"""What a kind of model is: how it is fitted, what it is computed from, and how it is explained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests import Arrays, Background
from riskmodel.models.fit_rows import FitSettings, Floats, Rows

INTERVENTIONAL, PATH_DEPENDENT, COUNTED = "interventional", "path-dependent", "counted"
TREES = "trees"


class Core(ABC):
    """A fitted margin: what the `fit` of a kind returns."""

    @abstractmethod
    def margin(
        self, matrix: Floats, area: NDArray[Any] | None = None, *, threads: int = 0
    ) -> Floats:
        """Return the margin of each row, float64; more means more risk."""

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that margins and contributions are computed from once it is published."""
        raise NotImplementedError

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Count what contributions compare with; None for a core that needs no counts."""
        return None

    def joint_tables(
        self,
        background: Background | None,
        outputs: Sequence[int],
    ) -> Arrays | None:
        """Return tables in which the columns of one output join and leave together; None where there are none."""
        return None

    def audit_texts(self) -> Mapping[str, str]:
        """Return texts by file name that an artefact keeps for auditors beside the tables."""
        return {}


class Range(NamedTuple):
    """The numbers that a parameter may have, both ends included."""

    low: float
    high: float

    def holds(self, value: object) -> bool:
        """Tell whether a value is such a number."""
        if not isinstance(value, (int, float, np.number)):
            return False
        return bool(self.low <= value <= self.high)


def method_by_background(arrays: Arrays) -> str:
    """Return how contributions are defined where they may compare with the rows of the fit."""
    return INTERVENTIONAL if arrays["background_rows"] else PATH_DEPENDENT


def method_of_counts(arrays: Arrays) -> str:  # noqa: ARG001
    """Return how contributions are defined where they compare with a household without indicators."""
    return COUNTED


@dataclass(frozen=True)
class Kind:
    """One kind of model. A new kind is a file in ``models/kinds/`` that makes one, and its line in `KINDS`.

    Attributes
    ----------
    name : str
        What users write: ``kind="lightgbm"``.
    fit : callable
        Fits labelled rows and returns a `Core`.
    evaluator : str or None
        Which function reads its tables: a key of `riskmodel.serving.EVALUATORS`. None for a kind
        whose margin is not a function of the features; it has no tables, no contributions, and is
        not published.
    method : callable
        Returns how contributions are defined, from the tables.
    ranges : mapping of str to Range
        What each of its numeric parameters may be.
    baseline : bool
        Whether every model is compared with it.
    """

    name: str
    fit: Callable[[Rows, FitSettings], Core]
    evaluator: str | None
    method: Callable[[Arrays], str] = method_by_background
    ranges: Mapping[str, Range] = field(default_factory=dict)
    baseline: bool = False


def refuse_not_applicable(kind: str, why: str, allowed: str, next_step: str) -> NoReturn:
    """Refuse to fit a kind on columns that it cannot be computed from."""
    raise ModelError(
        f"kind {kind!r} is not applicable: {why}",
        code="models.not_applicable",
        allowed=allowed,
        next_step=next_step,
    )
