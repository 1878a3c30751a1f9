"""Which indicators were seen of households, and when: what bars, must-visits and lifts ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD, Days, Span, as_days
from riskmodel.records import Records
from riskmodel.records.engine import query
from riskmodel.service.rules.rule_parts import Bar, Urgent

_SEEN = """
    SELECT household_id::VARCHAR AS household_id, code,
        max(event_date) AS seen, max(known_date) AS known
    FROM source
    WHERE event_date < $day AND known_date < $day AND coalesce(retracted_date >= $day, TRUE)
        AND list_contains($codes, code)
    GROUP BY ALL
"""


@dataclass(frozen=True, eq=False)
class SeenCodes:
    """The facts of some indicators that can be seen of some households on a day.

    Attributes
    ----------
    day : datetime64[D]
    households : int
        How many households it is asked about.
    rows : DataFrame
        One row per household and code: ``position``, ``code``, and the last ``seen`` (the day of
        the fact) and ``known`` (when a fact became known).
    """

    day: np.datetime64
    households: int
    rows: pd.DataFrame

    @classmethod
    def of(
        cls, records: Records, ids: pd.Index, codes: Iterable[str], day: np.datetime64
    ) -> SeenCodes:
        """Read what was seen of households by the morning of a day."""
        wanted = sorted(set(codes))
        rows = query(records.relation("events"), _SEEN, codes=wanted, day=str(day))
        position = ids.get_indexer(pd.Index(rows[HOUSEHOLD]))
        rows = rows.assign(position=position)[position >= 0]
        return cls(day, len(ids), rows)

    def any_of(self, codes: Collection[str], within: str | None = None) -> NDArray[np.bool_]:
        """Tell of which households one of some codes was seen, within a span before the day."""
        return self._count(codes, within) > 0

    def all_of(self, codes: Collection[str], within: str | None = None) -> NDArray[np.bool_]:
        """Tell of which households all of some codes were seen, within a span before the day."""
        return self._count(codes, within) == len(set(codes))

    def known_since(self, codes: Collection[str], since: Days) -> NDArray[np.object_]:
        """Return which of some codes became known on a day of each household's own, or later.

        Parameters
        ----------
        codes : collection of str
        since : ndarray of datetime64[D], shape (n_households,)
            NaT for a household without such a day, of which nothing is returned.

        Returns
        -------
        ndarray of tuple of str, shape (n_households,)
        """
        own = self.rows[self.rows["code"].isin(codes)]
        own = own[as_days(own["known"]) >= since[own["position"].to_numpy()]]
        found = np.empty(self.households, dtype=object)
        found[:] = [()] * self.households
        for place, told in own.groupby("position")["code"]:
            found[place] = tuple(told)
        return found

    def _count(self, codes: Collection[str], within: str | None) -> NDArray[np.intp]:
        """Return how many of some codes were seen of each household."""
        own = self.rows[self.rows["code"].isin(codes)]
        if within is not None:
            own = own[as_days(own["seen"]) >= Span.parse(within).before(self.day)]
        return np.bincount(own["position"], minlength=self.households)


def codes_of(part: Bar | Urgent, catalogue: Catalogue) -> frozenset[str]:
    """Return the codes that a bar, or the rule of urgent news, names by code, family and kind."""
    families = part.families if isinstance(part, Bar) else ()
    by_kind = (
        code
        for code, indicator in catalogue.items()
        if indicator.family in families or indicator.sensitivity in part.sensitivity
    )
    return frozenset((*part.codes, *by_kind))


def worsening_codes(catalogue: Catalogue) -> frozenset[str]:
    """Return the codes whose news says that things got worse.

    Those that the catalogue says point to more risk, and those of which it says nothing. What it
    declares without a direction, such as a change of members or the outcome that a verdict itself
    writes, says neither.

    Examples
    --------
    >>> from riskmodel.indicators import Indicator
    >>> rent, move = Indicator("rent", direction=1), Indicator("move", en="household moved")
    >>> sorted(worsening_codes(Catalogue((rent, move, Indicator("fire")))))
    ['fire', 'rent']
    """
    more = (code for code, indicator in catalogue.items() if indicator.direction == 1)
    return frozenset((*more, *catalogue.undeclared))
