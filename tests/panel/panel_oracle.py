"""The features once more, fact by fact in plain Python, from their definitions alone."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

NAN = math.nan


class Fact(NamedTuple):
    household_id: str
    code: str
    event_date: date
    known_date: date
    value: float | None = None
    detail: str | None = None
    retracted_date: date | None = None


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def opens(window: str, as_of: date) -> date:
    if window == "ever":
        return date.min
    count = int(window[:-1])
    return months_before(as_of, count) if window[-1] == "M" else as_of - timedelta(count)


def half_opens(window: str, as_of: date) -> date:
    count = int(window[:-1])
    if count % 2 == 0:
        return opens(f"{count // 2}{window[-1]}", as_of)
    return as_of - timedelta((as_of - opens(window, as_of)).days // 2)


def is_visible(fact: Fact, as_of: date) -> bool:
    retracted = fact.retracted_date is not None and fact.retracted_date < as_of
    return fact.event_date < as_of and fact.known_date < as_of and not retracted


def feature(
    facts: Iterable[Fact], household: str, as_of: date, code: str, kind: str, aggregate: str, window: str
) -> float:
    of_code = [fact for fact in facts if fact.code == code]
    if not any(fact.event_date < as_of and fact.known_date < as_of for fact in of_code):
        return NAN
    seen = [fact for fact in of_code if is_visible(fact, as_of)]
    if kind == "state":
        seen = [fact._replace(value=1.0) if fact.value is None else fact for fact in seen]
    if aggregate in ("now", "spell"):
        return of_deliveries(seen, household, as_of, aggregate)
    mine = sorted(
        (fact for fact in seen if fact.household_id == household),
        key=lambda f: (f.event_date, f.known_date, math.inf if f.value is None else f.value),
    )
    inside = [fact for fact in mine if fact.event_date >= opens(window, as_of)]
    if aggregate == "trend":
        return trend(inside, half_opens(window, as_of), kind)
    return aggregated(inside, as_of, kind, aggregate)


def aggregated(inside: list[Fact], as_of: date, kind: str, aggregate: str) -> float:
    if aggregate == "count":
        return len(inside)
    if aggregate == "ever":
        return float(bool(inside))
    if aggregate == "distinct":
        return len({fact.detail for fact in inside} - {None})
    if aggregate == "recency":
        return 2 ** (-(as_of - inside[-1].event_date).days / 180) if inside else 0.0
    values = [fact.value for fact in inside if fact.value is not None]
    if not values:
        return NAN if kind == "reading" else 0.0
    return {
        "sum": sum(values),
        "min": min(values),
        "max": max(values),
        "mean": sum(values) / len(values),
        "first": values[0],
        "last": values[-1],
        "change": values[-1] - values[0],
    }[aggregate]


def trend(inside: list[Fact], half: date, kind: str) -> float:
    later = [fact for fact in inside if fact.event_date >= half]
    earlier = [fact for fact in inside if fact.event_date < half]
    if kind != "reading":
        return len(later) - len(earlier)
    values = [[fact.value for fact in part if fact.value is not None] for part in (later, earlier)]
    if not all(values):
        return NAN
    return sum(values[0]) / len(values[0]) - sum(values[1]) / len(values[1])


def of_deliveries(seen: list[Fact], household: str, as_of: date, aggregate: str) -> float:
    deliveries = sorted({fact.event_date for fact in seen}, reverse=True)
    if not deliveries:
        return NAN
    held: list[date] = []
    for day in deliveries:
        if not any(fact.household_id == household and fact.event_date == day for fact in seen):
            break
        held.append(day)
    if not held:
        return 0.0
    if aggregate == "spell":
        return (as_of - held[-1]).days / 30.4375
    return max(f.value for f in seen if f.household_id == household and f.event_date == held[0])
