"""The records of one household: every fact and attribute, and whether it could be seen on a date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.keys import as_days, visible
from riskmodel.records import Records
from riskmodel.records.engine import query

COLUMNS = ["code", "event_date", "known_date", "value", "text", "visible", "why_not"]


def facts_of(records: Records, household: str, day: str) -> pd.DataFrame:
    """Return one row a fact or attribute of a household, by date, with `visible` and `why_not`."""
    events = query(
        records.relation("events"),
        """
        SELECT code, event_date, known_date, value, '' AS text, retracted_date
        FROM source
        WHERE household_id::VARCHAR = $household
        """,
        household=household,
    )
    attributes = query(
        records.relation("attributes"),
        """
        SELECT
            name AS code,
            known_date AS event_date,
            known_date,
            number AS value,
            coalesce(text, '') AS text,
            NULL::DATE AS retracted_date
        FROM source
        WHERE household_id::VARCHAR = $household
        """,
        household=household,
    )
    return pd.concat(
        [_told(events, day, attribute=False), _told(attributes, day, attribute=True)],
        ignore_index=True,
    )


def _told(table: pd.DataFrame, day: str, *, attribute: bool) -> pd.DataFrame:
    as_of = as_days(day)
    event, known, retracted = (
        as_days(table[name]) for name in ("event_date", "known_date", "retracted_date")
    )
    always = np.isnat(known) & attribute
    seen = visible(event, known, as_of, retracted) | always
    why = np.select(
        [seen, retracted < as_of, event >= as_of],
        ["", "retracted before the date", "happens on the date or later"],
        "",
    )
    late = ~seen & (why == "")
    why = np.where(late, "known on the date or later", why)
    told = table.assign(visible=seen, why_not=why)[COLUMNS]
    return told.sort_values(["event_date", "code", "known_date"], kind="stable")
