"""The one pass over the facts of households: numba loops that write a panel's rows in their final layout.

A household's facts stand in the total order. Each row walks them backwards, indicator by indicator, so that every
window is a beginning of the walk: what has been gathered when the walk crosses a window's first day is the window's
content. Days are integers, window starts were computed in Python, and the loops only compare.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Finish(IntEnum):
    """What is written when a window has been walked: an aggregate, by its name or by that of its aspect."""

    COUNT = auto()
    EVER = auto()
    DISTINCT = auto()
    NOW = auto()
    SPELL = auto()
    SUM = auto()
    MAX = auto()
    MIN = auto()
    MEAN = auto()
    LAST = auto()
    FIRST = auto()
    CHANGE = auto()
    RECENCY = auto()
    HALF = auto()
    TREND = auto()
    TREND_OF_VALUES = auto()
    CHANGE_OF_STATE = auto()


BEFORE_ALL, NEVER, NOT_AT_ALL = -(2**31), -(2**31) + 1, 2**31 - 1
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
    np.zeros(1, np.int64),
    np.zeros(0, np.int32),
    np.zeros(0, np.int32),
    np.zeros(0, np.int32),
    np.zeros(0),
    np.zeros(0, np.int32),
    np.zeros(0, np.int32),
)


class Program(NamedTuple):
    """Features compiled to arrays: D dates, C codes, O operations, F columns, K kinds of row.

    A kind of row is a date in an area: `base` is what its columns hold before any fact, `live` which feeds deliver.
    The operations of code c are ``op_start[c]:op_start[c + 1]``, on each date in the order in which the walk passes
    the first days of their windows, `op_opens`: then they are written. The deliveries of code c seen by a kind of row
    are ``delivery_day[delivery_first[kind, c]:delivery_end[kind, c]]``.
    """

    as_of: NDArray[np.int32]
    base: NDArray[np.float32]
    live: NDArray[np.bool_]
    op_start: NDArray[np.int64]
    op_opens: NDArray[np.int32]
    op_kind: NDArray[np.int64]
    op_column: NDArray[np.int64]
    delivery_first: NDArray[np.int64]
    delivery_end: NDArray[np.int64]
    delivery_day: NDArray[np.int32]
    recency: NDArray[np.float32]


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
    # Arrays are taken out of their tuples once: looked up inside the loops, each would be counted at every turn.
    start, codes, events, knowns, values, retracted, details = facts
    as_ofs, base, live, op_start, op_opens, op_kind, op_column = program[:7]
    delivery_firsts, delivery_ends, delivery_day, recency = program[7:]

    half = np.zeros((4, X.shape[1]))
    met = np.full(details.max() + 1 if len(details) else 0, -1)
    outside, walk = 0, 0
    for row in range(X.shape[0]):
        for column in range(X.shape[1]):
            X[row, column] = base[kind[row], column]
        if history[row] < 0:
            continue
        d, as_of = date[row], as_ofs[date[row]]
        first, high = start[history[row]], start[history[row] + 1] - 1
        while high >= first:
            code, low = codes[high], high
            while low > first and codes[low - 1] == code:
                low -= 1
            walk += 1
            is_live = live[kind[row], code]
            op, op_end = op_start[code] if is_live else op_start[code + 1], op_start[code + 1]
            delivery_first = delivery_firsts[kind[row], code]
            delivery = delivery_ends[kind[row], code] - 1
            newest_delivery = delivery_day[delivery] if delivery >= delivery_first else NEVER
            count, valued, kinds, latest, held_since = 0, 0, 0, NEVER, NEVER
            total, now = 0.0, 0.0
            least = largest = oldest = newest = np.nan
            # One turn more than there are facts closes the windows that are still open.
            for i in range(high, low - 2, -1):
                if i >= low and not _is_visible(events[i], knowns[i], retracted[i], as_of):
                    continue
                event = events[i] if i >= low else BEFORE_ALL
                while op < op_end and event < op_opens[d, op]:
                    if count > 0:
                        task, column = op_kind[d, op], op_column[d, op]
                        if task == Finish.RECENCY:
                            X[row, column] = recency[min(as_of - latest, len(recency) - 1)]
                        elif task == Finish.HALF:
                            half[0, column], half[1, column], half[2, column] = count, valued, total
                            half[3, column] = walk
                        elif task == Finish.TREND:
                            X[row, column] = (
                                2 * half[0, column] if half[3, column] == walk else 0
                            ) - count
                        elif task == Finish.TREND_OF_VALUES:
                            if half[3, column] == walk and half[1, column] < valued:
                                X[row, column] = _rise(
                                    half[1, column], half[2, column], valued, total
                                )
                        elif task == Finish.CHANGE_OF_STATE:
                            # What it is in the newest delivery of the window less what it was in the oldest.
                            begin, delivery_end = delivery_first, delivery_ends[kind[row], code]
                            while begin < delivery_end and delivery_day[begin] < op_opens[d, op]:
                                begin += 1
                            at_first, was_held = 0.0, False
                            for j in range(i + 1, high + 1 if begin < delivery_end else 0):
                                is_first = events[j] == delivery_day[begin]
                                if is_first and _is_visible(
                                    events[j], knowns[j], retracted[j], as_of
                                ):
                                    at_first = max(at_first, values[j]) if was_held else values[j]
                                    was_held = True
                            if begin < delivery_end:
                                X[row, column] = now - at_first
                        elif task <= Finish.SPELL:
                            if task >= Finish.NOW and newest_delivery == NEVER:
                                op += 1
                                continue
                            X[row, column] = _of_facts(task, count, kinds, now, as_of, held_since)
                        elif valued > 0:
                            X[row, column] = _of_values(
                                task, valued, total, least, largest, oldest, newest
                            )
                    op += 1
                if i < low:
                    break
                value = values[i]
                count += 1
                latest = max(latest, event)
                if not np.isnan(value):
                    if valued == 0:
                        least = largest = newest = value
                    valued += 1
                    total += value
                    least, largest, oldest = min(least, value), max(largest, value), value
                if len(details) and details[i] >= 0 and met[details[i]] != walk:
                    met[details[i]] = walk
                    kinds += 1
                if event == newest_delivery:
                    now = value if held_since == NEVER else max(now, value)
                if delivery >= delivery_first:
                    if event == delivery_day[delivery]:
                        held_since = event
                        delivery -= 1
                    elif event < delivery_day[delivery]:
                        delivery = delivery_first - 1
            outside += 0 if is_live else count
            high = low - 1
    return outside


@njit(cache=True, nogil=True)
def members(history, date, as_of, seen_from, banned_from, facts, need_fact):  # type: ignore[no-untyped-def]
    """Tell which rows belong to the cohort.

    `seen_from` and `banned_from`, shape (D, C), hold the first day on which a fact of a code counts as having been
    seen, or shuts the household out.
    """
    start, code, event, known, _, retracted, _ = facts
    inside, bans = (
        np.zeros(len(history), np.bool_),
        banned_from.size > 0 and banned_from.min() < NOT_AT_ALL,
    )
    for row in range(len(history)):
        seen, banned, d = not need_fact, False, date[row]
        if history[row] >= 0:
            for i in range(start[history[row]], start[history[row] + 1]):
                if _is_visible(event[i], known[i], retracted[i], as_of[d]):
                    seen = seen or event[i] >= seen_from[d, code[i]]
                    banned = banned or event[i] >= banned_from[d, code[i]]
                    if banned or (seen and not bans):
                        break
        inside[row] = seen and not banned
    return inside


# The helpers take numbers only: an array handed over would be counted at every call.
@njit(nogil=True)
def _is_visible(event, known, retracted, as_of):  # type: ignore[no-untyped-def]
    return event < as_of and known < as_of and retracted >= as_of


@njit(nogil=True)
def _of_facts(kind, count, kinds, now, as_of, held_since):  # type: ignore[no-untyped-def]
    if kind == Finish.COUNT:
        return float(count)
    if kind == Finish.DISTINCT:
        return float(kinds)
    if kind == Finish.NOW:
        return now
    if kind == Finish.SPELL:
        return (as_of - held_since) / DAYS_A_MONTH if held_since != NEVER else 0.0
    return 1.0


@njit(nogil=True)
def _of_values(kind, valued, total, least, largest, oldest, newest):  # type: ignore[no-untyped-def]
    if kind == Finish.SUM:
        return total
    if kind == Finish.MAX:
        return largest
    if kind == Finish.MIN:
        return least
    if kind == Finish.MEAN:
        return total / valued
    if kind == Finish.LAST:
        return newest
    if kind == Finish.FIRST:
        return oldest
    return newest - oldest


@njit(nogil=True)
def _rise(later, later_total, valued, total):  # type: ignore[no-untyped-def]
    if later == 0:
        return np.nan
    return later_total / later - (total - later_total) / (valued - later)
