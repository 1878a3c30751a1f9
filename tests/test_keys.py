"""Spans, rounds and the timing rule."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import ConfigError
from riskmodel.keys import (
    DaysLike,
    Span,
    as_days,
    check_unique_keys,
    matures_on,
    outcome_counts,
    rounds,
    visible,
)

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@given(DAYS, st.integers(0, 60))
def test_months_are_clamped_to_the_last_day(day: date, months: int) -> None:
    assert Span(months, "M").before(day) == np.datetime64(months_before(day, months))


@given(DAYS, st.integers(0, 4000))
def test_days_are_days(day: date, days: int) -> None:
    assert Span(days, "D").after(day) == np.datetime64(day + timedelta(days))


@given(st.lists(DAYS, min_size=1, max_size=5), st.integers(0, 30), st.sampled_from("DM"))
def test_an_array_moves_as_its_days_do(days: list[date], count: int, unit: str) -> None:
    span = Span(count, unit)
    assert [*span.before(np.array(days, "datetime64[D]"))] == [span.before(day) for day in days]


@pytest.mark.parametrize("text", ["6 months", "M6", "-6M", "6.5D", "", "6m", 180])
def test_a_span_that_is_none_is_refused_with_what_is_allowed(text: object) -> None:
    with pytest.raises(ConfigError, match="'60D' or '6M'"):
        Span.parse(text)  # type: ignore[arg-type]


def test_rounds_do_not_drift_at_month_ends() -> None:
    days = rounds("2023-12-31", "2024-06-30", every="1M")
    assert [str(day.date()) for day in days] == [
        "2023-12-31",
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
        "2024-05-31",
        "2024-06-30",
    ]


@pytest.mark.parametrize(
    ("start", "end", "every", "text"),
    [
        ("2024-05-01", "2024-01-01", "2M", "swap"),
        ("2024-01-01", "2024-05-01", "0D", "never advance"),
        ("2024-13-01", "2024-05-01", "2M", "YYYY-MM-DD"),
    ],
)
def test_rounds_that_cannot_be_are_refused(start: str, end: str, every: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        rounds(start, end, every)


@pytest.mark.parametrize("day", ["2024-10", "2024", 20241001, "soon"])
def test_what_is_no_day_is_refused(day: object) -> None:
    with pytest.raises(ConfigError, match="YYYY-MM-DD"):
        as_days(day)


def test_a_fact_is_visible_from_the_morning_after_it_is_known() -> None:
    event = as_days(
        ["2024-01-09", "2024-01-10", "2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01"]
    )
    known = as_days(
        ["2024-01-09", "2024-01-09", "2024-01-09", "2024-01-10", "2024-01-02", "2024-01-02"]
    )
    retracted = as_days([None, None, None, None, "2024-01-09", "2024-01-10"])
    seen = visible(event, known, np.datetime64("2024-01-10"), retracted)
    assert seen.tolist() == [True, False, True, False, False, True]


def test_an_outcome_counts_inside_its_window_and_when_known_in_time() -> None:
    event = as_days(
        ["2023-12-31", "2024-01-01", "2024-02-29", "2024-03-01", "2024-02-29", "2024-02-29"]
    )
    known = as_days(
        ["2024-01-02", "2024-01-02", "2024-03-30", "2024-03-30", "2024-03-31", "2024-03-01"]
    )
    retracted = as_days([None, None, None, None, None, "2024-03-30"])
    counts = outcome_counts(
        event, known, np.datetime64("2024-01-01"), Span.parse("2M"), Span.parse("30D"), retracted
    )
    assert counts.tolist() == [False, True, True, False, False, False]
    assert matures_on("2024-01-01", Span.parse("2M"), Span.parse("30D")) == np.datetime64(
        "2024-03-31"
    )


def test_repeated_keys_are_counted_and_refused() -> None:
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 1)])
    with pytest.raises(ConfigError, match="1 rows repeat"):
        check_unique_keys(index)


@pytest.mark.parametrize("door", [list, np.array, pd.Series, pd.Index])
def test_days_in_a_list_are_not_guessed(door: Callable[[list[str]], DaysLike]) -> None:
    assert as_days(door(["2024-05-01"])).tolist() == [date(2024, 5, 1)]
    with pytest.raises(ConfigError, match=r"not a date.*YYYY-MM-DD"):
        as_days(door(["2024-05-01", "24.05.01"]))
