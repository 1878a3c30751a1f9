"""What a panel knows of its label: each row's 1, 0 or missing, and why."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd


class LabelFields(TypedDict):
    """The fields of a panel that its label fills.

    Attributes
    ----------
    y : Series
        1, 0 or missing.
    unplaced_contacts : dict of str to int
        Contacts that belong to no row: by reason, how many.
    doubtful : dict of str to str
        The rounds whose outcomes look incomplete, and why.
    under_support : bool
        Whether the records hold contacts, whose support prevents outcomes.
    _late : Series
        Outcomes that became known too late to count.
    _why : Series
        One of `missing_reasons.REASONS` where the label is missing.
    _tied : Series of bool
        Whether the outcome counts although another verdict was given at the same time.
    _beyond : Series of bool
        Whether it is 1 although the fact that should observe it is missing.
    _day : Series of datetime64
        Of a label of 1, the day of the first outcome in its window; else NaT, and for verdicts.
    """

    y: pd.Series
    unplaced_contacts: dict[str, int]
    doubtful: dict[str, str]
    under_support: bool
    _late: pd.Series
    _why: pd.Series
    _tied: pd.Series
    _beyond: pd.Series
    _day: pd.Series
