"""The two keys, rounds, spans and the timing rule that everything else calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.days import YEARS_ALLOWED, in_other_years, local_day, local_days
from riskmodel.doors import door
from riskmodel.errors import ConfigError

HOUSEHOLD = "household_id"
AS_OF = "as_of_date"
KEYS = [HOUSEHOLD, AS_OF]

Days = NDArray[np.datetime64]
DateLike = str | date | np.datetime64 | pd.Timestamp
DaysLike = NDArray[Any] | pd.Series | pd.Index | list[str]
NO_DAY = np.datetime64("NaT", "D")
FAR_FUTURE = np.datetime64("9999-12-31", "D")

_INDEXED = (pd.Series, pd.DataFrame)
_LIKE_A_DAY = re.compile(
    r"(19|20)\d\d[-./]?\d{1,2}[-./]?\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](\d\d){1,2}"
)
_SPAN = re.compile(r"^(\d+)([DM])$")
SPANS_ALLOWED = "a whole number of days or months, such as '60D' or '6M'"
SPAN_ADVICE = "write days as D and months as M"


@dataclass(frozen=True, order=True)
class Span:
    """A length of time in days or calendar months, such as ``"60D"`` or ``"6M"``.

    Months are clamped to the month's last day: 31 March less one month is 28 or 29 February.

    Examples
    --------
    >>> Span.parse("6M").before("2024-08-31")
    np.datetime64('2024-02-29')
    >>> Span.parse("60D").after("2024-01-01")
    np.datetime64('2024-03-01')
    >>> str(Span.parse("0D"))
    '0D'
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str | Span, argument: str = "") -> Span:
        """Read ``"60D"`` or ``"6M"``; anything else is refused with what is allowed.

        Parameters
        ----------
        text : str or Span
        argument : str
            What the caller calls it, which a refusal names.
        """
        if isinstance(text, Span):
            return text
        match = _SPAN.match(str(text).strip()) if isinstance(text, str) else None
        if match is None:
            raise ConfigError(
                f"span {text!r} is not a length of time",
                place=argument or None,
                code="keys.span",
                allowed=SPANS_ALLOWED,
                next_step=SPAN_ADVICE,
            )
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @overload
    def before(self, day: DateLike) -> np.datetime64: ...
    @overload
    def before(self, day: DaysLike) -> Days: ...
    def before(self, day: DateLike | DaysLike) -> np.datetime64 | Days:
        """Return the day (or array of days) this span before `day`."""
        return shift(day, self, sign=-1)

    @overload
    def after(self, day: DateLike) -> np.datetime64: ...
    @overload
    def after(self, day: DaysLike) -> Days: ...
    def after(self, day: DateLike | DaysLike) -> np.datetime64 | Days:
        """Return the day (or array of days) this span after `day`."""
        return shift(day, self, sign=1)


@overload
def as_days(values: DateLike, argument: str = "") -> np.datetime64: ...
@overload
def as_days(values: DaysLike, argument: str = "") -> Days: ...
def as_days(values: DateLike | DaysLike, argument: str = "") -> np.datetime64 | Days:
    """Return a date, text or array of them as ``datetime64[D]``, scalar for scalar.

    A zoned time is the day of its own zone, whatever day it is elsewhere. A day of a year that
    cannot be meant is refused.

    Parameters
    ----------
    values : date-like or array of date-likes
    argument : str
        What the caller calls them, which a refusal names.

    Examples
    --------
    >>> as_days("2024-02-29")
    np.datetime64('2024-02-29')
    >>> as_days(pd.DatetimeIndex(["2024-05-01 00:30"], tz="Asia/Seoul"))
    array(['2024-05-01'], dtype='datetime64[D]')
    """
    if values is None or isinstance(values, (str, int, float, date, np.datetime64, pd.Timestamp)):
        return _as_day(values, argument or None)
    try:
        days = local_days(values)
    except (TypeError, ValueError):
        raise ConfigError(
            "something in a list of days is not a date",
            place=argument or None,
            code="keys.date",
            allowed="days such as 2024-05-01",
            next_step="write the dates as YYYY-MM-DD",
        ) from None
    others = int(in_other_years(days).sum())
    if others:
        fault = f"{others:,} of {len(days):,} days are of years that cannot be meant"
        raise _no_such_year(fault, argument or None)
    return days


def _as_day(value: DateLike | float, place: str | None) -> np.datetime64:
    try:
        day = local_day(value)
        if np.isnat(day):
            raise ValueError("no day")
    except (TypeError, ValueError):
        # where arguments are swapped, a household's id stands here
        written = repr(value) if _LIKE_A_DAY.fullmatch(str(value)) else "what is given"
        raise ConfigError(
            f"{written} is not a date",
            place=place,
            code="keys.date",
            allowed="a day such as 2024-05-01",
            next_step="write the date as YYYY-MM-DD",
        ) from None
    if in_other_years(day):
        raise _no_such_year(f"{day} is a day of a year that cannot be meant", place)
    return day


def _no_such_year(fault: str, place: str | None) -> ConfigError:
    return ConfigError(
        fault,
        place=place,
        code="keys.date",
        allowed=YEARS_ALLOWED,
        next_step="write the date as YYYY-MM-DD, with all digits of the year",
    )


