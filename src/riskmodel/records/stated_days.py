"""On which day a delivery came, by what its rows or the names of its files say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from riskmodel.records.delivered_batches import delivered_again
from riskmodel.records.log_entries import Batch
from riskmodel.records.store_log import StoreLog

_COLUMN = "delivered_on"
_FILE = ["source", "file"]


def stated_day(store: Path, log: StoreLog, number: int, otherwise: str) -> str:
    """Return the day from which a delivery counts, or the first and the last of its rows' days.

    That is the day that its rows state. A name that states the day states that of the first time:
    a file that comes again by it counts from the day of its ingest.

    Parameters
    ----------
    store : Path
    log : StoreLog
    number : int
        Of the delivery.
    otherwise : str
        Where no row states one: the last day of which the manifest knew when it was ingested.
    """
    own = [batch for batch in log.batches if batch.number == number]
    days = [day for batch in own for day in _days(store, log, batch)]
    if not days:
        return otherwise
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"


def _days(store: Path, log: StoreLog, batch: Batch) -> Iterator[str]:
    """Yield the first and the last day of each file of a batch."""
    by_name = log.manifest.get("days_by_name", ())
    again = delivered_again(log.batches, batch)
    later = {(file.place, file.file) for file in again if file.source in by_name}
    for path in (store / batch.folder).glob("*.parquet"):
        if _COLUMN not in pq.read_schema(path).names:
            continue
        table = pq.read_table(path, columns=[*_FILE, _COLUMN])
        ends = table.group_by(_FILE).aggregate([(_COLUMN, "min"), (_COLUMN, "max")])
        for row in ends.to_pylist():
            stated = [row[f"{_COLUMN}_{end}"] for end in ("min", "max")]
            for day in (str(one) for one in stated if one is not None):
                is_later = (row["source"], row["file"]) in later
                yield max(day, batch.day) if is_later else day
