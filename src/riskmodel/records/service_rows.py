"""Requests, referrals, other services' cases and signs, as they were known on a day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.keys import as_days
from riskmodel.records.bounds import HAPPENS
from riskmodel.records.contract import Records
from riskmodel.records.engine import identifier, query
from riskmodel.records.table_schemas import SCHEMAS, TOLD_LATER

_ROWS = """
    SELECT {columns}
    FROM source
    WHERE known_date < $day
        AND {happens} < $day
        AND coalesce(retracted_date >= $day, TRUE)
        AND ($household IS NULL OR household_id::VARCHAR = $household)
    ORDER BY ALL
"""


def service_rows(
    records: Records, table: str, day: np.datetime64, household: str | None = None
) -> pd.DataFrame:
    """Return the rows of a table that were known on the morning of a day.

    Parameters
    ----------
    records : Records
    table : str
        One of `SERVICE_TABLES`.
    day : datetime64[D]
        What became known on it or later is left out, and so is what a newer row replaces. What a
        row says of a decision or an answer of this day or later is blank.
    household : str, optional
        This one alone.

    Returns
    -------
    DataFrame
        In the table's columns without ``retracted_date``, whatever the order of its rows.

    Examples
    --------
    >>> facts = {"household_id": "a", "code": "fire", "event_date": "2024-01-05"}
    >>> asked = {"household_id": "a", "kind": "objection", "received": "2024-02-01"}
    >>> records = Records.from_frames(
    ...     pd.DataFrame([facts]),
    ...     requests=pd.DataFrame([asked | {"decided": "2024-02-08", "outcome": "upheld"}]),
    ...     today="2024-06-01",
    ... )
    >>> for day in ("2024-02-01", "2024-02-08", "2024-02-09"):
    ...     rows = service_rows(records, "requests", np.datetime64(day))
    ...     print(rows["outcome"].fillna("open").tolist())
    []
    ['open']
    ['upheld']
    """
    shown = {name: identifier(name) for name in SCHEMAS[table].names if name != "retracted_date"}
    for told_on, told_with in TOLD_LATER.items():
        for name in {told_on, *told_with}.intersection(shown):
            shown[name] = f"CASE WHEN coalesce({told_on} < $day, TRUE) THEN {shown[name]} END"
    shown["household_id"] = "household_id::VARCHAR"
    columns = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in shown.items())
    sql = _ROWS.format(columns=columns, happens=HAPPENS.get(table, "known_date"))
    return query(records.relation(table), sql, day=str(day), household=household)


def is_unanswered(rows: pd.DataFrame, came: str, spoken: pd.Series) -> pd.Series:
    """Tell which referrals or signs nobody of the service answered.

    Parameters
    ----------
    rows : DataFrame
        Of `service_rows`.
    came : str
        The column of the day on which each came.
    spoken : Series
        Of `spoken_on`: who speaks with a household on that day or later answers it, too.
    """
    last = as_days(spoken.reindex(rows["household_id"]))
    return rows["answered"].isna() & ~(last >= as_days(rows[came]))


def is_undecided(requests: pd.DataFrame) -> pd.Series:
    """Tell which requests of `service_rows` wait for a decision."""
    return requests["outcome"].isna() & requests["decided"].isna()
