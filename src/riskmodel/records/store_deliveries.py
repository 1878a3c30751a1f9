"""The deliveries of a store: what came when, what became of it, and what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from riskmodel.doors import door
from riskmodel.records.log_entries import Arrival, SetAside
from riskmodel.records.opening import require_store
from riskmodel.records.store_log import StoreLog, read_log

ROWS = ("read", "new", "corrected", "repeated", "refused", "outside", "excluded")
_SHOWN = 3


@dataclass(frozen=True, repr=False)
class Deliveries:
    """What was delivered to a store; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per delivery: its number and day; ``by``, the version of riskmodel that read it;
        its files, and how many of them were copies of known content; its rows, ``read`` = ``new``
        + ``corrected`` + ``repeated`` + ``refused`` + ``outside`` (of since and today) +
        ``excluded``; and ``state``: blank, "set aside" or "erased", and why.
    """

    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row per delivery."""
        return self.table.copy()

    def __repr__(self) -> str:
        shown = self.table.assign(files=self.table["files"].map(_names))
        return shown.to_string(index=False, na_rep="", justify="left")

    def _repr_html_(self) -> str:
        shown = self.table.assign(files=self.table["files"].map(_names).map(escape))
        return str(shown.to_html(index=False, na_rep="", border=0))


@door
def deliveries(store: str | Path) -> Deliveries:
    """Return the deliveries of a store, the oldest first.

    Parameters
    ----------
    store : path-like
        A folder that `ingest` filled.

    Returns
    -------
    Deliveries

    Raises
    ------
    ConfigError
        If nothing was ever ingested into the folder.

    Examples
    --------
    >>> import tempfile
    >>> from riskmodel.records import ingest
    >>> frame = pd.DataFrame({"id": ["a", ""], "on": ["2024-01-05", "2024-02-20"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"today": "2024-06-01", "events": [entry], "max_quarantined": 0.5}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ingest(manifest, folder)
    ...     table = deliveries(folder).frame()
    >>> table[["number", "day", "files", "new", "refused"]]
       number         day     files  new  refused
    0       1  2024-05-31  (frame,)    1        1
    """
    require_store(Path(store))
    log = read_log(Path(store))
    came: dict[int, list[Arrival]] = {}
    for arrival in log.arrivals():
        came.setdefault(arrival.number, []).append(arrival)
    rows = [
        _row(number, own[0].day, log, log.versions(number), [arrival.name for arrival in own])
        | {"copies": sum(arrival in log.copies for arrival in own), "state": ""}
        for number, own in came.items()
    ]
    rows += [_aside(delivery, log) for delivery in log.set_aside]
    columns = ["number", "day", "by", "files", "copies", *ROWS, "state"]
    table = pd.DataFrame(rows, columns=columns).sort_values("number", ignore_index=True)
    return Deliveries(table.astype(dict.fromkeys(ROWS, "Int64")))


def _aside(delivery: SetAside, log: StoreLog) -> dict[str, object]:
    names = [name for files in delivery.files.values() for name in files.values()]
    state = "erased" if delivery.is_erased else "set aside"
    told = {"copies": 0, "state": f"{state}: {delivery.why}"}
    return _row(delivery.number, delivery.day, log, delivery.by, names) | told


def _row(number: int, day: str, log: StoreLog, by: str, files: list[str]) -> dict[str, object]:
    counted = log.rows.get(str(number), {})
    rows = {name: counted.get(name, 0 if log.rows else None) for name in ROWS}
    return {"number": number, "day": day, "by": by, "files": tuple(files), **rows}


def _names(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return ", ".join(files[:_SHOWN]) + more
