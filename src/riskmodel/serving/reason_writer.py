"""Writes reasons: what raised the risk, and is really in the record."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.locales import LANGUAGES, Language
from riskmodel.serving.reader_types import ColumnEntry, Floats, Reason

MASKED = frozenset({"suicide", "violence"})
# a reason carries at least this share of all that raises the risk, and this much log-odds
LEAST_SHARE, LEAST = 0.1, 0.01
LEAST_AMOUNT = 0.5
HALF_LIFE = 180
DAYS_OF_UNIT = {"D": 1.0, "M": 30.4}

AMOUNTS = frozenset({"level", "latest", "amount"})
WITHIN_WINDOW = frozenset({"amount", "times", "presence"})


class ColumnValue(NamedTuple):
    """One column of an indicator, and what a row holds in it."""

    column: ColumnEntry
    value: float


class ReasonWriter:
    """Writes reasons from contributions: what raised the risk, and is really in the record.

    Parameters
    ----------
    columns : sequence of mapping
        name, indicator, window, categories, way, rank and evidence of each column.
    indicators : mapping
        By code: names (``en``, ``ko``, ...), ``unit``, ``sensitivity``.

    Attributes
    ----------
    keys : list of str
        The indicators, and the columns that belong to none, in the order of the columns.
    members : list of list of int
        The positions of each key's columns.

    Notes
    -----
    A column's way is how its figure is worded: as a ``level``, the ``latest`` or another
    ``amount``, as ``times``, ``presence``, ``age``, ``value``, ``spread`` or ``figure``; or it adds
    ``nothing`` to the name. Of amounts and values the one with the lowest rank is written. Evidence
    says when a figure shows that the indicator is in the record: where it is ``positive``, where it
    is ``present``, or in ``none``.
    """

    def __init__(self, columns: Sequence[ColumnEntry], indicators: Mapping[str, Any]) -> None:
        self.columns = columns
        self.indicators = indicators
        key_of = [column["indicator"] or column["name"] for column in columns]
        self.keys = list(dict.fromkeys(key_of))
        self.members = [
            [j for j, its_key in enumerate(key_of) if its_key == key] for key in self.keys
        ]

    def totals(self, phi: Floats) -> Floats:
        """Return contributions summed by indicator, shape (n_rows, n_keys)."""
        return np.stack([sum(phi[:, j] for j in members) for members in self.members], axis=1)

    def present(self, X: Floats) -> NDArray[np.bool_]:
        """Return which indicators are in the record, shape (n_rows, n_keys)."""
        return np.stack([self._is_present(k, X) for k in range(len(self.keys))], axis=1)

    def _is_present(self, k: int, X: Floats) -> NDArray[np.bool_]:
        shown = [_is_evidence(self.columns[j]["evidence"], X[:, j]) for j in self.members[k]]
        return np.any(shown, axis=0)

    def reasons(
        self, X: Floats, totals: Floats, lang: str, top: int, *, masked: bool
    ) -> list[list[Reason]]:
        """Return for each row its reasons, strongest first: code, text, contribution (log-odds).

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_columns)
        totals : ndarray, shape (n_rows, n_keys)
            Contributions summed by indicator.
        lang : str
        top : int
            How many at most.
        masked : bool
            Whether sensitive indicators are named as such only.
        """
        present = self.present(X)
        raised = np.maximum(totals, 0).sum(axis=1)
        least = np.maximum(LEAST_SHARE * raised, LEAST)
        strong = np.where(present & (totals >= least[:, None]), totals, 0.0)
        strongest = np.argsort(-strong, axis=1, kind="stable")[:, :top]
        several = (present & (totals > 0)).sum(axis=1) > 1

        listed: list[list[Reason]] = []
        for i, x in enumerate(X):
            found = self._reasons_of_row(x, strong[i], strongest[i].tolist(), lang, masked=masked)
            listed.append(found or [_no_reason(LANGUAGES[lang], several=bool(several[i]))])
        return listed

    def _reasons_of_row(
        self, x: Floats, totals: Floats, strongest: Sequence[int], lang: str, *, masked: bool
    ) -> list[Reason]:
        return [
            self._reason(k, x, float(totals[k]), lang, hidden=masked and self.hides(k))
            for k in strongest
            if totals[k] > 0
        ]

    def _reason(self, k: int, x: Floats, total: float, lang: str, *, hidden: bool) -> Reason:
        if hidden:
            code, text = "sensitive", LANGUAGES[lang].words["sensitive"]
        else:
            code, text = self.keys[k], self._text(k, x, lang)
        return {"code": code, "text": text, "contribution": round(total, 6)}

    def missing(self, X: Floats, lang: str) -> list[list[str]]:
        """Return for each row the names of what was not delivered at all."""
        gone = np.stack([np.isnan(X[:, members]).all(axis=1) for members in self.members], axis=1)
        names = [self.name(k, lang) for k in range(len(self.keys))]
        return [[names[k] for k in np.flatnonzero(row)] for row in gone]

    def name(self, k: int, lang: str) -> str:
        """Return what an indicator is called, in another language where this one has no name."""
        entry = self.indicators.get(self.keys[k], {})
        named = (entry.get(code) for code in (lang, *LANGUAGES))
        return str(next(filter(None, named), self.keys[k]))

    def hides(self, k: int) -> bool:
        """Return whether an indicator is named only when asked for."""
        return self.indicators.get(self.keys[k], {}).get("sensitivity") in MASKED

    def content(self, k: int, x: Floats, lang: str) -> str:
        """Return what a row holds of an indicator: how much and when, or that there is nothing."""
        if np.isnan(x[self.members[k]]).all():
            return LANGUAGES[lang].words["undelivered"]
        if not self._is_present(k, x[None])[0]:
            return LANGUAGES[lang].words["absent"]
        return self._text(k, x, lang)

    def _text(self, k: int, x: Floats, lang: str) -> str:
        values = [ColumnValue(self.columns[j], float(x[j])) for j in self.members[k]]
        entry = self.indicators.get(self.keys[k])
        if entry is None:
            return _figure_text(values[0], LANGUAGES[lang])
        shown = [one for one in values if _is_shown(one)]
        return indicator_text(self.name(k, lang), entry.get("unit", ""), shown, LANGUAGES[lang])


def indicator_text(name: str, unit: str, shown: Sequence[ColumnValue], language: Language) -> str:
    """Return an indicator in words: how much, else how often, and how long ago; no causes.

    Parameters
    ----------
    name, unit : str
    shown : sequence of ColumnValue
        The columns in which the row holds something.
    language : Language

    Examples
    --------
    >>> times = ColumnValue({"way": "times", "rank": 3, "window": "6M"}, 3.0)
    >>> indicator_text("단전", "", [times], LANGUAGES["ko"])
    '단전 3회 (최근 6개월 안)'
    >>> age = ColumnValue({"way": "age", "rank": 6, "window": "ever"}, 0.5)
    >>> indicator_text("power cut", "", [times, age], LANGUAGES["en"])
    'power cut, 3 times, last 180 days ago'
    """
    values = _figures(shown, {"value"})
    if values:
        return language.value(name, values[0], unit)

    amounts = [figure for figure in _figures(shown, AMOUNTS) if unit and figure >= LEAST_AMOUNT]
    spread = _spread_of_shortest_window(shown)
    if spread is not None and not amounts:
        window = spread.column["window"]
        text = language.spread(name, spread.value, unit)
        return language.spread_within(text, window) if _days(window) else text

    text = language.amount(name, amounts[0], unit) if amounts else name
    times = _figures(shown, {"times"})
    if times and times[-1] > 1 and not amounts:
        text = language.times(text, times[-1])
    return _with_age(text, shown, language)


def _with_age(text: str, shown: Sequence[ColumnValue], language: Language) -> str:
    recency = _figures(shown, {"age"})
    if recency:
        halvings = -math.log2(min(recency[0], 1.0))
        return language.days_ago(text, round(HALF_LIFE * halvings))
    window = "" if _figures(shown, {"level"}) else _shortest_window(shown, WITHIN_WINDOW)
    return language.within(text, window) if window else text


def _is_evidence(evidence: str, x: Floats) -> NDArray[np.bool_]:
    if evidence == "present":
        return ~np.isnan(x)
    return (x > 0) & (evidence == "positive")


def _is_shown(one: ColumnValue) -> bool:
    is_present = one.column["evidence"] == "present"
    return not math.isnan(one.value) if is_present else one.value > 0


def _figures(shown: Sequence[ColumnValue], ways: Collection[str]) -> list[float]:
    """Return figures of some ways, the lowest rank first; of one rank the last column counts."""
    by_rank = {one.column["rank"]: one.value for one in shown if one.column["way"] in ways}
    return [by_rank[rank] for rank in sorted(by_rank)]


def _spread_of_shortest_window(shown: Sequence[ColumnValue]) -> ColumnValue | None:
    """Return the spread of the lowest rank in its shortest window, or None."""
    spreads = [one for one in shown if one.column["way"] == "spread"]
    return min(spreads, key=_rank_and_days, default=None)


def _rank_and_days(one: ColumnValue) -> tuple[int, float]:
    return one.column["rank"], _days(one.column["window"]) or math.inf


def _shortest_window(shown: Sequence[ColumnValue], ways: Collection[str]) -> str:
    """Return the shortest window such as 6M or 60D; nothing where none has an end."""
    windows = [one.column["window"] for one in shown if one.column["way"] in ways]
    ending = [window for window in windows if _days(window)]
    return min(ending, key=_days, default="")


def _days(window: str) -> float:
    number, unit = window[:-1], window[-1:]
    return int(number) * DAYS_OF_UNIT[unit] if number.isdigit() and unit in DAYS_OF_UNIT else 0.0


def _figure_text(one: ColumnValue, language: Language) -> str:
    categories = one.column["categories"]
    value = categories[int(one.value)] if categories else f"{one.value:g}"
    return language.figure(one.column["name"], value)


def _no_reason(language: Language, *, several: bool) -> Reason:
    text = language.words["weak_signs" if several else "nothing"]
    return {"code": "", "text": text, "contribution": 0.0}
