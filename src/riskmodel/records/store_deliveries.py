"""The deliveries of a store: what came when, what became of it, and what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.doors import door
from riskmodel.records.log_entries import Arrival, SetAside, digest_in
from riskmodel.records.opening import require_store
from riskmodel.records.stated_days import stated_day
from riskmodel.records.store_folder import KEPT
from riskmodel.records.store_log import StoreLog, read_log

ROWS = ("read", "new", "corrected", "repeated", "refused", "outside", "excluded")
_SHOWN = 3


@dataclass(frozen=True, repr=False)
class Deliveries:
    """What was delivered to a store; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per delivery: its number and the day from which it counts; ``by``, the version of
        riskmodel that read it; its files, how many of them were ``known``, as their content had
        come before, and of how many a copy is ``kept`` in the store; its rows, ``read`` = ``new``
        + ``corrected`` + ``repeated`` + ``refused`` + ``outside`` (of since and today) +
        ``excluded``; and ``state``: blank, or "set aside" or "erased" with the reason.
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
    folder = Path(store)
    require_store(folder)
    log = read_log(folder)
    came: dict[int, list[Arrival]] = {}
    for arrival in log.arrivals():
        came.setdefault(arrival.number, []).append(arrival)
    days = {number: stated_day(folder, log, number, own[0].day) for number, own in came.items()}
    rows = [
        _row(number, days[number], log, log.versions(number), _names_by_key(own))
        | {"known": sum(arrival in log.copies for arrival in own), "state": ""}
        for number, own in came.items()
    ]
    rows += [_aside(delivery, log) for delivery in log.set_aside]
    for row in rows:
        row["kept"] = sum((folder / KEPT / digest_in(key)).is_file() for key in row.pop("keys"))
    columns = ["number", "day", "by", "files", "known", "kept", *ROWS, "state"]
    table = pd.DataFrame(rows, columns=columns).sort_values("number", ignore_index=True)
    return Deliveries(table.astype(dict.fromkeys(ROWS, "Int64")))


def _names_by_key(arrivals: list[Arrival]) -> list[tuple[str, str]]:
    return [(arrival.key, arrival.name) for arrival in arrivals]


def _aside(delivery: SetAside, log: StoreLog) -> dict[str, Any]:
    files = [file for own in delivery.files.values() for file in own.items()]
    told = {"known": 0, "state": delivery.state}
    return _row(delivery.number, delivery.day, log, delivery.by, files) | told


def _row(
    number: int, day: str, log: StoreLog, by: str, files: list[tuple[str, str]]
) -> dict[str, Any]:
    counted = log.rows.get(str(number), {})
    rows = {name: counted.get(name, 0 if log.rows else None) for name in ROWS}
    keys, names = [key for key, _ in files], tuple(name for _, name in files)
    return {"number": number, "day": day, "by": by, "files": names, "keys": keys, **rows}


def _names(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return ", ".join(files[:_SHOWN]) + more
