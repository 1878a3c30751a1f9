"""The tables of contacts and signs that come of answered books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.records.service_words import URGENT
from riskmodel.service.sheets.answers import Answer
from riskmodel.service.sheets.audiences import AUDIENCES, DAY, REASON, RESULT, ROW_ID, SUPPORT
from riskmodel.service.sheets.returned_books import Book
from riskmodel.service.sheets.taken_before import (
    OF_CONTACT,
    Before,
    Texts,
    row_of_sign,
    sign_id,
)

CONTACTS = (
    ROW_ID,
    HOUSEHOLD,
    AS_OF,
    "channel",
    "attempt",
    DAY,
    RESULT,
    REASON,
    SUPPORT,
    "stratum",
    "probability",
    "known_date",
)
SIGNS = ("sign_id", HOUSEHOLD, "sign", "seen", "seen_by", "known_date")
_ONE_DAY = np.timedelta64(1, "D")


def contacts_of(
    rows: pd.DataFrame,
    answers: Mapping[str, Answer],
    blank: pd.DataFrame,
    before: Before,
    day: np.datetime64 | None,
) -> pd.DataFrame:
    """Return the contacts of answered rows, of rows that were blank when due, and those before.

    Parameters
    ----------
    rows : DataFrame
        The planned rows, by their ids.
    answers : mapping of str to Answer
    blank : DataFrame
        Those of `rows` that were not carried out; it is known on the day after they were due.
    before : Before
        What earlier readings took: it stays where nothing else is told of the row, and an answer
        that is still the same is known since then.
    day : datetime64[D], optional
        The day on which answers become known; default: that of the contact.

    Returns
    -------
    DataFrame
        In the columns of the table `contacts`, in the order of ids.
    """
    due = dict(zip(rows.index, as_days(rows["due_by"]), strict=True))
    told = {
        key: _since(before.contacts.get(key), _texts(answer, _known(answer, day, due[key])))
        for key, answer in answers.items()
    }
    undone: dict[str, Texts] = {
        key: {RESULT: NOT_EXECUTED, "known_date": str(due[key] + _ONE_DAY)} for key in blank.index
    }
    found = sorted({**before.contacts, **undone, **told}.items())
    own = rows.loc[[key for key, _ in found]].rename(columns={"step": "attempt"})
    own[AS_OF], own[ROW_ID] = as_days(own[AS_OF]).astype(str), own.index
    for name in (*OF_CONTACT, "known_date"):
        own[name] = pd.Series([one.get(name) for _, one in found], index=own.index, dtype=object)
    return own[list(CONTACTS)].reset_index(drop=True)


def signs_of(
    rows: pd.DataFrame,
    answers: Mapping[str, Answer],
    books: Sequence[Book],
    before: Before,
    day: np.datetime64 | None,
) -> pd.DataFrame:
    """Return one row per sign that was seen or told, in the columns of the table `signs`.

    Signs of rows without an answer are those of earlier readings. An urgent sign is written
    wherever it stands, also where its row waits for a date or its file is refused: it was seen on
    the day of reading where the row tells none. What was written of it stays until its cell says
    no.
    """
    own = [one for book in books for one in book.urgent if one["sign_id"] is not None]
    waiting = {
        str(one["sign_id"]): _sign(one["sign"], day if one["seen"] is None else one["seen"], day)
        for one in own
        if not (day is None and one["seen"] is None)
    }
    told = {
        sign_id(key, sign): _sign(sign, answer.day, day)
        for key, answer in answers.items()
        for sign in answer.signs
    }
    denied = set[str]().union(*(book.denied for book in books if not book.faults))
    kept = {
        key: one
        for key, one in before.signs.items()
        if row_of_sign(key) not in answers or (one["sign"] in URGENT and key not in denied)
    }
    changed = {key: _since_then(before.signs.get(key), one) for key, one in told.items()}
    found = {**waiting, **kept, **changed}
    whose = {key: rows.loc[row_of_sign(key)] for key in found}
    table = [
        {
            "sign_id": key,
            HOUSEHOLD: whose[key][HOUSEHOLD],
            "seen_by": AUDIENCES[str(whose[key]["channel"])].seen_by,
            **one,
        }
        for key, one in sorted(found.items())
    ]
    return pd.DataFrame(table, columns=list(SIGNS), dtype=object)


def _sign(sign: object, seen: object, day: np.datetime64 | None) -> Texts:
    return {"sign": str(sign), "seen": str(seen), "known_date": str(seen if day is None else day)}


def _texts(answer: Answer, known: np.datetime64) -> Texts:
    day = None if answer.day is None else str(answer.day)
    told = (day, answer.result, answer.reason, answer.support)
    return {**dict(zip(OF_CONTACT, told, strict=True)), "known_date": str(known)}


def _since(before: Texts | None, now: Texts) -> Texts:
    """Return what is told now, known since it was first told so."""
    if before is None or {**before, "known_date": None} != {**now, "known_date": None}:
        return now
    return before


def _since_then(before: Texts | None, now: Texts) -> Texts:
    """Return a sign that is told now, known since it was first told; not before it was seen."""
    known = None if before is None else before["known_date"]
    return now if known is None or str(now["seen"]) > known else {**now, "known_date": known}


def _known(answer: Answer, day: np.datetime64 | None, due: np.datetime64) -> np.datetime64:
    """Return when an answer became known; that nothing was done, once it was due."""
    if day is not None:
        return day
    return due + _ONE_DAY if answer.day is None else answer.day
