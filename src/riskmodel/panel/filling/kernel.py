"""The one pass over households' facts: numba loops that write a panel's rows in their final layout.

A household's facts stand in the total order. For each row, `fill` walks them backwards, indicator
by indicator. Every window ends on the row's date, so what the walk has gathered when it crosses a
window's first day is the window's content. A new aggregate gathers what it needs in `_with_fact`,
and a finish computes its value. Days are integers; window starts were computed in Python, and the
loops only compare.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Finish(IntEnum):
    """What is written when a window has been walked, named by the aggregate or its aspect.

    The order counts: up to SPELL facts or deliveries decide, from SUM to STD values do, and from
    TREND on the halves of a window. A new finish of values goes between SUM and STD, with its
    branch in `_of_values`.
    """

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
    RANGE = auto()
    STD = auto()
    RECENCY = auto()
    CHANGE_OF_STATE = auto()
    HALF = auto()
    TREND = auto()
    TREND_OF_VALUES = auto()


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


def read_only(facts: Facts) -> Facts:
    """Let no array be written to: for arrays of which some are, numba compiles each mixture."""
    for array in facts:
        array.flags.writeable = False
    return facts


NO_FACTS = read_only(
    Facts(
        np.zeros(1, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        np.zeros(0),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
    )
)


class Program(NamedTuple):
    """Features compiled to arrays: D dates, C codes, O operations, F columns, A areas.

    A date-area, of which there are D * A, is a date in an area. `base` is what the columns hold
    there before any fact, and `live` says which feeds deliver. The operations of code c are
    ``op_start[c]:op_start[c + 1]``, on each date in the order in which the walk passes the first
    days of their windows, `op_opens`. The deliveries of code c seen in date-area r are
    ``delivery_day[delivery_first[r, c]:delivery_end[r, c]]``.
    """

    as_of: NDArray[np.int32]
    base: NDArray[np.float32]
    live: NDArray[np.bool_]
    op_start: NDArray[np.int64]
    op_opens: NDArray[np.int32]
    op_finish: NDArray[np.int64]
    op_column: NDArray[np.int64]
    delivery_first: NDArray[np.int64]
    delivery_end: NDArray[np.int64]
    delivery_day: NDArray[np.int32]
    recency: NDArray[np.float32]


class Walked(NamedTuple):
    """What a walk has gathered of one indicator's visible facts, from the latest one back.

    `shifted` and `squares` are the sums of the values less the newest value, and of its squares. A
    variance from these loses no digits, however far from 0 the values lie: the newest value is one
    of them, so `squares` is at most `n_values` times what remains of it.
    """

    n_facts: int
    latest: int
    n_texts: int
    n_values: int
    total: float
    least: float
    largest: float
    newest: float
    oldest: float
    shifted: float
    squares: float
    now: float
    held_since: int


class Half(NamedTuple):
    """What the later half of a window holds."""

    n_facts: float
    n_values: float
    total: float


class Window(NamedTuple):
    """A row's window of one code: its first day, and the positions of its facts."""

    date_area: int
    code: int
    opens: int
    as_of: int
    low: int
    high: int


NOTHING = Walked(0, NEVER, 0, 0, 0.0, np.nan, np.nan, np.nan, np.nan, 0.0, 0.0, 0.0, NEVER)
NO_HALF = Half(0.0, 0.0, 0.0)


