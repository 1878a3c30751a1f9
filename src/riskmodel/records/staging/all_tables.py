"""All sources of a manifest, staged table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from riskmodel.records.engine import identifier
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging import (
    contact_tables,
    event_tables,
    feed_tables,
    household_tables,
    list_tables,
    service_tables,
)
from riskmodel.records.staging.staged_source import staged_table
from riskmodel.records.staging.stager import Stager


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
    contact_tables.stage_contacts(stager, manifest.rounds)
    list_tables.stage_lists(stager, manifest.rounds)
    service_tables.stage_service_tables(stager)
    feed_tables.stage_coverage(stager, catalogue, closed=closed)
    feed_tables.stage_deliveries(stager, catalogue, closed=closed)
    feed_tables.stage_unmatched(stager, catalogue, closed=closed)
    return stager


def number_rows(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make staged rows those of the first batch."""
    staged = identifier(staged_table(table))
    con.execute(f"ALTER TABLE {staged} ADD COLUMN batch INTEGER DEFAULT 1")
    con.execute(f"ALTER TABLE {staged} ADD COLUMN delivery INTEGER")
