"""The rounds of a panel: dates, or rows of households and dates that the caller chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.doors import FrameLike
from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS, DateLike, Days, as_days, check_unique_keys
from riskmodel.panel.frame_checks import date_column
from riskmodel.panel.household_ids import text_ids
from riskmodel.records import Records
from riskmodel.records.engine import name_source, scan_engine
from riskmodel.records.matches import HOUSEHOLD_TABLES
from riskmodel.texts import counted, named_alike, plural

RoundsLike = pd.DatetimeIndex | pd.DataFrame | FrameLike | Sequence[DateLike] | Days

_ARROW_COLUMNS = (pa.Array, pa.ChunkedArray)
_STRANGERS = """
    SELECT household_id
    FROM given
    ANTI JOIN (SELECT household_id::VARCHAR AS household_id FROM source) USING (household_id)
"""


def given_rows(records: Records, rounds: RoundsLike) -> pd.DataFrame | None:
    """Return the rows that a frame lists: household_id, as_of_date and, if it is there, round.

    Parameters
    ----------
    records : Records
    rounds : DatetimeIndex, list of dates, DataFrame, or table of Arrow or polars

    Returns
    -------
    DataFrame or None
        None where dates are given.

    Raises
    ------
    PanelError
        For a frame without these columns, and for households that the records do not know.
    """
    frame = _as_frame(rounds)
    if frame is None:
        return None
    texts = [name for name in frame.columns if isinstance(name, str)]
    frame = frame.rename(columns=named_alike(texts, KEYS))
    _check_columns(frame)
    ids = text_ids(frame[HOUSEHOLD])
    days = as_days(date_column(frame, AS_OF)).astype("datetime64[s]")
    check_unique_keys(pd.MultiIndex.from_arrays([ids, days]))
    _refuse_strangers(records, ids)
    rows = pd.DataFrame({HOUSEHOLD: ids, AS_OF: days})
    return rows.assign(round=frame["round"]) if "round" in frame else rows


def days_of(rounds: RoundsLike) -> Days:
    """Return the dates of rounds that are no frame."""
    listed: Any = rounds.to_pandas() if isinstance(rounds, _ARROW_COLUMNS) else rounds
    days: Days = as_days(listed, "rounds")
    return days


def check_rounds(rounds: object) -> None:
    """Refuse what is neither dates nor a frame of households and dates; one date is no list."""
    if isinstance(rounds, (str, Mapping)) or not isinstance(rounds, (Sized, FrameLike)):
        raise ConfigError(
            f"build_panel() was given 'rounds' of type {type(rounds).__name__}",
            code="arguments.type",
            allowed="a list of dates, a DatetimeIndex, or a frame of households and dates",
            next_step="put one date in a list: rounds=['2024-05-01']",
        )


def _as_frame(rounds: RoundsLike) -> pd.DataFrame | None:
    """Return a frame of any library as one of pandas; None for a list of dates."""
    if isinstance(rounds, pd.DataFrame):
        return rounds
    is_list = isinstance(rounds, (pd.Series, pd.Index, *_ARROW_COLUMNS))
    return None if is_list or not isinstance(rounds, FrameLike) else pa.table(rounds).to_pandas()


def _check_columns(frame: pd.DataFrame) -> None:
    times = [list(frame.columns).count(name) for name in KEYS]
    if times == [1, 1]:
        return
    name = KEYS[0] if times[0] != 1 else KEYS[1]
    fault = "several columns" if name in frame else "no column"
    in_index = name in frame.index.names
    raise PanelError(
        f"the frame of rounds has {fault} {name!r}",
        code="panel.rounds",
        allowed=f"a list of dates, or a frame with the columns {HOUSEHOLD}, {AS_OF} and, if there "
        "are any, round",
        next_step="pass frame.reset_index()" if in_index else f"name one column {name}",
    )


def _refuse_strangers(records: Records, ids: pd.Series) -> None:
    """Refuse households that stand in no table; their zeros would say that nothing happened."""
    unknown = pa.table({HOUSEHOLD: pa.array(ids.unique(), pa.string())})
    given = len(unknown)
    for table in (*reversed(HOUSEHOLD_TABLES), "unmatched"):
        with scan_engine() as con:
            con.register("given", unknown)
            name_source(con, records.relation(table))
            unknown = con.sql(_STRANGERS).to_arrow_table()
        if not len(unknown):
            return
    rows = int(np.isin(ids.to_numpy(dtype=object), unknown[HOUSEHOLD].to_pylist()).sum())
    noun = records.household
    raise PanelError(
        f"{rows:,} of {counted(len(ids), 'row')} are of {counted(len(unknown), noun)} that stand "
        f"in no table of the records (of {given:,} given)",
        code="panel.unknown_household",
        allowed=f"{plural(noun)} with a fact, an attribute, a member or a contact",
        next_step=f"check the ids (zeros in front, ids of people), leave these rows out, or give "
        f"each {noun} of the cohort a row of attributes or members",
    )