@njit(cache=True, nogil=True)
def fill(X, history, date, date_area, facts, program):  # type: ignore[no-untyped-def]  # numba infers
    """Write the rows of X and return how many visible facts lay outside their feed's coverage.

    Parameters
    ----------
    X : ndarray of float32, shape (n_rows, F)
    history : ndarray of int64, shape (n_rows,)
        The row's household among the facts; -1 for one without facts.
    date, date_area : ndarray of int64, shape (n_rows,)
    facts : Facts
    program : Program
    """
    # Arrays leave their tuples once: looked up in the loops, each would be counted there.
    start, codes, events, knowns, values, retracted, details = facts
    as_ofs, base, live, op_start, op_opens, op_finish, op_column = program[:7]
    delivery_firsts, delivery_ends, delivery_day, recency = program[7:]

    halves = np.zeros((4, X.shape[1]))
    met = np.full(details.max() + 1 if len(details) else 0, -1)
    outside, walk = 0, 0
    for row in range(X.shape[0]):
        d, r = date[row], date_area[row]
        for column in range(X.shape[1]):
            X[row, column] = base[r, column]
        if history[row] < 0:
            continue

        as_of = as_ofs[d]
        first, high = start[history[row]], start[history[row] + 1] - 1
        while high >= first:
            code, low = codes[high], high
            while low > first and codes[low - 1] == code:
                low -= 1
            walk, walked = walk + 1, NOTHING
            op, op_end = op_start[code], op_start[code + 1]
            if not live[r, code]:
                op = op_end
            oldest, delivery = delivery_firsts[r, code], delivery_ends[r, code] - 1
            newest = delivery_day[delivery] if delivery >= oldest else NEVER

            # One turn more than there are facts closes the windows that are still open.
            for i in range(high, low - 2, -1):
                if i >= low and not _is_visible(events[i], knowns[i], retracted[i], as_of):
                    continue
                event = events[i] if i >= low else BEFORE_ALL
                while op < op_end and event < op_opens[d, op]:
                    finish, column = op_finish[d, op], op_column[d, op]
                    if walked.n_facts == 0:
                        pass
                    elif finish == Finish.HALF:
                        _keep(halves, column, walk, walked)
                    elif finish == Finish.RECENCY:
                        X[row, column] = recency[min(as_of - walked.latest, len(recency) - 1)]
                    elif finish >= Finish.TREND:
                        later = _kept(halves, column, walk)
                        X[row, column] = _of_halves(finish, walked, later, X[row, column])
                    elif finish == Finish.CHANGE_OF_STATE:
                        window = Window(r, code, op_opens[d, op], as_of, i + 1, high)
                        X[row, column] = walked.now - _level_at_first(window, facts, program)
                    else:
                        X[row, column] = _finished(finish, walked, as_of, newest, X[row, column])
                    op += 1
                if i < low:
                    break

                is_new_text = len(details) and details[i] >= 0 and met[details[i]] != walk
                if is_new_text:
                    met[details[i]] = walk
                due = delivery_day[delivery] if delivery >= oldest else NEVER
                walked = _with_fact(
                    walked, event, values[i], is_new_text, event == newest, event == due
                )
                if event <= due:
                    # A delivery without the household ends the spell: no older one is due.
                    delivery = delivery - 1 if event == due else oldest - 1
            outside += 0 if live[r, code] else walked.n_facts
            high = low - 1
    return outside


@njit(cache=True, nogil=True)
def members(history, date, as_of, seen_from, banned_from, facts, need_fact):  # type: ignore[no-untyped-def]
    """Return for each row whether it belongs to the cohort.

    `seen_from` and `banned_from`, shape (D, C), hold the first day from which a fact of a code
    makes a household a member, or excludes it.
    """
    start, code, event, known, _, retracted, _ = facts
    inside = np.zeros(len(history), np.bool_)
    bans = banned_from.size > 0 and banned_from.min() < NOT_AT_ALL
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


@njit(inline="always")
def _keep(halves, column, walk, walked):  # type: ignore[no-untyped-def]
    """Keep what has been gathered as the later half of a column's window."""
    halves[0, column] = walked.n_facts
    halves[1, column] = walked.n_values
    halves[2, column] = walked.total
    halves[3, column] = walk


@njit(inline="always")
def _kept(halves, column, walk):  # type: ignore[no-untyped-def]
    """Return the later half that this walk has kept for a column."""
    half = Half(halves[0, column], halves[1, column], halves[2, column])
    return half if halves[3, column] == walk else NO_HALF


