"""Label windows in which an outcome could not be seen: not delivered, or household not matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Days, Span, as_days
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.one_feed import NO_AREA
from riskmodel.panel.specs.feature_columns import Attribute
from riskmodel.panel.specs.labels import Label
from riskmodel.records import Records
from riskmodel.records.engine import query


@dataclass(frozen=True, eq=False)
class UnobservedOutcomes:
    """What the records say about an outcome's feeds, for households numbered 0 .. n - 1.

    Attributes
    ----------
    label : Label
    ids : Index
    feeds : Feeds
        Of the outcome's codes alone.
    areas : list of str
        The areas that these feeds name, after the one of all other households.
    area_history : History or None
        The area of each household, if the feeds name areas.
    household, event, known, matched : ndarray
        A household that a delivery did not match, the delivery's day, when this became known, and
        when it was corrected.
    """

    label: Label
    ids: pd.Index
    feeds: Feeds
    areas: list[str]
    area_history: known.History | None
    household: NDArray[np.int64]
    event: Days
    known: Days
    matched: Days

    @classmethod
    def of(
        cls, records: Records, label: Label, codes: Sequence[str], ids: pd.Index
    ) -> UnobservedOutcomes:
        """Read what the records say about the feeds of an outcome's codes."""
        feeds = Feeds.of_outcomes(records, codes)
        areas = feeds.areas if records.area else [NO_AREA]
        area = Attribute(str(records.area))
        area_history = known.read(records, area) if len(areas) > 1 else None
        blanks = query(
            records.relation("unmatched"),
            """
            SELECT household_id::VARCHAR AS household_id, event_date, known_date, matched_date
            FROM source
            WHERE list_contains($codes::VARCHAR[], feed)
            """,
            codes=list(codes),
        )
        household = ids.get_indexer(pd.Index(blanks["household_id"])).astype(np.int64)
        blanks = blanks[household >= 0]
        days = (as_days(blanks[f"{name}_date"]) for name in ("event", "known", "matched"))
        return cls(label, ids, feeds, areas, area_history, household[household >= 0], *days)

    def not_delivered(self, as_of: np.datetime64) -> NDArray[np.bool_]:
        """Return for each household whether a feed was not delivered for all of the window.

        What is known counts as of the day on which the label is mature.
        """
        closes, mature = Span.parse(self.label.window).after(as_of), self.label.matures_on(as_of)
        by_code = [
            self.feeds.is_cut_short(code, as_of, closes, self.areas, mature)
            for code in self.feeds.feeds
        ]
        is_short = np.logical_or.reduce(by_code)
        if self.area_history is None:
            return np.repeat(is_short[:1], len(self.ids))
        household, days = np.arange(len(self.ids)), np.repeat(as_of, len(self.ids))
        area = self.area_history.as_of(self.ids, household, days)
        return is_short[np.maximum(pd.Index(self.areas).get_indexer(pd.Index(area)), 0)]

    def not_matched(self, as_of: np.datetime64) -> NDArray[np.bool_]:
        """Return for each household whether a delivery in the window did not match it."""
        closes, mature = Span.parse(self.label.window).after(as_of), self.label.matures_on(as_of)
        blank = (
            (self.event >= as_of)
            & (self.event < closes)
            & (self.known < mature)
            & ~(self.matched < mature)
        )
        return np.bincount(self.household[blank], minlength=len(self.ids)) > 0
