"""Versions of facts out of staged rows: delivered again, corrected, retracted, out of bounds."""

from __future__ import annotations

import numpy as np

from riskmodel.records.settling.staged_rows import StagedRows

# What makes two rows one fact: the entry's fact_id, else value and detail. A person's fact stays
# the person's when they move.
_FACT = """
    coalesce(person_id, dwelling_id, household_id),
    person_id IS NULL,
    dwelling_id IS NULL,
    code,
    event_date,
    fact,
    CASE WHEN fact IS NULL THEN value END,
    CASE WHEN fact IS NULL THEN detail END
"""
_GOOD_EVENTS = """
    CREATE TEMP VIEW good_events AS
    SELECT
        *,
        rowid AS id,
        event_date >= DATE '{since}' AND event_date < DATE '{today}' AS in_bounds
    FROM "staged events"
    WHERE reason IS NULL
"""
# All rows that share their fact with another row: whether each is new, and until when it stands.
_VERSIONS = f"""
    CREATE TEMP TABLE versions AS
    WITH candidates AS (  -- hashes find the few candidates
        SELECT
            id,
            source,
            file,
            row,
            known_date,
            retracted_date,
            {{'value': value, 'detail': detail}} AS content,
            min(id) OVER (PARTITION BY {_FACT}) AS fact_number,
            count(*) OVER (PARTITION BY {_FACT}) AS copies
        FROM good_events
        WHERE in_bounds AND hash({_FACT}) IN (
            SELECT hash({_FACT})
            FROM good_events
            WHERE in_bounds
            GROUP BY 1
            HAVING count(*) > 1
        )
    ),
    daily AS (  -- of several rows known on one day, the first stands
        SELECT
            *,
            row_number() OVER (
                PARTITION BY fact_number, known_date
                ORDER BY source, file, row
            ) = 1 AS is_first
        FROM candidates
        WHERE copies > 1
    ),
    compared AS (  -- with the content known before
        SELECT
            *,
            is_first AND content IS DISTINCT FROM last_value(
                CASE WHEN is_first THEN content END IGNORE NULLS
            ) OVER (
                PARTITION BY fact_number
                ORDER BY known_date, source, file, row
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS is_new
        FROM daily
    ),
    numbered AS (
        SELECT
            *,
            sum(is_new::INTEGER) OVER (
                PARTITION BY fact_number
                ORDER BY known_date, source, file, row
            ) AS version
        FROM compared
    ),
    retracted AS (  -- a retraction that a later row reports counts from that row on
        SELECT
            *,
            min(CASE
                WHEN retracted_date IS NOT NULL THEN greatest(retracted_date, known_date)
            END) OVER (PARTITION BY fact_number, version) AS retracted_on
        FROM numbered
    )
    SELECT
        id,
        is_new,
        least(
            retracted_on,
            lead(known_date) OVER (PARTITION BY fact_number, is_new ORDER BY known_date)
        ) AS stands_until
    FROM retracted
"""
_STATUS = """
    SELECT
        source,
        CASE
            WHEN NOT in_bounds THEN 'out_of_bounds'
            WHEN is_new IS FALSE THEN 'repeated'
            ELSE 'used'
        END AS status,
        count(*)
    FROM good_events
    LEFT JOIN versions USING (id)
    GROUP BY ALL
"""
_FACTS = """
    CREATE TEMP VIEW facts AS
    SELECT
        household_id,
        coalesce(person_id, dwelling_id) IS NOT NULL AS is_linked,
        code,
        event_date,
        known_date,
        value,
        detail,
        CASE WHEN versions.id IS NULL THEN retracted_date ELSE stands_until END AS retracted_date
    FROM good_events
    LEFT JOIN versions USING (id)
    WHERE in_bounds AND is_new IS NOT FALSE AND NOT is_none
"""


def settle_events(rows: StagedRows, since: np.datetime64 | None, today: np.datetime64) -> list[str]:
    """Find facts out of bounds, repeated and corrected; return the codes of those that are used.

    A row that repeats the content known of a fact is a repetition: the fact keeps its earliest
    known date. A row with other content under the same `fact_id` is a correction: it stands from
    its own known date, and the version before is retracted on that day. Of two rows that become
    known on one day, the first in the order of files stands. The facts used are then the view
    ``facts``.
    """
    first = "-infinity" if since is None else since
    rows.con.execute(_GOOD_EVENTS.format(since=first, today=today))
    rows.con.execute(_VERSIONS)
    rows.con.execute(_FACTS)
    rows.count(_STATUS)
    codes = rows.con.execute("SELECT DISTINCT code FROM facts").fetchall()
    return [code for (code,) in codes]
