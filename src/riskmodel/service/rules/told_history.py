"""What the history of contacts tells of each listed household; nothing of one without a history."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD, Days, Span, as_days
from riskmodel.records.contact_words import REFUSED

NEEDED = (
    HOUSEHOLD,
    "state",
    "open_since",
    "unanswered",
    "last_contact",
    "last_channel",
    "last_result",
    "last_reason",
    "verdict_date",
    "new_indicators",
    "left",
    "other_case",
    "refusal",
    "effects",
    "urgent",
)
"""Columns of the history that the rules read."""

Flags = NDArray[np.bool_]


class ToldHistory:
    """The history of some households, in their order.

    Parameters
    ----------
    history : DataFrame
        Of `contact_history`.
    ids : Index
        The households.

    Raises
    ------
    ConfigError
        For a frame that is no such history.
    """

    def __init__(self, history: pd.DataFrame, ids: pd.Index) -> None:
        missing = [name for name in NEEDED if name not in history.columns]
        if missing:
            raise ConfigError(
                f"the history has no column {missing[0]!r}",
                place="history",
                code="outreach.history",
                allowed=NEEDED,
                next_step="make it: rm.contact_history(records, as_of)",
            )
        self._rows = history.set_index(HOUSEHOLD).reindex(ids)

    def text(self, name: str) -> pd.Series:
        """Return a column of words; missing where nothing is told."""
        return self._rows[name].reset_index(drop=True)

    def is_state(self, state: str) -> Flags:
        """Tell which households' cases are in a state."""
        return (self._rows["state"] == state).to_numpy()

    def days(self, name: str) -> Days:
        """Return a column of days; NaT where nothing is told."""
        return as_days(pd.to_datetime(self._rows[name]))

    @property
    def unanswered(self) -> NDArray[np.int64]:
        """Attempts without an answer since each household was last met."""
        return self._rows["unanswered"].fillna(0).to_numpy(np.int64)

    def words(self, name: str, words: Iterable[str]) -> NDArray[np.object_]:
        """Return which of some words a column of tuples holds, as a tuple for each household."""
        wanted = frozenset(words)
        found = np.empty(len(self._rows), dtype=object)
        for place, cell in enumerate(self._rows[name]):
            told = cell if isinstance(cell, tuple) else ()
            found[place] = tuple(word for word in told if word in wanted)
        return found

    def holds(self, name: str, words: Iterable[str]) -> Flags:
        """Tell of which households a column of tuples holds one of some words."""
        return np.array([bool(found) for found in self.words(name, words)], dtype=bool)

    def refused_until(self, span: str) -> Days:
        """Return until when a refusal is respected; NaT where there is none."""
        on_contact = self.days("last_contact")
        on_contact[(self.text("last_result") != REFUSED).to_numpy()] = np.datetime64("NaT")
        last = np.fmax(on_contact, self.days("refusal"))
        return Span.parse(span).after(last)
