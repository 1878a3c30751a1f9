"""Features compiled to the arrays of the kernel's closed algebra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import NO_DAY, Days, Span
from riskmodel.panel.filling import kernel
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.kernel import Finish
from riskmodel.panel.filling.one_feed import NO_AREA
from riskmodel.panel.specs.aggregates import AGGREGATES, Aspect
from riskmodel.panel.specs.feature_columns import EVER, Column

HALF_LIFE = 180.0
NO_WINDOW = kernel.NEVER

DayOrDays = TypeVar("DayOrDays", np.datetime64, Days)


class _Operation(NamedTuple):
    """What is written for one column when its window, or the later half, has been walked.

    `code` is the position of its indicator's code.
    """

    code: int
    window: str
    is_half: bool
    finish: int
    column: int


def window_before(window: str, as_of: DayOrDays) -> DayOrDays:
    """Return the first day of the window before a date, or before each of several."""
    opens: DayOrDays = Span.parse(window).before(as_of)
    return opens


def half_before(window: str, as_of: np.datetime64) -> np.datetime64:
    """Return the first day of a window's later half.

    It lies half the span before the date, counted in days where the span is odd.

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
    columns: Sequence[Column],
    codes: Sequence[str],
    feeds: Feeds,
    dates: Days,
    areas: Sequence[str] = (NO_AREA,),
) -> kernel.Program:
    """Compile columns for the kernel; a date-area is ``date * len(areas) + area``.

    Parameters
    ----------
    columns : sequence of Column
        Those of several indicators are left as they are: `counted_kinds` fills them.
    codes : sequence of str
        The codes of the facts, in the order of their numbers.
    feeds : Feeds
    dates : ndarray of datetime64[D], shape (D,)
    areas : sequence of str
    """
    operations = sorted(_operations(columns, codes, feeds.catalogue))
    codes_of_operations = [operation.code for operation in operations]
    op_start = np.searchsorted(codes_of_operations, range(len(codes) + 1)).astype(np.int64)
    opens = _opens(operations, dates)
    order = _walking_order(opens, op_start)
    finishes = np.array([operation.finish for operation in operations], np.int64)
    targets = np.array([operation.column for operation in operations], np.int64)

    is_live = by_date_area(
        lambda code, day: feeds.is_live(code, day, areas), codes, dates, areas
    ).astype(bool)
    deliveries = _deliveries(columns, codes, feeds, dates, areas)
    as_of = np.repeat(dates, len(areas))
    return kernel.Program(
        as_of=_day_numbers(dates),
        base=_base(columns, codes, feeds.catalogue, is_live, as_of, deliveries),
        live=is_live,
        op_start=op_start,
        op_opens=np.take_along_axis(opens, order, axis=1),
        op_finish=finishes[order],
        op_column=targets[order],
        delivery_first=np.ascontiguousarray(deliveries.span[..., 0]),
        delivery_end=np.ascontiguousarray(deliveries.span[..., 1]),
        delivery_day=_day_numbers(deliveries.days),
        recency=np.exp2(-np.arange(20_000) / HALF_LIFE).astype(np.float32),
    )


def by_date_area(
    value_of: Callable[[str, np.datetime64], NDArray[Any]],
    codes: Sequence[str],
    dates: Days,
    areas: Sequence[str],
) -> NDArray[Any]:
    """Return `value_of` each code on each date, which has one item per area.

    Returns
    -------
    ndarray, shape (n_dates * n_areas, n_codes, ...)
    """
    if not len(codes):
        return np.zeros((len(dates) * len(areas), 0))
    return np.stack([_on_dates(value_of, code, dates) for code in codes], axis=1)


def _on_dates(
    value_of: Callable[[str, np.datetime64], NDArray[Any]], code: str, dates: Days
) -> NDArray[Any]:
    return np.concatenate([value_of(code, day) for day in dates])


class _Deliveries(NamedTuple):
    """The deliveries of each code that are visible on each date.

    Attributes
    ----------
    span : ndarray of int64, shape (n_dates * n_areas, n_codes, 2)
        From where to where they stand in `days`.
    days : ndarray of datetime64[D]
    """

    span: NDArray[np.int64]
    days: Days

    def none_in(self, code: int, window: str, as_of: Days) -> NDArray[np.bool_]:
        """Return for each date-area whether no delivery of a code lies in a window."""
        newest = np.array(
            [self.days[end - 1] if end > first else NO_DAY for first, end in self.span[:, code]],
            "datetime64[D]",
        )
        if window == EVER:
            return np.isnat(newest)
        # A comparison with NaT is false, so that no delivery at all is none in the window.
        return ~(newest >= window_before(window, as_of))


