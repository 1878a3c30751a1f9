"""What each aggregate makes of one indicator's facts in a window, for all households at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Floats, Ints

DAYS_A_MONTH, HALF_LIFE_DAYS = 30.4375, 180.0
NO_DELIVERY = -(2**40)
# from a table, as 2 to a power may differ by a bit where it is computed for several at once
_RECENCY = np.exp2(-np.arange(20_000) / HALF_LIFE_DAYS).astype(np.float32)


@dataclass(frozen=True, eq=False)
class WindowFacts:
    """Facts of one indicator, by household, then by day, day known and value.

    Attributes
    ----------
    n : int
        How many households there are.
    household : ndarray of int64
        Their positions, 0 to n - 1.
    event : ndarray of int64
    value : ndarray of float64
        NaN where there is none.
    detail : ndarray of int64
        A number for each text; -1 where there is none.
    """

    n: int
    household: Ints
    event: Ints
    value: Floats
    detail: Ints

    def at(self, chosen: NDArray[np.bool_]) -> WindowFacts:
        """Return some of the facts."""
        return WindowFacts(
            self.n,
            self.household[chosen],
            self.event[chosen],
            self.value[chosen],
            self.detail[chosen],
        )

    @property
    def valued(self) -> WindowFacts:
        """Those with a value."""
        return self.at(~np.isnan(self.value))

    def number(self) -> Ints:
        """Return how many facts each household has."""
        return np.bincount(self.household, minlength=self.n)

    def total(self, values: Floats) -> Floats:
        """Return the sum of each household's numbers, added one by one from the latest back."""
        return np.bincount(self.household[::-1], values[::-1], self.n).astype(np.float64)

    def most(self, ufunc: np.ufunc, values: Floats | Ints) -> Floats:
        """Return the largest or least of each household's numbers; NaN where it has none."""
        first = np.flatnonzero(self._is_new())
        return self._of_each(first, ufunc.reduceat(values, first) if len(first) else values[:0])

    def earliest(self) -> Floats:
        """Return the value of each household's first fact; NaN where it has none."""
        first = np.flatnonzero(self._is_new())
        return self._of_each(first, self.value[first])

    def latest(self) -> Floats:
        """Return the value of each household's last fact; NaN where it has none."""
        last = np.flatnonzero(np.append(self._is_new()[1:], True)[: len(self.household)])
        return self._of_each(last, self.value[last])

    def _is_new(self) -> NDArray[np.bool_]:
        return np.diff(self.household, prepend=-1) != 0

    def _of_each(self, fact: Ints, values: Floats | Ints) -> Floats:
        found = np.full(self.n, np.nan)
        found[self.household[fact]] = values
        return found


@dataclass(frozen=True, eq=False)
class DeliveryDays:
    """The deliveries that have come, area by area.

    Attributes
    ----------
    area : ndarray of int64, shape (n,)
        The position of each household's area.
    days : list of ndarray of int64
        Of each area, in order.
    """

    area: Ints
    days: list[Ints]

    def first(self, opens: int) -> Ints:
        """Return each household's first delivery from a day on; `NO_DELIVERY` for none."""
        return self._edge(opens, 0)

    def newest(self, opens: int) -> Ints:
        """Return each household's newest delivery from a day on; `NO_DELIVERY` for none."""
        return self._edge(opens, -1)

    def _edge(self, opens: int, end: int) -> Ints:
        inside = [days[days >= opens] for days in self.days]
        edge = [days[end] if len(days) else NO_DELIVERY for days in inside]
        return np.array(edge, np.int64)[self.area]

    def behind(self, facts: WindowFacts) -> Ints:
        """Return how many deliveries came after the one that a fact is of; -1 for none."""
        found = np.full(len(facts.event), -1)
        area = self.area[facts.household]
        for number, days in enumerate(self.days):
            own = np.flatnonzero(area == number)
            place = np.searchsorted(days, facts.event[own])
            is_of_one = np.append(days, NO_DELIVERY)[place] == facts.event[own]
            found[own] = np.where(is_of_one, len(days) - 1 - place, -1)
        return found


