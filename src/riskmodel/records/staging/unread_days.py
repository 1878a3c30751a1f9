"""How columns write the days that could not be read, told without a cell."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import duckdb

from riskmodel.records.sources.date_advice import InManifest, OfFrame, Ways, advice
from riskmodel.records.sources.date_forms import date_forms, told
from riskmodel.records.sources.entries import FRAMES_DOOR
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
            found[name] = DaysUnread(told(forms), advice(forms, _ways(columns, key, name)))
    return found


def _ways(columns: Columns, key: str, name: str) -> Ways:
    """Return what the door of a column takes, since only a manifest has a date_format."""
    if columns.entry.place == FRAMES_DOOR:
        return OfFrame(name, is_first=key == "from")
    return InManifest(name, None if len(columns.written_days) == 1 else key)
