"""Lists of a round: who could be drawn, by what chance, and who was."""

from __future__ import annotations

import pandas as pd

from riskmodel.records.engine import identifier
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.day_columns import lag_of, read_day, read_known_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.staging.round_days import round_sql
from riskmodel.records.staging.stager import Stager
from riskmodel.records.staging.told_words import read_told

_WORDS = ("list", "area", "stratum", "model", "band", "plan_id", "rule", "channel")
_NUMBERS = ("probability", "score", "percentile")
_COUNTS = ("seed", "rank")
_LISTS = """
    household_id,
    {round} AS as_of_date,
    list,
    coalesce(known_date, ({round} + {lag})::DATE, {round}) AS known_date,
    area,
    stratum,
    probability,
    {drawn} AS drawn,
    try_cast(seed AS BIGINT) AS seed,
    model,
    score,
    try_cast(rank AS BIGINT) AS rank,
    percentile,
    band,
    plan_id,
    rule,
    channel
"""


def stage_lists(stager: Stager, rounds: pd.DatetimeIndex | None) -> None:
    """Read one row per household, round and list.

    Parameters
    ----------
    stager : Stager
    rounds : DatetimeIndex, optional
        The manifest's rounds; without them a round written as a month is refused.
    """
    for columns in stager.open("lists"):
        columns.identity("household_id")
        columns.read["is_month"] = read_day(columns, "as_of_date")
        read_known_day(columns, needed=False)
        for key in _WORDS:
            columns.constant(key)
        for key in _NUMBERS:
            columns.number(key)
        for key in _COUNTS:
            _read_count(columns, key)
        if columns.read["list"] != "NULL::VARCHAR":
            columns.fail("list IS NULL", row_checks.NO_LIST, columns.blamed("list"))
        drawn = read_told(
            columns, "drawn", "whether a household was drawn", row_checks.UNKNOWN_DRAWN
        )
        _check_probability(columns, drawn)
        columns.fail_copies()
        day = round_sql(stager.con, columns, rounds)
        names = _LISTS.format(round=day, drawn=drawn, lag=lag_of(columns.entry))
        stager.stage("lists", columns, names)


def _read_count(columns: Columns, key: str) -> None:
    """Read a whole number with all its digits, as seeds have more than a double keeps."""
    columns.identity(key, needed=False)
    if columns.entry[key] is not None:
        text = identifier(key)
        number = (
            f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN try_cast({text} AS BIGINT) END"
        )
        is_none = f"{text} IS NOT NULL AND {number} IS NULL"
        columns.fail(is_none, row_checks.NO_NUMBER, columns.blamed(key))


def _check_probability(columns: Columns, drawn: str) -> None:
    blamed = columns.blamed("probability")
    columns.fail("probability NOT BETWEEN 0 AND 1", row_checks.NO_CHANCE, blamed)
    columns.fail(f"{drawn} AND probability IS NULL", row_checks.CHANCE_UNTOLD, blamed)
    columns.fail(f"{drawn} AND probability = 0", row_checks.CHANCE_OF_0, blamed)
    columns.fail(f"NOT {drawn} AND probability = 1", row_checks.CHANCE_OF_1, blamed)
