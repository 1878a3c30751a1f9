"""How columns write the days that could not be read, told without a cell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import duckdb

from riskmodel.records.sources.date_forms import DateForm, advice, date_forms, told
from riskmodel.records.sources.source_columns import Columns


class DaysUnread(NamedTuple):
    """How a column writes its days, and what to write so that they are read."""

    forms: str
    advice: str


def unread_days(
    con: duckdb.DuckDBPyConnection, columns: Columns, blamed: Collection[str]
) -> dict[str, DaysUnread]:
    """Return for some columns of days how they are written, and what to write.

    A column whose only fault is blank cells is not told.
    """
    found = {}
    for key, text in columns.written_days.items():
        name, is_read = columns.name(key), f"({columns.read[key]}) IS NOT NULL"
        forms = date_forms(con, columns.with_texts(), text, is_read) if name in blamed else []
        if any(form.read < form.rows for form in forms):
            is_alone = len(columns.written_days) == 1
            what = advice(forms, name, None if is_alone else key)
            by_hand = _in_a_frame(columns, forms, name)
            found[name] = DaysUnread(told(forms), f"{what}{by_hand}")
    return found


def _in_a_frame(columns: Columns, forms: Sequence[DateForm], name: str) -> str:
    """Return how a frame's column becomes days, since only a manifest has a date_format."""
    if columns.entry["frame"] is None or len(forms) > 1 or len(forms[0].patterns) != 1:
        return ""
    days = f"pd.to_datetime(frame[{name!r}], format={forms[0].patterns[0]!r})"
    return f" in a manifest; outside of one make days of the frame's column: {days}"
