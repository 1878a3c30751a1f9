"""Days out of texts, times and columns, and the years that can be meant."""

from __future__ import annotations

import re
from datetime import datetime
from numbers import Number
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years that can be meant: 24.05.01 is no day of the year 24."""
YEARS_ALLOWED = f"days of the years {FIRST_YEAR} to {LAST_YEAR}"

_HOUR, _MINUTE, _HALF = r"([01]?\d|2[0-3])", r"[0-5]\d", r"(오전|오후|[AaPp][Mm])"
_CLOCK = rf"{_HOUR}:{_MINUTE}(:{_MINUTE}([.,]\d+)?)?"
_KOREAN = rf"{_HOUR}시( ?[0-5]?\d분( ?[0-5]?\d초)?)?"
_OFFSET = r"(Z|(UTC|GMT|KST)?[+-]\d\d?(:?[0-5]\d)?|UTC|GMT|KST)"
_REGION = "(Africa|America|Antarctica|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)"
_ZONE = rf"\[?{_REGION}(/[A-Za-z0-9_+-]+)+\]?"
_ANY_TIME = rf"({_HALF} ?)?({_CLOCK}|{_KOREAN})( ?{_HALF})?( ?{_OFFSET})?( ?{_ZONE})?"
TIME_OF_DAY = rf"(T{_HOUR}|(T| +){_ANY_TIME})"
"""The regular expression of what may follow a day: a time, and its offset or zone."""

_DAY = re.compile(rf"\s*\d{{4}}-\d{{1,2}}-\d{{1,2}}{TIME_OF_DAY}?\s*")
_ZONED = re.compile(r"\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)\s*$")
_Days = NDArray[np.datetime64]
_Given = NDArray[Any] | pd.Series | pd.Index | list[str]


def is_iso_day(text: str) -> bool:
    """Tell whether a text is a day written as YYYY-MM-DD, alone or with a time of day.

    Examples
    --------
    >>> is_iso_day("2024-01-05 10:00:00+09:00"), is_iso_day("2024-01-05 2024-09-09")
    (True, False)
    """
    return _DAY.fullmatch(text) is not None


@overload
def in_other_years(days: np.datetime64) -> np.bool_: ...
@overload
def in_other_years(days: _Days) -> NDArray[np.bool_]: ...
def in_other_years(days: np.datetime64 | _Days) -> np.bool_ | NDArray[np.bool_]:
    """Tell which days are of a year that cannot be meant; a missing day is of none.

    Examples
    --------
    >>> in_other_years(np.array(["0024-05-01", "2024-05-01", "NaT"], "datetime64[D]")).tolist()
    [True, False, False]
    """
    first, after = np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR + 1}-01-01")
    return (days < first) | (days >= after)


def is_of_other_year(text: str) -> bool:
    """Tell whether a text is a day of a year that cannot be meant, and otherwise well written.

    Examples
    --------
    >>> is_of_other_year("2204-11-01"), is_of_other_year("2024-11-01"), is_of_other_year("soon")
    (True, False, False)
    """
    try:
        return bool(in_other_years(local_days([text])).any())
    except ValueError:
        return False


def iso_days(values: pd.Series) -> _Days:
    """Return the days of a column whose texts are dates of ISO 8601, each in a form of its own.

    Raises
    ------
    ValueError, TypeError
        If something in it is no date.
    """
    if _holds_zones(values):
        return local_days(values)
    return local_days(pd.to_datetime(values, format="ISO8601"))


def _holds_zones(values: _Given) -> bool:
    """Tell whether a list, or a column of objects, holds times or texts of a zone."""
    if isinstance(values, (np.ndarray, pd.Series, pd.Index)) and values.dtype.kind != "O":
        return False
    return any(_is_zoned(value) for value in values)


def _holds_guesses(values: _Given) -> bool:
    """Tell whether a list holds texts of which pandas would guess the order of day and month."""
    if isinstance(values, (np.ndarray, pd.Series, pd.Index)) and values.dtype.kind in "Mm":
        return False
    return any(isinstance(value, str) and not is_iso_day(value) for value in values)


def _holds_numbers(values: _Given) -> bool:
    """Tell whether a list holds numbers, which pandas would count from 1970 on."""
    if isinstance(values, (np.ndarray, pd.Series, pd.Index)) and values.dtype.kind in "Mm":
        return False
    return any(isinstance(value, Number) and value == value for value in values)


def _is_zoned(value: object) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return isinstance(value, str) and _ZONED.search(value) is not None


def local_days(values: _Given) -> _Days:
    """Return days; a zoned time is the day of its own zone, as a clock there shows it."""
    if _holds_zones(values):
        listed = [pd.Timestamp(value).tz_localize(None) for value in values]
        return local_days(pd.DatetimeIndex(listed))
    if _holds_guesses(values):
        raise ValueError("a text that is no YYYY-MM-DD")
    if _holds_numbers(values):
        raise ValueError("a number")
    index = pd.DatetimeIndex(values)
    local = index if index.tz is None else index.tz_localize(None)
    return np.asarray(local.to_numpy(), dtype="datetime64[D]")
