"""The day of a row's round: as written, or the one round in the month that is written."""

from __future__ import annotations

import duckdb
import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.records.engine import literal, number_of
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.entries import FRAMES_DOOR, Entry
from riskmodel.records.sources.source_columns import Columns


def round_sql(
    con: duckdb.DuckDBPyConnection, columns: Columns, rounds: pd.DatetimeIndex | None
) -> str:
    """Return the SQL of the day of a row's round, and have rows without one be bad.

    Parameters
    ----------
    con : DuckDBPyConnection
    columns : Columns
        Of which `as_of_date` and `is_month` (whether it is a month) are read.
    rounds : DatetimeIndex, optional
        The manifest's rounds; without them a round written as a month is refused.

    Raises
    ------
    ConfigError
    """
    if rounds is None and number_of(con, f"SELECT count(*) FROM ({columns.sql()}) WHERE is_month"):
        raise _no_rounds(columns.entry)
    day = _day_sql(rounds)
    is_none = f"as_of_date IS NOT NULL AND {day} IS NULL"
    columns.fail(is_none, row_checks.NO_ROUND, columns.blamed("as_of_date"))
    return day


def _day_sql(rounds: pd.DatetimeIndex | None) -> str:
    """Return the SQL of the day; a month means the one round in it, else NULL."""
    if rounds is None:
        return "as_of_date"
    days = pd.Series([str(day.date()) for day in rounds])
    only = days[~days.str[:7].duplicated(keep=False)]
    by_month = ", ".join(f"{literal(day[:7])}: DATE {literal(day)}" for day in only)
    month = "strftime(as_of_date, '%Y-%m')"
    return f"CASE WHEN is_month THEN MAP {{{by_month}}}[{month}] ELSE as_of_date END"


def _no_rounds(entry: Entry) -> ConfigError:
    allowed = "rounds: {start: DAY, end: DAY, every: 2M}, or a list of days"
    next_step = "add rounds: to the manifest"
    if entry.place == FRAMES_DOOR:
        allowed = "a DatetimeIndex of the days of the rounds"
        next_step = "give rounds=pd.DatetimeIndex([...])"
    return ConfigError(
        f"{entry.table} name their rounds by months, and the rounds are not stated",
        place=entry.place,
        code="manifest.rounds",
        allowed=allowed,
        next_step=next_step,
    )
