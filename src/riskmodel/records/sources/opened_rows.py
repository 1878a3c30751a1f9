"""The rows of an entry, shown to whichever engine shall read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa


class OpenedRows(Protocol):
    """Rows that an engine can be shown."""

    @property
    def paths(self) -> Sequence[Path]:
        """The files that an engine must read for them."""

    def show(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Make them a relation of an engine, under a quoted name."""


@dataclass(frozen=True)
class TableRows:
    """The rows of CSV files or of a frame, which lie in memory."""

    table: pa.Table
    paths: tuple[Path, ...] = ()

    def show(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Make them a relation of an engine."""
        con.register(relation.strip('"'), self.table)


@dataclass(frozen=True)
class EngineRows:
    """The rows of a table that an engine holds, as another engine reads them.

    Attributes
    ----------
    con : DuckDBPyConnection
        A cursor of its own: the engine goes on working while its rows are read.
    name : str
        Of the table, quoted.
    paths : tuple of Path
    """

    con: duckdb.DuckDBPyConnection
    name: str
    paths: tuple[Path, ...] = ()

    def show(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Make them a relation of another engine."""
        con.register(relation.strip('"'), stream(self.con.sql(f"FROM {self.name}")))


def stream(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    """Return what a relation yields, batch by batch."""
    return pa.RecordBatchReader.from_stream(relation)