@dataclass(frozen=True, eq=False)
class Window:
    """One indicator in a window that ends on a day; each method is an aggregate.

    What an aggregate does not know is NaN.

    Attributes
    ----------
    facts, later : WindowFacts
        Those of the window, and of its later half.
    opens, as_of : int
    deliveries : DeliveryDays
    """

    facts: WindowFacts
    later: WindowFacts
    opens: int
    as_of: int
    deliveries: DeliveryDays

    def count(self) -> Floats:
        """Return how many facts there are."""
        return self.facts.number().astype(np.float64)

    def ever(self) -> Floats:
        """Return whether there is one."""
        return np.minimum(self.count(), 1.0)

    def distinct(self) -> Floats:
        """Return how many different texts they have."""
        named = self.facts.at(self.facts.detail >= 0)
        pairs = np.unique(np.column_stack([named.household, named.detail]), axis=0)
        return np.bincount(pairs[:, 0], minlength=self.facts.n).astype(np.float64)

    def recency(self) -> Floats:
        """Return 2 to the power of -days/180, of the latest of them."""
        days = self.as_of - self.facts.most(np.maximum, self.facts.event)
        place = np.minimum(np.nan_to_num(days), len(_RECENCY) - 1).astype(np.int64)
        return np.where(np.isnan(days), np.nan, _RECENCY[place])

    def sum(self) -> Floats:
        """Return their values added up."""
        valued = self.facts.valued
        return np.where(valued.number() > 0, valued.total(valued.value), np.nan)

    def mean(self) -> Floats:
        """Return the mean of their values."""
        return _quotient(self.sum(), self.facts.valued.number())

    def max(self) -> Floats:
        """Return their largest value."""
        return self.facts.valued.most(np.maximum, self.facts.valued.value)

    def min(self) -> Floats:
        """Return their least value."""
        return self.facts.valued.most(np.minimum, self.facts.valued.value)

    def last(self) -> Floats:
        """Return the latest value."""
        return self.facts.valued.latest()

    def first(self) -> Floats:
        """Return the earliest value."""
        return self.facts.valued.earliest()

    def range(self) -> Floats:
        """Return the largest value less the least."""
        return self.max() - self.min()

    def change(self) -> Floats:
        """Return the latest value less the earliest."""
        return self.last() - self.first()

    def std(self) -> Floats:
        """Return the standard deviation (ddof 1), from values less the latest: no digit is lost."""
        valued = self.facts.valued
        less = valued.value - valued.latest()[valued.household]
        n = valued.number()
        squares = valued.total(less**2) - _quotient(valued.total(less) ** 2, n)
        deviation: Floats = np.sqrt(_quotient(np.maximum(squares, 0.0), n - 1))
        return deviation

    def trend(self) -> Floats:
        """Return how many facts there are in the later half less those in the earlier."""
        return (2 * self.later.number() - self.facts.number()).astype(np.float64)

    def trend_of_values(self) -> Floats:
        """Return the mean value of the later half less that of the earlier."""
        whole, later = self.facts.valued, self.later.valued
        total, n = later.total(later.value), later.number()
        earlier = _quotient(whole.total(whole.value) - total, whole.number() - n)
        return _quotient(total, n) - earlier

    def now(self) -> Floats:
        """Return the level in the newest delivery."""
        return self._level(self.deliveries.newest(self.opens))

    def change_of_state(self) -> Floats:
        """Return the level in the newest delivery less that in the first."""
        return self.now() - self._level(self.deliveries.first(self.opens))

    def _level(self, day: Ints) -> Floats:
        """Return each household's largest value in a delivery: 0 where it came without it."""
        held = self.facts.at(self.facts.event == day[self.facts.household])
        level = np.nan_to_num(held.most(np.maximum, held.value))
        return np.where(day == NO_DELIVERY, np.nan, level)

    def spell(self) -> Floats:
        """Return for how many months every delivery up to the newest one has held the household."""
        behind = self.deliveries.behind(self.facts)
        pairs = np.column_stack([self.facts.household, behind])[behind >= 0]
        household, behind = np.unique(pairs, axis=0).T
        # the newest has none behind it, the one before has one, until a delivery is left out
        place = np.arange(len(behind)) - np.searchsorted(household, household)
        n_held = np.bincount(household[behind == place], minlength=self.facts.n)

        since = np.full(self.facts.n, float(self.as_of))
        for number, days in enumerate(self.deliveries.days):
            own = (self.deliveries.area == number) & (n_held > 0)
            since[own] = days[len(days) - n_held[own]]
        is_told = self.deliveries.newest(self.opens) != NO_DELIVERY
        return np.where(is_told, (self.as_of - since) / DAYS_A_MONTH, np.nan)


def _quotient(numerator: Floats, n: Ints) -> Floats:
    """Return a quotient; NaN where it would be of none."""
    return numerator / np.where(n > 0, n, np.nan)


FIGURES: dict[str, Callable[[Window], Floats]] = {
    "count": Window.count,
    "ever": Window.ever,
    "distinct": Window.distinct,
    "recency": Window.recency,
    "sum": Window.sum,
    "mean": Window.mean,
    "max": Window.max,
    "min": Window.min,
    "last": Window.last,
    "first": Window.first,
    "range": Window.range,
    "change": Window.change,
    "std": Window.std,
    "trend": Window.trend,
    "now": Window.now,
    "spell": Window.spell,
}
# what an aggregate is of indicators of another kind
FIGURES_OF_KIND: dict[tuple[str, str], Callable[[Window], Floats]] = {
    ("trend", "reading"): Window.trend_of_values,
    ("change", "state"): Window.change_of_state,
}
# NaN of these says that no delivery came; of all others, that there is nothing to compute it from
OF_DELIVERIES = (Window.now, Window.spell, Window.change_of_state)
