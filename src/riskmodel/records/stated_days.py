"""On which day a delivery came, by what its rows or the names of its files say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

_COLUMN = "delivered_on"


def stated_day(store: Path, folders: Iterable[str], otherwise: str) -> str:
    """Return the day that the staged rows of a delivery state, or the first and the last of them.

    Parameters
    ----------
    store : Path
    folders : iterable of str
        Of the delivery's staged rows.
    otherwise : str
        Where no row states one: the last day of which the manifest knew when it was ingested.
    """
    days: list[str] = []
    for folder in folders:
        for path in sorted((store / folder).glob("*.parquet")):
            if _COLUMN in pq.read_schema(path).names:
                ends = pc.min_max(pq.read_table(path, columns=[_COLUMN])[_COLUMN]).as_py()
                days += [str(day) for day in ends.values() if day is not None]
    if not days:
        return otherwise
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"
