"""Rounds as days: when a simulated fact happened, and when it became known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from riskmodel.datasets.emission import N_LAGS, Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.world import Floats
from riskmodel.keys import AS_OF, Days, Span, shift

MONTHS = 2
HISTORY = 6
WINDOW, MATURITY = 3, 1
DELIVERED, DELIVERY_KNOWN = np.timedelta64(20, "D"), np.timedelta64(35, "D")


@dataclass(frozen=True)
class Schedule:
    """The simulated rounds on the calendar.

    `HISTORY` rounds of records precede the first as-of date; behind the last follow its label
    window and maturity, and then it is `today`.
    """

    n_rounds: int
    today: str

    def __len__(self) -> int:
        return HISTORY + self.n_rounds + WINDOW + MATURITY - 1

    @property
    def as_of(self) -> range:
        """Numbers of the rounds that open on an as-of date."""
        return range(HISTORY, HISTORY + self.n_rounds)

    @property
    def rounds(self) -> pd.DatetimeIndex:
        """The as-of dates themselves."""
        return pd.DatetimeIndex(self.starts[self.as_of].astype("datetime64[s]"), name=AS_OF)

    @cached_property
    def starts(self) -> Days:
        """First day of every round, and of those in which the last facts become known."""
        ahead = range(-len(self), N_LAGS + 1)
        return np.array(
            [shift(self.today, Span(abs(k) * MONTHS, "M"), sign=1 if k > 0 else -1) for k in ahead]
        )

    def dates(
        self, facts: Facts, emission: Emission, share: Floats, known_share: Floats
    ) -> tuple[Days, Days]:
        """Return event and known dates, uniform within their round.

        `share` and `known_share` are the uniform numbers behind them, one per fact. A day carries
        no more information than its round. A seasonal event falls more often into the month in
        which it is more common, which carries none either. A delivered state carries its feed's own
        days, the same for everybody.
        """
        starts = self.starts
        first, last = starts[facts.period], starts[facts.period + 1]
        share = share.copy()
        for number, months in emission.months.items():
            rows = np.flatnonzero(facts.code == number)
            share[rows] = _in_season(share[rows], first[rows], last[rows], np.array(months))
        event = _between(first, last, share)
        at_once = facts.lag == 0
        from_day = np.where(at_once, event, starts[facts.period + facts.lag])
        known = _between(from_day, starts[facts.period + facts.lag + 1], known_share)
        state = (facts.code >= len(emission.events)) & (facts.code < len(emission.codes) - 1)
        return np.where(state, first + DELIVERED, event), np.where(
            state, first + DELIVERY_KNOWN, known
        )


def _between(first: Days, last: Days, share: Floats) -> Days:
    length = (last - first).astype(int)
    return first + np.floor(share * length).astype("timedelta64[D]")


def _in_season(share: Floats, first: Days, last: Days, months: Floats) -> Floats:
    """Shift times in a round of two months by how common the event is in each of the two.

    A time is a share of the round, from 0 to 1.
    """
    second = first.astype("datetime64[M]") + np.timedelta64(1, "M")
    cut = (second.astype("datetime64[D]") - first).astype(int) / (last - first).astype(int)
    month = first.astype("datetime64[M]").astype(int) % 12
    weight = months[month] * cut
    early = weight / (weight + months[month + 1] * (1 - cut))
    in_first = share / np.where(early > 0, early, 1) * cut
    in_second = cut + (share - early) / np.where(early < 1, 1 - early, 1) * (1 - cut)
    return np.asarray(np.where(share < early, in_first, in_second))