@overload
def shift(day: DateLike, span: Span, *, sign: int) -> np.datetime64: ...
@overload
def shift(day: DaysLike, span: Span, *, sign: int) -> Days: ...
def shift(day: DateLike | DaysLike, span: Span, *, sign: int) -> np.datetime64 | Days:
    """Move days by a span, clamping at month ends.

    Parameters
    ----------
    day : date-like or array of date-likes
    span : Span
    sign : {-1, 1}

    Returns
    -------
    numpy.datetime64 or ndarray of datetime64[D]
    """
    days = as_days(day)
    if span.unit == "D":
        return days + sign * np.timedelta64(span.count, "D")
    month = days.astype("datetime64[M]")
    target = month + sign * np.timedelta64(span.count, "M")
    offset = days - month.astype("datetime64[D]")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(target.astype("datetime64[D]") + offset, last)


@door
def rounds(start: str | date, end: str | date, every: str = "2M") -> pd.DatetimeIndex:
    """Return the grid of as-of dates from `start` to `end`, both included where they fall on it.

    Parameters
    ----------
    start, end : date-like
        First and last possible as_of_date.
    every : str, default "2M"
        Distance between rounds; month ends are clamped from `start`, so that no drift builds up.

    Returns
    -------
    pandas.DatetimeIndex
        Named ``as_of_date``.

    Examples
    --------
    >>> [str(day.date()) for day in rounds("2024-01-31", "2024-07-01", every="2M")]
    ['2024-01-31', '2024-03-31', '2024-05-31']
    """
    first, last, step = as_days(start, "start"), as_days(end, "end"), Span.parse(every, "every")
    if step.count == 0:
        raise ConfigError(
            "rounds every 0 days never advance", code="keys.rounds", next_step="use every='2M'"
        )
    if last < first:
        raise ConfigError(
            f"the last round {last} lies before the first {first}",
            code="keys.rounds",
            next_step="swap start and end",
        )
    days: list[np.datetime64] = []
    while (day := shift(first, Span(step.count * len(days), step.unit), sign=1)) <= last:
        days.append(day)
    return pd.DatetimeIndex(np.array(days, dtype="datetime64[s]"), name=AS_OF)


def visible(
    event_date: Days,
    known_date: Days,
    as_of: NDArray[Any] | np.datetime64,
    retracted_date: Days | None = None,
) -> NDArray[np.bool_]:
    """Tell which facts can be seen on the morning of `as_of`.

    A fact is visible when ``event_date < as_of`` and ``known_date < as_of`` and it is not yet
    retracted.

    Parameters
    ----------
    event_date, known_date : ndarray of datetime64[D], shape (n_facts,)
    as_of : datetime64[D] or array broadcastable to (n_facts,)
    retracted_date : ndarray of datetime64[D], optional
        NaT where a fact stands.

    Returns
    -------
    ndarray of bool, shape (n_facts,)
    """
    seen = (event_date < as_of) & (known_date < as_of)
    if retracted_date is None:
        return np.asarray(seen)
    return np.asarray(seen & ~(retracted_date < as_of))


def outcome_counts(
    event_date: Days,
    known_date: Days,
    as_of: NDArray[Any] | np.datetime64,
    window: Span,
    maturity: Span,
    retracted_date: Days | None = None,
) -> NDArray[np.bool_]:
    """Tell which facts count as outcomes of the window that opens on `as_of`.

    An outcome counts when ``as_of <= event_date < as_of + window``, it was known before the window
    matured, and it was not retracted before then; so a mature label never changes.
    """
    end = window.after(as_of)
    closes = maturity.after(end)
    inside = (event_date >= as_of) & (event_date < end) & (known_date < closes)
    if retracted_date is None:
        return np.asarray(inside)
    return np.asarray(inside & ~(retracted_date < closes))


@overload
def matures_on(as_of: DateLike, window: Span, maturity: Span) -> np.datetime64: ...
@overload
def matures_on(as_of: DaysLike, window: Span, maturity: Span) -> Days: ...
def matures_on(as_of: DateLike | DaysLike, window: Span, maturity: Span) -> np.datetime64 | Days:
    """Return the day from which the label of the window opening on `as_of` is final.

    That day is ``as_of + window + maturity``.
    """
    return maturity.after(window.after(as_of))


def check_unique_keys(index: pd.MultiIndex) -> None:
    """Refuse a table with two rows of one household and as_of_date."""
    repeated = int(index.duplicated().sum())
    if repeated:
        raise ConfigError(
            f"{repeated} rows repeat the (household_id, as_of_date) of an earlier row",
            code="keys.repeated",
            allowed="one row per household and date",
            next_step="aggregate or drop the repeated rows before building the panel",
        )


def first_misaligned(parts: Mapping[str, object]) -> str | None:
    """Return the name of the first Series whose index is not that of the Series and frames before.

    Parameters
    ----------
    parts : mapping of str to object
        What goes together row by row; what has no index, such as an array, goes by position.

    Returns
    -------
    str or None

    Examples
    --------
    >>> y = pd.Series([0, 1], index=["b", "a"])
    >>> first_misaligned({"X": pd.DataFrame(index=["a", "b"]), "y": y})
    'y'
    """
    indexed = {name: part.index for name, part in parts.items() if isinstance(part, _INDEXED)}
    first = next(iter(indexed.values()), None)
    return next((name for name, index in indexed.items() if not index.equals(first)), None)
