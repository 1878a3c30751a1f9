"""Trace: the facts, features and contributions behind one household's score; it prints itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import pandas as pd

from riskmodel.records.contact_words import NOT_EXECUTED, NOT_REACHED
from riskmodel.records.service_matters import LATE, told_matters
from riskmodel.serving import LANGUAGES

TOLD_OF_CONTACTS = (
    "as_of_date",
    "channel",
    "attempt",
    "contact_date",
    "result",
    "reason",
    "support",
    "reader",
)
# several readers may judge one attempt
AN_ATTEMPT = ("as_of_date", "channel", "attempt", "contact_date")
WORDS_OF_CONTACTS = ("channel", "result", "reason", "support")
LISTED, NOT_LISTED, NOT_IN_COHORT = "listed", "not listed", "not in the cohort"


@dataclass(frozen=True)
class Standing:
    """The position of one household in a round.

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
    """The facts, features and contributions behind one household's score; prints itself.

    Attributes
    ----------
    household, as_of, model : str
    status : {"listed", "not listed", "not in the cohort"}
    because : tuple of str
        The reason: its rank and the list's end, or which condition of the cohort it does not meet.
    standing : Standing
    facts : DataFrame
        One row per fact or attribute in the records: indicator, agency, event_date, known_date,
        value, whether it is ``visible`` on the date, ``why_not``, and whether the model ``used``
        it.
    features : DataFrame
        One row per feature: indicator, value, contribution (log-odds).
    contributions : DataFrame
        One row per indicator, strongest first: its name, its content in the record (``held``), its
        contribution. With `base` the contributions add up to the calibrated log-odds.
    contacts : DataFrame
        What a service did in earlier rounds, as known on the date: the columns of
        `riskmodel.records.earlier_rounds`, one row per contact, and one for a list that no contact
        followed.
    matters : DataFrame
        Requests, referrals, other services' cases and signs, as known on the date: the columns of
        `riskmodel.records.service_matters`.
    base : float
        Log-odds of what contributions compare with.
    reasons : tuple of str
    weaker : int
        How many more indicators in the record raised the score, each less than the last reason.
    missing : tuple of str
        Indicators of which nothing was delivered.
    no_value : tuple of str
        Indicators of which the household has no value on record, though they were delivered.
    notes : tuple of str
        Notes of the round's list.
    lang : str
        The language of its texts.
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
    contacts: pd.DataFrame
    matters: pd.DataFrame
    base: float
    reasons: tuple[str, ...]
    weaker: int
    missing: tuple[str, ...]
    no_value: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lang: str = "en"

    @property
    def visible(self) -> pd.DataFrame:
        """The facts that were visible on the date."""
        return self.facts[self.facts["visible"]].drop(columns=["visible", "why_not"])

    @property
    def not_yet_visible(self) -> pd.DataFrame:
        """The facts that were not visible on the date, with the reason."""
        return self.facts[~self.facts["visible"]].drop(columns="visible")

    def frame(self) -> pd.DataFrame:
        """Return one row per feature: indicator, value and contribution."""
        return self.features.copy()

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        visible, hidden = self.visible, self.not_yet_visible
        yield self._line("visible", number=len(visible)), visible
        yield self._line("not_visible", number=len(hidden)), hidden
        strong = self.contributions[self.contributions["contribution"].abs() >= 0.01]
        yield self._line("contributions", base=self.base), strong
        yield self._of_contacts(), self._told_contacts()
        late = int((self.matters["state"] == LATE).sum())
        of_matters = self._line("matters", number=len(self.matters), late=late)
        yield of_matters, told_matters(self.matters, self.lang)

    def _of_contacts(self) -> str:
        rows = self.contacts
        tried = rows[rows["result"].notna() & (rows["result"] != NOT_EXECUTED)]
        met = tried[tried["result"] != NOT_REACHED]
        return self._line(
            "contacts",
            rounds=rows["as_of_date"].nunique(),
            attempts=len(tried[list(AN_ATTEMPT)].drop_duplicates()),
            met=len(met[list(AN_ATTEMPT)].drop_duplicates()),
        )

    def _told_contacts(self) -> pd.DataFrame:
        """Return the contacts in words of the language."""
        words = LANGUAGES[self.lang].contacts
        told = self.contacts[list(TOLD_OF_CONTACTS)].copy()
        for name in WORDS_OF_CONTACTS:
            told[name] = told[name].map(lambda word: words.get(word, word))
        is_listed_only = self.contacts["channel"].isna() & self.contacts["result"].isna()
        told.loc[is_listed_only, "result"] = words["not_contacted"]
        return told

    def _head(self) -> list[str]:
        standing = self.standing
        language = LANGUAGES[self.lang]
        head = self._line(
            "head",
            household=self.household,
            day=self.as_of,
            status=language.trace[self.status],
            model=self.model,
        )
        score = self._line(
            "score",
            score=standing.score,
            percentile=standing.percentile,
            band=language.band(standing.band),
        )
        return [head, score, *self.because, *self._lists()]

    def _lists(self) -> Iterator[str]:
        if self.reasons:
            yield self._line("reasons", texts="; ".join(self.reasons))
        if self.weaker:
            yield self._line("weaker", number=self.weaker)
        if self.missing:
            yield self._line("missing", texts="; ".join(self.missing))
        if self.no_value:
            yield self._line("no_value", texts="; ".join(self.no_value))
        if self.notes:
            yield self._line("notes", texts="; ".join(self.notes))

    def _headed(self, table: pd.DataFrame) -> pd.DataFrame:
        return _plain(table).rename(columns=LANGUAGES[self.lang].heads)

    def _line(self, key: str, **values: object) -> str:
        return LANGUAGES[self.lang].trace[key].format(**values)

    def __repr__(self) -> str:
        parts = [
            f"{title}\n{self._headed(table).to_string(index=False)}"
            for title, table in self._tables()
            if len(table)
        ]
        return "\n\n".join(["\n".join(self._head()), *parts])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, self._head()))
        parts = [
            f"<p>{escape(title)}</p>{self._headed(t).to_html(index=False)}"
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
