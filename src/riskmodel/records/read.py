"""From a manifest to records: each source opened, checked and settled in an engine of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from riskmodel.doors import door
from riskmodel.records.contract import Records
from riskmodel.records.engine import hiding_values, identifier, staging_engine
from riskmodel.records.opening import is_store, open_store
from riskmodel.records.settling.settlement import settle
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.staging import event_tables, feed_tables, household_tables
from riskmodel.records.staging.staged_source import staged_table
from riskmodel.records.staging.stager import Stager
from riskmodel.records.table_schemas import SCHEMAS, empty


@door
def read_records(
    source: str | Path | Mapping[str, object], root: str | Path | None = None
) -> Records:
    """Read records as their manifest describes them, or open a store.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or the same keys; sources are files (``file:``) or frames (``frame:``). Or a
        folder that `ingest` filled.
    root : path-like, optional
        Folder of the files; default: $RISKMODEL_DATA, the manifest's `root`, the manifest's own
        folder.

    Returns
    -------
    Records
        With the bad rows in `quarantine`, and how many rows have which status in `counts`.

    Raises
    ------
    ConfigError
        For a manifest with unknown keys or values.
    RecordsError
        For a file that cannot be read, a column that is not there or holds personal numbers, or too
        many bad rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": ["a", "b", ""], "on": ["20240105", "2024-01-20", "20240301"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"name": "fires", "today": "2024-06-01", "events": [entry]}
    >>> records = read_records({**manifest, "max_quarantined": 0.5})
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
        staged = stage(con, manifest)
        for table in staged.tables:
            number_rows(con, table)
        rows = StagedRows(con, staged.sources, staged.tables, manifest.day_before)
        settled = settle(rows, manifest, staged.codes)
        tables = {name: _table(con, name, settled.queries.get(name)) for name in SCHEMAS}
    return Records(
        name=manifest.name,
        catalogue=settled.catalogue,
        today=manifest.today,
        since=manifest.since,
        complete_before=manifest.complete_before,
        accept_feeds=manifest.accept_feeds,
        tables=tables | dict(settled.tables),
        household=manifest.household,
        site=manifest.site,
        groups=manifest.groups,
        area=manifest.area,
        rounds=manifest.rounds,
        quarantine=settled.quarantine,
        counts=settled.counts,
        links=settled.links,
        look_alikes=settled.look_alikes,
        spellings=settled.spellings,
        bounds=settled.bounds,
        matches=settled.matches,
        open_ends=settled.open_ends,
    )


def stage(
    con: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    files: Mapping[str, Sequence[Path]] | None = None,
) -> Stager:
    """Read the sources of a manifest into the engine, each row checked.

    Parameters
    ----------
    con : DuckDBPyConnection
    manifest : Manifest
    files : mapping of str to sequence of Path, optional
        The sources to read, by title, and the files of each; default: all.
    """
    catalogue, closed = manifest.catalogue, manifest.closed
    stager = Stager(con, manifest.entries, manifest.folder, manifest.max_quarantined, files)
    household_tables.stage_members(stager)
    event_tables.stage_events(stager, catalogue, closed=closed)
    household_tables.stage_attributes(stager)
    household_tables.stage_contacts(stager, manifest.rounds)
    feed_tables.stage_coverage(stager, catalogue, closed=closed)
    feed_tables.stage_deliveries(stager, catalogue, closed=closed)
    return stager


def number_rows(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make staged rows those of the first batch."""
    staged = identifier(staged_table(table))
    con.execute(f"ALTER TABLE {staged} ADD COLUMN batch INTEGER DEFAULT 1")
    con.execute(f"ALTER TABLE {staged} ADD COLUMN delivery INTEGER")


def _table(con: duckdb.DuckDBPyConnection, name: str, sql: str | None) -> pa.Table:
    return empty(name) if sql is None else con.sql(sql).to_arrow_table().cast(SCHEMAS[name])
