"""The records as they could be read on an earlier day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from riskmodel.records.contract import Records
from riskmodel.records.table_schemas import DAY, SCHEMAS, TOLD_LATER

MOST_EVENTS = 5_000_000


def are_small(records: Records) -> bool:
    """Tell whether there are few enough events, five million, to be read into memory once more."""
    events = records.tables.get("events")
    if isinstance(events, Path):
        return pa.dataset.dataset(events).count_rows() <= MOST_EVENTS
    return events is None or len(events) <= MOST_EVENTS


def known_on(records: Records, day: np.datetime64) -> Records:
    """Return the records without what became known on a day or later.

    Parameters
    ----------
    records : Records
    day : datetime64[D]
        Until which they are complete then.

    Returns
    -------
    Records
        In memory, without truth.

    Examples
    --------
    >>> import pandas as pd
    >>> facts = pd.DataFrame(
    ...     {
    ...         "household_id": ["a", "b"],
    ...         "code": "fire",
    ...         "event_date": "2024-01-05",
    ...         "known_date": ["2024-01-06", "2024-03-01"],
    ...     }
    ... )
    >>> records = Records.from_frames(facts, today="2024-06-01")
    >>> known_on(records, np.datetime64("2024-03-01"))
    frames: 1 event of 1 household, complete before 2024-03-01
    """
    tables = {name: _known(records, name, day) for name in SCHEMAS}
    complete_before = {feed: min(until, day) for feed, until in records.complete_before.items()}
    return records.replace(tables=tables, today=day, complete_before=complete_before, truth=None)


def _known(records: Records, name: str, day: np.datetime64) -> pa.Table:
    # the columns that a store keeps without a missing value are marked so in its files
    alike = (batch.cast(SCHEMAS[name]) for batch in records._batches(name))
    table = pa.Table.from_batches(alike, SCHEMAS[name])
    then = pa.scalar(day.astype("datetime64[D]").item(), DAY)
    if "known_date" in table.column_names:
        known = table["known_date"]
        table = table.filter(pc.fill_null(pc.less(known, then), fill_value=True))
    for day_column, told_with in TOLD_LATER.items():
        if day_column in table.column_names:
            was_told = pc.fill_null(pc.less(table[day_column], then), fill_value=True)
            for column in (*told_with, day_column):
                cells = pc.if_else(was_told, table[column], None)
                place = table.schema.get_field_index(column)
                table = table.set_column(place, table.schema.field(column), cells)
    return table
