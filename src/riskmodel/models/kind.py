"""What a kind of model is: how it is fitted, computed and explained."""

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
from riskmodel.models.folds import Folds

INTERVENTIONAL, PATH_DEPENDENT, COUNTED = "interventional", "path-dependent", "counted"
TREES = "trees"


class Core(ABC):
    """A fitted margin."""

    @abstractmethod
    def margin(
        self, matrix: Floats, area: NDArray[Any] | None = None, *, threads: int = 0
    ) -> Floats:
        """Return the margin of each row, float64; more means more risk."""

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that a published model computes margins and contributions from."""
        raise NotImplementedError

    def sketch(self) -> Arrays:
        """Return tables for a first look at contributions; all of a core whose tables are cheap."""
        return self.tables()

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Count the rows that contributions compare with; None for a core that needs no counts."""
        return None

    def joint_tables(
        self,
        background: Background | None,
        outputs: Sequence[int],
    ) -> Arrays | None:
        """Return tables in which the columns of one output count as one player, or None."""
        return None

    def audit_texts(self) -> Mapping[str, str]:
        """Return texts by file name that an artefact keeps for auditors beside the tables."""
        return {}


class CrossFit(NamedTuple):
    """A core fitted on all rows, and margins of the same rows that it is calibrated on.

    Attributes
    ----------
    core : Core
    margin : ndarray, shape (n_rows,)
        Of each row by a model that saw no row of the same fold.
    """

    core: Core
    margin: Floats


class Range(NamedTuple):
    """The numbers that a parameter may have, both ends included; `whole` if no others.

    Attributes
    ----------
    low, high : float
    whole : bool
    optional : bool
        Whether None is allowed, too.
    besides : tuple of int and str, optional
        One more number, and what it means.
    """

    low: float
    high: float
    whole: bool = False
    optional: bool = False
    besides: tuple[int, str] | None = None

    def holds(self, value: object) -> bool:
        """Tell whether a value is such a number."""
        known = (int, np.integer) if self.whole else (int, float, np.number)
        if not isinstance(value, known) or (self.whole and isinstance(value, bool)):
            return value is None and self.optional
        is_besides = self.besides is not None and value == self.besides[0]
        return is_besides or bool(self.low <= value <= self.high)

    def __str__(self) -> str:
        """Return the numbers in words.

        Examples
        --------
        >>> str(Range(1, np.inf, whole=True)), str(Range(0, 1, optional=True))
        ('a whole number of at least 1', 'a number from 0 to 1, or None')
        """
        whole = "a whole number" if self.whole else "a number"
        span = f"from {self.low} to {self.high}"
        if self.high == np.inf:
            span = f"of at least {self.low}"
        besides = "" if self.besides is None else f", or {self.besides[0]} for {self.besides[1]}"
        return f"{whole} {span}{besides}{', or None' * self.optional}"


def method_by_background(arrays: Arrays) -> str:
    """Return the method of contributions that may compare with the rows of the fit."""
    return INTERVENTIONAL if arrays["background_rows"] else PATH_DEPENDENT


def method_of_counts(arrays: Arrays) -> str:  # noqa: ARG001
    """Return the method of contributions that compare with a household without indicators."""
    return COUNTED


@dataclass(frozen=True)
class Kind:
    """One kind of model.

    A new kind is a file in ``models/kinds/`` that makes such an object, and its line in `KINDS`.

    Attributes
    ----------
    name : str
        What users write: ``kind="lightgbm"``.
    fit : callable
        Fits labelled rows and returns a `CrossFit`. `by_folds` makes it of a function that returns
        a `Core`.
    evaluator : str or None
        Which function reads its tables: a key of `riskmodel.serving.EVALUATORS`. It is None for a
        kind whose margin is not a function of the features. Such a kind has no tables and no
        contributions, and it is not published.
    method : callable
        Returns from the tables how contributions are defined.
    ranges : mapping of str to Range
        The numbers that each of its parameters may have.
    baseline : bool
        Whether every model is compared with it.
    complexity : int
        How hard it is to see through: 0 for a rule, 1 for a sum of the columns, 2 for a sum of
        their shapes, 3 for trees, 4 for a mean of kinds. A backtest chooses the simplest of those
        that are about as good as the best.
    """

    name: str
    fit: Callable[[Rows, FitSettings, Folds], CrossFit]
    evaluator: str | None
    method: Callable[[Arrays], str] = method_by_background
    ranges: Mapping[str, Range] = field(default_factory=dict)
    baseline: bool = False
    complexity: int = 3


def refuse_not_applicable(kind: str, why: str, allowed: str, next_step: str) -> NoReturn:
    """Refuse to fit a kind on columns that it cannot be computed from."""
    raise ModelError(
        f"kind {kind!r} is not applicable: {why}",
        code="models.not_applicable",
        allowed=allowed,
        next_step=next_step,
    )
