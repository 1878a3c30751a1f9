"""The types of what the reader of a published model takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]
# one JSON file of an artefact
Part = Mapping[str, Any]


class ColumnEntry(TypedDict):
    """One column of a model as ``features.json`` holds it.

    Attributes
    ----------
    name, indicator, aggregate, window, direction, categories
        Those of the panel's column.
    way, rank, evidence, blank
        How a reason words the column.
    family, codes
        Of a number of different indicators alone: their family of life, and which they are.
    words
        What it is, by code of a language; a version that was published before has none.
    """

    name: str
    indicator: str
    aggregate: str
    window: str
    direction: int
    categories: list[str] | None
    way: str
    rank: int
    evidence: str
    blank: str
    family: NotRequired[str]
    codes: NotRequired[list[str]]
    words: NotRequired[dict[str, str]]


def key_of(name: str, indicator: str, family: str) -> str:
    """Return what a column's contribution is summed under.

    That is its indicator, else the kinds of its family, else its own name.
    """
    return indicator or (f"{family}__kinds" if family else name)


def entry_key(column: ColumnEntry) -> str:
    """Return what the contribution of a published column is summed under."""
    return key_of(column["name"], column["indicator"], column.get("family", ""))


class Band(TypedDict):
    """A band of risk, and the least margin in it; None for the lowest band."""

    name: str
    from_margin: float | None


class Reason(TypedDict):
    """A reason for a score: its indicator, its text, and its part of the log-odds."""

    code: str
    text: str
    contribution: float


class Scores(TypedDict):
    """What a model gives for rows; one item per row in each."""

    margin: Floats
    score: Floats
    percentile: Floats
    band: list[str]
    band_text: list[str]
    reasons: list[list[Reason]]
    weaker: NDArray[np.int64]
    missing: list[list[str]]
    partly_missing: list[list[str]]
    no_value: list[list[str]]
    unseen: list[list[str]]
    impossible: list[list[str]]
    digest: list[str]


class Frame(Protocol):
    """A DataFrame, of whichever library."""

    @property
    def columns(self) -> Any:
        """The names of its columns."""

    def __getitem__(self, name: Any, /) -> Any: ...


Rows = Frame | Mapping[str, Any] | Sequence[Mapping[str, Any]]
# from a matrix to margins and each column's part of them
Evaluator = Callable[[Floats], tuple[Floats, Floats]]
