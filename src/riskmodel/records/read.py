"""From a manifest to records: each source opened, sifted and settled, in one engine of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from riskmodel.records.engine import hiding_values, staging_engine
from riskmodel.records.record import Records
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.settling.settlement import settle
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.staging import events, feeds, households
from riskmodel.records.staging.sift import Sieve
from riskmodel.records.store import is_store, open_store
from riskmodel.records.tables import SCHEMAS, empty


def read_records(source: str | Path | Mapping[str, Any], root: str | Path | None = None) -> Records:
    """Read records as their manifest describes them, or open a store of deliveries.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or the same keys; sources are files (``file:``) or frames (``frame:``). Or a folder that `ingest`
        filled.
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
    if is_store(source):
        return open_store(Path(str(source)))
    manifest = read_manifest(source, root)
    with staging_engine() as con, hiding_values():
        sieve = stage(con, manifest)
        ledger = Ledger(con, sieve.accounts, sieve.staged)
        settled = settle(ledger, manifest, sieve.named)
        tables = {name: table_of(con, name, settled.tables.get(name)) for name in SCHEMAS}
    return Records(
        name=manifest.name,
        catalogue=settled.catalogue,
        today=manifest.today,
        since=manifest.since,
        complete_before=manifest.complete_before,
        tables=tables | dict(settled.plain),
        household=manifest.household,
        groups=manifest.groups,
        area=manifest.area,
        rounds=manifest.rounds,
        quarantine=settled.quarantine,
        counts=settled.counts,
        links=settled.links,
    )


def stage(
    con: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    only: Mapping[str, Sequence[Path]] | None = None,
) -> Sieve:
    """Read the sources of a manifest into the engine, each row judged; `only` names the sources and their files."""
    sieve = Sieve(con, manifest, only)
    households.stage_members(sieve)
    events.stage_events(sieve)
    households.stage_attributes(sieve)
    households.stage_contacts(sieve)
    feeds.stage_coverage(sieve)
    feeds.stage_deliveries(sieve)
    return sieve


def table_of(con: duckdb.DuckDBPyConnection, name: str, sql: str | None) -> pa.Table:
    """Return the rows of a query in the schema of a table."""
    return empty(name) if sql is None else con.sql(sql).to_arrow_table().cast(SCHEMAS[name])
