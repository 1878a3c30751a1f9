"""Coverage of feeds, written out in the manifest or in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.records.settling.declared_days import read_day, settled_frame
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources.entries import Entry

_DAYS = {"from_date": "datetime64[us]", "to_date": "datetime64[us]"}


class _Period(NamedTuple):
    feed: str
    area: str | None
    from_date: pd.Timestamp | None
    to_date: pd.Timestamp | None


def coverage(rows: StagedRows, entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the declared coverage, written out or in tables.

    Raises
    ------
    ConfigError
        For a period that ends before it begins.
    """
    written = [entry for entry in entries if entry.table == "coverage" and not entry.is_read]
    periods = pd.DataFrame([_period(entry) for entry in written], columns=_Period._fields)
    in_tables = settled_frame(rows, "coverage")
    return pd.concat([periods.astype(_DAYS), in_tables.astype(_DAYS)], ignore_index=True)


def _period(entry: Entry) -> _Period:
    start, end = _timestamp(entry, "from"), _timestamp(entry, "to")
    if start is not None and end is not None and start > end:
        raise ConfigError(
            f"the period from {start.date()} to {end.date()} ends before it begins",
            place=entry.place,
            code="manifest.coverage",
            allowed="from: a day, to: the same or a later one",
            next_step="exchange them, if they were mixed up",
        )
    return _Period(entry["feed"], entry["area"], start, end)


def _timestamp(entry: Entry, key: str) -> pd.Timestamp | None:
    return None if entry[key] is None else pd.Timestamp(read_day(entry, entry[key]))
