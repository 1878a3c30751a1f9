"""Facts out of staged rows: delivered again, corrected, retracted, out of bounds."""

from __future__ import annotations

import numpy as np

from riskmodel.records.settling.ordered_versions import Versioned
from riskmodel.records.settling.replaced_files import retract_replaced
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.settling.table_versions import mark_contradicted

# What makes two rows one fact: the entry's fact_id, else value and detail. A person's fact stays
# the person's when they move.
_FACT = """row(
    coalesce(person_id, dwelling_id, household_id),
    person_id IS NULL,
    dwelling_id IS NULL,
    code,
    event_date,
    fact,
    CASE WHEN fact IS NULL THEN value END,
    CASE WHEN fact IS NULL THEN detail END
)"""
_CONTENT = "row(value, detail)"
_GOOD_EVENTS = """
    CREATE TEMP VIEW good_events AS
    SELECT
        * REPLACE ({delivered_on} AS delivered_on, {delivery} AS delivery),
        rowid AS id,
        coalesce(said_date, known_date) AS said,
        known_date AS known,
        event_date >= DATE '{since}' AND event_date < DATE '{today}' AS in_bounds
    FROM "staged events"
    WHERE reason IS NULL
"""
_STATUS = """
    SELECT
        source,
        CASE
            WHEN NOT in_bounds THEN 'out_of_bounds'
            WHEN is_new IS FALSE THEN 'repeated'
            WHEN is_later THEN 'corrected'
            ELSE 'used'
        END AS status,
        count(*),
        batch
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
        CASE WHEN versions.id IS NULL THEN known_date ELSE known_on END AS known_date,
        value,
        detail,
        CASE WHEN versions.id IS NULL THEN retracted_date ELSE stands_until END AS retracted_date
    FROM good_events
    LEFT JOIN versions USING (id)
    WHERE in_bounds AND is_new IS NOT FALSE AND NOT is_none
"""


def find_contradictions(
    rows: StagedRows, since: np.datetime64 | None, today: np.datetime64
) -> None:
    """Quarantine facts to which one delivery gives two values on one day.

    The good rows of events are then the view ``good_events``.
    """
    first = "-infinity" if since is None else since
    rows.con.execute('ALTER TABLE "staged events" ADD COLUMN said_date DATE')
    bounds = {"since": first, "today": today}
    deliveries = {"delivered_on": rows.delivered_on, "delivery": rows.delivery}
    rows.con.execute(_GOOD_EVENTS.format(**bounds, **deliveries))
    named = Versioned("good_events", _FACT, _CONTENT, where="fact IS NOT NULL")
    mark_contradicted(rows, "events", named)


def settle_events(rows: StagedRows) -> list[str]:
    """Find facts out of bounds, repeated and corrected; return the codes of those that are used.

    A row that repeats the content known of a fact is a repetition: the fact keeps its earliest
    known date. A row with other content under the same `fact_id` is a correction: it stands from
    its own known date, and the version before is retracted on that day. Where an earlier delivery
    told of the fact on that very known date, it stands from its delivery's day. A fact that was
    retracted and is delivered again is a fact again. The facts used are then the view ``facts``.
    """
    told = retract_replaced(rows, _FACT)
    facts = Versioned(told, _FACT, _CONTENT, retracted="retracted_date", where="in_bounds")
    facts.find_versions(rows.con, "versions")
    rows.con.execute(_FACTS)
    rows.count(_STATUS)
    codes = rows.con.execute("SELECT DISTINCT code FROM facts").fetchall()
    return [code for (code,) in codes]
