"""Trace: all that made one household's score on one date; it prints itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import pandas as pd

LISTED, NOT_LISTED, NOT_IN_COHORT = "listed", "not listed", "not in the cohort"


@dataclass(frozen=True)
class Standing:
    """Where one household stands in a round.

    Attributes
    ----------
    margin, score, percentile : float
    band : str
    rank : int
        1 is the highest margin. A household outside the cohort has the rank that it would have.
    households : int
        Number of households in the cohort.
    slots : int
        Number of households on the list: that of its area, where capacity is given by area.
    cut_off_margin, cut_off_score : float
        Of the last household listed; missing where the list is empty.
    """

    margin: float
    score: float
    percentile: float
    band: str
    rank: int
    households: int
    slots: int
    cut_off_margin: float
    cut_off_score: float


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All that made one household's score on one date; prints itself.

    Attributes
    ----------
    household, as_of, model : str
    status : {"listed", "not listed", "not in the cohort"}
    because : tuple of str
        The reason: its rank and the list's end, or which condition of the cohort it does not meet.
    standing : Standing
    facts : DataFrame
        One row per fact or attribute in the records: indicator, agency, event_date, known_date,
        value, whether it is ``visible`` on the date, ``why_not``, and whether the model ``used`` it.
    features : DataFrame
        One row per feature: indicator, value, contribution (log-odds).
    contributions : DataFrame
        One row per indicator, strongest first: its name, what the record holds of it, its
        contribution. With `base` the contributions add up to the calibrated log-odds.
    base : float
        Log-odds of what contributions compare with.
    reasons : tuple of str
    missing : tuple of str
        Indicators of which nothing was delivered.
    notes : tuple of str
        Notes of the round's list.
    """

    household: str
    as_of: str
    model: str
    status: str
    because: tuple[str, ...]
    standing: Standing
    facts: pd.DataFrame
    features: pd.DataFrame
    contributions: pd.DataFrame
    base: float
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def visible(self) -> pd.DataFrame:
        """The facts that were visible on the date."""
        return self.facts[self.facts["visible"]].drop(columns=["visible", "why_not"])

    @property
    def not_yet_visible(self) -> pd.DataFrame:
        """The facts that were not, with the reason."""
        return self.facts[~self.facts["visible"]].drop(columns="visible")

    def frame(self) -> pd.DataFrame:
        """Return one row per feature: indicator, value and contribution."""
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
            f"score {s.score:.3f}, percentile {s.percentile:.1f}, band {s.band}",
            *self.because,
        ]
        parts = {"reasons": self.reasons, "not delivered": self.missing, "note": self.notes}
        return lines + [f"{name}: {'; '.join(texts)}" for name, texts in parts.items() if texts]

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
    """Return a table for print: days without hours, missing values empty."""
    printed = table.round({"contribution": 3}).astype(object)
    for name in table.select_dtypes("datetime"):
        printed[name] = table[name].dt.strftime("%Y-%m-%d")
    return printed.where(table.notna(), "")
