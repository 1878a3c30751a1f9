"""People and homes: their facts belong to the household known to be theirs when the fact became known."""

from __future__ import annotations

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.sources import checks
from riskmodel.records.tables import LINKS

# Of a stay told more than once (one person, household and first day), the row known last by then speaks.
_STAYS = """SELECT rowid AS stay, person_id, dwelling_id, household_id, from_date, to_date, known_date,
        lead(known_date) OVER (PARTITION BY person_id, household_id, from_date ORDER BY known_date, source, file, row)
            AS replaced
    FROM "good members" """
_COVERS = """coalesce(s.from_date <= t.event_date, TRUE) AND coalesce(t.event_date <= s.to_date, TRUE)
    AND coalesce(s.replaced > t.told_on, TRUE)"""
# What was known last by the time of the fact, else what was known first after.
_CHOICE = """then_known DESC, CASE WHEN then_known THEN known_date END DESC NULLS LAST, known_date, from_date DESC,
    household_id"""


def link_to_households(ledger: Ledger) -> pd.DataFrame:
    """Give each staged fact of a person or dwelling to the household known to be there when it became known.

    Where nothing was known by then, the fact becomes known with the first stay that tells; where nothing tells, it is
    bad.

    Returns
    -------
    DataFrame
        One row a source of such facts: how many were matched, matched only by what became known later, lay in
        several households at once, fell into a gap between stays, or are of people and dwellings that no source of
        members names.
    """
    linked = [account for account in ledger.accounts if account.linked_by]
    if not linked:
        return pd.DataFrame(
            columns=LINKS, index=pd.Index([], name="source", dtype="object"), dtype="int64"
        )
    _need_members(ledger, linked[0].place)
    ledger.con.execute(f"CREATE TEMP TABLE stays AS {_STAYS}")
    ledger.con.execute(_linked_sql())
    columns = ledger.named([account.linked_by for account in ledger.accounts], "e.source")
    ledger.con.execute(
        f"""UPDATE "staged events" AS e SET household_id = l.household_id,
                known_date = greatest(e.known_date, l.known_date),
                reason = CASE WHEN l.household_id IS NOT NULL THEN NULL
                    WHEN e.person_id IS NULL THEN '{checks.NO_RESIDENT}' ELSE '{checks.NO_HOUSEHOLD}' END,
                blamed = CASE WHEN l.household_id IS NULL THEN {columns} END
            FROM links AS l WHERE l.id = e.rowid"""
    )
    return _quality(ledger)


def _need_members(ledger: Ledger, place: str) -> None:
    if "members" not in ledger.staged:
        raise ConfigError(
            "person_id and dwelling_id need to know who lives where",
            place=place,
            code="manifest.members",
            next_step="name a source under members:, or write household_id",
        )


def _linked_sql() -> str:
    there = " UNION ALL ".join(
        f"SELECT t.id, t.event_date, t.told_on, s.*, coalesce(s.known_date <= t.told_on, FALSE) AS then_known"
        f" FROM told AS t JOIN stays AS s ON s.{key} = t.{key} AND {_COVERS}"
        for key in ("person_id", "dwelling_id")
    )
    # An open stay ends where a later one of the same person begins.
    return f"""CREATE TEMP TABLE links AS
        WITH told AS (
            SELECT rowid AS id, source, person_id, dwelling_id, event_date, known_date AS told_on
            FROM "staged events" WHERE reason IS NULL AND coalesce(person_id, dwelling_id) IS NOT NULL),
        there AS ({there}),
        moved AS (
            SELECT t.id, t.stay FROM there AS t JOIN stays AS s ON s.person_id = t.person_id AND {_COVERS}
            WHERE t.then_known AND t.to_date IS NULL AND s.from_date > coalesce(t.from_date, DATE '-infinity')
                AND s.known_date <= t.told_on),
        chosen AS (
            SELECT id, household_id, known_date, then_known,
                count(DISTINCT CASE WHEN then_known THEN household_id END) OVER (PARTITION BY id) > 1 AS several
            FROM there ANTI JOIN moved USING (id, stay)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY {_CHOICE}) = 1)
        SELECT told.id, source, person_id, dwelling_id, household_id, known_date, then_known, several
        FROM told LEFT JOIN chosen USING (id)"""


def _quality(ledger: Ledger) -> pd.DataFrame:
    found = ledger.con.execute(
        """SELECT source, count(*), count(*) FILTER (household_id IS NOT NULL AND then_known),
               count(*) FILTER (household_id IS NOT NULL AND NOT then_known), count(*) FILTER (several),
               count(*) FILTER (household_id IS NULL AND is_known),
               count(*) FILTER (household_id IS NULL AND NOT is_known)
           FROM (SELECT *, coalesce(person_id IN (SELECT person_id FROM stays), FALSE)
                    OR coalesce(dwelling_id IN (SELECT dwelling_id FROM stays), FALSE) AS is_known FROM links)
           GROUP BY source"""
    ).fetchall()
    by_source = {int(source): numbers for source, *numbers in found}
    listed = [number for number, account in enumerate(ledger.accounts) if account.linked_by]
    rows = [by_source.get(number, [0] * len(LINKS)) for number in listed]
    index = pd.Index(
        [ledger.accounts[number].title for number in listed], name="source", dtype="object"
    )
    return pd.DataFrame(rows, columns=LINKS, index=index).astype("int64")
