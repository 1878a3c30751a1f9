"""The records of one household: every fact and attribute, and whether it was visible on a date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.keys import as_days, visible
from riskmodel.records import Records
from riskmodel.records.engine import query

COLUMNS = ["code", "attribute", "event_date", "known_date", "value", "text", "visible", "why_not"]


def facts_of(records: Records, household: str, day: str) -> pd.DataFrame:
    """Return one row per fact or attribute of a household, with `visible` and `why_not`.

    ``attribute`` tells which of the two it is: an attribute may be named as an indicator.
    ``why_not`` is a key of the section of this name of a language; empty where a fact is visible.
    """
    events = _with_visibility(_events(records, household), day, attribute=False)
    attributes = _with_visibility(_attributes(records, household), day, attribute=True)
    return pd.concat([events, attributes], ignore_index=True)


def _events(records: Records, household: str) -> pd.DataFrame:
    return query(
        records.relation("events"),
        """
        SELECT code, event_date, known_date, value, '' AS text, retracted_date
        FROM source
        WHERE household_id::VARCHAR = $household
        """,
        household=household,
    )


def _attributes(records: Records, household: str) -> pd.DataFrame:
    return query(
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


def _with_visibility(table: pd.DataFrame, day: str, *, attribute: bool) -> pd.DataFrame:
    as_of = as_days(day)
    event, known = as_days(table["event_date"]), as_days(table["known_date"])
    retracted = as_days(table["retracted_date"])
    is_always_known = np.isnat(known) & attribute
    is_visible = visible(event, known, as_of, retracted) | is_always_known
    why_not = np.select(
        [is_visible, retracted < as_of, event >= as_of],
        ["", "retracted", "not_yet_happened"],
        "not_yet_known",
    )
    facts = table.assign(attribute=attribute, visible=is_visible, why_not=why_not)[COLUMNS]
    return facts.sort_values(["event_date", "code", "known_date"], kind="stable")