@dataclass(eq=False)
class _DeliveryDays:
    """Gathers in one array the delivery days of the codes whose deliveries decide some column."""

    feeds: Feeds
    areas: Sequence[str]
    codes: set[str]
    parts: list[Days] = field(default_factory=lambda: [np.zeros(0, "datetime64[D]")])
    size: int = 0

    def add(self, code: str, day: np.datetime64) -> NDArray[np.int64]:
        """Add the deliveries visible on a date; return from where to where each area's stand."""
        if code not in self.codes:
            return np.zeros((len(self.areas), 2), np.int64)
        days, span = self.feeds.delivered(code, day, self.areas)
        self.parts.append(days)
        self.size += len(days)
        return span + self.size - len(days)

    def days(self) -> Days:
        return np.concatenate(self.parts)


def _deliveries(
    columns: Sequence[Column],
    codes: Sequence[str],
    feeds: Feeds,
    dates: Days,
    areas: Sequence[str],
) -> _Deliveries:
    by_deliveries = {
        column.indicator
        for _, column in _of_one(columns)
        if _aspect(column, feeds.catalogue).by_deliveries
    }
    gathered = _DeliveryDays(feeds, areas, by_deliveries)
    span = by_date_area(gathered.add, codes, dates, areas)
    shape = (len(dates) * len(areas), len(codes), 2)
    return _Deliveries(span.reshape(shape).astype(np.int64), gathered.days())


def _day_numbers(days: Days) -> NDArray[np.int32]:
    """Return days as the kernel counts them."""
    return days.astype(np.int64).astype(np.int32)


def _of_one(columns: Sequence[Column]) -> Iterator[tuple[int, Column]]:
    """Yield the columns of one indicator each, with their positions."""
    return ((number, column) for number, column in enumerate(columns) if column.indicator)


def _aspect(column: Column, catalogue: Catalogue) -> Aspect:
    """Return what a column's aggregate is for its indicator."""
    return AGGREGATES[column.aggregate].aspects[catalogue[column.indicator].kind]


def _opens(operations: Sequence[_Operation], dates: Days) -> NDArray[np.int32]:
    """Return the first day of each operation's window, shape (n_dates, n_operations)."""
    windows = {(operation.window, operation.is_half) for operation in operations}
    days_of = {window: _first_days(*window, dates) for window in windows}
    opens = np.zeros((len(dates), len(operations)), np.int32)
    for number, operation in enumerate(operations):
        opens[:, number] = days_of[operation.window, operation.is_half]
    return opens


def _first_days(window: str, is_half: bool, dates: Days) -> list[int]:  # noqa: FBT001
    if window == EVER:
        return [NO_WINDOW] * len(dates)
    if is_half:
        return [int(half_before(window, day).astype(np.int64)) for day in dates]
    return [int(window_before(window, day).astype(np.int64)) for day in dates]


def _operations(
    columns: Sequence[Column], codes: Sequence[str], catalogue: Catalogue
) -> Iterator[_Operation]:
    for number, column in _of_one(columns):
        code = codes.index(column.indicator)
        window = column.window
        if AGGREGATES[column.aggregate].window == "halves":
            yield _Operation(code, window, is_half=True, finish=Finish.HALF, column=number)
        finish = _aspect(column, catalogue).finish or column.aggregate
        yield _Operation(code, window, is_half=False, finish=Finish[finish.upper()], column=number)


def _walking_order(opens: NDArray[np.int32], op_start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each date the operations of each code, the window that opens last first."""
    order = np.empty(opens.shape, np.int64)
    for first, end in pairwise(op_start):
        order[:, first:end] = first + np.argsort(
            -opens[:, first:end].astype(np.int64), axis=1, kind="stable"
        )
    return order


def _base(
    columns: Sequence[Column],
    codes: Sequence[str],
    catalogue: Catalogue,
    is_live: NDArray[np.bool_],
    as_of: Days,
    deliveries: _Deliveries,
) -> NDArray[np.float32]:
    """Return what a cell holds without any fact, shape (n_dates * n_areas, n_columns)."""
    base = np.zeros((len(is_live), len(columns)), np.float32)
    for number, column in _of_one(columns):
        code = codes.index(column.indicator)
        aspect = _aspect(column, catalogue)
        base[:, number] = aspect.empty
        if aspect.by_deliveries:
            is_unknown = deliveries.none_in(code, column.window, as_of)
            base[is_unknown, number] = np.nan
        base[~is_live[:, code], number] = np.nan
    return base
