"""From a manifest to what records hold: sources staged and settled in an engine of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.indicators import Catalogue
from riskmodel.records.engine import hiding_values, staging_engine
from riskmodel.records.settling.settlement import settle
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.all_tables import number_rows, stage
from riskmodel.records.table_schemas import SCHEMAS, empty


class Loaded(TypedDict):
    """What a manifest makes of its sources: fields of `Records`."""

    name: str
    catalogue: Catalogue
    today: np.datetime64
    since: np.datetime64 | None
    complete_before: Mapping[str, np.datetime64]
    accept_feeds: Mapping[str, str]
    tables: Mapping[str, pa.Table | Path]
    household: str
    site: str
    groups: tuple[str, ...]
    area: str | None
    rounds: pd.DatetimeIndex | None
    quarantine: pd.DataFrame
    counts: pd.DataFrame
    links: pd.DataFrame
    look_alikes: pd.DataFrame
    spellings: pd.DataFrame
    bounds: pd.DataFrame
    matches: pd.DataFrame | None
    open_ends: pd.DataFrame
    blank_results: pd.DataFrame


def loaded(manifest: Manifest) -> Loaded:
    """Return the fields of the records that a manifest describes.

    Raises
    ------
    ConfigError, RecordsError
        As `read_records` does.
    """
    with staging_engine() as con, hiding_values():
        staged = stage(con, manifest)
        for table in staged.tables:
            number_rows(con, table)
        rows = StagedRows(con, staged.sources, staged.tables, manifest.day_before)
        settled = settle(rows, manifest, staged.codes)
        tables = {name: _table(con, name, settled.queries.get(name)) for name in SCHEMAS}
    return {
        "name": manifest.name,
        "catalogue": settled.catalogue,
        "today": manifest.today,
        "since": manifest.since,
        "complete_before": manifest.complete_before,
        "accept_feeds": manifest.accept_feeds,
        "tables": tables | dict(settled.tables),
        "household": manifest.household,
        "site": manifest.site,
        "groups": manifest.groups,
        "area": manifest.area,
        "rounds": manifest.rounds,
        "quarantine": settled.quarantine,
        "counts": settled.counts,
        "links": settled.links,
        "look_alikes": settled.look_alikes,
        "spellings": settled.spellings,
        "bounds": settled.bounds,
        "matches": settled.matches,
        "open_ends": settled.open_ends,
        "blank_results": settled.blank_results,
    }


def _table(con: duckdb.DuckDBPyConnection, name: str, sql: str | None) -> pa.Table:
    return empty(name) if sql is None else con.sql(sql).to_arrow_table().cast(SCHEMAS[name])
