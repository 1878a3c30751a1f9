"""The rows that rules are applied to: one per household of one round, all known to the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.doors import FrameLike, refused
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.records import Records
from riskmodel.records.engine import name_relation, scan_engine
from riskmodel.texts import as_ids, counted, plural

NEEDED = (HOUSEHOLD, AS_OF, "score")
ID = "id"
_TABLES = ("events", "attributes", "members", "contacts", "lists")
_STRANGERS = "SELECT count(*) FROM wanted {joins}"
_JOIN = "ANTI JOIN (SELECT household_id::VARCHAR AS household_id FROM {table}) USING (household_id)"


@runtime_checkable
class HasTable(Protocol):
    """A list of a round."""

    @property
    def table(self) -> pd.DataFrame:
        """One row per household."""


def listed_rows(listed: object, records: Records, day: np.datetime64) -> pd.DataFrame:
    """Return a list's households in its order, with the ids by which records know them as `id`.

    Parameters
    ----------
    listed : DataFrame, or what has such a `table`
        ``household_id``, ``as_of_date`` and ``score``.
    records : Records
    day : datetime64[D]
        The round.

    Raises
    ------
    ConfigError
        For a list of another round, a household that stands twice, has no score or is not in the
        records, and a column that is missing.
    """
    rows = rows_of(listed)
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise _refusal(
            f"the list has no column {missing[0]!r}",
            code="outreach.column",
            allowed=NEEDED,
            next_step="pass the list of riskmodel.score, or name its columns so",
        )
    rounds = np.unique(as_days(rows[AS_OF]))
    if len(rounds) and not (len(rounds) == 1 and rounds[0] == day):
        first, last = rounds.min(), rounds.max()
        whose = str(first) if first == last else f"{first} to {last}"
        raise _refusal(
            f"the list is of {whose}",
            code="outreach.round",
            allowed=f"a list of the round {day} alone",
            next_step="score the households on that day, or pass the list's day as as_of",
        )
    scores = pd.to_numeric(rows["score"], errors="coerce")
    _refuse_some(scores.isna(), records, "without a score", "score", "score each of them")
    ids = as_ids(rows[HOUSEHOLD])
    rows = rows.reset_index(drop=True).assign(**{ID: ids, "score": scores.to_numpy(float)})
    _refuse_some(rows[ID].isna(), records, "without an id", "id", "give each row its household")
    again = rows[ID].duplicated()
    _refuse_some(again, records, "more than once", "repeated", "keep one row of each")
    _refuse_strangers(_strangers(rows[ID], records), len(rows), records)
    return rows


def rows_of(listed: object) -> pd.DataFrame:
    """Return the rows of a list: those of a frame of any library, or the `table` that it has.

    Raises
    ------
    ConfigError
        For anything else.
    """
    rows = listed.table if isinstance(listed, HasTable) else listed
    if isinstance(rows, FrameLike) and not isinstance(rows, pd.DataFrame):
        rows = pa.table(rows).to_pandas()
    if not isinstance(rows, pd.DataFrame):
        raise refused("listed", listed, "a DataFrame, or a list of riskmodel.score")
    twice = [name for name in (*NEEDED, "area", "band") if (rows.columns == name).sum() > 1]
    if twice:
        raise _refusal(
            f"the list has several columns {twice[0]!r}",
            code="outreach.column",
            allowed="each column once",
            next_step="keep one of them",
        )
    return rows


def _refuse_some(are_bad: pd.Series, records: Records, whose: str, code: str, step: str) -> None:
    number = int(are_bad.sum())
    if number:
        raise _refusal(
            f"the list has {counted(number, records.household)} {whose}",
            code=f"outreach.{code}",
            allowed="one row per household, each with its id and a score",
            next_step=step,
        )


def _strangers(ids: pd.Series, records: Records) -> int:
    """Return how many of some households no table names."""
    joins = " ".join(_JOIN.format(table=table) for table in _TABLES)
    with scan_engine() as con:
        for table in _TABLES:
            name_relation(con, table, records.relation(table))
        con.register("wanted", pa.table({HOUSEHOLD: pa.array(ids, pa.string())}))
        ((number,),) = con.execute(_STRANGERS.format(joins=joins)).fetchall()
    return int(number)


def _refuse_strangers(unknown: int, listed: int, records: Records) -> None:
    if unknown:
        raise _refusal(
            f"the records do not know {unknown:,} of the {listed:,} listed "
            f"{plural(records.household)}",
            code="outreach.stranger",
            allowed="households of the records",
            next_step="pass the records that the list was made of, and check the ids: 00123 is "
            "not 123",
        )


def _refusal(
    message: str, *, code: str, allowed: str | Sequence[str], next_step: str
) -> ConfigError:
    return ConfigError(message, place="listed", code=code, allowed=allowed, next_step=next_step)
