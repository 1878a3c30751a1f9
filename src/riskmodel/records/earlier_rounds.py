"""What a service did in earlier rounds, as it was known on a day: who was listed, and what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, Span, as_days
from riskmodel.records.contact_words import BY_A_HUMAN, NO_VERDICT, NOT_TOLD, REFUSED
from riskmodel.records.contract import Records
from riskmodel.records.engine import name_relation, scan_engine

COLUMNS = (
    "household_id",
    "as_of_date",
    "listed_area",
    "channel",
    "attempt",
    "contact_date",
    "reader",
    "result",
    "reason",
    "support",
    "known_date",
)
"""Those of `earlier_rounds`."""
LOOK_BACK = Span(12, "M")
"""How long before a verdict an indicator must have been silent to be new after it."""
LEFT = ("died", "in_institution")
"""Reasons by which a household leaves the frame; every other one leaves its case open."""

# A row whose round is written as a month is dated on the month's last day. It belongs to the one
# round in that month, if another row or the records name one.
_MONTHS = """
    days AS (
        SELECT unnest($rounds::DATE[]) AS day
        UNION SELECT as_of_date FROM lists WHERE as_of_date <> last_day(as_of_date)
        UNION SELECT as_of_date FROM contacts WHERE as_of_date <> last_day(as_of_date)
    ),
    months AS (
        SELECT last_day(day) AS as_of_date, min(day) AS day
        FROM days
        GROUP BY ALL
        HAVING count(*) = 1
    ),
    known_lists AS (
        SELECT lists.* REPLACE (
            household_id::VARCHAR AS household_id, coalesce(day, as_of_date) AS as_of_date)
        FROM lists LEFT JOIN months USING (as_of_date)
        WHERE coalesce(day, as_of_date) < $day
            AND least(known_date, coalesce(day, known_date)) < $day AND {own}
    )
"""
_LISTS = """
    WITH {months}
    SELECT as_of_date, bool_or(drawn) AS drawn, max(probability) AS probability,
        max(rule) AS rule
    FROM known_lists
    GROUP BY as_of_date
"""
_ROWS = """
    WITH {months},
    listed AS (
        SELECT household_id, as_of_date, min(area) AS area
        FROM known_lists
        WHERE drawn
        GROUP BY ALL
    ),
    contacted AS (
        SELECT household_id::VARCHAR AS household_id, coalesce(day, as_of_date) AS as_of_date,
            channel, attempt, contact_date, reader, result, reason, support,
            coalesce(known_date, contact_date, as_of_date) AS known_date
        FROM contacts LEFT JOIN months USING (as_of_date)
        WHERE coalesce(day, as_of_date) < $day
            AND coalesce(known_date, contact_date, as_of_date) < $day
            AND coalesce(retracted_date >= $day, TRUE) AND {own}
    )
    SELECT household_id, as_of_date, listed.area AS listed_area,
        contacted.* EXCLUDE (household_id, as_of_date)
    FROM contacted
    FULL JOIN listed USING (household_id, as_of_date)
    ORDER BY household_id, as_of_date, contact_date, attempt, known_date, reader, result
"""


def earlier_rounds(
    records: Records, day: np.datetime64, household: str | None = None
) -> pd.DataFrame:
    """Return the earlier rounds of households: their contacts, and lists that no contact followed.

    Parameters
    ----------
    records : Records
    day : datetime64[D]
        A row of this day or later, or known on it or later, is left out; so is a contact that a
        correction known before it replaces.
    household : str, optional
        This one alone.

    Returns
    -------
    DataFrame
        Of `COLUMNS`, one row per contact, in the order of households, rounds and attempts. A round
        in which a household was listed, and no contact is known, is one row without a channel.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(60, n_rounds=3, capacity=0.1, random_state=0)
    >>> rows = earlier_rounds(records, np.datetime64("2024-03-01"))
    >>> rows[["as_of_date", "result"]].value_counts().sum() == len(rows)
    np.True_
    """
    return _asked(records, _ROWS, day, household)[list(COLUMNS)]


def earlier_lists(records: Records, day: np.datetime64, household: str) -> pd.DataFrame:
    """Return the lists of earlier rounds that name a household, drawn or not.

    Parameters
    ----------
    records : Records
    day : datetime64[D]
        A list of this day or later, or known on it or later, is left out.
    household : str

    Returns
    -------
    DataFrame
        One row per round: ``as_of_date``, whether it was ``drawn`` on some list, the largest
        ``probability`` to be, and the ``rule`` that a list states, missing where none does.
    """
    return _asked(records, _LISTS, day, household)


def _asked(records: Records, sql: str, day: np.datetime64, household: str | None) -> pd.DataFrame:
    own = "TRUE" if household is None else "household_id::VARCHAR = $household"
    given: dict[str, object] = {} if household is None else {"household": household}
    rounds = [] if records.rounds is None else [str(day.date()) for day in records.rounds]
    with scan_engine() as con:
        for name in ("lists", "contacts"):
            name_relation(con, name, records.relation(name))
        asked = sql.format(months=_MONTHS.format(own=own), own=own)
        return con.execute(asked, given | {"day": str(day), "rounds": rounds}).df()


def is_verdict(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of earlier rounds hold a verdict."""
    return (rows["result"].notna() & ~rows["result"].isin(NO_VERDICT)).to_numpy()


def is_met(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell in which rows of earlier rounds somebody met the household, whatever was found."""
    return is_verdict(rows) | rows["result"].isin([REFUSED, NOT_TOLD]).to_numpy()


def has_left(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of earlier rounds say that the household has left the frame."""
    return rows["reason"].isin(LEFT).to_numpy()


def ends_case(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of earlier rounds end the case of a household: it was met, or has left."""
    return is_met(rows) | has_left(rows)


def spoken_on(rows: pd.DataFrame) -> pd.Series:
    """Return by household the last day on which somebody of the service spoke with it.

    A call, a visit or a meeting in an office counts, if somebody was met or found that the
    household has left; an AI call, a letter or a mail carrier's check does not.
    """
    is_spoken = rows["channel"].isin(BY_A_HUMAN).to_numpy() & ends_case(rows)
    return rows[is_spoken].groupby("household_id")["contact_date"].max()


def closed_until(rows: pd.DataFrame) -> Days:
    """Return up to which round each row of earlier rounds closes a case; NaT where it closes none.

    Who was met in a later round than that of the contact was met in that one, too. Who has left is
    in no later round.
    """
    rounds, met_on = as_days(rows["as_of_date"]), as_days(rows["contact_date"])
    until = np.where(np.isnat(met_on), rounds, np.maximum(rounds, met_on))
    until = np.where(has_left(rows), FAR_FUTURE, until)
    return np.where(ends_case(rows), until, NO_DAY)
