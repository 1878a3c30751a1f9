"""Contacts on days that are none of the records' rounds, or the day before one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Days, as_days
from riskmodel.records.engine import Relation, query
from riskmodel.texts import counted

_BY_DAY = """
    SELECT as_of_date, count(*) AS contacts
    FROM source
    WHERE as_of_date < $today AND ($since IS NULL OR as_of_date >= $since)
    GROUP BY as_of_date
"""


class OffRounds(NamedTuple):
    """How many contacts are of no round, and on how many days."""

    contacts: int
    days: int


def off_rounds(
    contacts: Relation,
    rounds: pd.DatetimeIndex | None,
    since: np.datetime64 | None,
    today: np.datetime64,
) -> OffRounds:
    """Count the contacts between the first and the last round whose day is none of the rounds.

    Contacts before the first round and after the last are of rounds that are not stated. None is
    counted where no round is stated.

    Parameters
    ----------
    contacts : Relation
    rounds : DatetimeIndex, optional
        The rounds of the records.
    since, today : numpy.datetime64
        The bounds; contacts outside are told by `riskmodel.records.bounds.outside_notes`.
    """
    if rounds is None or not len(rounds):
        return OffRounds(0, 0)
    stated = np.unique(as_days(rounds))
    by_day = query(contacts, _BY_DAY, since=since, today=today)
    days = as_days(by_day["as_of_date"])
    is_between = (days > stated[0]) & (days < stated[-1])
    is_off = is_between & ~of_a_round(days, stated)
    return OffRounds(int(by_day["contacts"][is_off].sum()), int(is_off.sum()))


def a_day_early(
    contacts: Relation,
    rounds: pd.DatetimeIndex | None,
    since: np.datetime64 | None,
    today: np.datetime64,
) -> int:
    """Count the contacts if each of them is dated one day before a round and none on one, else 0.

    The last day of a month stands for the round of that month, so that contacts which a time zone
    moved from the first of a month would count for the round before.

    Parameters
    ----------
    contacts, rounds, since, today
        As for `off_rounds`.
    """
    if rounds is None or not len(rounds):
        return 0
    stated = np.unique(as_days(rounds))
    by_day = query(contacts, _BY_DAY, since=since, today=today)
    days = as_days(by_day["as_of_date"])
    is_early = np.isin(days + np.timedelta64(1, "D"), stated) & ~np.isin(days, stated)
    return int(by_day["contacts"].sum()) if is_early.all() else 0


def off_round_notes(found: OffRounds) -> Iterator[str]:
    """Yield a note on contacts that are of no round, if there are any."""
    if found.contacts:
        contacts, days = counted(found.contacts, "contact"), counted(found.days, "day")
        are = "is" if found.days == 1 else "are"
        yield (
            f"{contacts} on {days} that {are} none of the rounds (rounds:); their outcomes count "
            "for no round. Is as_of_date the date of the round, and does rounds: name them all?"
        )


def early_round_notes(contacts: int) -> Iterator[str]:
    """Yield a note on contacts that are all dated one day before a round, if they are."""
    if contacts:
        are = "is" if contacts == 1 else "are"
        yield (
            f"all {counted(contacts, 'contact')} {are} dated one day before a round, and the last "
            "day of a month counts for the round of that month, which is the one before. Did a "
            "time zone move the days of as_of_date?"
        )


def of_a_round(days: Days, rounds: Days) -> NDArray[np.bool_]:
    """Tell which days are rounds, or stand for one as the last day of its month.

    A round written as a month is dated on the month's last day; it is the only round in it.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (n,)
    rounds : ndarray of datetime64[D]
        Each once.

    Examples
    --------
    >>> days = as_days(["2024-01-15", "2024-01-16", "2024-01-31"])
    >>> of_a_round(days, as_days(["2024-01-15", "2024-03-15"])).tolist()
    [True, False, True]
    """
    months, numbers = np.unique(rounds.astype("datetime64[M]"), return_counts=True)
    has_one_round = np.isin(days.astype("datetime64[M]"), months[numbers == 1])
    return np.isin(days, rounds) | (is_month_end(days) & has_one_round)


def is_month_end(days: Days) -> NDArray[np.bool_]:
    """Tell which days are the last of their month."""
    next_day = days + np.timedelta64(1, "D")
    return next_day.astype("datetime64[M]") != days.astype("datetime64[M]")
