"""Writes reasons: what raised the risk, and is really in the record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain, compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.locales import LANGUAGES, indicator_name
from riskmodel.serving.reader_types import ColumnEntry, Floats, Reason, entry_key
from riskmodel.serving.reason_texts import (
    DIGITS,
    HeldColumn,
    column_text,
    indicator_text,
    kinds_text,
    told_of,
)

MASKED = frozenset({"suicide", "violence"})
# below this log-odds the reasons of a row are none, all of them together
LEAST = 0.01


def is_number_of_reasons(top: object) -> bool:
    """Tell whether something says how many reasons a row has at most: 1 or more.

    Examples
    --------
    >>> [is_number_of_reasons(top) for top in (3, 0, 2.5, True)]
    [True, False, False, False]
    """
    return isinstance(top, (int, np.integer)) and not isinstance(top, bool) and bool(top >= 1)


class Strongest(NamedTuple):
    """The positions of each row's reasons, strongest first, and how many weaker ones there are."""

    keys: list[list[int]]
    weaker: NDArray[np.int64]


class Told(NamedTuple):
    """The reasons of each row, strongest first, and how many weaker ones there are."""

    reasons: list[list[Reason]]
    weaker: NDArray[np.int64]


class Gaps(NamedTuple):
    """Names of what is not known, a list per row in each.

    Attributes
    ----------
    missing
        What was not delivered at all.
    partly_missing
        That of which some figures were not delivered.
    no_value
        That of which no value is on record. Whether it was delivered does not show in a row.
    unseen
        That whose category the model does not know.
    """

    missing: list[list[str]]
    partly_missing: list[list[str]]
    no_value: list[list[str]]
    unseen: list[list[str]]


