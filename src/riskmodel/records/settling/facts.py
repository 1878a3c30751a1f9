"""Facts out of staged rows: delivered again, corrected, retracted, out of bounds, rolled up over a household."""

from __future__ import annotations

import numpy as np

from riskmodel.indicators import Catalogue
from riskmodel.records.engine import literal
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.tables import SCHEMAS, TOTAL_ORDER

# What makes two rows one fact: the entry's fact_id, else value and detail; a person's stays the person's on a move.
_FACT = """coalesce(person_id, dwelling_id, household_id), person_id IS NULL, dwelling_id IS NULL, code, event_date,
           fact, CASE WHEN fact IS NULL THEN value END, CASE WHEN fact IS NULL THEN detail END"""
# Codes of which anything is used.
CODES = """SELECT DISTINCT code FROM good_events LEFT JOIN versions USING (id)
           WHERE in_bounds AND is_new IS NOT FALSE AND NOT is_none"""
_IN_TIME = "PARTITION BY same ORDER BY known_date, source, file, row"
# A retraction that a later row tells counts from that row on: before, nobody knew of it.
_TOLD_RETRACTED = (
    "CASE WHEN retracted_date IS NOT NULL THEN greatest(retracted_date, known_date) END"
)
_ROLLED = {"any": "NULL::DOUBLE", "sum": "sum(value)", "max": "max(value)"}


def settle_events(ledger: Ledger, since: np.datetime64 | None, today: np.datetime64) -> None:
    """Find facts out of bounds, facts delivered again, and facts corrected.

    A row that says of a fact what is known of it already is a repetition: the fact keeps its earliest known date. One
    that says something else under the same `fact_id` is a correction: it stands from its own known date, and what it
    corrects is retracted on that day. Of two that become known on one day, the first in the order of files stands.
    """
    after = "" if since is None else f"event_date >= DATE '{since}' AND "
    ledger.con.execute(
        f"""CREATE TEMP VIEW good_events AS SELECT *, rowid AS id, {after}event_date < DATE '{today}' AS in_bounds
            FROM "staged events" WHERE reason IS NULL"""
    )
    ledger.con.execute(_versions_sql())
    ledger.settled(
        """SELECT source, count(*) AS n, CASE WHEN NOT in_bounds THEN 'out_of_bounds'
               WHEN is_new IS FALSE THEN 'repeated' ELSE 'used' END AS fate
           FROM good_events LEFT JOIN versions USING (id) GROUP BY ALL"""
    )


def _versions_sql() -> str:
    """Return the SQL of all rows that share their fact with another: is it new, and until when does it stand."""
    # Hashes find the few candidates.
    return f"""CREATE TEMP TABLE versions AS
        WITH candidates AS (
            SELECT id, source, file, row, known_date, retracted_date, {{'value': value, 'detail': detail}} AS said,
                min(id) OVER (PARTITION BY {_FACT}) AS same, count(*) OVER (PARTITION BY {_FACT}) AS copies
            FROM good_events WHERE in_bounds AND hash({_FACT}) IN (
                SELECT hash({_FACT}) FROM good_events WHERE in_bounds GROUP BY 1 HAVING count(*) > 1)),
        daily AS (
            SELECT *, row_number() OVER (PARTITION BY same, known_date ORDER BY source, file, row) = 1 AS is_first
            FROM candidates WHERE copies > 1),
        told AS (
            SELECT *, is_first AND said IS DISTINCT FROM last_value(CASE WHEN is_first THEN said END IGNORE NULLS)
                OVER ({_IN_TIME} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_new
            FROM daily),
        numbered AS (SELECT *, sum(is_new::INTEGER) OVER ({_IN_TIME}) AS version FROM told),
        ended AS (SELECT *, min({_TOLD_RETRACTED}) OVER (PARTITION BY same, version) AS retracted FROM numbered)
        SELECT id, is_new, least(retracted, lead(known_date) OVER (PARTITION BY same, is_new ORDER BY known_date))
            AS retracted
        FROM ended"""


def events_sql(ledger: Ledger, catalogue: Catalogue) -> str:
    """Return the SQL of the events that are used, in the total order."""
    rolled = {code: i.roll_up for code, i in catalogue.items() if i.roll_up is not None}
    ledger.con.execute(
        f"""CREATE TEMP VIEW facts AS
            SELECT household_id, code, event_date, known_date, value, detail,
                CASE WHEN versions.id IS NULL THEN retracted_date ELSE retracted END AS retracted_date,
                coalesce(person_id, dwelling_id) IS NOT NULL
                    AND code IN ({", ".join(map(literal, rolled)) or "NULL"}) AS is_rolled
            FROM good_events LEFT JOIN versions USING (id)
            WHERE in_bounds AND is_new IS NOT FALSE AND NOT is_none"""
    )
    names = ", ".join(SCHEMAS["events"].names)
    parts = [f"SELECT {names} FROM facts WHERE is_rolled IS NOT TRUE"]
    for rule in sorted(set(rolled.values())):
        codes = [code for code, found in rolled.items() if found == rule]
        parts.append(f"SELECT {names} FROM ({_rolled_sql(rule, codes)})")
    return f"{' UNION ALL '.join(parts)} ORDER BY {', '.join(TOTAL_ORDER)}, retracted_date"


def _rolled_sql(rule: str, codes: list[str]) -> str:
    """Return the SQL of one fact a household, code and day out of those of its people, as known from day to day."""
    fact = "household_id, code, event_date"
    chosen = f"""SELECT * FROM facts WHERE is_rolled AND code IN ({", ".join(map(literal, codes))})
        AND (retracted_date IS NULL OR retracted_date > known_date)"""
    in_time = f"PARTITION BY {fact} ORDER BY day"
    return f"""
        WITH chosen AS ({chosen}),
        days AS (
            SELECT {fact}, day, lead(day) OVER ({in_time}) AS until FROM (
                SELECT {fact}, known_date AS day FROM chosen
                UNION SELECT {fact}, retracted_date FROM chosen WHERE retracted_date IS NOT NULL)),
        held AS (
            SELECT {fact}, day, until, {_ROLLED[rule]} AS value,
                CASE WHEN count(DISTINCT detail) = 1 THEN min(detail) END AS detail
            FROM days JOIN chosen USING ({fact})
            WHERE known_date <= day AND (retracted_date IS NULL OR retracted_date > day)
            GROUP BY {fact}, day, until),
        changed AS (
            SELECT *, lag(until) OVER ({in_time}) IS DISTINCT FROM day
                OR value IS DISTINCT FROM lag(value) OVER ({in_time})
                OR detail IS DISTINCT FROM lag(detail) OVER ({in_time}) AS is_new
            FROM held),
        numbered AS (SELECT *, sum(is_new::INTEGER) OVER ({in_time}) AS version FROM changed)
        SELECT {fact}, min(day) AS known_date, any_value(value) AS value, any_value(detail) AS detail,
            CASE WHEN bool_or(until IS NULL) THEN NULL ELSE max(until) END AS retracted_date
        FROM numbered GROUP BY {fact}, version"""
