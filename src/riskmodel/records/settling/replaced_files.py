"""Facts that a file held, and that its next delivery under the same name no longer holds."""

from __future__ import annotations

import pyarrow as pa

from riskmodel.records.settling.staged_rows import StagedRows

_SCHEMA = pa.schema(
    [
        ("source", pa.int16()),
        ("file", pa.string()),
        ("batch", pa.int32()),
        ("next_batch", pa.int32()),
        ("next_day", pa.string()),
        ("next_delivery", pa.int32()),
    ]
)
# What a file did not hold before is not known before the file came again.
_DATED = """
    UPDATE "staged events" AS e
    SET
        said_date = coalesce(said_date, known_date),
        known_date = greatest(known_date, delivered_on)
    FROM "replaced files" AS f
    WHERE e.source = f.source AND e.file = f.file AND e.batch = f.next_batch
"""
# Rows that retract on the next delivery's day what it no longer holds, unless another file does.
_TOLD = """
    CREATE TEMP TABLE told AS
    WITH held AS (  -- until which batch a file holds each fact
        SELECT g.*, {fact} AS thing, f.next_batch, f.next_day, f.next_delivery
        FROM good_events AS g
        LEFT JOIN "replaced files" AS f USING (source, file, batch)
        WHERE in_bounds AND hash({fact}) IN (
            SELECT hash({fact})
            FROM good_events
            SEMI JOIN "replaced files" USING (source, file, batch)
        )
    ),
    left_out AS (
        SELECT *
        FROM held AS h
        WHERE h.next_batch IS NOT NULL AND NOT EXISTS (
            FROM held AS o
            WHERE o.thing IS NOT DISTINCT FROM h.thing
                AND o.batch <= h.next_batch
                AND (o.next_batch IS NULL OR o.next_batch > h.next_batch)
        )
    )
    SELECT
        * EXCLUDE (thing, next_batch, next_day, next_delivery) REPLACE (
            -1 - id AS id,
            next_day::DATE AS delivered_on,
            next_delivery AS delivery,
            next_day::DATE AS retracted_date
        )
    FROM left_out
"""


def retract_replaced(rows: StagedRows, fact: str) -> str:
    """Return the relation of all good rows of events, and of those that retract what was replaced.

    Parameters
    ----------
    rows : StagedRows
    fact : str
        The SQL of what makes two rows one fact.
    """
    if not rows.replaced:
        return "good_events"
    listed = [dict(zip(_SCHEMA.names, file, strict=True)) for file in rows.replaced]
    rows.con.register("replaced files", pa.Table.from_pylist(listed, _SCHEMA))
    rows.con.execute(_DATED)
    rows.con.execute(_TOLD.format(fact=fact))
    rows.con.execute("CREATE TEMP VIEW told_events AS FROM good_events UNION ALL BY NAME FROM told")
    return "told_events"
