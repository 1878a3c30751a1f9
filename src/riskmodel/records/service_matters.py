"""What a household asked for, who named it, who looks after it and what was seen: one table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.keys import as_days
from riskmodel.records.contract import Records
from riskmodel.records.earlier_rounds import earlier_rounds, spoken_on
from riskmodel.records.service_rows import is_unanswered, is_undecided, service_rows
from riskmodel.records.service_words import SENSITIVE, URGENT
from riskmodel.serving import LANGUAGES

COLUMNS = ("day", "matter", "word", "by", "due", "until", "outcome", "effect", "state")
"""Those of `service_matters`."""
DONE, WAITS, LATE = STATES = ("done", "waits", "late")
HIDDEN = "sensitive"
_WORDS = ("matter", "word", "by", "outcome", "effect", "state")
_DAYS = ("day", "due", "until")
# Of each table: what one of its rows is called, and which of its columns tell what.
_TOLD = {
    "requests": ("request", {"kind": "word", "received": "day", "decided": "until"}),
    "referrals": ("referral", {"referred_by": "by", "received": "day", "answered": "until"}),
    "cases": ("case", {"kind": "word", "service": "by", "from_date": "day", "to_date": "until"}),
    "signs": ("sign", {"sign": "word", "seen_by": "by", "seen": "day", "answered": "until"}),
}


def service_matters(
    records: Records, day: np.datetime64, household: str, *, masked: bool = True
) -> pd.DataFrame:
    """Return a household's requests, referrals, cases and signs, as they were known on a day.

    Parameters
    ----------
    records : Records
    day : datetime64[D]
        What became known on it or later is left out, and so are later decisions and answers.
    household : str
    masked : bool, default True
        Whether signs of suicide and violence are called ``"sensitive"``.

    Returns
    -------
    DataFrame
        Of `COLUMNS`, in the order of days: ``matter`` (request, referral, case, sign), its
        ``word``; ``by`` whom it was told, or the other service; until when it is ``due``, and
        ``until`` when it was decided, answered or ended. ``state``: ``"late"`` where a request was
        not decided when it was due, or an urgent sign not answered; ``"waits"`` for others that
        were not answered, and cases that go on; else ``"done"``.
    """
    spoken = spoken_on(earlier_rounds(records, day, household))
    parts = []
    for name, (matter, names) in _TOLD.items():
        rows = service_rows(records, name, day, household)
        # who decides on a request is never shown
        told = rows.drop(columns="by", errors="ignore").rename(columns=names)
        told = told.assign(matter=matter, waits=_waits(name, rows, day, spoken))
        parts.append(told.astype(object))
    table = pd.concat(parts, ignore_index=True)
    is_waiting = table["waits"].to_numpy(dtype=bool)
    table = table.reindex(columns=COLUMNS)
    for name in _DAYS:
        table[name] = as_days(table[name]).astype("datetime64[s]")
    is_late = (table["due"] < day) | ((table["matter"] == "sign") & table["word"].isin(URGENT))
    table["state"] = np.select([is_waiting & is_late, is_waiting], [LATE, WAITS], DONE)
    if masked:
        table["word"] = table["word"].where(~table["word"].isin(SENSITIVE), HIDDEN)
    order = table.sort_values(["day", "matter", "word", "by"], kind="stable")
    return order.reset_index(drop=True)


def told_matters(matters: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return what `service_matters` tells in words of a language, its days as texts."""
    words = {**LANGUAGES[lang].signs, **LANGUAGES[lang].matters}
    told = matters.copy()
    for name in _WORDS:
        told[name] = [words.get(word, word) for word in told[name].fillna("")]
    for name in _DAYS:
        told[name] = told[name].dt.strftime("%Y-%m-%d").fillna("")
    return told


def _waits(table: str, rows: pd.DataFrame, day: np.datetime64, spoken: pd.Series) -> pd.Series:
    """Tell which rows of a table wait for an answer, or are of a case that goes on."""
    if table == "requests":
        return is_undecided(rows)
    if table == "cases":
        return ~(rows["to_date"] < pd.Timestamp(day))
    return is_unanswered(rows, "seen" if table == "signs" else "received", spoken)
