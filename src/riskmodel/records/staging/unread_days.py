"""How columns write the days that could not be read, told without a cell."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import duckdb

from riskmodel.records.sources.date_forms import advice, date_forms, told
from riskmodel.records.sources.source_columns import Columns


class DaysUnread(NamedTuple):
    """How a column writes its days, and what to write so that they are read."""

    forms: str
    advice: str


def unread_days(
    con: duckdb.DuckDBPyConnection, columns: Columns, blamed: Collection[str]
) -> dict[str, DaysUnread]:
    """Return for some columns of days how they are written, and what to write."""
    return {
        columns.name(key): _unread_days(con, columns, key)
        for key in columns.written_days
        if columns.name(key) in blamed
    }


def _unread_days(con: duckdb.DuckDBPyConnection, columns: Columns, key: str) -> DaysUnread:
    is_read = f"({columns.read[key]}) IS NOT NULL"
    forms = date_forms(con, columns.with_texts(), columns.written_days[key], is_read)
    is_alone = len(columns.written_days) == 1
    return DaysUnread(told(forms), advice(forms, columns.name(key), None if is_alone else key))
