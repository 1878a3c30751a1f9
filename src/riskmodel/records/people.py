"""People and homes: a person's fact belongs to the household in which the person was known to live."""

from __future__ import annotations

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.records import checks
from riskmodel.records.ledger import Ledger
from riskmodel.records.tables import LINKS

# Covers the day of the fact; of several, what was known last by the time of the fact, else what was known first after.
_THEN = "coalesce(m.known_date <= e.known_date, FALSE)"
_CHOICE = f"""{_THEN} DESC, CASE WHEN {_THEN} THEN m.known_date END DESC NULLS LAST, m.known_date, m.from_date DESC,
    m.household_id"""


def link_people(ledger: Ledger) -> pd.DataFrame:
    """Give each person's staged fact to the household in which the person was known to live when it became known.

    Where nothing was known by then, the fact becomes known with the first membership that tells; where nothing tells,
    it is bad.

    Returns
    -------
    DataFrame
        One row a source of people's facts: how many were matched, matched only by what became known later, lay in
        several households at once, fell into a gap between memberships, or are of people whom no source of members
        names.
    """
    of_people = [account.title for account in ledger.accounts if account.person]
    if not of_people:
        return pd.DataFrame(columns=LINKS, index=pd.Index([], name="source", dtype="object"), dtype="int64")
    _need_members(ledger)
    ledger.con.execute(_linked_sql())
    columns = ledger.named([account.person for account in ledger.accounts], "e.source")
    ledger.con.execute(
        f"""UPDATE "staged events" AS e SET household_id = l.household_id,
                known_date = greatest(e.known_date, l.known_date),
                reason = CASE WHEN l.household_id IS NULL THEN '{checks.NO_HOUSEHOLD}' END,
                blamed = CASE WHEN l.household_id IS NULL THEN {columns} END
            FROM links AS l WHERE l.id = e.rowid"""
    )
    return _quality(ledger)


def _need_members(ledger: Ledger) -> None:
    place = next(account.place for account in ledger.accounts if account.person)
    if "members" not in ledger.staged:
        raise ConfigError(
            "person_id needs to know who lives where",
            place=place,
            code="manifest.members",
            next_step="name a source under members:, or write household_id",
        )


def _linked_sql() -> str:
    # An open membership ends where a later one of the same person begins.
    at_once = """count(DISTINCT CASE WHEN then_known AND (to_date IS NOT NULL OR from_date IS NOT DISTINCT FROM latest)
        THEN household_id END) OVER (PARTITION BY id) > 1"""
    return f"""CREATE TEMP TABLE links AS
        SELECT id, source, person_id, household_id, known_date, then_known, {at_once} AS several FROM (
            SELECT e.rowid AS id, e.source, e.person_id, m.household_id, m.known_date, m.from_date, m.to_date,
                {_THEN} AS then_known,
                max(CASE WHEN {_THEN} THEN m.from_date END) OVER (PARTITION BY e.rowid) AS latest,
                row_number() OVER (PARTITION BY e.rowid ORDER BY {_CHOICE}) AS choice
            FROM "staged events" AS e LEFT JOIN "good members" AS m
                ON m.person_id = e.person_id AND coalesce(m.from_date <= e.event_date, TRUE)
                    AND coalesce(e.event_date <= m.to_date, TRUE)
            WHERE e.person_id IS NOT NULL AND e.reason IS NULL)
        QUALIFY choice = 1"""


def _quality(ledger: Ledger) -> pd.DataFrame:
    found = ledger.con.execute(
        """SELECT source, count(*), count(*) FILTER (household_id IS NOT NULL AND then_known),
               count(*) FILTER (household_id IS NOT NULL AND NOT then_known), count(*) FILTER (several),
               count(*) FILTER (household_id IS NULL AND is_known),
               count(*) FILTER (household_id IS NULL AND NOT is_known)
           FROM (SELECT *, person_id IN (SELECT person_id FROM "good members") AS is_known FROM links)
           GROUP BY source"""
    ).fetchall()
    by_source = {int(source): numbers for source, *numbers in found}
    listed = [number for number, account in enumerate(ledger.accounts) if account.person]
    rows = [by_source.get(number, [0] * len(LINKS)) for number in listed]
    index = pd.Index([ledger.accounts[number].title for number in listed], name="source", dtype="object")
    return pd.DataFrame(rows, columns=LINKS, index=index).astype("int64")
