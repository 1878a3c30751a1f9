"""Days as offices write them: whole, or short where the round has one such day alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from riskmodel.days import day_of, in_other_years
from riskmodel.texts import plain_text

# year, month and day in this order, with marks or Korean words between and after them
_WHOLE = re.compile(r"\s*(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D{0,2}|\s*(\d{4})(\d\d)(\d\d)\s*")
_MARK = r"[^\d:~,]{1,3}"
_THREE = re.compile(rf"\s*(\d{{1,2}}){_MARK}(\d{{1,2}}){_MARK}(\d{{4}}|\d{{1,2}})\D{{0,2}}")
# without a dot: a spreadsheet takes 11.10 for a number, and writes 11.1
_TWO = re.compile(r"\s*(\d{1,2})[^\d:~,.]{1,3}(\d{1,2})[^\d.]{0,2}")
_SERIAL = re.compile(r"\s*(\d{5})\s*")
_EPOCH = np.datetime64("1899-12-30", "D")


class Span(NamedTuple):
    """The days on which a contact can have been made, both included."""

    first: np.datetime64
    last: np.datetime64

    def has(self, day: np.datetime64) -> bool:
        """Tell whether a day is one of them."""
        return bool(self.first <= day <= self.last)


def serial_of(day: np.datetime64) -> int:
    """Return a day as a spreadsheet counts it.

    Examples
    --------
    >>> serial_of(np.datetime64("2024-11-05"))
    45601
    """
    return int((day - _EPOCH) / np.timedelta64(1, "D"))


def day_in(text: str, span: Span | None = None) -> np.datetime64 | None:
    """Return the day that a text writes, None for another text.

    One with its year first is read as it stands. Any other, such as 11/5, 24-11-05 or the number by
    which a spreadsheet counts days, is read where of all days that it can be one alone is of the
    round.

    Parameters
    ----------
    text : str
    span : Span, optional
        The days of the round.

    Examples
    --------
    >>> day_in("2024. 11. 5."), day_in("20241105"), day_in("11/5")
    (np.datetime64('2024-11-05'), np.datetime64('2024-11-05'), None)
    >>> day_in("11/5", Span(np.datetime64("2024-11-01"), np.datetime64("2024-12-29")))
    np.datetime64('2024-11-05')
    """
    plain = plain_text(text)
    found = _WHOLE.fullmatch(plain)
    own = _day("-".join(filter(None, found.groups())) if found else plain)
    if own is not None:
        return None if in_other_years(own) else own
    days = set() if span is None else {day for day in _readings(plain, span) if span.has(day)}
    return days.pop() if len(days) == 1 else None


def _readings(text: str, span: Span) -> Iterator[np.datetime64]:
    """Yield the days that a text without its year in front can be."""
    if serial := _SERIAL.fullmatch(text):
        yield _EPOCH + np.timedelta64(int(serial[1]), "D")
    years = {str(span.first)[:4], str(span.last)[:4]}
    orders: list[tuple[str, str, str]] = []
    if three := _THREE.fullmatch(text):
        one, two, last = three.groups()
        orders = [(last, one, two), (last, two, one), (one, two, last)]
    elif two_of := _TWO.fullmatch(text):
        one, two = two_of.groups()
        orders = [order for year in years for order in ((year, one, two), (year, two, one))]
    for year, month, day in orders:
        own = _day(f"{'20' * (len(year) == 2)}{year}-{month}-{day}")
        if own is not None:
            yield own


def _day(text: str) -> np.datetime64 | None:
    try:
        return day_of(text)
    except ValueError:
        return None
