"""One household's rounds after the fact: what was known, who was listed, what was done, and not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, DateLike, Days, as_days, visible
from riskmodel.models import language_of
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_EXECUTED, VERDICTS
from riskmodel.records.earlier_rounds import (
    closed_until,
    earlier_lists,
    earlier_rounds,
    ends_case,
)
from riskmodel.records.engine import one_scan_engine, query
from riskmodel.records.service_matters import LATE, service_matters, told_matters
from riskmodel.records.table_schemas import SERVICE_TABLES
from riskmodel.serving import LANGUAGES
from riskmodel.texts import as_ids

NOT_TRIED, NOBODY_MET, LEFT_OPEN, NO_SUPPORT = UNDONE = (
    "not_tried",
    "nobody_met",
    "left_open",
    "no_support",
)
_COLUMNS = [
    AS_OF,
    *("facts", "new", "listed", "probability", "rule"),
    *("contacts", "support", "told", "is_open", "undone"),
]
_FACTS = """
    SELECT code, event_date, known_date, retracted_date
    FROM source
    WHERE household_id::VARCHAR = $household
    ORDER BY code, event_date, known_date
"""
_IS_NAMED = "SELECT 1 AS one FROM source WHERE household_id::VARCHAR = $household LIMIT 1"


@dataclass(frozen=True, eq=False, repr=False)
class CaseReview:
    """One household's rounds; it prints itself.

    Attributes
    ----------
    household, as_of : str
    table : DataFrame
        One row per round before the date:

        - ``as_of_date``; ``facts``, how many could be seen on its morning; ``new``, the names of
          the indicators of which the first became visible since the round before;
        - ``listed``, True or False where the round's list is on record, else missing, and
          ``probability``, its chance to be listed; ``rule``, by which the list's plan turned to it
          or left it out, such as ``"no_room"``, else empty;
        - ``contacts``, the attempts with channel, day and result, and ``support``;
        - ``told``, what was asked, referred or seen from this round until the next;
        - ``is_open``, whether the case was open when the next round began;
        - ``undone``: ``"not_tried"`` where it was listed and no attempt is on record,
          ``"nobody_met"`` where attempts met nobody, ``"left_open"`` where its case was open and
          it was neither listed nor contacted, ``"no_support"`` where need was confirmed and no
          support is on record; else empty.
    matters : DataFrame
        Its requests, referrals, other services' cases and signs, the columns of
        `riskmodel.records.service_matters`: a ``state`` ``"late"`` is what was left undone of them.
    lang : str
    """

    household: str
    as_of: str
    table: pd.DataFrame
    matters: pd.DataFrame
    lang: str = "en"

    def frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def _head(self) -> str:
        rows = self.table
        undone = rows["undone"].value_counts()
        return (
            LANGUAGES[self.lang]
            .review["head"]
            .format(
                household=self.household,
                day=self.as_of,
                rounds=len(rows),
                listed=int(rows["listed"].eq(True).sum()),  # noqa: FBT003  # a value, not a flag
                **{key: int(undone.get(key, 0)) for key in UNDONE},
            )
        )

    def _head_of_matters(self) -> str:
        late = int((self.matters["state"] == LATE).sum())
        line = LANGUAGES[self.lang].trace["matters"]
        return line.format(number=len(self.matters), late=late)

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        yield self._head(), self._told()
        if len(self.matters):
            told = told_matters(self.matters, self.lang)
            heads = LANGUAGES[self.lang].heads
            yield self._head_of_matters(), told.rename(columns=heads)

    def _told(self) -> pd.DataFrame:
        language = LANGUAGES[self.lang]
        words = language.review
        yes = {True: words["yes"], False: words["no"]}
        told = self.table.assign(
            as_of_date=self.table[AS_OF].dt.strftime("%Y-%m-%d"),
            new=[", ".join(names) for names in self.table["new"]],
            listed=[yes.get(value, "") for value in self.table["listed"]],
            probability=[_chance(chance) for chance in self.table["probability"]],
            rule=[language.rule(name) for name in self.table["rule"]],
            is_open=self.table["is_open"].map(yes),
            undone=[words[key] if key else "" for key in self.table["undone"]],
        )
        return told.rename(columns=language.heads)

    def __repr__(self) -> str:
        parts = (f"{head}\n\n{table.to_string(index=False)}" for head, table in self._tables())
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        tables = self._tables()
        return "".join(f"<p>{escape(head)}</p>{told.to_html(index=False)}" for head, told in tables)


@door
@one_scan_engine()
def review(
    records: Records,
    household: str,
    as_of: DateLike | None = None,
    *,
    lang: str = "en",
    masked: bool = True,
) -> CaseReview:
    """Tell a household's rounds one after the other: what was known, listed, done and left undone.

    It is what somebody asks after a death. No model is needed; `riskmodel.trace` explains the score
    of one of the rounds.

    Parameters
    ----------
    records : Records
    household : str
        Any household of the records.
    as_of : date-like, optional
        What became known on this day or later is left out; by default the day before which
        the records are complete.
    lang : str, default "en"
        A key of `riskmodel.serving.LANGUAGES`.
    masked : bool, default True
        Whether sensitive indicators, and signs of suicide and violence, are named as "sensitive
        information" only.

    Returns
    -------
    CaseReview

    Raises
    ------
    RecordsError
        If the records hold nothing of the household.
    ConfigError
        For a date that is none, or a language that is not known.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> story = rm.review(records, "H0000010", "2024-09-01")
    >>> list(zip(story.table["listed"], story.table["undone"]))
    [(True, ''), (True, 'nobody_met'), (False, 'left_open')]
    """
    (household,) = as_ids([household])
    day = as_days(records.today if as_of is None else as_of, "as_of")
    lang = language_of(lang, "en")
    facts = query(records.relation("events"), _FACTS, household=household)
    lists = earlier_lists(records, day, household)
    contacts = earlier_rounds(records, day, household)
    rounds = _rounds_of(records, lists, contacts, day)
    if facts.empty and not _is_named(records, household):
        raise RecordsError(
            f"the records hold nothing of this {records.household}",
            code="service.no_household",
            next_step="check the id: ids are text, 00123 is not 123",
        )
    names = _Names(records.catalogue, lang, masked)
    matters = service_matters(records, day, household, masked=masked)
    rows: list[dict[str, object]] = []
    for before, first, after in zip([None, *rounds], rounds, [*rounds[1:], day], strict=False):
        was_open = bool(rows and rows[-1]["is_open"])
        of_round = contacts[as_days(contacts["as_of_date"]) == first]
        row = {AS_OF: first, **_known(facts, first, before, names), **_listed(lists, first)}
        is_open = _is_open(earlier_rounds(records, after, household))
        done = _done(of_round, lang, was_open=was_open)
        told = _told_between(matters, first, after, lang)
        rows.append(row | done | {"told": told, "is_open": is_open})
    table = pd.DataFrame(rows, columns=_COLUMNS)
    as_written = records.as_written(pd.Series([household])).iloc[0]
    table = table.astype({AS_OF: "datetime64[s]"})
    return CaseReview(as_written, str(day), table, matters, lang)


def _is_named(records: Records, household: str) -> bool:
    """Tell whether any table names a household."""
    tables = ("lists", "contacts", "attributes", "members", *SERVICE_TABLES)
    found = (query(records.relation(name), _IS_NAMED, household=household) for name in tables)
    return any(len(rows) for rows in found)


def _rounds_of(
    records: Records, lists: pd.DataFrame, contacts: pd.DataFrame, day: np.datetime64
) -> list[np.datetime64]:
    """Return the rounds before a day: the records', and those of the household's own rows."""
    stated = [] if records.rounds is None else [as_days(records.rounds)]
    own = [as_days(table["as_of_date"]) for table in (lists, contacts)]
    days = np.unique(np.concatenate([*stated, *own]))
    return list(days[days < day])


@dataclass(frozen=True)
class _Names:
    catalogue: Catalogue
    lang: str
    masked: bool

    def of(self, code: str) -> str:
        if code not in self.catalogue:
            return code
        indicator = self.catalogue[code]
        hides = self.masked and indicator.masked
        return LANGUAGES[self.lang].words["sensitive"] if hides else indicator.name(self.lang)


def _known(
    facts: pd.DataFrame, first: np.datetime64, before: np.datetime64 | None, names: _Names
) -> dict[str, object]:
    event, known, retracted = (
        as_days(facts[name]) for name in ("event_date", "known_date", "retracted_date")
    )
    now = visible(event, known, first, retracted)
    then = _seen_by(event, known, before)
    new = sorted(set(facts["code"][now]) - set(facts["code"][then]))
    return {"facts": int(now.sum()), "new": tuple(dict.fromkeys(map(names.of, new)))}


def _seen_by(event: Days, known: Days, before: np.datetime64 | None) -> np.ndarray:
    if before is None:
        return np.zeros(len(event), dtype=bool)
    return visible(event, known, before)


def _listed(lists: pd.DataFrame, first: np.datetime64) -> dict[str, object]:
    own = lists[as_days(lists["as_of_date"]) == first]
    if own.empty:
        return {"listed": None, "probability": np.nan, "rule": ""}
    ((drawn, chance, rule),) = own[["drawn", "probability", "rule"]].to_numpy()
    return {"listed": bool(drawn), "probability": chance, "rule": "" if pd.isna(rule) else rule}


def _chance(chance: float) -> str:
    """Return a chance in words, never 0 for one that is above it."""
    if np.isnan(chance):
        return ""
    return f"{chance:.3f}" if chance >= 0.001 or chance == 0 else "< 0.001"


def _is_open(rows: pd.DataFrame) -> bool:
    """Tell whether a case was open when these rounds were what was known."""
    until = closed_until(rows)
    closed = until[~np.isnat(until)]
    rounds = as_days(rows["as_of_date"])
    return bool(len(rounds) and not (len(closed) and closed.max() >= rounds.max()))


def _done(own: pd.DataFrame, lang: str, *, was_open: bool) -> dict[str, object]:
    """Tell what was done in a round, and what was left undone."""
    words = LANGUAGES[lang].contacts
    tried = own[own["result"].notna() & (own["result"] != NOT_EXECUTED)]
    supports = own["support"].dropna().drop_duplicates()
    undone = ""
    if own.empty:
        undone = LEFT_OPEN if was_open else ""
    elif tried.empty:
        undone = NOT_TRIED
    elif not ends_case(tried).any():
        undone = NOBODY_MET
    elif (tried["result"] == VERDICTS[-1]).any() and supports.empty:
        undone = NO_SUPPORT
    return {
        "contacts": "; ".join(_attempt(row, words) for _, row in own.iterrows()).strip("; "),
        "support": ", ".join(words.get(word, word) for word in supports),
        "undone": undone,
    }


def _told_between(
    matters: pd.DataFrame, first: np.datetime64, after: np.datetime64, lang: str
) -> str:
    """Tell what was asked, referred or seen from one day until before another."""
    days = as_days(matters["day"])
    own = told_matters(matters[(days >= first) & (days < after)], lang)
    words = own["word"].where(own["word"] != "", own["by"])
    return "; ".join(f"{matter}: {word}" for matter, word in zip(own["matter"], words, strict=True))


def _attempt(row: pd.Series, words: Mapping[str, str]) -> str:
    """Tell one contact; nothing of a list that no contact followed."""
    if pd.isna(row["channel"]) and pd.isna(row["result"]):
        return ""
    on = "" if pd.isna(row["contact_date"]) else f" {row['contact_date']:%Y-%m-%d}"
    found = row["reason"] if pd.notna(row["reason"]) else row["result"]
    return f"{words.get(row['channel'], row['channel'])}{on} {words.get(found, found)}"
