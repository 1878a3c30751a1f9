"""The tables of contacts and signs that come of answered books."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.service.sheets.answers import Answer
from riskmodel.service.sheets.audiences import AUDIENCES, DAY, REASON, RESULT, ROW_ID, SUPPORT

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
    day: np.datetime64 | None,
) -> pd.DataFrame:
    """Return the contacts of answered rows, and of rows that were blank when they were due.

    Parameters
    ----------
    rows : DataFrame
        The planned rows, by their ids.
    answers : mapping of str to Answer
    blank : DataFrame
        Those of `rows` that were not carried out; it is known on the day after they were due.
    day : datetime64[D], optional
        The day on which answers become known; default: that of the contact.

    Returns
    -------
    DataFrame
        In the columns of the table `contacts`, in the order of ids.
    """
    due = dict(zip(rows.index, as_days(rows["due_by"]), strict=True))
    told = {
        key: {
            DAY: answer.day,
            RESULT: answer.result,
            REASON: answer.reason,
            SUPPORT: answer.support,
            "known_date": _known(answer, day, due[key]),
        }
        for key, answer in answers.items()
    }
    undone = {key: {RESULT: NOT_EXECUTED, "known_date": due[key] + _ONE_DAY} for key in blank.index}
    found = sorted({**told, **undone}.items())
    own = rows.loc[[key for key, _ in found]].rename(columns={"step": "attempt"})
    own[AS_OF], own[ROW_ID] = as_days(own[AS_OF]).astype(str), own.index
    for name in (DAY, RESULT, REASON, SUPPORT, "known_date"):
        values = [one.get(name) for _, one in found]
        texts = [None if value is None else str(value) for value in values]
        own[name] = pd.Series(texts, index=own.index, dtype=object)
    return own[list(CONTACTS)].reset_index(drop=True)


def signs_of(
    rows: pd.DataFrame, answers: Mapping[str, Answer], day: np.datetime64 | None
) -> pd.DataFrame:
    """Return one row per sign that was seen or told, in the columns of the table `signs`."""
    found = [
        {
            "sign_id": f"{key}-{sign}",
            HOUSEHOLD: rows.at[key, HOUSEHOLD],
            "sign": sign,
            "seen": str(answer.day),
            "seen_by": AUDIENCES[str(rows.at[key, "channel"])].seen_by,
            "known_date": str(answer.day if day is None else day),
        }
        for key, answer in sorted(answers.items())
        for sign in answer.signs
    ]
    return pd.DataFrame(found, columns=list(SIGNS), dtype=object)


def _known(answer: Answer, day: np.datetime64 | None, due: np.datetime64) -> np.datetime64:
    """Return when an answer became known; that nothing was done, once it was due."""
    if day is not None:
        return day
    return due + _ONE_DAY if answer.day is None else answer.day
