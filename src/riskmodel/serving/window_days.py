"""The first days of windows, as the tables of records are counted: in days since 1970-01-01."""

from __future__ import annotations

import re

import numpy as np

from riskmodel.serving.refusal import ServingError

ALWAYS = "ever"
# earlier and later than any day
BEFORE_EVERY_DAY, AFTER_EVERY_DAY = -(2**62), 2**62
_WINDOW = re.compile(r"([1-9]\d{0,5})([DM])")


def window_opens(window: str, as_of: int) -> int:
    """Return the first day of a window before a day; months are clamped at their last day.

    Examples
    --------
    >>> day = int(np.datetime64("2024-08-31").astype(int))
    >>> np.datetime64(window_opens("6M", day), "D")
    np.datetime64('2024-02-29')
    """
    if window == ALWAYS:
        return BEFORE_EVERY_DAY
    return _days_before(as_of, *_parts(window))


def half_opens(window: str, as_of: int) -> int:
    """Return the first day of a window's later half, counted in days where the span is odd.

    Examples
    --------
    >>> day = int(np.datetime64("2024-04-01").astype(int))
    >>> np.datetime64(half_opens("3M", day), "D")
    np.datetime64('2024-02-16')
    """
    count, unit = _parts(window)
    if count % 2 == 0:
        return _days_before(as_of, count // 2, unit)
    return as_of - (as_of - _days_before(as_of, count, unit)) // 2


def _parts(window: str) -> tuple[int, str]:
    found = _WINDOW.fullmatch(window)
    if found is None:
        raise ServingError(
            "a column of features.json has a window that is none",
            "serving.window",
            "'ever', or a span such as 6M or 60D",
            "download the version again; if it is refused again, do not use it",
        )
    return int(found[1]), found[2]


def _days_before(as_of: int, count: int, unit: str) -> int:
    if unit == "D":
        return as_of - count
    day = np.datetime64(as_of, "D")
    month = day.astype("datetime64[M]")
    target = month - np.timedelta64(count, "M")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved = min(target.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), last)
    return int(moved.astype(np.int64))
