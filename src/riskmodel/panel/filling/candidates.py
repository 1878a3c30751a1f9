"""The rows to consider for a panel: those that were given, or those whose attributes are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import AS_OF, HOUSEHOLD, Days, as_days
from riskmodel.panel.filling.attributes import first_listed
from riskmodel.records import Records

Positions = NDArray[np.int64]


class Rows(NamedTuple):
    """Rows of some households: the position of each row's household, and of its date."""

    household: Positions
    date: Positions


class Candidates(NamedTuple):
    """Rows to consider where they do not follow from the facts.

    ``start[i]:start[i + 1]`` are the rows of household i.
    """

    ids: pd.Index
    start: Positions
    date: Positions

    @classmethod
    def of(cls, ids: pd.Index, household: Positions, date: Positions) -> Candidates:
        """Gather rows given in any order."""
        order = np.lexsort((date, household))
        return cls(
            ids,
            np.searchsorted(household[order], range(len(ids) + 1)).astype(np.int64),
            date[order],
        )

    def rows(self, households: Positions) -> Rows:
        """Return the rows of some households, each by its household's position in `households`."""
        n_rows = np.where(households >= 0, self.start[households + 1] - self.start[households], 0)
        which = np.repeat(np.arange(len(households)), n_rows)
        within = np.arange(n_rows.sum()) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
        return Rows(which, self.date[self.start[households[which]] + within])


def given_candidates(rows: pd.DataFrame, dates: Days) -> Candidates:
    """Return the rows of a frame of households and dates."""
    household, households = pd.factorize(rows[HOUSEHOLD], sort=True)
    position = np.searchsorted(dates, as_days(rows[AS_OF]))
    return Candidates.of(pd.Index(households), household.astype(np.int64), position)


def listed_candidates(records: Records, dates: Days, given: Candidates | None) -> Candidates:
    """Return the rows whose attributes are known by then, among those given or all of them."""
    first = first_listed(records)
    ids = pd.Index(first.index) if given is None else given.ids
    if given is None:
        household, date = np.divmod(np.arange(len(ids) * len(dates)), len(dates))
    else:
        household, date = given.rows(np.arange(len(ids)))
    since = first.reindex(ids).to_numpy().astype("datetime64[D]")
    listed = since[household] < dates[date]
    return Candidates.of(ids, household[listed], date[listed])
