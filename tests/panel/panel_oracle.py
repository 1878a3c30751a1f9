"""The features once more, fact by fact in plain Python, from their definitions alone."""

from __future__ import annotations

import calendar
import math
import statistics
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
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


@cache
def opens(window: str, as_of: date) -> date:
    if window == "ever":
        return date.min
    count = int(window[:-1])
    return months_before(as_of, count) if window[-1] == "M" else as_of - timedelta(count)


@cache
def half_opens(window: str, as_of: date) -> date:
    count = int(window[:-1])
    if count % 2 == 0:
        return opens(f"{count // 2}{window[-1]}", as_of)
    return as_of - timedelta((as_of - opens(window, as_of)).days // 2)


def is_visible(fact: Fact, as_of: date) -> bool:
    retracted = fact.retracted_date is not None and fact.retracted_date < as_of
    return fact.event_date < as_of and fact.known_date < as_of and not retracted


class Delivery(NamedTuple):
    feed: str
    area: str | None
    event_date: date
    known_date: date
    delivered: bool = True


class Period(NamedTuple):
    feed: str
    area: str | None
    from_date: date | None
    to_date: date | None


class Blank(NamedTuple):
    household_id: str
    feed: str
    event_date: date
    known_date: date
    matched_date: date | None = None


class Home(NamedTuple):
    household_id: str
    area: str
    known_date: date


@dataclass(eq=False)
class World:
    """All that records say: facts, and where, when and of whom each feed was delivered."""

    facts: list[Fact]
    kinds: dict[str, str]
    deliveries: list[Delivery] = field(default_factory=list)
    coverage: list[Period] = field(default_factory=list)
    unmatched: list[Blank] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    partly_covered: str = "counted"

    @cache  # noqa: B019  # worlds live as long as their test
    def area(self, household: str, as_of: date) -> str | None:
        known = [
            home
            for home in self.homes
            if home.household_id == household and home.known_date < as_of
        ]
        return max(known, key=lambda home: (home.known_date, home.area)).area if known else None

    def listed(self, code: str, area: str | None, as_of: date) -> dict[date, bool]:
        """The days of the deliveries due, as listed and known by then, and whether each came."""
        due: dict[date, bool] = {}
        for row in self.deliveries:
            if (
                row.feed == code
                and row.area in (None, area)
                and row.event_date < as_of
                and row.known_date < as_of
            ):
                due[row.event_date] = due.get(row.event_date, False) or row.delivered
        return due

    @cache  # noqa: B019  # worlds live as long as their test
    def due(self, code: str, area: str | None, as_of: date) -> dict[date, bool]:
        """The same, with the days of a state's facts."""
        due = self.listed(code, area, as_of)
        parted = any(row.feed == code and row.area for row in self.deliveries)
        if self.kinds[code] == "state" and not parted:
            due |= {
                fact.event_date: True
                for fact in self.facts
                if fact.code == code and is_visible(fact, as_of)
            }
        return due

    @cache  # noqa: B019  # worlds live as long as their test
    def is_live(self, code: str, area: str | None, as_of: date) -> bool:
        due = self.due(code, area, as_of)
        if due and not due[max(due)]:
            return False
        periods = [row for row in self.coverage if row.feed == code]
        if periods:
            return any(
                row.area in (None, area)
                and (row.from_date or date.min) < as_of <= (row.to_date or date.max)
                for row in periods
            )
        if any(due.values()):
            return True
        if any(row.feed == code and row.area for row in self.deliveries):
            return False
        return any(
            f.code == code and f.event_date < as_of and f.known_date < as_of for f in self.facts
        )

    @cache  # noqa: B019  # worlds live as long as their test
    def is_cut_short(self, code: str, area: str | None, first: date, as_of: date) -> bool:
        due = self.due(code, area, as_of)
        if any(day >= first and not came for day, came in due.items()):
            return True
        periods = [row for row in self.coverage if row.feed == code]
        if periods:
            day = first
            while day < as_of:
                here = [row for row in periods if row.area in (None, area)]
                if not any(
                    (row.from_date or date.min) <= day < (row.to_date or date.max) for row in here
                ):
                    return True
                day += timedelta(1)
            return False
        came = [day for day in due if due[day]]
        if came and any(row.feed == code for row in self.deliveries):
            return first < min(came)
        seen = [max(f.event_date, f.known_date) for f in self.facts if f.code == code]
        return bool(seen) and first < min(seen)

    @cache  # noqa: B019  # worlds live as long as their test
    def is_unmatched(self, code: str, household: str, area: str | None, as_of: date) -> bool:
        came = [day for day, is_there in self.due(code, area, as_of).items() if is_there]
        told = (household, code, max(came, default=None))
        blanks = [row for row in self.unmatched if row[:3] == told]
        mended = [
            row.matched_date
            for row in blanks
            if row.matched_date is not None and row.matched_date < as_of
        ]
        return any(row.known_date < as_of for row in blanks) and not mended


def feature(
    world: World, household: str, as_of: date, code: str, aggregate: str, window: str
) -> float:
    """One cell of a panel."""
    kind, area, first = world.kinds[code], world.area(household, as_of), opens(window, as_of)
    if not world.is_live(code, area, as_of) or world.is_unmatched(code, household, area, as_of):
        return NAN
    with_window = window != "ever"
    if (
        world.partly_covered == "missing"
        and with_window
        and world.is_cut_short(code, area, first, as_of)
    ):
        return NAN
    mine = [
        f
        for f in world.facts
        if f.code == code and f.household_id == household and is_visible(f, as_of)
    ]
    if kind == "state":
        mine = [fact._replace(value=1.0) if fact.value is None else fact for fact in mine]
    if aggregate in ("now", "spell") or (aggregate == "change" and kind == "state"):
        came = [day for day, is_there in world.due(code, area, as_of).items() if is_there]
        return of_deliveries(mine, came, first, as_of, aggregate)
    mine.sort(key=lambda f: (f.event_date, f.known_date, math.inf if f.value is None else f.value))
    inside = [fact for fact in mine if fact.event_date >= first]
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
        "range": max(values) - min(values),
        "std": statistics.stdev(values) if len(values) > 1 else NAN,
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


def of_deliveries(
    mine: list[Fact], came: list[date], first: date, as_of: date, aggregate: str
) -> float:
    inside = sorted(day for day in came if day >= first)
    if not inside:
        return NAN

    def level(day: date) -> float:
        return max((fact.value for fact in mine if fact.event_date == day), default=0.0)

    if aggregate == "change":
        return level(inside[-1]) - level(inside[0])
    if aggregate == "now":
        return level(inside[-1])
    held: list[date] = []
    for day in reversed(inside):
        if not any(fact.event_date == day for fact in mine):
            break
        held.append(day)
    return (as_of - held[-1]).days / 30.4375 if held else 0.0
