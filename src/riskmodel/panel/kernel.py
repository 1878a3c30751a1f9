"""The one pass over the facts of households: numba loops that write a panel's rows in their final layout.

A household's facts stand in the total order. Each row walks them backwards, indicator by indicator, so that every
window is a beginning of the walk: what has been gathered when the walk crosses a window's first day is the window's
content. Days are integers, window starts were computed in Python, and the loops only compare.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

(COUNT, SUM, MAX, RECENCY, EVER, DISTINCT, NOW, SPELL, MEAN, LAST, FIRST, MIN, CHANGE, MARK, TREND, VALUE_TREND) = range(16)
NEVER = -(2**31) + 1
DAYS_A_MONTH = 30.4375


class Facts(NamedTuple):
    """Facts of some households, in the total order; `start[h]` is where household h begins."""

    start: NDArray[np.int64]
    code: NDArray[np.int32]
    event: NDArray[np.int32]
    known: NDArray[np.int32]
    value: NDArray[np.float64]
    retracted: NDArray[np.int32]
    detail: NDArray[np.int32]


NO_FACTS = Facts(
    np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0),
    np.zeros(0, np.int32), np.zeros(0, np.int32),
)


class Program(NamedTuple):
    """Features compiled to arrays: D dates, C codes, S steps (a code's window), F columns, K kinds of row.

    A kind of row is a date in an area: `base` is what its columns hold before any fact, `live` which feeds deliver.
    The steps of code c are ``step_start[c]:step_start[c + 1]``; on date d they close in the order ``step_order[d]``
    when the walk passes ``step_close[d]``, and then their operations are written.
    """

    as_of: NDArray[np.int32]
    base: NDArray[np.float32]
    live: NDArray[np.bool_]
    step_start: NDArray[np.int64]
    step_order: NDArray[np.int64]
    step_close: NDArray[np.int32]
    op_start: NDArray[np.int64]
    op_kind: NDArray[np.int64]
    op_column: NDArray[np.int64]
    delivery_start: NDArray[np.int64]
    delivery_day: NDArray[np.int32]
    recency: NDArray[np.float32]


class Gathered(NamedTuple):
    """What a walk has gathered so far."""

    count: int
    valued: int
    total: float
    least: float
    largest: float
    oldest: float
    newest: float
    kinds: int
    latest: int
    now: float
    held_since: int


@njit(cache=True, nogil=True)
def fill(X, history, date, kind, facts, program):  # type: ignore[no-untyped-def]  # numba infers
    """Write the rows of X and return how many visible facts lay outside their feed's coverage.

    Parameters
    ----------
    X : ndarray of float32, shape (n_rows, F)
    history : ndarray of int64, shape (n_rows,)
        The row's household among the facts; -1 for one without facts.
    date, kind : ndarray of int64, shape (n_rows,)
    facts : Facts
    program : Program
    """
    outside = 0
    half = np.zeros((3, X.shape[1]))
    met = np.full(facts.detail.max() + 1 if len(facts.detail) else 0, -1)
    walk = 0
    for row in range(X.shape[0]):
        X[row] = program.base[kind[row]]
        if history[row] < 0:
            continue
        first = facts.start[history[row]]
        high = facts.start[history[row] + 1] - 1
        while high >= first:
            code = facts.code[high]
            low = high
            while low > first and facts.code[low - 1] == code:
                low -= 1
            if program.live[kind[row], code]:
                walk += 1
                _walk(X[row], low, high, date[row], code, facts, program, half, met, walk)
            else:
                outside += _visible_count(low, high, program.as_of[date[row]], facts)
            high = low - 1
    return outside


@njit(cache=True, nogil=True)
def members(history, date, as_of, seen_from, banned_from, facts, need_fact):  # type: ignore[no-untyped-def]
    """Tell which rows belong to the cohort.

    `seen_from` and `banned_from`, shape (D, C), hold the first day on which a fact of a code counts as having been
    seen, or shuts the household out.
    """
    inside = np.zeros(len(history), np.bool_)
    for row in range(len(history)):
        seen, banned = not need_fact, False
        if history[row] >= 0:
            for i in range(facts.start[history[row]], facts.start[history[row] + 1]):
                if _is_visible(i, as_of[date[row]], facts):
                    seen = seen or facts.event[i] >= seen_from[date[row], facts.code[i]]
                    banned = banned or facts.event[i] >= banned_from[date[row], facts.code[i]]
        inside[row] = seen and not banned
    return inside


@njit(cache=True, nogil=True)
def _is_visible(i, as_of, facts):  # type: ignore[no-untyped-def]
    if facts.event[i] >= as_of or facts.known[i] >= as_of:
        return False
    return len(facts.retracted) == 0 or facts.retracted[i] >= as_of


@njit(cache=True, nogil=True)
def _visible_count(low, high, as_of, facts):  # type: ignore[no-untyped-def]
    count = 0
    for i in range(low, high + 1):
        count += _is_visible(i, as_of, facts)
    return count


@njit(cache=True, nogil=True)
def _walk(x, low, high, d, code, facts, program, half, met, walk):  # type: ignore[no-untyped-def]
    as_of = program.as_of[d]
    step, last_step = program.step_start[code], program.step_start[code + 1]
    cell = d * (len(program.step_start) - 1) + code
    delivery, first_delivery = program.delivery_start[cell + 1] - 1, program.delivery_start[cell]
    newest_delivery = program.delivery_day[delivery] if delivery >= first_delivery else NEVER
    count, valued, kinds, latest, held_since = 0, 0, 0, NEVER, NEVER
    total, now = 0.0, 0.0
    least = largest = oldest = newest = np.nan
    i = high
    while step < last_step:
        if i >= low and not _is_visible(i, as_of, facts):
            i -= 1
            continue
        event = facts.event[i] if i >= low else NEVER
        if event < program.step_close[d, step] or i < low:
            gathered = Gathered(count, valued, total, least, largest, oldest, newest, kinds, latest, now, held_since)
            _write(x, program.step_order[d, step], as_of, gathered, program, half)
            step += 1
            continue
        value = facts.value[i]
        count += 1
        latest = max(latest, event)
        if not np.isnan(value):
            if valued == 0:
                least = largest = newest = value
            valued += 1
            total += value
            least, largest, oldest = min(least, value), max(largest, value), value
        if len(facts.detail) and facts.detail[i] >= 0 and met[facts.detail[i]] != walk:
            met[facts.detail[i]] = walk
            kinds += 1
        if event == newest_delivery:
            now = value if held_since == NEVER else max(now, value)
        if delivery >= first_delivery:
            if event == program.delivery_day[delivery]:
                held_since = event
                delivery -= 1
            elif event < program.delivery_day[delivery]:
                delivery = first_delivery - 1
        i -= 1


@njit(cache=True, nogil=True)
def _write(x, step, as_of, g, program, half):  # type: ignore[no-untyped-def]
    for i in range(program.op_start[step], program.op_start[step + 1]):
        kind, column = program.op_kind[i], program.op_column[i]
        if kind == COUNT:
            x[column] = g.count
        elif kind == MARK:
            half[0, column], half[1, column], half[2, column] = g.count, g.valued, g.total
        elif kind == TREND:
            x[column] = 2 * half[0, column] - g.count
        elif g.count == 0:
            continue
        elif kind == EVER:
            x[column] = 1
        elif kind == DISTINCT:
            x[column] = g.kinds
        elif kind == RECENCY:
            x[column] = program.recency[min(as_of - g.latest, len(program.recency) - 1)]
        elif kind == NOW:
            x[column] = g.now
        elif kind == SPELL:
            if g.held_since != NEVER:
                x[column] = (as_of - g.held_since) / DAYS_A_MONTH
        elif g.valued > 0:
            _write_value(x, column, kind, g, half)


@njit(cache=True, nogil=True)
def _write_value(x, column, kind, g, half):  # type: ignore[no-untyped-def]
    if kind == SUM:
        x[column] = g.total
    elif kind == MAX:
        x[column] = g.largest
    elif kind == MIN:
        x[column] = g.least
    elif kind == MEAN:
        x[column] = g.total / g.valued
    elif kind == LAST:
        x[column] = g.newest
    elif kind == FIRST:
        x[column] = g.oldest
    elif kind == CHANGE:
        x[column] = g.newest - g.oldest
    elif kind == VALUE_TREND and 0 < half[1, column] < g.valued:
        later, earlier = half[1, column], g.valued - half[1, column]
        x[column] = half[2, column] / later - (g.total - half[2, column]) / earlier
