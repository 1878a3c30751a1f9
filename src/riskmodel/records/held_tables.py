"""The tables that records hold, in memory or in Parquet, as frames and as what engines scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset

from riskmodel.records.engine import as_pattern
from riskmodel.records.table_schemas import empty


class HeldTables:
    """What hands out the tables of records; a table left out is empty."""

    tables: Mapping[str, pa.Table | Path]

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table as a DataFrame."""
        table = self._table(name)
        if isinstance(table, Path):
            table = pa.dataset.dataset(table).to_table()
        return table.to_pandas(date_as_object=False)

    def _table(self, name: str) -> pa.Table | Path:
        table = self.tables.get(name)
        return empty(name) if table is None else table

    @property
    def events(self) -> pd.DataFrame:
        """All events, delivered states and readings."""
        return self.frame("events")

    @property
    def attributes(self) -> pd.DataFrame:
        """What is known of households, one row per fact."""
        return self.frame("attributes")

    @property
    def members(self) -> pd.DataFrame:
        """Which person belonged to which household, and when."""
        return self.frame("members")

    @property
    def contacts(self) -> pd.DataFrame:
        """Who was contacted in which round, and with what result."""
        return self.frame("contacts")

    @property
    def lists(self) -> pd.DataFrame:
        """Who could be drawn in which round, by what chance, and who was."""
        return self.frame("lists")

    @property
    def requests(self) -> pd.DataFrame:
        """Objections, refusals and other requests of households, and what was decided."""
        return self.frame("requests")

    @property
    def referrals(self) -> pd.DataFrame:
        """Households that came by themselves, or were named by somebody."""
        return self.frame("referrals")

    @property
    def cases(self) -> pd.DataFrame:
        """When a household was the case of public care or of another service."""
        return self.frame("cases")

    @property
    def signs(self) -> pd.DataFrame:
        """What somebody saw of a household, without a verdict."""
        return self.frame("signs")

    @property
    def coverage(self) -> pd.DataFrame:
        """Where and since when each feed is delivered."""
        return self.frame("coverage")

    @property
    def deliveries(self) -> pd.DataFrame:
        """Each known delivery of a feed, also one without any fact, or one that did not come."""
        return self.frame("deliveries")

    @property
    def unmatched(self) -> pd.DataFrame:
        """Households that a delivery did not match."""
        return self.frame("unmatched")

    def relation(self, name: str) -> pa.Table | str:
        """Return what DuckDB scans: an Arrow table, or the glob of Parquet files."""
        table = self._table(name)
        if not isinstance(table, Path):
            return table
        files = as_pattern(table)
        return f"{files}/**/*.parquet" if table.is_dir() else files

    def _batches(self, name: str) -> Iterable[pa.RecordBatch]:
        table = self._table(name)
        return (pa.dataset.dataset(table) if isinstance(table, Path) else table).to_batches()
