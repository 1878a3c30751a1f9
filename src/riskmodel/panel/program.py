"""Features compiled to the arrays of the kernel's closed algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import Days, Span
from riskmodel.panel import kernel
from riskmodel.panel.aggregates import EVER, OF_STATES, Column
from riskmodel.panel.feeds import NO_AREA, Feeds

HALF_LIFE = 180.0
NO_WINDOW = -(2**31) + 1
_OPERATION = {
    "count": kernel.COUNT, "sum": kernel.SUM, "min": kernel.MIN, "max": kernel.MAX, "mean": kernel.MEAN,
    "first": kernel.FIRST, "last": kernel.LAST, "change": kernel.CHANGE, "ever": kernel.EVER,
    "distinct": kernel.DISTINCT, "recency": kernel.RECENCY, "now": kernel.NOW, "spell": kernel.SPELL,
    "trend": kernel.TREND,
}
_MISSING_IN_READINGS = frozenset({"sum", "min", "max", "mean", "first", "last", "change", "trend"})


@dataclass(frozen=True, order=True)
class _Step:
    """One code's window, or the later half of one."""

    place: int
    window: str
    is_half: bool

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
    operations = _operations(columns, codes, feeds.catalogue)
    steps = sorted({step for step, _, _ in operations})
    placed = sorted((steps.index(step), kind, column) for step, kind, column in operations)
    opens = np.array([[step.opens(day) for step in steps] for day in dates], np.int32).reshape(len(dates), len(steps))
    step_start = np.searchsorted([step.place for step in steps], range(len(codes) + 1))
    order = _closing_order(opens, step_start)
    delivered = [_delivered(code, day, columns, feeds) for day in dates for code in codes]
    live = np.array([[feeds.is_live(code, day, area) for code in codes] for day in dates for area in areas], bool)
    return kernel.Program(
        as_of=dates.astype(np.int64).astype(np.int32),
        base=_base(columns, codes, feeds.catalogue, live, delivered, len(areas)),
        live=live.reshape(len(dates) * len(areas), len(codes)),
        step_start=step_start.astype(np.int64),
        step_order=order,
        step_close=np.take_along_axis(opens, order, axis=1),
        op_start=np.searchsorted([place for place, _, _ in placed], range(len(steps) + 1)).astype(np.int64),
        op_kind=np.array([kind for _, kind, _ in placed], np.int64),
        op_column=np.array([column for _, _, column in placed], np.int64),
        delivery_start=np.cumsum([0, *map(len, delivered)]).astype(np.int64),
        delivery_day=np.concatenate([np.zeros(0, np.int32), *(d.astype(np.int64).astype(np.int32) for d in delivered)]),
        recency=np.exp2(-np.arange(20_000) / HALF_LIFE).astype(np.float32),
    )


def _operations(
    columns: Sequence[Column], codes: Sequence[str], catalogue: Catalogue
) -> list[tuple[_Step, int, int]]:
    found = []
    for number, column in enumerate(columns):
        place, kind = codes.index(column.indicator), _OPERATION[column.aggregate]
        if column.aggregate == "trend":
            found.append((_Step(place, column.window, is_half=True), kernel.MARK, number))
            if catalogue[column.indicator].kind == "reading":
                kind = kernel.VALUE_TREND
        found.append((_Step(place, column.window, is_half=False), kind, number))
    return found


def _closing_order(opens: NDArray[np.int32], step_start: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return for each date the steps of each code, the one that opens last first."""
    order = np.empty(opens.shape, np.int64)
    for first, end in pairwise(step_start):
        order[:, first:end] = first + np.argsort(-opens[:, first:end].astype(np.int64), axis=1, kind="stable")
    return order


def _delivered(code: str, day: np.datetime64, columns: Sequence[Column], feeds: Feeds) -> Days:
    if any(column.indicator == code and column.aggregate in OF_STATES for column in columns):
        return feeds.delivered(code, day)
    return np.zeros(0, "datetime64[D]")


def _base(
    columns: Sequence[Column], codes: Sequence[str], catalogue: Catalogue, live: NDArray[np.bool_],
    delivered: list[Days], areas: int,
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
