"""Writes reasons: what raised the risk, and is really in the record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.array_types import Floats

COUNTED = frozenset({"count", "ever", "sum", "max", "distinct"})
READ = ("last", "mean", "max", "sum", "min", "first")
KOREAN_UNITS = {"months": "개월", "KRW": "원", "won": "원", "years": "년", "days": "일"}
DAYS = {"D": 1.0, "M": 30.4}
NO_EVIDENCE = frozenset({"change", "trend"})
MASKED = frozenset({"suicide", "violence"})
# a reason carries at least this share of all that raises the risk, and this much log-odds
LEAST_SHARE, LEAST = 0.1, 0.01

WORDS = {
    "en": {
        "weak": "several weak signs",
        "none": "nothing stands out",
        "sensitive": "sensitive information",
        "absent": "nothing in the record",
        "undelivered": "not delivered",
    },
    "ko": {
        "weak": "여러 약한 신호",
        "none": "두드러진 신호 없음",
        "sensitive": "민감 정보",
        "absent": "기록 없음",
        "undelivered": "자료 미입수",
    },
}
SPANS = {"en": {"D": "days", "M": "months"}, "ko": {"D": "일", "M": "개월"}}


class ReasonWriter:
    """Turns contributions into reasons: what raised the risk, and is really in the record.

    Parameters
    ----------
    columns : sequence of mapping
        name, indicator, aggregate, direction, categories of each column.
    indicators : mapping
        By code: names (``en``, ``ko``), ``kind``, ``unit``, ``sensitivity``.
    """

    def __init__(self, columns: Sequence[Mapping[str, Any]], indicators: Mapping[str, Any]) -> None:
        self.columns, self.indicators = columns, indicators
        keys = [c["indicator"] or c["name"] for c in columns]
        self.keys = list(dict.fromkeys(keys))
        self.members = [[j for j, key in enumerate(keys) if key == wanted] for wanted in self.keys]

    def totals(self, phi: Floats) -> Floats:
        """Return contributions summed by indicator, shape (n_rows, n_keys)."""
        return np.stack([sum(phi[:, j] for j in members) for members in self.members], axis=1)

    def present(self, X: Floats) -> NDArray[np.bool_]:
        """Return which indicators are in the record, shape (n_rows, n_keys)."""
        shown = [
            np.any([self._shows(j, X[:, j]) for j in members], axis=0) for members in self.members
        ]
        return np.stack(shown, axis=1)

    def _shows(self, j: int, x: Floats) -> NDArray[np.bool_]:
        column = self.columns[j]
        entry = self.indicators.get(column["indicator"], {})
        counted = (
            column["direction"] > 0
            if not column["indicator"]
            else entry.get("kind", "event") != "reading"
        )
        return (x > 0) & (column["aggregate"] not in NO_EVIDENCE) if counted else ~np.isnan(x)

    def reasons(
        self, X: Floats, totals: Floats, lang: str, top: int, *, masked: bool
    ) -> list[list[dict[str, Any]]]:
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
            Whether sensitive indicators are told as such only.
        """
        present = self.present(X)
        least = np.maximum(LEAST_SHARE * np.maximum(totals, 0).sum(axis=1), LEAST)
        several = (present & (totals > 0)).sum(axis=1) > 1
        totals = np.where(present & (totals >= least[:, None]), totals, 0.0)
        strongest = np.argsort(-totals, axis=1, kind="stable")[:, :top].tolist()
        weak, none = (
            {"code": "", "text": WORDS[lang][said], "contribution": 0.0}
            for said in ("weak", "none")
        )
        return [
            [self._reason(k, X[i], totals[i, k], lang, masked) for k in ks if totals[i, k] > 0]
            or [weak if several[i] else none]
            for i, ks in enumerate(strongest)
        ]

    def missing(self, X: Floats, lang: str) -> list[list[str]]:
        """Return for each row what was not delivered at all."""
        gone = [np.isnan(X[:, members]).all(axis=1) for members in self.members]
        return [
            [self.name(k, lang) for k in np.flatnonzero(row).tolist()]
            for row in np.stack(gone, axis=1)
        ]

    def name(self, k: int, lang: str) -> str:
        """Return what an indicator is called."""
        entry = self.indicators.get(self.keys[k], {})
        return str(entry.get(lang) or entry.get("en") or entry.get("ko") or self.keys[k])

    def hides(self, k: int) -> bool:
        """Tell whether an indicator is told by name only when asked for."""
        return self.indicators.get(self.keys[k], {}).get("sensitivity") in MASKED

    def content(self, k: int, x: Floats, lang: str) -> str:
        """Return what a row holds of an indicator, in words: how much and when, or that there is nothing."""
        if np.isnan(x[self.members[k]]).all():
            return WORDS[lang]["undelivered"]
        return self._text(k, x, lang) if self.present(x[None])[0, k] else WORDS[lang]["absent"]

    def _reason(
        self,
        k: int,
        x: Floats,
        contribution: float,
        lang: str,
        masked: bool,  # noqa: FBT001
    ) -> dict[str, Any]:
        hidden = masked and self.hides(k)
        text = WORDS[lang]["sensitive"] if hidden else self._text(k, x, lang)
        code = "sensitive" if hidden else self.keys[k]
        return {"code": code, "text": text, "contribution": round(float(contribution), 6)}

    def _text(self, k: int, x: Floats, lang: str) -> str:
        entry = self.indicators.get(self.keys[k])
        if entry is None:
            return self._figure(self.members[k][0], x)
        if entry.get("kind") == "reading":
            read = {
                self.columns[j]["aggregate"]: float(x[j])
                for j in self.members[k]
                if not np.isnan(x[j])
            }
            return tell_reading(self.name(k, lang), entry.get("unit", ""), read, lang)
        shown = [(self.columns[j], float(x[j])) for j in self.members[k] if x[j] > 0]
        facts = {column["aggregate"]: value for column, value in shown}
        windows = [column["window"] for column, _ in shown if column["aggregate"] in COUNTED]
        return tell(self.name(k, lang), entry.get("unit", ""), facts, lang, _shortest(windows))

    def _figure(self, j: int, x: Floats) -> str:
        column = self.columns[j]
        value = column["categories"][int(x[j])] if column["categories"] else f"{x[j]:g}"
        return f"{column['name']} {value}"


