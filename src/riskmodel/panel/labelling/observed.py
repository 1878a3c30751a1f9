"""What is read of a label: each row's 1, 0 or missing, and what else is known of it."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import pandas as pd


class LabelFields(TypedDict):
    """The fields of a panel that its label fills; see `riskmodel.panel.Panel`."""

    y: pd.Series
    unplaced_contacts: dict[str, int]
    doubtful: dict[str, str]
    under_support: bool
    _late: pd.Series
    _why: pd.Series
    _tied: pd.Series
    _beyond: pd.Series
    _day: pd.Series


class Observed(NamedTuple):
    """The label of each row.

    Attributes
    ----------
    y : Series
        1, 0 or missing.
    late : Series
        Outcomes that became known too late to count.
    why : Series
        One of `outcomes.REASONS` where the label is missing.
    tied : Series of bool
        Whether the outcome counts although another verdict was given at the same time.
    day : Series of datetime64
        Of a label of 1, the day of the first outcome in its window; else NaT, and for verdicts.
    beyond : Series of bool
        Whether it is 1 although the fact that should observe it is missing.
    unplaced : dict of str to int
        Contacts that belong to no row: by reason, how many.
    doubtful : dict of str to str
        The rounds whose outcomes look incomplete, and why.
    under_support : bool
        Whether the records hold contacts, whose support prevents outcomes.
    """

    y: pd.Series
    late: pd.Series
    why: pd.Series
    tied: pd.Series
    day: pd.Series
    beyond: pd.Series
    unplaced: dict[str, int]
    doubtful: dict[str, str]
    under_support: bool

    def of_panel(self) -> LabelFields:
        """Return the fields of a panel that its label fills."""
        return LabelFields(
            y=self.y,
            unplaced_contacts=self.unplaced,
            doubtful=self.doubtful,
            under_support=self.under_support,
            _late=self.late,
            _why=self.why,
            _tied=self.tied,
            _beyond=self.beyond,
            _day=self.day,
        )
