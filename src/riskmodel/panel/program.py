"""Features compiled to the arrays of the kernel's closed algebra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import Days, Span
from riskmodel.panel import kernel
from riskmodel.panel.aggregates import EVER, OF_STATES, Column
from riskmodel.panel.feeds import NO_AREA, Feeds

HALF_LIFE = 180.0
NO_WINDOW = kernel.NEVER
_OPERATION = {
    "count": kernel.COUNT,
    "sum": kernel.SUM,
    "min": kernel.MIN,
    "max": kernel.MAX,
    "mean": kernel.MEAN,
    "first": kernel.FIRST,
    "last": kernel.LAST,
    "change": kernel.CHANGE,
    "ever": kernel.EVER,
    "distinct": kernel.DISTINCT,
    "recency": kernel.RECENCY,
    "now": kernel.NOW,
    "spell": kernel.SPELL,
    "trend": kernel.TREND,
}
_MISSING_IN_READINGS = frozenset({"sum", "min", "max", "mean", "first", "last", "change", "trend"})


class _Operation(NamedTuple):
    """What is written for one column when a window, or its later half, has been walked through."""

    place: int
    window: str
    is_half: bool
    kind: int
    column: int

    def opens(self, as_of: np.datetime64) -> int:
        if self.window == EVER:
            return NO_WINDOW
        return int((half_before if self.is_half else window_before)(self.window, as_of).astype(np.int64))


def window_before(window: str, as_of: np.datetime64) -> np.datetime64:
    """Return a window's first day."""
    return np.datetime64(Span.parse(window).before(as_of))


def half_before(window: str, as_of: np.datetime64) -> np.datetime64:
    """Return the first day of a window's later half: half the span before the date, in days where it is odd.

    Examples
    --------
    >>> half_before("12M", np.datetime64("2024-08-31"))
    np.datetime64('2024-02-29')
    >>> half_before("3M", np.datetime64("2024-04-01"))
    np.datetime64('2024-02-16')
    """
    span = Span.parse(window)
    if span.count % 2 == 0:
        return np.datetime64(Span(span.count // 2, span.unit).before(as_of))
    return np.datetime64(as_of - (as_of - span.before(as_of)) // 2)


def compile_program(
    columns: Sequence[Column], codes: Sequence[str], feeds: Feeds, dates: Days, areas: Sequence[str] = (NO_AREA,)
) -> kernel.Program:
    """Compile columns for the kernel; the kind of a row is ``date * len(areas) + area``.

    Parameters
    ----------
    columns : sequence of Column
    codes : sequence of str
        The codes of the facts, in the order of their numbers.
    feeds : Feeds
    dates : ndarray of datetime64[D], shape (D,)
    areas : sequence of str
    """
    operations = sorted(_operations(columns, codes, feeds.catalogue))
    shape = (len(dates), len(operations))
    opens = np.array([[operation.opens(day) for operation in operations] for day in dates], np.int32).reshape(shape)
    op_start = np.searchsorted([operation.place for operation in operations], range(len(codes) + 1)).astype(np.int64)
    order = _walking_order(opens, op_start)
    delivered = [_delivered(code, day, columns, feeds) for day in dates for code in codes]
    live = np.array([[feeds.is_live(code, day, area) for code in codes] for day in dates for area in areas], bool)
    return kernel.Program(
        as_of=dates.astype(np.int64).astype(np.int32),
        base=_base(columns, codes, feeds.catalogue, live, delivered, len(areas)),
        live=live.reshape(len(dates) * len(areas), len(codes)),
        op_start=op_start,
        op_opens=np.take_along_axis(opens, order, axis=1),
        op_kind=np.array([operation.kind for operation in operations], np.int64)[order],
        op_column=np.array([operation.column for operation in operations], np.int64)[order],
        delivery_start=np.cumsum([0, *map(len, delivered)]).astype(np.int64),
        delivery_day=np.concatenate([np.zeros(0, np.int32), *(d.astype(np.int64).astype(np.int32) for d in delivered)]),
        recency=np.exp2(-np.arange(20_000) / HALF_LIFE).astype(np.float32),
    )


def _operations(columns: Sequence[Column], codes: Sequence[str], catalogue: Catalogue) -> Iterator[_Operation]:
    for number, column in enumerate(columns):
        place, kind = codes.index(column.indicator), _OPERATION[column.aggregate]
        if column.aggregate == "trend":
            yield _Operation(place, column.window, is_half=True, kind=kernel.MARK, column=number)
            if catalogue[column.indicator].kind == "reading":
                kind = kernel.VALUE_TREND
        yield _Operation(place, column.window, is_half=False, kind=kind, column=number)


def _walking_order(opens: NDArray[np.int32], op_start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each date the operations of each code, those of the window that opens last first."""
    order = np.empty(opens.shape, np.int64)
    for first, end in pairwise(op_start):
        order[:, first:end] = first + np.argsort(-opens[:, first:end].astype(np.int64), axis=1, kind="stable")
    return order


def _delivered(code: str, day: np.datetime64, columns: Sequence[Column], feeds: Feeds) -> Days:
    if any(column.indicator == code and column.aggregate in OF_STATES for column in columns):
        return feeds.delivered(code, day)
    return np.zeros(0, "datetime64[D]")


def _base(
    columns: Sequence[Column],
    codes: Sequence[str],
    catalogue: Catalogue,
    live: NDArray[np.bool_],
    delivered: list[Days],
    areas: int,
) -> NDArray[np.float32]:
    base = np.zeros((len(live), len(columns)), np.float32)
    for number, column in enumerate(columns):
        place = codes.index(column.indicator)
        is_reading = catalogue[column.indicator].kind == "reading"
        if is_reading and column.aggregate in _MISSING_IN_READINGS:
            base[:, number] = np.nan
        elif column.aggregate in OF_STATES:
            none_yet = [not len(days) for days in delivered[place :: len(codes)]]
            base[np.repeat(none_yet, areas), number] = np.nan
        base[~live[:, place], number] = np.nan
    return base
