"""The facts of the table of events, and which of them can be seen on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Floats, Ints
from riskmodel.serving.refusal import ServingError, some_of
from riskmodel.serving.settled_tables import HOUSEHOLD, Tables, cells_of
from riskmodel.serving.window_days import AFTER_EVERY_DAY
from riskmodel.serving.window_figures import WindowFacts


class SeenFacts(NamedTuple):
    """When facts of one code happened, of all households.

    Attributes
    ----------
    days : ndarray of int64
        The days of those that can be seen, each once.
    first_visible : int
        The day after which some fact can be seen, be it retracted later or not.
    """

    days: Ints
    first_visible: int


@dataclass(frozen=True, eq=False)
class SettledFacts:
    """All facts, in the order of their table.

    Attributes
    ----------
    household : list of str
    codes : list of str
        Those that are asked for.
    code : ndarray of int64
        The position of each fact's code among them; -1 for another one.
    event, known, retracted : ndarray of int64
    value : ndarray of float64
    detail : ndarray of int64
        A number for each text; -1 where there is none, or it is not asked for.
    """

    household: list[str]
    codes: list[str]
    code: Ints
    event: Ints
    known: Ints
    retracted: Ints
    value: Floats
    detail: Ints

    def visible(self, as_of: int) -> NDArray[np.bool_]:
        """Tell which facts can be seen on the morning of a day: the rule of `riskmodel.keys`."""
        return (self.event < as_of) & (self.known < as_of) & (self.retracted >= as_of)

    def seen(self, as_of: int) -> dict[str, SeenFacts]:
        """Return for each code when facts happened that can be seen on a day."""
        is_seen, seen_after = self.visible(as_of), np.maximum(self.event, self.known)
        found = {}
        for number, code in enumerate(self.codes):
            own = self.code == number
            days = np.unique(self.event[own & is_seen])
            found[code] = SeenFacts(days, int(seen_after[own].min(initial=AFTER_EVERY_DAY)))
        return found

    def histories(
        self, as_of: int, place: Mapping[str, int], kinds: Mapping[str, str]
    ) -> dict[str, WindowFacts]:
        """Return the facts of some households that can be seen on a day, by code.

        Parameters
        ----------
        as_of : int
        place : mapping of household to position
        kinds : mapping of code to kind
            A blank value of a state is 1.
        """
        household = positions(self.household, place)
        is_chosen = self.visible(as_of) & (household >= 0) & (self.code >= 0)
        chosen = np.flatnonzero(is_chosen)
        order = (self.value, self.known, self.event, household, self.code)
        chosen = chosen[np.lexsort([column[chosen] for column in order])]
        self._refuse_repeats(chosen, household)
        edges = np.searchsorted(self.code[chosen], range(len(self.codes) + 1))
        found = {}
        for number, code in enumerate(self.codes):
            own = chosen[edges[number] : edges[number + 1]]
            value = self.value[own]
            if kinds[code] == "state":
                value = np.where(np.isnan(value), 1.0, value)
            found[code] = WindowFacts(
                len(place), household[own], self.event[own], value, self.detail[own]
            )
        return found

    def _refuse_repeats(self, chosen: Ints, household: Ints) -> None:
        """Refuse facts that are there again, in an order in which they stand side by side."""
        value = np.nan_to_num(self.value, nan=np.inf)
        told = (household, self.code, self.event, self.known, self.retracted, value, self.detail)
        is_same = np.ones(max(len(chosen) - 1, 0), bool)
        for column in told:
            is_same &= column[chosen[1:]] == column[chosen[:-1]]
        if is_same.any():
            raise ServingError(
                f"{int(is_same.sum()):,} rows of events are there again, and would count twice",
                "serving.repeated_facts",
                "each fact once, as the records hold it",
                "leave out the repeated rows, or write the table again from the records",
            )


def settled_facts(tables: Tables, codes: Sequence[str], *, with_details: bool) -> SettledFacts:
    """Read the table of events.

    Parameters
    ----------
    tables : mapping of str to table
    codes : sequence of str
    with_details : bool
        Whether their texts are asked for.

    Raises
    ------
    ServingError
    """
    needed = (HOUSEHOLD, "code", "event_date", "known_date", "value", "retracted_date")
    cells = cells_of(tables, "events", (*needed, "detail") if with_details else needed)
    household = cells[HOUSEHOLD].texts()
    details: list[str | None] = [None] * len(household)
    if with_details:
        details = cells["detail"].texts_or_none()
    named = sorted({text for text in details if text is not None})
    written = cells["code"].texts()
    _refuse_other_spellings(written, codes)
    return SettledFacts(
        household,
        list(codes),
        positions(written, {code: number for number, code in enumerate(codes)}),
        cells["event_date"].days(),
        cells["known_date"].days(),
        cells["retracted_date"].days(blank=AFTER_EVERY_DAY),
        cells["value"].numbers(),
        positions(details, {text: number for number, text in enumerate(named)}),
    )


def _refuse_other_spellings(written: Sequence[str], codes: Sequence[str]) -> None:
    """Refuse codes that are the model's but for blanks and capitals, and facts of no code of it."""
    given = set(written)
    folded = {code.strip().casefold(): code for code in codes}
    alike = {text: folded[own] for text in given if (own := text.strip().casefold()) in folded}
    others = [text for text, code in alike.items() if text != code]
    if others:
        rows = sum(map(written.count, others))
        raise ServingError(
            f"code of events is written otherwise in {rows:,} rows: "
            f"{some_of(sorted({alike[text] for text in others}))}",
            "serving.code",
            "codes as the model names them, with its capitals and without blanks around them",
            "write the table again from the records",
        )
    if codes and given and not given & set(codes):
        raise ServingError(
            f"none of the {len(given):,} codes of events is one of the model's",
            "serving.code",
            some_of(codes),
            "give the events of the records that the model is for",
        )


def positions(texts: Sequence[str | None], place: Mapping[str, int]) -> Ints:
    """Return the position of each text; -1 for one that has none."""
    return np.fromiter(
        (-1 if text is None else place.get(text, -1) for text in texts), np.int64, len(texts)
    )
