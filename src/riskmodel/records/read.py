"""From a manifest to records: each source opened, sifted and settled, in one engine of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.records import deliveries, events, households
from riskmodel.records.manifest import Manifest, read_manifest
from riskmodel.records.sift import Sieve
from riskmodel.records.tables import Records, conform

MEMORY = "3GB"


def read_records(source: str | Path | Mapping[str, Any], root: str | Path | None = None) -> Records:
    """Read records as their manifest describes them.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or the same keys; sources are files (``file:``) or frames (``frame:``).
    root : path-like, optional
        Folder of the files; default: $RISKMODEL_DATA, the manifest's `root`, the manifest's own folder.

    Returns
    -------
    Records
        With the bad rows in `quarantine` and what became of all rows in `counts`.

    Raises
    ------
    ConfigError
        For a manifest that cannot be meant.
    RecordsError
        For a file that cannot be read, a column that is not there or holds personal numbers, or too many bad rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": ["a", "b", ""], "on": ["20240105", "2024-01-20", "20240301"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> records = read_records({"name": "fires", "today": "2024-06-01", "events": [entry], "max_quarantined": 0.5})
    >>> records
    fires: 2 events of 2 households, complete before 2024-06-01
    >>> print(records.quarantine.to_string(index=False))
           source  row column reason
    events: frame    3     id  no id
    """
    manifest = read_manifest(source, root)
    with _engine() as con, _guarding():
        sieve = Sieve(con, manifest)
        households.stage_members(sieve)
        named = events.stage_events(sieve)
        households.stage_attributes(sieve)
        households.stage_contacts(sieve)
        sieve.check_shares()
        events.settle_events(sieve)
        return _records(manifest, sieve, named)


def _records(manifest: Manifest, sieve: Sieve, named: set[str]) -> Records:
    table = events.events_table(sieve)
    seen = table["code"].unique().to_pylist()
    catalogue = manifest.catalogue.with_codes(sorted({*named, *seen}))
    covered = households.coverage(manifest, catalogue, named)
    delivered, unmatched = deliveries.all_deliveries(sieve, catalogue, named)
    others = {name: sieve.settled_table(name) for name in ("attributes", "members", "contacts")}
    return Records(
        name=manifest.name,
        catalogue=catalogue,
        today=manifest.today,
        since=manifest.since,
        complete_before=_complete_before(manifest, catalogue, named),
        tables={
            "events": table,
            **others,
            "coverage": conform("coverage", covered),
            "deliveries": conform("deliveries", delivered),
            "unmatched": conform("unmatched", unmatched),
        },
        household=manifest.household,
        groups=manifest.groups,
        area=manifest.area,
        rounds=manifest.rounds,
        quarantine=sieve.quarantine(),
        counts=sieve.counts(),
    )


def _complete_before(manifest: Manifest, codes: Iterable[str], named: set[str]) -> Mapping[str, np.datetime64]:
    known, said = {*codes, "contacts"}, sorted({*manifest.catalogue, *named, "contacts"})
    for feed in manifest.complete_before:
        if feed not in known:
            raise ConfigError(
                f"unknown feed {feed!r}",
                place="complete_before",
                code="manifest.complete_before",
                allowed=said,
                next_step=did_you_mean(feed, said),
            )
    return manifest.complete_before


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine whose tables lie in a temporary folder, so that what is large need not fit into memory."""
    with tempfile.TemporaryDirectory(prefix="riskmodel-", ignore_cleanup_errors=True) as folder:
        database = Path(folder) / "records.duckdb"
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        settings = {"memory_limit": MEMORY, "temp_directory": folder, "threads": threads}
        with duckdb.connect(str(database), config=settings) as con:
            yield con


@contextmanager
def _guarding() -> Iterator[None]:
    """Let no message of the engine through: it may quote a cell."""
    try:
        yield
    except duckdb.Error as error:
        raise RecordsError(
            f"reading stopped ({type(error).__name__})",
            code="records.engine",
            next_step="check the space left on disk and in memory, then the files themselves",
        ) from None
