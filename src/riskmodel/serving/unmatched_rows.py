"""Households that a delivery did not match, so that it says nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Ints
from riskmodel.serving.settled_facts import positions
from riskmodel.serving.settled_tables import HOUSEHOLD, Tables, cells_of
from riskmodel.serving.window_days import AFTER_EVERY_DAY


@dataclass(frozen=True, eq=False)
class UnmatchedRows:
    """The rows of the table: whom a delivery could not tell of, and until when."""

    household: list[str]
    feed: NDArray[Any]
    day: Ints
    known: Ints
    matched: Ints

    def of(
        self, feed: str, delivery: Ints, as_of: int, place: Mapping[str, int]
    ) -> NDArray[np.bool_]:
        """Return which households a feed's delivery did not match, by what is known on a day.

        Parameters
        ----------
        feed : str
        delivery : ndarray of int64
            The day of the delivery that is meant for each household.
        as_of : int
        place : mapping of household to position
        """
        own = np.flatnonzero(self.feed == feed)
        household = positions([self.household[row] for row in own.tolist()], place)
        own, household = own[household >= 0], household[household >= 0]
        is_meant = self.day[own] == delivery[household]
        own, household = own[is_meant], household[is_meant]
        is_unmatched = np.zeros(len(delivery), bool)
        is_unmatched[household[self.known[own] < as_of]] = True
        is_unmatched[household[self.matched[own] < as_of]] = False
        return is_unmatched


def unmatched_rows(tables: Tables) -> UnmatchedRows:
    """Read the table of unmatched households.

    Raises
    ------
    ServingError
    """
    named = (HOUSEHOLD, "feed", "event_date", "known_date", "matched_date")
    cells = cells_of(tables, "unmatched", named)
    return UnmatchedRows(
        cells[HOUSEHOLD].texts(),
        np.array(cells["feed"].texts(), object),
        cells["event_date"].days(),
        cells["known_date"].days(),
        cells["matched_date"].days(blank=AFTER_EVERY_DAY),
    )
