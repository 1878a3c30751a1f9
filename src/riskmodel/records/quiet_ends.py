"""Whether facts stop before the day until which they are said to be complete."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.keys import Days, Span, as_days

Counts = NDArray[np.float64]

FEW_OF_USUAL = 0.1
# a stretch that usually holds fewer facts than this may be empty by chance
LEAST_FACTS = 20
LEAST_STRETCHES = 3
STRETCHES = ("1M", "3M", "12M")
# Stretches with a few wrong dates, and one with a first stock of old facts, move no quarter.
_USUAL_SHARE = 0.25


class QuietEnd(NamedTuple):
    """The last stretch before `today`, which holds far less than usual.

    Attributes
    ----------
    stretch : str
        Its length: ``"1M"``, ``"3M"`` or ``"12M"``.
    facts : int
        What it holds.
    usual : int
        What such a stretch usually holds.
    since : numpy.datetime64
        The day after the last fact before facts became few.
    """

    stretch: str
    facts: int
    usual: int
    since: np.datetime64


def quiet_end(days: Days, facts: NDArray[np.int64], today: np.datetime64) -> QuietEnd | None:
    """Return the last stretch before `today` if it holds under a tenth of the usual facts.

    Stretches are months, quarters or years: the shortest that usually hold twenty facts. Facts that
    come once a year leave months without any, so the end is quiet only if it has been so for longer
    than ever before.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (n,)
        Days on which facts arrived.
    facts : ndarray of int, shape (n,)
        How many arrived on each.
    today : numpy.datetime64
        The day before which the facts are said to be complete.

    Examples
    --------
    >>> days = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")
    >>> quiet_end(days, np.full(len(days), 2), np.datetime64("2021-01-01")) is None
    True
    >>> end = quiet_end(days, np.full(len(days), 2), np.datetime64("2022-09-01"))
    >>> end.stretch, end.facts, end.usual, str(end.since)
    ('1M', 0, 60, '2021-01-01')
    """
    is_before = ~np.isnat(days) & (days < today)
    days, facts = days[is_before], facts[is_before]
    for stretch in STRETCHES:
        starts = _starts(days, stretch, today)
        if len(starts) <= LEAST_STRETCHES:
            return None
        number = np.searchsorted(starts, days, side="right") - 1
        in_stretch = number >= 0
        counts: Counts = np.zeros(len(starts))
        np.add.at(counts, number[in_stretch], facts[in_stretch])
        usual = _usual(counts)
        if usual >= LEAST_FACTS:
            return _end(stretch, counts, usual, days[number <= _last(counts, usual)])
    return None


def _starts(days: Days, stretch: str, today: np.datetime64) -> Days:
    """Return the first days of the whole stretches before `today`, in order."""
    span = Span.parse(stretch)
    starts: list[np.datetime64] = []
    first = days.min() if len(days) else today
    while (start := Span(span.count * (len(starts) + 1), span.unit).before(today)) >= first:
        starts.append(start)
    return np.array(starts[::-1], dtype="datetime64[D]")


def _usual(counts: Counts) -> float:
    ordered = np.sort(counts)
    place = np.searchsorted(np.cumsum(ordered), _USUAL_SHARE * ordered.sum())
    return float(ordered[min(place, len(ordered) - 1)])


def _last(counts: Counts, usual: float) -> int:
    """Return the number of the last stretch with a tenth of the usual facts."""
    return int(np.flatnonzero(counts >= FEW_OF_USUAL * usual)[-1])


def _end(stretch: str, counts: Counts, usual: float, before: Days) -> QuietEnd | None:
    full = np.flatnonzero(counts >= FEW_OF_USUAL * usual)
    longest = int(np.diff(full).max(initial=1)) - 1
    quiet = len(counts) - 1 - int(full[-1])
    if len(full) < LEAST_STRETCHES or quiet <= longest:
        return None
    since = as_days(before.max()) + np.timedelta64(1, "D")
    return QuietEnd(stretch, int(counts[-1]), round(usual), since)
