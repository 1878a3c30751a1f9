"""Versions of what is delivered again: ordered by known date, then by delivery."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from riskmodel.records.engine import identifier

# Two rows of one delivery that say different things of one day: nothing tells which is right.
_CONFLICTS = """
    CREATE OR REPLACE TEMP TABLE conflicts AS
    WITH candidates AS (  -- hashes find the few candidates
        SELECT id, {thing} AS thing, said, delivered_on, delivery, {content} AS content
        FROM {rows}
        WHERE ({where}) AND hash({thing}, said) IN (
            SELECT hash({thing}, said)
            FROM {rows}
            WHERE {where}
            GROUP BY 1
            HAVING count(*) > 1
        )
    ),
    doubtful AS (
        SELECT thing, said, delivered_on, delivery
        FROM candidates
        GROUP BY ALL
        HAVING count(DISTINCT content) > 1
    )
    SELECT id
    FROM candidates AS c
    SEMI JOIN doubtful AS d
        ON c.thing IS NOT DISTINCT FROM d.thing
        AND c.said IS NOT DISTINCT FROM d.said
        AND c.delivered_on = d.delivered_on
        AND c.delivery = d.delivery
"""
# All rows that share their thing with another row: whether each is new, from when it is known and
# until when it stands.
_VERSIONS = """
    CREATE TEMP TABLE {name} AS
    WITH candidates AS (
        SELECT
            id,
            source,
            file,
            row,
            coalesce(said, DATE '-infinity') AS said,
            coalesce(known, DATE '-infinity') AS known,
            delivered_on,
            delivery,
            {content} AS content,
            {retracted} AS retracted_date,
            min(id) OVER (PARTITION BY {thing}) AS thing,
            count(*) OVER (PARTITION BY {thing}) AS copies
        FROM {rows}
        WHERE ({where}) AND hash({thing}) IN (
            SELECT hash({thing})
            FROM {rows}
            WHERE {where}
            GROUP BY 1
            HAVING count(*) > 1
        )
    ),
    dated AS (  -- of the rows known on one day, those of a later delivery count from its day
        SELECT
            *,
            CASE
                WHEN rank() OVER (PARTITION BY thing, said ORDER BY delivered_on, delivery) = 1
                THEN known
                ELSE greatest(known, delivered_on)
            END AS starts,
            rank() OVER (PARTITION BY thing ORDER BY delivered_on, delivery) > 1 AS is_later
        FROM candidates
        WHERE copies > 1
    ),
    states AS (  -- what one delivery says of one day
        SELECT
            thing,
            said,
            delivered_on,
            delivery,
            first(id ORDER BY source, file, row) AS id,
            first(content) AS content,
            min(starts) AS starts,
            min(CASE
                WHEN retracted_date IS NOT NULL THEN greatest(retracted_date, starts)
            END) AS retracted_on
        FROM dated
        GROUP BY thing, said, delivered_on, delivery
    ),
    standing AS (  -- but for what never stands, since a newer row is known before it
        SELECT
            * REPLACE (  -- of rows that say the same from one day on, the first delivered counts
                first_value(id) OVER (
                    PARTITION BY thing, starts, content
                    ORDER BY delivered_on, delivery, said
                ) AS id
            ),
            min(starts) OVER (
                PARTITION BY thing
                ORDER BY said, delivered_on, delivery
                ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS overtaken_on
        FROM states
        QUALIFY overtaken_on IS NULL OR overtaken_on > starts
    ),
    compared AS (  -- with what is known before; what was retracted before is told anew
        SELECT
            *,
            content IS NOT DISTINCT FROM lag(content) OVER in_time
                AND coalesce(lag(retracted_on) OVER in_time >= starts, TRUE) AS goes_on
        FROM standing
        WINDOW in_time AS (PARTITION BY thing ORDER BY starts)
    ),
    numbered AS (
        SELECT
            *,
            sum((NOT goes_on)::INTEGER) OVER (PARTITION BY thing ORDER BY starts) AS version
        FROM compared
    ),
    spans AS (
        SELECT
            thing,
            version,
            arg_min(id, starts) AS id,
            min(starts) AS starts,
            arg_max({{'day': retracted_on}}, starts).day AS retracted_on
        FROM numbered
        GROUP BY thing, version
    ),
    ended AS (
        SELECT
            id,
            starts,
            least(
                retracted_on,
                lead(starts) OVER (PARTITION BY thing ORDER BY version)
            ) AS stands_until
        FROM spans
    )
    SELECT
        d.id,
        e.id IS NOT NULL AS is_new,
        nullif(e.starts, DATE '-infinity') AS known_on,
        e.stands_until,
        d.is_later
    FROM dated AS d
    LEFT JOIN ended AS e USING (id)
"""


@dataclass(frozen=True)
class Versioned:
    """How rows of a relation are versions of one thing, in SQL.

    Attributes
    ----------
    rows : str
        The relation, with `id`, `source`, `file`, `row`, `said` (the day on which a row says that
        it was known), `known` (from when it can be used), `delivered_on` and `delivery`.
    thing : str
        What makes two rows versions of one thing, as a value.
    content : str
        What a version says, as a value.
    retracted : str
        The day from which a row says that it no longer stands.
    where : str
        The rows that count.
    """

    rows: str
    thing: str
    content: str
    retracted: str = "NULL::DATE"
    where: str = "TRUE"

    def find_versions(self, con: duckdb.DuckDBPyConnection, name: str) -> None:
        """Make a table of the rows that share their thing with others.

        It holds `id`, `is_new`, of the new ones `known_on` and `stands_until`, and whether an
        earlier delivery told of the thing (`is_later`). Versions stand in the order of known date,
        then delivery. One of a day of which an earlier delivery told stands from its own
        delivery's day.
        """
        con.execute(_VERSIONS.format(name=identifier(name), **vars(self)))

    def find_conflicts(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the table `conflicts` of the rows that one delivery contradicts on one day."""
        con.execute(_CONFLICTS.format(**vars(self)))