@njit(nogil=True)
def _level_at_first(window, facts, program):  # type: ignore[no-untyped-def]
    """Return a state's level in a window's first delivery.

    It is 0 where the delivery came without the household, and missing where no delivery came.
    """
    delivery = program.delivery_first[window.date_area, window.code]
    end = program.delivery_end[window.date_area, window.code]
    while delivery < end and program.delivery_day[delivery] < window.opens:
        delivery += 1
    if delivery == end:
        return np.nan
    day, level, is_held = program.delivery_day[delivery], 0.0, False
    for i in range(window.low, window.high + 1):
        is_visible = _is_visible(facts.event[i], facts.known[i], facts.retracted[i], window.as_of)
        if facts.event[i] == day and is_visible:
            level = max(level, facts.value[i]) if is_held else facts.value[i]
            is_held = True
    return level


@njit(nogil=True)
def _with_fact(walked, event, value, is_new_text, is_newest, is_held):  # type: ignore[no-untyped-def]
    """Return what has been gathered with one more fact."""
    n_facts, latest, n_texts, n_values, total, least, largest, newest, oldest = walked[:9]
    shifted, squares, now, held_since = walked[9:]
    if not np.isnan(value):
        if n_values == 0:
            least = largest = newest = value
        n_values += 1
        total += value
        least, largest, oldest = min(least, value), max(largest, value), value
        shifted += value - newest
        squares += (value - newest) ** 2
    if is_newest:
        now = value if held_since == NEVER else max(now, value)
    return Walked(
        n_facts + 1,
        max(latest, event),
        n_texts + is_new_text,
        n_values,
        total,
        least,
        largest,
        newest,
        oldest,
        shifted,
        squares,
        now,
        event if is_held else held_since,
    )


@njit(nogil=True)
def _finished(finish, walked, as_of, newest_delivery, empty):  # type: ignore[no-untyped-def]
    """Return what a window holds; `empty` where nothing in it says so."""
    if finish == Finish.COUNT:
        return float(walked.n_facts)
    if finish == Finish.EVER:
        return 1.0
    if finish == Finish.DISTINCT:
        return float(walked.n_texts)
    if finish <= Finish.SPELL:
        return _of_deliveries(finish, walked, as_of) if newest_delivery != NEVER else empty
    return _of_values(finish, walked) if walked.n_values > 0 else empty


@njit(nogil=True)
def _of_deliveries(finish, walked, as_of):  # type: ignore[no-untyped-def]
    if finish == Finish.NOW:
        return walked.now
    held = walked.held_since != NEVER
    return (as_of - walked.held_since) / DAYS_A_MONTH if held else 0.0


@njit(nogil=True)
def _of_values(finish, walked):  # type: ignore[no-untyped-def]
    if finish == Finish.SUM:
        return walked.total
    if finish == Finish.MAX:
        return walked.largest
    if finish == Finish.MIN:
        return walked.least
    if finish == Finish.MEAN:
        return walked.total / walked.n_values
    if finish == Finish.LAST:
        return walked.newest
    if finish == Finish.FIRST:
        return walked.oldest
    if finish == Finish.RANGE:
        return walked.largest - walked.least
    if finish == Finish.STD:
        return _std(walked)
    if finish == Finish.CHANGE:
        return walked.newest - walked.oldest
    return np.nan


@njit(nogil=True)
def _std(walked):  # type: ignore[no-untyped-def]
    """Return the standard deviation of a sample (ddof 1), missing for fewer than two values."""
    if walked.n_values < 2:
        return np.nan
    squares = walked.squares - walked.shifted**2 / walked.n_values
    return np.sqrt(max(squares, 0.0) / (walked.n_values - 1))


@njit(nogil=True)
def _of_halves(finish, walked, later, empty):  # type: ignore[no-untyped-def]
    """Return what the later half of a window holds less what the earlier half does."""
    if finish == Finish.TREND:
        return 2 * later.n_facts - walked.n_facts
    if later.n_values == 0 or later.n_values == walked.n_values:
        return empty
    earlier = (walked.total - later.total) / (walked.n_values - later.n_values)
    return later.total / later.n_values - earlier
