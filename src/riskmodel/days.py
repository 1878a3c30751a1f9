"""Days out of texts, times and columns, and the years that can be meant."""

from __future__ import annotations

import re
from numbers import Number
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years that can be meant: 24.05.01 is no day of the year 24."""
YEARS_ALLOWED = f"days of the years {FIRST_YEAR} to {LAST_YEAR}"
_FIRST = np.datetime64(f"{FIRST_YEAR}-01-01", "D")
_AFTER = np.datetime64(f"{LAST_YEAR + 1}-01-01", "D")

_HOUR, _MINUTE, _HALF = r"([01]?\d|2[0-3])", r"[0-5]\d", r"(오전|오후|[AaPp][Mm])"
_CLOCK = rf"{_HOUR}:{_MINUTE}(:{_MINUTE}([.,]\d+)?)?"
_KOREAN = rf"{_HOUR}시( ?[0-5]?\d분( ?[0-5]?\d초)?)?"
_OFFSET = r"(Z|(UTC|GMT|KST)?[+-]\d\d?(:?[0-5]\d)?|UTC|GMT|KST)"
_REGION = "(Africa|America|Antarctica|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)"
_ZONE = rf"\[?{_REGION}(/[A-Za-z0-9_+-]+)+\]?"
_ANY_TIME = rf"({_HALF} ?)?({_CLOCK}|{_KOREAN})( ?{_HALF})?( ?{_OFFSET})?( ?{_ZONE})?"
TIME_OF_DAY = rf"(T{_HOUR}|(T| +){_ANY_TIME})"
"""The regular expression of what may follow a day: a time, and its offset or zone."""

_DAY = re.compile(rf"\s*(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){TIME_OF_DAY}?\s*")
_DIGITS = re.compile(r"\s*(\d{4})(\d\d)(\d\d)\s*")
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
    return (days < _FIRST) | (days >= _AFTER)


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


def day_of(text: str) -> np.datetime64:
    """Return the day that a text writes as YYYY-MM-DD, whatever time of day follows it.

    Raises
    ------
    ValueError
        For another text.

    Examples
    --------
    >>> day_of("2024-1-5 10:00:00+09:00")
    np.datetime64('2024-01-05')
    """
    return _day_by(text, _DAY)


def _day_by(text: str, *patterns: re.Pattern[str]) -> np.datetime64:
    found = next(filter(None, (pattern.fullmatch(text) for pattern in patterns)), None)
    if found is None:
        raise ValueError("a text that is no YYYY-MM-DD")
    year, month, day = found.group(1, 2, 3)
    return np.datetime64(f"{year}-{month:0>2}-{day:0>2}", "D")


def iso_days(values: pd.Series) -> _Days:
    """Return the days of a column whose texts are YYYY-MM-DD, with or without a time, or YYYYMMDD.

    Raises
    ------
    ValueError, TypeError
        If something in it is no date.

    Examples
    --------
    >>> iso_days(pd.Series(["20240105", "2024-01-06 10:00"])).astype(str).tolist()
    ['2024-01-05', '2024-01-06']
    """
    return _days(values, _DAY, _DIGITS)


def local_days(values: _Given) -> _Days:
    """Return days; a zoned time is the day of its own zone, as a clock there shows it.

    Raises
    ------
    ValueError, TypeError
        If something is no date, or a text other than YYYY-MM-DD with or without a time.
    """
    return _days(values, _DAY)


def local_day(value: object) -> np.datetime64:
    """Return one day, as `local_days` returns many.

    Raises
    ------
    ValueError, TypeError
        If it is no date, or a text other than YYYY-MM-DD with or without a time.

    Examples
    --------
    >>> local_day(pd.Timestamp("2024-05-01 00:30", tz="Asia/Seoul"))
    np.datetime64('2024-05-01')
    """
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[D]")
    return _day_by(value, _DAY) if isinstance(value, str) else _day_of_time(value)


def _days(values: _Given, *patterns: re.Pattern[str]) -> _Days:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("datetime64[D]")
    if isinstance(values, (pd.Series, pd.Index)) and values.dtype.kind == "M":
        index = pd.DatetimeIndex(values)
        local = index if index.tz is None else index.tz_localize(None)
        return np.asarray(local.to_numpy(), dtype="datetime64[D]")
    listed = pd.Series(values, dtype=object)
    is_text = np.array([isinstance(value, str) for value in listed], dtype=bool)
    is_other = ~is_text & listed.notna().to_numpy()
    days = np.full(len(listed), np.datetime64("NaT", "D"))
    code, texts = pd.factorize(listed[is_text])
    days[is_text] = np.array([_day_by(text, *patterns) for text in texts], "datetime64[D]")[code]
    days[is_other] = [_day_of_time(value) for value in listed[is_other]]
    return days


def _day_of_time(value: Any) -> np.datetime64:
    if isinstance(value, (Number, np.bool_)):
        raise ValueError("a number, which pandas would count from 1970 on")
    return np.datetime64(pd.Timestamp(value).date(), "D")