def tell(name: str, unit: str, facts: Mapping[str, float], lang: str, within: str = "") -> str:
    """Return an indicator in words: how much, else how often, and how long ago; nothing about causes.

    Parameters
    ----------
    name, unit : str
    facts : mapping of aggregate to value above 0
    lang : {"en", "ko"}
    within : str
        The shortest window that holds some of it, told where its age is not known.

    Examples
    --------
    >>> tell("건강보험료 체납", "months", {"now": 22.0}, "ko")
    '건강보험료 22개월 체납'
    >>> tell("health insurance arrears", "months", {"now": 22.0}, "en")
    '22 months of health insurance arrears'
    >>> tell("power cut", "", {"count": 2.0, "recency": 0.5}, "en")
    'power cut, 2 times, last 180 days ago'
    >>> tell("단전", "", {"count": 3.0}, "ko", "6M")
    '단전 3회 (최근 6개월 안)'
    """
    amount = next(
        (facts[a] for a in ("now", "last", "max", "sum") if unit and facts.get(a, 0) >= 0.5), 0.0
    )
    times = facts.get("count", 0.0)
    days = round(-180 * math.log2(min(facts["recency"], 1.0))) if "recency" in facts else None
    span = "" if "now" in facts else within
    if lang == "ko":
        head, _, tail = name.rpartition(" ")
        told = (
            " ".join(filter(None, [head, f"{amount:,.0f}{KOREAN_UNITS.get(unit, unit)}", tail]))
            if amount
            else name
        )
        told += f" {times:.0f}회" if times > 1 and not amount else ""
        age = f"최근 {span[:-1]}{SPANS[lang][span[-1]]} 안" if span else ""
        age = age if days is None else f"{days}일 전"
        return f"{told} ({age})" if age else told
    told = (
        f"{amount:,.0f} {unit.removesuffix('s') if amount == 1 else unit} of {name}"
        if amount
        else name
    )
    told += f", {times:.0f} times" if times > 1 and not amount else ""
    age = f"last within {span[:-1]} {SPANS[lang][span[-1]]}" if span else ""
    age = age if days is None else f"last {days} days ago"
    return f"{told}, {age}" if age else told


def tell_reading(name: str, unit: str, facts: Mapping[str, float], lang: str) -> str:
    """Return a reading in words: its name and value, also where that is 0 or below.

    Examples
    --------
    >>> tell_reading("소득", "KRW", {"last": 1_250_000.0}, "ko"), tell_reading("married", "", {"last": 0.0}, "en")
    ('소득 1,250,000원', 'married 0')
    """
    value = next((facts[a] for a in READ if a in facts), None)
    if value is None:
        return name
    number = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
    return (
        f"{name} {number}{KOREAN_UNITS.get(unit, unit)}"
        if lang == "ko"
        else f"{name} {number} {unit}".rstrip()
    )


def _shortest(windows: Sequence[str]) -> str:
    """Return the shortest of spans such as 6M and 60D; nothing where none has an end."""
    spans = [w for w in windows if w[:-1].isdigit() and w[-1:] in DAYS]
    return min(spans, key=lambda w: int(w[:-1]) * DAYS[w[-1]], default="")
