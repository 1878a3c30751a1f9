"""What was known of households on a day: the latest value that was known before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Floats, Ints
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.settled_facts import positions
from riskmodel.serving.settled_tables import HOUSEHOLD, Tables, cells_of
from riskmodel.serving.window_days import BEFORE_EVERY_DAY


@dataclass(frozen=True, eq=False)
class SettledAttributes:
    """All values of attributes, in the order of their table.

    Attributes
    ----------
    household : list of str
    name, text : ndarray of str
        A text is None where there is none.
    number : ndarray of float64
    known : ndarray of int64
        The day on which each became known; before every day where it has always been.
    """

    household: list[str]
    name: NDArray[Any]
    text: NDArray[Any]
    number: Floats
    known: Ints

    def texts(self, name: str, as_of: int, place: Mapping[str, int]) -> list[str | None]:
        """Return the text of each household as of a day; None where none is known.

        Raises
        ------
        ServingError
            Where no row has the name, or its rows hold numbers.
        """
        own = self._named(name, self.text != None, "text")  # noqa: E711  # cell by cell
        found: NDArray[Any] = np.full(len(place), None)
        household, latest = self._latest(own, as_of, place)
        found[household] = self.text[latest]
        return found.tolist()

    def numbers(self, name: str, as_of: int, place: Mapping[str, int]) -> NDArray[np.float32]:
        """Return the number of each household as of a day; NaN where none is known.

        Raises
        ------
        ServingError
            Where no row has the name, or its rows hold texts.
        """
        own = self._named(name, ~np.isnan(self.number), "number")
        found = np.full(len(place), np.nan, np.float32)
        household, latest = self._latest(own, as_of, place)
        found[household] = self.number[latest]
        return found

    def _named(self, name: str, is_held: NDArray[np.bool_], content: str) -> Ints:
        """Return the rows of an attribute, or refuse one of which no row holds what is asked for.

        Where none holds anything, each says that nothing is known.
        """
        own = np.flatnonzero(self.name == name)
        holds_others = (self.text[own] != None) | ~np.isnan(self.number[own])  # noqa: E711
        if len(own) and (is_held[own].any() or not holds_others.any()):
            return own
        raise ServingError(
            f"attributes hold no {content} of {name!r}",
            "serving.attribute",
            "every attribute of the model's recipe, as a text or as a number, as in the fit",
            "write the table again from the records that have it",
        )

    def _latest(self, own: Ints, as_of: int, place: Mapping[str, int]) -> tuple[Ints, Ints]:
        """Return households of which a value is known by a day, and the row of the latest one.

        Of several that became known on one day it is the last text in order, else the largest
        number; a blank stands behind all of them.
        """
        household = positions([self.household[row] for row in own.tolist()], place)
        is_there = (household >= 0) & (self.known[own] < as_of)
        own, household = own[is_there], household[is_there]
        written = sorted({*self.text[own]} - {None})
        rank = positions(self.text[own].tolist(), {text: i for i, text in enumerate(written)})
        rank[rank < 0] = len(written)
        order = np.lexsort((self.number[own], rank, self.known[own], household))
        own, household = own[order], household[order]
        is_last = np.diff(household, append=-1) != 0
        return household[is_last], own[is_last]


def settled_attributes(tables: Tables) -> SettledAttributes:
    """Read the table of attributes.

    Raises
    ------
    ServingError
    """
    cells = cells_of(tables, "attributes", (HOUSEHOLD, "name", "known_date", "text", "number"))
    return SettledAttributes(
        cells[HOUSEHOLD].texts(),
        np.array(cells["name"].texts(), object),
        np.array(cells["text"].texts_or_none(), object),
        cells["number"].numbers(),
        cells["known_date"].days(blank=BEFORE_EVERY_DAY),
    )
