"""Which cells of a row no record can give: a count of -1, or one that a longer window exceeds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import ColumnEntry, Floats
from riskmodel.serving.reason_texts import DAYS_OF_UNIT

_NOT_NEGATIVE = frozenset(
    {"count", "ever", "distinct", "kinds", "recency", "spell", "range", "std"}
)
_WHOLE = frozenset({"count", "ever", "distinct", "kinds"})
_UP_TO_ONE = frozenset({"ever", "recency"})
# what a window holds, every longer one holds
_GROWING = frozenset({"count", "ever", "distinct"})


class _Pair(NamedTuple):
    """The positions of one figure in two windows, the shorter first."""

    shorter: int
    longer: int


class _Span(NamedTuple):
    """How many days a window has at least and at most."""

    least: float
    most: float


class PossibleCells:
    """What each column of records can hold; columns of a frame may hold any number.

    Parameters
    ----------
    columns : sequence of mapping
        name, indicator, aggregate, window and codes of each.

    Notes
    -----
    Counts, and whether there is any fact, are whole and not below 0. Recency is
    ``2 ** (-days / 180)`` or 0, and thus 0 to 1. A number of kinds is at most the number of
    indicators that it counts. A window holds what each shorter one does.
    """

    def __init__(self, columns: Sequence[ColumnEntry]) -> None:
        aggregates = [_aggregate(column) for column in columns]
        self._lowest = np.where(np.isin(aggregates, [*_NOT_NEGATIVE]), 0.0, -np.inf)
        self._highest = np.array([_highest(column) for column in columns])
        self._whole = np.flatnonzero(np.isin(aggregates, [*_WHOLE]))
        pairs = _pairs(columns)
        self._shorter = np.array([pair.shorter for pair in pairs], dtype=np.intp)
        self._longer = np.array([pair.longer for pair in pairs], dtype=np.intp)

    def impossible(self, X: Floats) -> NDArray[np.bool_]:
        """Return which cells cannot be, shape of X; of two windows at odds both."""
        found: NDArray[np.bool_] = (self._lowest > X) | (self._highest < X)
        whole = np.take(X, self._whole, axis=1)
        rows, places = np.nonzero(np.floor(whole) < whole)
        found[rows, self._whole[places]] = True
        longer = np.take(X, self._longer, axis=1)
        rows, pairs = np.nonzero(np.take(X, self._shorter, axis=1) > longer)
        found[rows, self._shorter[pairs]] = True
        found[rows, self._longer[pairs]] = True
        return found


def _aggregate(column: ColumnEntry) -> str:
    """Return how a number of records is made; nothing for a category or a column of a frame."""
    if column["categories"] is not None:
        return ""
    return "kinds" if column.get("family") else column["aggregate"]


def _highest(column: ColumnEntry) -> float:
    aggregate = _aggregate(column)
    if aggregate == "kinds":
        return float(len(column.get("codes", ())))
    return 1.0 if aggregate in _UP_TO_ONE else np.inf


def _pairs(columns: Sequence[ColumnEntry]) -> list[_Pair]:
    """Return each figure's windows, every one with the next one that is certainly longer."""
    windows: dict[tuple[str, str], list[int]] = {}
    for position, column in enumerate(columns):
        if _aggregate(column) in _GROWING:
            windows.setdefault((column["indicator"], column["aggregate"]), []).append(position)
    spans = [_span_of(column["window"]) for column in columns]
    found = []
    for own in windows.values():
        ordered = sorted(own, key=lambda j: spans[j])
        for place, j in enumerate(ordered):
            longer = (k for k in ordered[place + 1 :] if spans[k].least >= spans[j].most)
            found += [_Pair(j, k) for k in islice(longer, 1)]
    return found


def _span_of(window: str) -> _Span:
    """Return how many days a window has; a month has 28 to 31, and one without end the most."""
    number, unit = window[:-1], window[-1:]
    if not number.isdigit() or unit not in DAYS_OF_UNIT:
        return _Span(np.inf, np.inf)
    days, leeway = int(number) * DAYS_OF_UNIT[unit], 0 if unit == "D" else 3
    return _Span(days - leeway, days + leeway)
