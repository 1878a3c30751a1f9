"""What records tell of ids and words that were read in another form than they were written in."""

from __future__ import annotations

import pandas as pd

from riskmodel.records.engine import identifier, number_of
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.spellings import SPELLINGS, no_spellings
from riskmodel.records.staging.staged_source import SPELLED, staged_table
from riskmodel.records.table_schemas import LOOK_ALIKES, SERVICE_TABLES

_WITH_HOUSEHOLDS = ("members", "events", "attributes", "contacts", "lists", *SERVICE_TABLES)


def first_written(rows: StagedRows) -> pd.DataFrame:
    """Return the households whose first id is read in another form: household_id and written."""
    tables = [table for table in _WITH_HOUSEHOLDS if table in rows.tables]
    if not tables or not number_of(rows.con, f"SELECT count(*) FROM {SPELLED}"):
        return no_spellings()
    staged = " UNION ALL ".join(
        f"""
        SELECT source, file, row, household_id
        FROM {identifier(staged_table(table))}
        WHERE reason IS NULL AND household_id IN (SELECT id FROM {SPELLED})
        """
        for table in tables
    )
    found = rows.con.execute(
        f"""
        SELECT household_id, first(coalesce(written, household_id) ORDER BY source, file, row)
        FROM ({staged})
        LEFT JOIN (SELECT source, file, id AS household_id, written FROM {SPELLED})
        USING (source, file, household_id)
        GROUP BY household_id
        ORDER BY household_id
        """
    ).fetchall()
    written = [(household, form) for household, form in found if form != household]
    return pd.DataFrame(written, columns=SPELLINGS, dtype="str") if written else no_spellings()


def look_alikes(rows: StagedRows) -> pd.DataFrame:
    """Return how many cells of which source and column are read in another form than written."""
    cells = [
        (source.title, column, cells)
        for source in rows.sources
        for column, cells in source.look_alikes.items()
    ]
    return pd.DataFrame(cells, columns=LOOK_ALIKES).astype({"cells": "int64"})
