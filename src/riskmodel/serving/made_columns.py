"""A model's columns for the households of one day, each made from what was known by then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.feed_days import EVERYWHERE, FeedOn, FeedRows, feed_on, feed_rows
from riskmodel.serving.plain_texts import plain_text
from riskmodel.serving.reader_types import ColumnEntry, Ints, Part
from riskmodel.serving.settled_attributes import SettledAttributes, settled_attributes
from riskmodel.serving.settled_facts import SettledFacts, positions
from riskmodel.serving.settled_tables import Tables
from riskmodel.serving.unmatched_rows import UnmatchedRows, unmatched_rows
from riskmodel.serving.window_days import ALWAYS, half_opens, window_opens
from riskmodel.serving.window_figures import (
    FIGURES,
    FIGURES_OF_KIND,
    NO_DELIVERY,
    OF_DELIVERIES,
    DeliveryDays,
    Window,
    WindowFacts,
)

KINDS_OF_TROUBLE, OF_HALVES = "kinds", "trend"


@dataclass(frozen=True, eq=False)
class MadeColumns:
    """What is known of some households on one day; what several columns need is computed once.

    Attributes
    ----------
    recipe : mapping
        Of the model: its features, its catalogue, its area.
    tables : mapping of str to table
    facts : SettledFacts
    households : list of str
    as_of : int
    since : int, optional
        First day of the records, where they say so.
    """

    recipe: Part
    tables: Tables
    facts: SettledFacts
    households: Sequence[str]
    as_of: int
    since: int | None

    def column(self, column: ColumnEntry) -> NDArray[Any]:
        """Return the cells of one column."""
        if column["way"] == KINDS_OF_TROUBLE:
            return self._number_of_kinds(column["codes"], column["window"])
        if column["aggregate"]:
            has_zero = column["blank"] != "no_value"
            return self._aggregate(
                column["indicator"], column["aggregate"], column["window"], has_zero=has_zero
            )
        attribute = attributes_of(self.recipe)[column["name"]]
        given = attribute["name"], self.as_of, self._place
        if attribute["number"]:
            return self._attributes.numbers(*given)
        return np.array(self._attributes.texts(*given), object)

    def _aggregate(
        self, code: str, aggregate: str, window: str, *, has_zero: bool
    ) -> NDArray[np.float32]:
        """Return an aggregate of one indicator, missing where its feed tells nothing.

        Where nothing is there to compute it from, it is 0 or missing.
        """
        figure_of = FIGURES_OF_KIND.get((aggregate, self._kinds[code]), FIGURES[aggregate])
        figure = figure_of(self._window(code, window, halves=aggregate == OF_HALVES))
        if has_zero and figure_of not in OF_DELIVERIES:
            figure = np.nan_to_num(figure)
        return np.where(self._is_told(code, window), figure, np.nan).astype(np.float32)

    def _number_of_kinds(self, codes: Sequence[str], window: str) -> NDArray[np.float32]:
        """Return how many indicators have a fact, among those whose feeds tell of the window."""
        counts = [self._aggregate(code, "count", window, has_zero=True) for code in codes]
        number = np.sum([count > 0 for count in counts], axis=0)
        n_told = np.sum([~np.isnan(count) for count in counts], axis=0)
        least = len(counts) if self._wants_whole else 1
        return np.where(n_told >= least, number, np.nan).astype(np.float32)

    def _window(self, code: str, window: str, *, halves: bool) -> Window:
        facts, opens = self._histories[code], window_opens(window, self.as_of)
        inside = facts.at(facts.event >= opens) if window != ALWAYS else facts
        half = half_opens(window, self.as_of) if halves else self.as_of
        deliveries = DeliveryDays(self._area_of[code], [feed.came for feed in self._feeds[code]])
        return Window(inside, inside.at(inside.event >= half), opens, self.as_of, deliveries)

    def _is_told(self, code: str, window: str) -> NDArray[np.bool_]:
        """Return for which households a feed tells of a window, if only that there is nothing."""
        feeds, opens = self._feeds[code], window_opens(window, self.as_of)
        tells = [feed.is_live for feed in feeds]
        if self._wants_whole and window != ALWAYS:
            tells = [feed.is_live and not feed.is_cut_short(opens, self.as_of) for feed in feeds]
        return np.array(tells, bool)[self._area_of[code]] & ~self._is_unmatched[code]

    @property
    def _wants_whole(self) -> bool:
        """Whether a column is missing whose window is covered only in part."""
        return bool(self.recipe["features"].get("partly_covered") == "missing")

    @cached_property
    def _kinds(self) -> dict[str, str]:
        catalogue = self.recipe["catalogue"]
        return {code: catalogue[code].get("kind", "event") for code in self.facts.codes}

    @cached_property
    def _place(self) -> dict[str, int]:
        return {household: place for place, household in enumerate(self.households)}

    @cached_property
    def _histories(self) -> dict[str, WindowFacts]:
        return self.facts.histories(self.as_of, self._place, self._kinds)

    @cached_property
    def _feed_rows(self) -> dict[str, FeedRows]:
        return feed_rows(self.tables, self.facts.codes)

    @cached_property
    def _feeds(self) -> dict[str, list[FeedOn]]:
        """Each feed, in each of the areas that it names."""
        catalogue, seen = self.recipe["catalogue"], self.facts.seen(self.as_of)
        return {
            code: [
                feed_on(feed, area, self.as_of, seen[code], catalogue[code], self.since)
                for area in feed.areas
            ]
            for code, feed in self._feed_rows.items()
        }

    @cached_property
    def _area_of(self) -> dict[str, Ints]:
        """The position of each household's area among those of each feed; the first for others."""
        found = {}
        for code, feed in self._feed_rows.items():
            place = {area: number for number, area in enumerate(feed.areas)}
            found[code] = np.maximum(positions(self._areas, place), 0)
        return found

    @cached_property
    def _areas(self) -> list[str]:
        """The area of each household, where some feed differs between areas."""
        name = self.recipe.get("area")
        if name is None or all(len(feed.areas) == 1 for feed in self._feed_rows.values()):
            return [EVERYWHERE] * len(self.households)
        areas = self._attributes.texts(name, self.as_of, self._place)
        return [EVERYWHERE if area is None else area for area in areas]

    @cached_property
    def _attributes(self) -> SettledAttributes:
        return settled_attributes(self.tables)

    @cached_property
    def _is_unmatched(self) -> dict[str, NDArray[np.bool_]]:
        """Which households each feed's newest delivery did not match."""
        rows: UnmatchedRows = unmatched_rows(self.tables)
        found = {}
        for code, feeds in self._feeds.items():
            newest = [feed.came[-1] if len(feed.came) else NO_DELIVERY for feed in feeds]
            delivery = np.array(newest, np.int64)[self._area_of[code]]
            found[code] = rows.of(code, delivery, self.as_of, self._place)
        return found


def attributes_of(recipe: Part) -> dict[str, Part]:
    """Return the attributes of a recipe, by the names of their columns."""
    listed = recipe["features"].get("attributes", ())
    return {_column_name(attribute["name"]): attribute for attribute in listed}


def _column_name(name: str) -> str:
    return re.sub(r"\W+", "_", plain_text(name)).strip("_")
