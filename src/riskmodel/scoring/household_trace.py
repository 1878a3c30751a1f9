"""Trace: the whole story of one household on one date; it prints itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

LISTED, NOT_LISTED, NOT_IN_COHORT = "listed", "not listed", "not in the cohort"


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All that made one household's score on one date; prints itself.

    Attributes
    ----------
    household, as_of, model : str
    status : {"listed", "not listed", "not in the cohort"}
    because : tuple of str
        Why: its rank and the list's end, or which condition of the cohort it does not meet.
    standing : mapping
        ``margin, score, percentile, band, rank, households, places, cut_off_margin, cut_off_score``; outside the cohort
        the rank is the one that it would have.
    facts : DataFrame
        One row a fact or attribute in the records: indicator, agency, event_date, known_date, value, ``visible`` on the
        date, and if not, ``why_not``; whether it is visible and ``used`` by the model.
    features : DataFrame
        One row a feature: indicator, value, contribution (log-odds).
    contributions : DataFrame
        One row an indicator, strongest first: its name, what the record holds of it, contribution; with `base` they add
        up to the calibrated log-odds.
    base : float
        Log-odds of what contributions compare with.
    reasons : tuple of str
    missing : tuple of str
        Indicators of which nothing was delivered.
    notes : tuple of str
        What must be said beside the round's list.
    """

    household: str
    as_of: str
    model: str
    status: str
    because: tuple[str, ...]
    standing: Mapping[str, Any]
    facts: pd.DataFrame
    features: pd.DataFrame
    contributions: pd.DataFrame
    base: float
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def visible(self) -> pd.DataFrame:
        """The facts that could be seen on the date."""
        return self.facts[self.facts["visible"]].drop(columns=["visible", "why_not"])

    @property
    def not_yet_visible(self) -> pd.DataFrame:
        """The facts that could not, with why."""
        return self.facts[~self.facts["visible"]].drop(columns="visible")

    def frame(self) -> pd.DataFrame:
        """Return one row a feature: indicator, value and contribution."""
        return self.features.copy()

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        yield f"{len(self.visible)} facts visible", self.visible
        yield f"{len(self.not_yet_visible)} facts not visible on the date", self.not_yet_visible
        strong = self.contributions[self.contributions["contribution"].abs() >= 0.01]
        yield f"contributions of at least 0.01, from {self.base:.3f} on (log-odds)", strong

    def _head(self) -> list[str]:
        s = self.standing
        lines = [
            f"{self.household} on {self.as_of}: {self.status} ({self.model})",
            f"score {s['score']:.3f}, percentile {s['percentile']:.1f}, band {s['band']}",
            *self.because,
        ]
        told = [("reasons", self.reasons), ("not delivered", self.missing), ("note", self.notes)]
        return lines + [f"{what}: {'; '.join(texts)}" for what, texts in told if texts]

    def __repr__(self) -> str:
        parts = [
            f"{title}\n{_plain(table).to_string(index=False)}"
            for title, table in self._tables()
            if len(table)
        ]
        return "\n\n".join(["\n".join(self._head()), *parts])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, self._head()))
        parts = [
            f"<p>{escape(title)}</p>{_plain(t).to_html(index=False)}"
            for title, t in self._tables()
            if len(t)
        ]
        return f"<p>{head}</p>{''.join(parts)}"


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as people read it: days without hours, nothing for nothing."""
    told = table.round({"contribution": 3}).astype(object)
    for name in table.select_dtypes("datetime"):
        told[name] = table[name].dt.strftime("%Y-%m-%d")
    return told.where(table.notna(), "")
