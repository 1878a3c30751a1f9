"""The rows of an entry, shown to whichever engine shall read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.files import FILE, ROW
from riskmodel.texts import plain_text


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
class ParquetRows:
    """The rows of Parquet files.

    Attributes
    ----------
    paths : tuple of Path
        Absolute.
    names : tuple of str
        What counts and messages call each file.
    headings : tuple of str
        The columns of all files, as these write them.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    headings: tuple[str, ...]

    def show(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Make them a relation of an engine."""
        listed = [literal(path.as_posix()) for path in self.paths]
        pairs = zip(listed, self.names, strict=True)
        named = ", ".join(f"{path}: {literal(name)}" for path, name in pairs)
        con.execute(
            f"""
            CREATE TEMP VIEW {relation} AS
            SELECT
                {_plain_columns(self.headings)},
                file_row_number + 1 AS "{ROW}",
                MAP {{{named}}}[replace("path of row", chr(92), '/')] AS "{FILE}"
            FROM read_parquet(
                [{", ".join(listed)}],
                union_by_name = TRUE,
                filename = 'path of row',
                file_row_number = TRUE,
                binary_as_string = TRUE
            )
            """
        )


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


def _plain_columns(headings: Iterable[str]) -> str:
    """Return the SQL of all columns by their plain names; files may write one name in two forms."""
    written: dict[str, list[str]] = {}
    for heading in headings:
        written.setdefault(plain_text(heading), []).append(identifier(heading))
    return ", ".join(
        f"coalesce({', '.join(forms)}) AS {identifier(name)}" for name, forms in written.items()
    )
