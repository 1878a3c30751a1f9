"""Which feeds deliver, where and since when: the difference between missing and zero, and a state's deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import Days, as_days, visible
from riskmodel.panel.scan import literal, query
from riskmodel.records import Records

NO_AREA = ""


@dataclass(frozen=True, eq=False)
class Feeds:
    """What is known of the feeds of some codes.

    Attributes
    ----------
    catalogue : Catalogue
    seen : DataFrame
        One row a code with facts: `first_visible`, the day after which some fact of it can be seen, and `first_event`.
    coverage : DataFrame
        Columns code, area, from_date, to_date.
    deliveries : DataFrame
        Distinct (code, event_date, known_date, retracted_date) of the states asked for.
    retractions : bool
        Whether any fact is ever retracted.
    extract_since : datetime64[D], optional
        First day of the records, where they say so.
    """

    catalogue: Catalogue
    seen: pd.DataFrame
    coverage: pd.DataFrame
    deliveries: pd.DataFrame
    retractions: bool
    extract_since: np.datetime64 | None = None

    @classmethod
    def of(cls, records: Records) -> Feeds:
        """Read what the records say of their feeds."""
        seen = (
            query(
                records,
                "events",
                """SELECT code, min(greatest(event_date, known_date)) AS first_visible, min(event_date) AS first_event,
                      count(retracted_date) AS retracted FROM source GROUP BY code""",
            )
            .set_index("code")
            .sort_index()
        )
        nothing = pd.DataFrame({"code": []})
        return cls(
            records.catalogue,
            seen,
            _coverage(records),
            nothing,
            retractions=bool(seen["retracted"].sum()),
            extract_since=records.since,
        )

    def with_deliveries(self, records: Records, states: Sequence[str]) -> Feeds:
        """Return the feeds with the deliveries of some states read."""
        chosen = f"""SELECT DISTINCT code, event_date, known_date, retracted_date FROM source
                     WHERE list_contains({literal(states)}::VARCHAR[], code)"""
        return replace(self, deliveries=query(records, "events", chosen)) if states else self

    @property
    def by_area(self) -> bool:
        """Whether some feed is delivered in some areas only."""
        return bool((self.coverage["area"] != NO_AREA).any())

    def visible_codes(self, as_of: np.datetime64) -> list[str]:
        """Return the codes of which some fact can be seen on a date."""
        first = as_days(self.seen["first_visible"])
        return [str(code) for code in self.seen.index[first < as_of]]

    def is_live(self, code: str, as_of: np.datetime64, area: str = NO_AREA) -> bool:
        """Tell whether a feed delivers on a date in an area.

        Its coverage decides where there is one, else the catalogue's `live_from`, else whether anything of it has
        been seen yet.
        """
        periods = self.coverage[self.coverage["code"] == code]
        if len(periods):
            here = periods["area"].isin((NO_AREA, area)).to_numpy()
            begun = as_days(periods["from_date"]) < as_of
            over = as_days(periods["to_date"]) < as_of
            return bool((here & begun & ~over).any())
        live_from = self.catalogue[code].live_from
        if live_from is not None:
            return bool(as_days(live_from) < as_of)
        return code in self.seen.index and bool(as_days(self.seen.loc[code, "first_visible"]) < as_of)

    def since(self, code: str) -> np.datetime64 | None:
        """Return the first day that the feed tells of: by its coverage, `live_from`, the records, or its first fact."""
        periods = self.coverage[self.coverage["code"] == code]
        live_from = self.catalogue[code].live_from
        if len(periods):
            return np.datetime64(as_days(periods["from_date"]).min())
        if live_from is not None:
            return np.datetime64(as_days(live_from))
        if self.extract_since is not None or code not in self.seen.index:
            return self.extract_since
        return np.datetime64(as_days(self.seen.loc[code, "first_event"]))

    def delivered(self, code: str, as_of: np.datetime64) -> Days:
        """Return the days of a state's deliveries that can be seen on a date, in order."""
        rows = self.deliveries[self.deliveries["code"] == code]
        days, known, retracted = (
            as_days(rows[name]) if len(rows) else np.zeros(0, "datetime64[D]")
            for name in ("event_date", "known_date", "retracted_date")
        )
        found: NDArray[np.datetime64] = np.unique(days[visible(days, known, as_of, retracted)])
        return found


def _coverage(records: Records) -> pd.DataFrame:
    table = query(records, "coverage", "SELECT feed AS code, area, from_date, to_date FROM source")
    return table.assign(area=table["area"].astype(object).where(table["area"].notna(), NO_AREA))