class ReasonWriter:
    """Writes reasons from contributions: what raised the risk, and is really in the record.

    Parameters
    ----------
    columns : sequence of mapping
        name, indicator, window, categories, way, rank and evidence of each column; family of a
        number of different indicators.
    indicators : mapping
        By code: names (``en``, ``ko``, and by language under ``label``), ``unit``, ``sensitivity``.
        An entry under the name of a column that belongs to no indicator is that column's.

    Attributes
    ----------
    keys : list of str
        The indicators, the kinds of families, and the columns that belong to none, in the order of
        the columns.
    members : list of list of int
        The positions of each key's columns.

    Notes
    -----
    A column's way is how its figure is worded: as a ``level``, the ``latest`` or another
    ``amount``, a ``total``, as ``times``, ``presence``, ``age``, ``value``, ``spread``, ``kinds``
    or ``figure``; or it adds ``nothing`` to the name. Of several amounts, times, values, spreads or
    kinds the one is written that contributes most, with its own window; of equal ones that with the
    lowest rank, then the shortest window. Evidence says when a figure shows that the indicator is
    in the record: where it is ``positive``, where it is ``present``, or in ``none``. A column's
    blank says what a missing figure means: ``undelivered``, or only ``no_value`` on record.
    """

    def __init__(self, columns: Sequence[ColumnEntry], indicators: Mapping[str, Any]) -> None:
        self.columns = columns
        self.indicators = indicators
        place: dict[str, list[int]] = {}
        for j, column in enumerate(columns):
            place.setdefault(entry_key(column), []).append(j)
        self.keys = list(place)
        self.members = list(place.values())
        self._order = np.array([*chain(*self.members)], dtype=np.intp)
        self._start = np.cumsum([0, *map(len, self.members[:-1])])
        evidence = np.array([columns[j]["evidence"] for j in self._order], dtype=object)
        self._positive, self._present = evidence == "positive", evidence == "present"
        self._names: dict[tuple[int, str], str] = {}
        self._shown: dict[tuple[str, bool], list[str]] = {}

    def totals(self, phi: Floats) -> Floats:
        """Return contributions summed by indicator, shape (n_rows, n_keys)."""
        return self._by_key(np.add, phi)

    def _by_key(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Return what the columns of each key are together, shape (n_rows, n_keys)."""
        return ufunc.reduceat(np.take(values, self._order, axis=1), self._start, axis=1)

    def present(self, X: Floats) -> NDArray[np.bool_]:
        """Return which indicators are in the record, shape (n_rows, n_keys)."""
        values = np.take(X, self._order, axis=1)
        shown = ((values > 0) & self._positive) | (~np.isnan(values) & self._present)
        return np.logical_or.reduceat(shown, self._start, axis=1)

    def strongest(self, X: Floats, totals: Floats, top: int) -> Strongest:
        """Return which indicators are each row's reasons: in the record, and raising the risk.

        A row whose indicators raise the risk by less than a hundredth in sum has no reason.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_columns)
        totals : ndarray, shape (n_rows, n_keys)
            Contributions summed by indicator.
        top : int
            How many at most.
        """
        raises = np.where(self.present(X), np.maximum(np.round(totals, DIGITS), 0.0), 0.0)
        number = (raises > 0).sum(axis=1)
        stands_out = np.round(raises.sum(axis=1), DIGITS) >= LEAST
        told = np.where(stands_out, np.minimum(number, top), 0)

        order = np.argsort(-raises, axis=1, kind="stable")[:, :top]
        keys = [row[:n] for row, n in zip(order.tolist(), told.tolist(), strict=True)]
        return Strongest(keys, number - told)

    def reasons(self, X: Floats, phi: Floats, lang: str, top: int, *, masked: bool) -> Told:
        """Return the reasons of each row: code, text, contribution (log-odds).

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_columns)
        phi : ndarray, shape (n_rows, n_columns)
            Contributions.
        lang : str
        top : int
            How many at most.
        masked : bool
            Whether sensitive indicators are named as such only.
        """
        totals = self.totals(phi)
        strongest = self.strongest(X, totals, top)
        words = LANGUAGES[lang].words
        listed = []
        gone = self.nothing_delivered(X).tolist()
        rows = zip(X, phi, totals, strongest.keys, gone, strict=True)
        for x, own, total, keys, is_gone in rows:
            found = [self._reason(k, x, own, total[k], lang, masked=masked) for k in keys]
            listed.append(found or [_no_reason(words["undelivered" if is_gone else "nothing"])])
        return Told(listed, strongest.weaker)

    def _reason(
        self, k: int, x: Floats, phi: Floats, total: float, lang: str, *, masked: bool
    ) -> Reason:
        if masked and self.hides(k):
            code, text = "sensitive", self.shown_name(k, lang, masked=True)
        else:
            code, text = self.keys[k], self._text(k, x, phi, lang)
        return {"code": code, "text": text, "contribution": round(float(total), DIGITS)}

    def gaps(self, X: Floats, unseen: NDArray[np.bool_], lang: str, *, masked: bool) -> Gaps:
        """Return for each row the names of what is not known.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_columns)
        unseen : ndarray of bool, shape (n_rows, n_keys)
            Of what a row holds a category that the model does not know. It is on record.
        lang : str
        masked : bool
            Whether sensitive indicators are named as such only.
        """
        blank, tells = self.blank(X), self.tells_delivery
        of_delivery = np.array([column["blank"] == "undelivered" for column in self.columns])
        in_part = self._by_key(np.logical_or, np.isnan(X) & of_delivery) & ~blank
        lists = (blank & tells, in_part, blank & ~tells & ~unseen, unseen)
        return Gaps(*(self.shown_names(wanted, lang, masked=masked) for wanted in lists))

    def any_of_key(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return of which keys any cell of a row is marked, shape (n_rows, n_keys)."""
        return self._by_key(np.logical_or, cells)

    def blank(self, X: Floats) -> NDArray[np.bool_]:
        """Return of which indicators all figures are missing, shape (n_rows, n_keys)."""
        return self._by_key(np.logical_and, np.isnan(X))

    def nothing_delivered(self, X: Floats) -> NDArray[np.bool_]:
        """Return of which rows no figure of any indicator is known, shape (n_rows,).

        Numbers of kinds are figures of indicators, too. Of a model without indicators these are the
        rows in which nothing is known at all.
        """
        first = self.members[int(np.argmax(self.counts_as_delivered))][0]
        gone: NDArray[np.bool_] = np.isnan(X[:, first])
        if gone.any():
            gone[gone] = self.blank(X[gone])[:, self.counts_as_delivered].all(axis=1)
        return gone

    @cached_property
    def counts_as_delivered(self) -> NDArray[np.bool_]:
        """Of which keys a figure says that something was delivered, shape (n_keys,)."""
        first = [self.columns[members[0]] for members in self.members]
        of_records = np.array([bool(c["indicator"] or c.get("family")) for c in first], bool)
        return of_records if of_records.any() else np.ones(len(first), bool)

    @cached_property
    def tells_delivery(self) -> NDArray[np.bool_]:
        """Whether each key has a figure that is missing only where it was not delivered."""
        blanks = [[self.columns[j]["blank"] for j in members] for members in self.members]
        return np.array(["undelivered" in of_key for of_key in blanks], dtype=bool)

    def shown_names(self, wanted: NDArray[np.bool_], lang: str, *, masked: bool) -> list[list[str]]:
        """Return for each row the names of the indicators wanted, each name once.

        Parameters
        ----------
        wanted : ndarray of bool, shape (n_rows, n_keys)
        lang : str
        masked : bool
            Whether sensitive indicators are named as such only.
        """
        if (lang, masked) not in self._shown:
            names = [self.shown_name(k, lang, masked=masked) for k in range(len(self.keys))]
            self._shown[lang, masked] = names
        return _names_where(wanted, self._shown[lang, masked])

    def shown_columns(
        self, wanted: NDArray[np.bool_], lang: str, *, masked: bool
    ) -> list[list[str]]:
        """Return for each row the names of the columns wanted, shape (n_rows, n_columns).

        A masked one is named as `shown_name` does.
        """
        names = [column["name"] for column in self.columns]
        for k in range(len(self.keys)) if masked else ():
            if self.hides(k):
                hidden = dict.fromkeys(self.members[k], self.shown_name(k, lang, masked=True))
                names = [hidden.get(j, name) for j, name in enumerate(names)]
        return _names_where(wanted, names)

    def shown_name(self, k: int, lang: str, *, masked: bool) -> str:
        """Return what an indicator is called, or "sensitive information" where it is masked."""
        is_hidden = masked and self.hides(k)
        return LANGUAGES[lang].words["sensitive"] if is_hidden else self.name(k, lang)

    def name(self, k: int, lang: str) -> str:
        """Return what an indicator is called, in another language where this one has no name."""
        if (k, lang) not in self._names:
            self._names[k, lang] = self._named(k, lang)
        return self._names[k, lang]

    def _named(self, k: int, lang: str) -> str:
        family = self._family(k)
        if family:
            return LANGUAGES[lang].kinds_name(family)
        return indicator_name(self.keys[k], self.indicators, lang)

    def hides(self, k: int) -> bool:
        """Return whether an indicator is named only when asked for."""
        return self.indicators.get(self.keys[k], {}).get("sensitivity") in MASKED

    def content(self, k: int, x: Floats, phi: Floats, lang: str) -> str:
        """Return what a row holds of an indicator: how much and when, or that there is nothing."""
        if np.isnan(x[self.members[k]]).all():
            key = "undelivered" if self.tells_delivery[k] else "no_value"
            return LANGUAGES[lang].words[key]
        if not self.present(x[None])[0, k]:
            return LANGUAGES[lang].words["absent"]
        return self._text(k, x, phi, lang)

    def _family(self, k: int) -> str:
        """Return the family whose kinds of trouble a key counts; nothing for any other key."""
        return self.columns[self.members[k][0]].get("family", "")

    def _only_kind(self, kinds: ColumnEntry, x: Floats, lang: str) -> str:
        """Return what the one indicator is called that a row has of those that a column counts.

        Nothing where no column counts the facts of that indicator in the same window.
        """
        counts = (
            column["indicator"]
            for column, value in zip(self.columns, x.tolist(), strict=True)
            if column["way"] == "times" and column["window"] == kinds["window"] and value > 0
        )
        codes = kinds.get("codes", ())
        found = next((code for code in counts if code in codes), "")
        return self.name(self.keys.index(found), lang) if found else ""

    def _text(self, k: int, x: Floats, phi: Floats, lang: str) -> str:
        shown = [
            HeldColumn(self.columns[j], value, phi.item(j))
            for j in self.members[k]
            if _is_shown(self.columns[j]["evidence"], value := x.item(j))
        ]
        if self._family(k):
            told = told_of(shown)
            only = self._only_kind(told.column, x, lang) if told.value == 1 else ""
            return kinds_text(told, only, LANGUAGES[lang])
        entry = self.indicators.get(self.keys[k])
        if entry is None:
            return column_text(shown, LANGUAGES[lang])
        return indicator_text(self.name(k, lang), entry.get("unit", ""), shown, LANGUAGES[lang])


def _names_where(wanted: NDArray[np.bool_], names: Sequence[str]) -> list[list[str]]:
    """Return the names where each row has one, each name once; most rows have none."""
    found: list[list[str]] = [[] for _ in wanted]
    for i in np.flatnonzero(wanted.any(axis=1)).tolist():
        found[i] = list(dict.fromkeys(compress(names, wanted[i].tolist())))
    return found


def _no_reason(text: str) -> Reason:
    return {"code": "", "text": text, "contribution": 0.0}


def _is_shown(evidence: str, value: float) -> bool:
    return not math.isnan(value) if evidence == "present" else value > 0
