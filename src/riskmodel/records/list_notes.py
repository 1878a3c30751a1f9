"""Notes on lists: rows of no round or after `today`, and contacts that contradict them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from riskmodel.records.contact_rounds import a_day_early, off_rounds
from riskmodel.records.contact_words import VERDICTS
from riskmodel.records.engine import Relation, literals, name_relation, query, scan_engine
from riskmodel.texts import counted

_CONTRADICTED = f"""
    WITH of_household AS (
        SELECT household_id, as_of_date, bool_or(drawn) AS drawn
        FROM listed
        GROUP BY ALL
    )
    SELECT
        count(*) FILTER (drawn IS FALSE) AS not_drawn,
        count(*) FILTER (drawn IS NULL) AS on_none
    FROM met
    SEMI JOIN listed USING (as_of_date)
    LEFT JOIN of_household USING (household_id, as_of_date)
    WHERE list_contains({literals(VERDICTS)}, result) AND retracted_date IS NULL
"""


def list_round_notes(
    lists: Relation,
    rounds: pd.DatetimeIndex | None,
    since: np.datetime64 | None,
    today: np.datetime64,
) -> Iterator[str]:
    """Yield a note on rows of lists that are of no round, and on those dated after `today`.

    Parameters
    ----------
    lists : Relation
    rounds : DatetimeIndex, optional
        The rounds of the records.
    since, today : numpy.datetime64
        The bounds.
    """
    rows, days = off_rounds(lists, rounds, since, today)
    if rows:
        are = "is" if days == 1 else "are"
        yield (
            f"{counted(rows, 'row')} of lists on {counted(days, 'day')} that {are} none of the "
            "rounds (rounds:); panel.draws takes none of them. Is as_of_date the date of the "
            "round, and does rounds: name them all?"
        )
    if a_day_early(lists, rounds, since, today):
        yield (
            "all rows of lists are dated one day before a round, and the last day of a month "
            "counts for the round of that month, which is the one before. Did a time zone move "
            "the days of as_of_date?"
        )
    found = query(lists, "SELECT count(*) AS n FROM source WHERE as_of_date > $day", day=today)
    after = int(found["n"].iloc[0])
    if after:
        yield (
            f"{counted(after, 'row')} of lists dated after today ({today}); is as_of_date the date "
            "of the round, and is its year right?"
        )


def contradiction_notes(contacts: Relation, lists: Relation) -> Iterator[str]:
    """Yield notes on contacts with a verdict whose households no list of the round says was drawn.

    Contacts of rounds without a list are not counted.

    Parameters
    ----------
    contacts, lists : Relation
    """
    with scan_engine() as con:
        name_relation(con, "listed", lists)
        name_relation(con, "met", contacts)
        [(not_drawn, on_none)] = con.execute(_CONTRADICTED).fetchall()
    if not_drawn:
        yield (
            f"{counted(not_drawn, 'contact')} with a verdict of households that the list says were "
            "not drawn; panel.draws believes the list. Was another list handed out?"
        )
    if on_none:
        yield (
            f"{counted(on_none, 'contact')} with a verdict of households that are on no list of "
            "their round; panel.draws believes the list. Does the table lists hold them all?"
        )
