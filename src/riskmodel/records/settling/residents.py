"""Facts of people and dwellings, linked to the household known to live there then."""

from __future__ import annotations

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.records.settling.staged_rows import StagedRows, source_index
from riskmodel.records.sources import row_checks
from riskmodel.records.table_schemas import LINKS

# Of a stay given more than once (one person, household and first day), the row known last stands.
_STAYS = """
    CREATE TEMP TABLE stays AS
    SELECT
        rowid AS stay,
        person_id,
        dwelling_id,
        household_id,
        from_date,
        to_date,
        known_date,
        lead(known_date) OVER (
            PARTITION BY person_id, household_id, from_date
            ORDER BY known_date, source, file, row
        ) AS replaced_on
    FROM "good members"
    WHERE NOT is_repeated
"""
# Whether a stay covers the day of a fact, by what was known when the fact became known.
_COVERS = """
    coalesce(s.from_date <= f.event_date, TRUE)
    AND coalesce(f.event_date <= s.to_date, TRUE)
    AND coalesce(s.replaced_on > f.fact_known, TRUE)
"""
_LINKS = f"""
    CREATE TEMP TABLE links AS
    WITH linked_facts AS (
        SELECT
            rowid AS id,
            source,
            person_id,
            dwelling_id,
            event_date,
            known_date AS fact_known
        FROM "staged events"
        WHERE reason IS NULL AND coalesce(person_id, dwelling_id) IS NOT NULL
    ),
    residents AS (
        SELECT
            f.id,
            f.event_date,
            f.fact_known,
            s.*,
            coalesce(s.known_date <= f.fact_known, FALSE) AS then_known
        FROM linked_facts AS f
        JOIN stays AS s ON s.person_id = f.person_id AND {_COVERS}
        UNION ALL
        SELECT
            f.id,
            f.event_date,
            f.fact_known,
            s.*,
            coalesce(s.known_date <= f.fact_known, FALSE) AS then_known
        FROM linked_facts AS f
        JOIN stays AS s ON s.dwelling_id = f.dwelling_id AND {_COVERS}
    ),
    moved AS (  -- an open stay ends where a later stay of the same person begins
        SELECT f.id, f.stay
        FROM residents AS f
        JOIN stays AS s ON s.person_id = f.person_id AND {_COVERS}
        WHERE f.then_known
            AND f.to_date IS NULL
            AND s.from_date > coalesce(f.from_date, DATE '-infinity')
            AND s.known_date <= f.fact_known
    ),
    chosen AS (  -- the stay known last when the fact became known, else the one known first after
        SELECT
            id,
            household_id,
            known_date,
            then_known,
            count(DISTINCT CASE WHEN then_known THEN household_id END) OVER (
                PARTITION BY id
            ) > 1 AS several
        FROM residents
        ANTI JOIN moved USING (id, stay)
        QUALIFY row_number() OVER (
            PARTITION BY id
            ORDER BY
                then_known DESC,
                CASE WHEN then_known THEN known_date END DESC NULLS LAST,
                known_date,
                from_date DESC,
                household_id
        ) = 1
    )
    SELECT id, source, person_id, dwelling_id, household_id, known_date, then_known, several
    FROM linked_facts
    LEFT JOIN chosen USING (id)
"""
_UPDATE = """
    UPDATE "staged events" AS e
    SET
        household_id = l.household_id,
        said_date = coalesce(e.said_date, e.known_date),
        known_date = greatest(e.known_date, l.known_date),
        reason = CASE
            WHEN l.household_id IS NOT NULL THEN NULL
            WHEN e.person_id IS NULL THEN $no_resident
            ELSE $no_household
        END,
        blamed = CASE WHEN l.household_id IS NULL THEN {owner_column} END
    FROM links AS l
    WHERE l.id = e.rowid
"""
_QUALITY = """
    WITH known AS (
        SELECT
            *,
            coalesce(person_id IN (SELECT person_id FROM stays), FALSE)
                OR coalesce(dwelling_id IN (SELECT dwelling_id FROM stays), FALSE) AS is_known
        FROM links
    )
    SELECT
        source,
        count(*),
        count(*) FILTER (household_id IS NOT NULL AND then_known),
        count(*) FILTER (household_id IS NOT NULL AND NOT then_known),
        count(*) FILTER (several),
        count(*) FILTER (household_id IS NULL AND is_known),
        count(*) FILTER (household_id IS NULL AND NOT is_known)
    FROM known
    GROUP BY source
"""


def link_to_households(rows: StagedRows) -> pd.DataFrame:
    """Link each staged fact of a person or dwelling to the household known to live there.

    Where no household was known when the fact became known, the fact becomes known with the first
    stay that covers it; where no stay ever does, the fact is bad.

    Returns
    -------
    DataFrame
        One row per source of such facts: how many were matched, matched only by what became known
        later, lay in several households at once, fell into a gap between stays, or are of people
        and dwellings that no source of members names.
    """
    places = [source.place for source in rows.sources if source.owner_column]
    if not places:
        return pd.DataFrame(columns=LINKS, index=source_index([]), dtype="int64")
    _require_members(rows, places[0])
    owner_columns = [source.owner_column for source in rows.sources]
    update = _UPDATE.format(owner_column=rows.text_of_source(owner_columns, "e.source"))
    rows.con.execute(_STAYS)
    rows.con.execute(_LINKS)
    rows.con.execute(
        update, {"no_resident": row_checks.NO_RESIDENT, "no_household": row_checks.NO_HOUSEHOLD}
    )
    return _quality(rows)


def _require_members(rows: StagedRows, place: str) -> None:
    if "members" not in rows.tables:
        raise ConfigError(
            "person_id and dwelling_id need to know who lives where",
            place=place,
            code="manifest.members",
            next_step="name a source under members:, or write household_id",
        )


def _quality(rows: StagedRows) -> pd.DataFrame:
    counted = rows.con.execute(_QUALITY).fetchall()
    by_source = {int(source): numbers for source, *numbers in counted}
    linked = [number for number, source in enumerate(rows.sources) if source.owner_column]
    table = [by_source.get(number, [0] * len(LINKS)) for number in linked]
    index = source_index([rows.sources[number].title for number in linked])
    return pd.DataFrame(table, columns=LINKS, index=index).astype("int64")
