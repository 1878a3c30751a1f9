"""What a row holds of an indicator, in words: how much, else how often, and how long ago."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cache
from typing import NamedTuple

from riskmodel.serving.locales import Language
from riskmodel.serving.reader_types import ColumnEntry

# contributions are told and compared to a millionth: sums in another order differ by less
DIGITS = 6
LEAST_AMOUNT = 0.5
HALF_LIFE = 180
DAYS_OF_UNIT = {"D": 1.0, "M": 30.4}

LEVELS, TIMES, AGES = frozenset({"level"}), frozenset({"times"}), frozenset({"age"})
VALUES, SPREADS = frozenset({"value"}), frozenset({"spread"})
AMOUNTS = frozenset({"level", "latest", "amount", "total"})
WITHIN_WINDOW = frozenset({"latest", "amount", "total", "times", "presence"})


class HeldColumn(NamedTuple):
    """One column of an indicator, what a row holds in it, and its contribution (log-odds)."""

    column: ColumnEntry
    value: float
    contribution: float = 0.0


def indicator_text(name: str, unit: str, shown: Sequence[HeldColumn], language: Language) -> str:
    """Return an indicator in words: how much, else how often, and how long ago; no causes.

    Parameters
    ----------
    name, unit : str
    shown : sequence of HeldColumn
        The columns in which the row holds something.
    language : Language

    Examples
    --------
    >>> from riskmodel.serving.locales import LANGUAGES
    >>> year = HeldColumn({"way": "times", "rank": 7, "window": "12M"}, 12.0, 1.3)
    >>> always = HeldColumn({"way": "times", "rank": 7, "window": "ever"}, 103.0, 0.2)
    >>> indicator_text("단전", "", [always, year], LANGUAGES["ko"])
    '단전 최근 12개월 12회'
    >>> age = HeldColumn({"way": "age", "rank": 10, "window": "ever"}, 0.5)
    >>> indicator_text("power cut", "", [always, year, age], LANGUAGES["en"])
    'power cut, 12 times within 12 months, last 180 days ago'
    """
    if shown[0].column["way"] == "figure":
        return _figure_text(name, unit, shown[0], language)

    ordered = sorted(shown, key=_order)
    value = _first(ordered, VALUES)
    if value is not None:
        text = language.value(name, value.value, unit)
        return language.qualified(text, _window(value))

    amounts = [one for one in ordered if unit and one.value >= LEAST_AMOUNT]
    amount = _first(amounts, AMOUNTS)
    if amount is not None:
        is_total = amount.column["way"] == "total"
        text = language.amount(name, amount.value, unit, is_total=is_total)
        return language.qualified(text, _window(amount), _age(ordered))

    spread = _first(ordered, SPREADS)
    if spread is not None:
        return language.spread(name, spread.value, unit, _window(spread))
    return _counted_text(name, ordered, language)


def column_text(shown: Sequence[HeldColumn], language: Language) -> str:
    """Return columns of no indicator in words: by its own name the one that contributes most."""
    first = told_of(shown)
    return _figure_text(first.column["name"], "", first, language)


def kinds_text(told: HeldColumn, only: str, language: Language) -> str:
    """Return how many different indicators of a family of life there are, within which window.

    `only` is the name of a single one, where it is known.

    Examples
    --------
    >>> from riskmodel.serving.locales import LANGUAGES
    >>> column = {"way": "kinds", "rank": 0, "window": "6M", "family": "housing"}
    >>> kinds_text(HeldColumn(column, 5.0), "", LANGUAGES["en"])
    '5 kinds of housing trouble in 6 months'
    >>> kinds_text(HeldColumn(column, 1.0), "rent arrears", LANGUAGES["en"])
    '1 kind of housing trouble in 6 months (rent arrears)'
    """
    text = language.kinds(told.column["family"], told.value, _window(told))
    return language.only(text, only) if only else text


def told_of(shown: Sequence[HeldColumn]) -> HeldColumn:
    """Return the column that is told: the one that contributes most."""
    return min(shown, key=_order)


def _counted_text(name: str, ordered: Sequence[HeldColumn], language: Language) -> str:
    """Return how often, else within which window, and how long ago."""
    age = _age(ordered)
    times = _first(ordered, TIMES)
    if times is not None and times.value > 1:
        return language.qualified(language.times(name, times.value, _window(times)), "", age)

    once = _first(ordered, WITHIN_WINDOW)
    if once is None or age is not None or _first(ordered, LEVELS) is not None:
        return language.qualified(name, "", age)
    return language.qualified(name, _window(once))


def _first(ordered: Sequence[HeldColumn], ways: Collection[str]) -> HeldColumn | None:
    """Return the first column of some ways, or None."""
    for one in ordered:
        if one.column["way"] in ways:
            return one
    return None


def _order(one: HeldColumn) -> tuple[float, int, float]:
    days = _days(one.column["window"]) or math.inf
    return -round(one.contribution, DIGITS), one.column["rank"], days


def _window(one: HeldColumn) -> str:
    """Return a column's window such as 6M or 60D; nothing where it has no end."""
    window = one.column["window"]
    return window if _days(window) else ""


@cache
def _days(window: str) -> float:
    number, unit = window[:-1], window[-1:]
    return int(number) * DAYS_OF_UNIT[unit] if number.isdigit() and unit in DAYS_OF_UNIT else 0.0


def _age(ordered: Sequence[HeldColumn]) -> int | None:
    """Return how many days ago the last of it was, or None where no column says so."""
    age = _first(ordered, AGES)
    return None if age is None else round(HALF_LIFE * -math.log2(min(age.value, 1.0)))


def _figure_text(name: str, unit: str, one: HeldColumn, language: Language) -> str:
    """Return a single column in words: its number with its unit, or its category."""
    categories = one.column["categories"]
    if categories:
        return language.figure(name, categories[int(one.value)])
    return (
        language.value(name, one.value, unit) if unit else language.figure(name, f"{one.value:g}")
    )
