"""Files, globs, queries and frames, opened as relations whose rows keep number and file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NoReturn

import duckdb
import pyarrow as pa

from riskmodel.errors import RecordsError
from riskmodel.records.engine import locked_engine
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import (
    FILE,
    ROW,
    check_case,
    find_files,
    folder_cells,
    is_parquet,
    name_in,
    numbered,
    own_columns,
    plain_names,
    with_cells,
)
from riskmodel.records.sources.frames import arrow
from riskmodel.records.sources.headings import named_as_written
from riskmodel.records.sources.look_alikes import read_plainly
from riskmodel.records.sources.opened_rows import (
    EngineRows,
    OpenedRows,
    TableRows,
    stream,
)
from riskmodel.records.sources.parquet_files import ParquetFile, ParquetRows
from riskmodel.records.sources.source import RaggedRow, Source
from riskmodel.records.sources.text_files import check_of_csv, check_of_files, read_all
from riskmodel.records.sources.user_sql import (
    check_condition,
    check_query,
    condition_sql,
    refusing,
)

QUERY = "query"
"""What the rows of a query have for the name of their file."""
_READING = ("encoding", "sheet", "decimal", "line_break_at_end")


class Reader:
    """Opens the entries of one manifest in one engine, each file once.

    Parameters
    ----------
    con : DuckDBPyConnection
    folder : Path
    only : mapping of str to sequence of Path, optional
        The files of each entry, by its title; default: all that it names.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        folder: Path,
        only: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self.con, self.folder, self.only = con, folder, only
        self.opened: dict[Hashable, Source] = {}
        self.rows: dict[str, OpenedRows] = {}
        self.queries = 0

    def open(self, entry: Entry) -> Source:
        """Open an entry's file, glob or frame, as it is before any query."""
        frame = entry["frame"]
        if frame is not None:
            check_of_csv(entry, "a frame")
            check_of_files(entry)
            source = self._once(id(frame), lambda relation: self._frame(entry, relation))
        else:
            paths = tuple(self._paths(entry))
            reading = (entry[key] for key in _READING)
            key = (paths, *reading, _partitions(entry))
            source = self._once(key, lambda relation: self._files(entry, paths, relation))
        return named_as_written(self.con, replace(source, entry=entry, title=entry.title))

    def _once(self, key: Hashable, opened: Callable[[str], Source]) -> Source:
        """Return what was opened under a key, or open it as a relation of its own."""
        if key not in self.opened:
            source = opened(f'"raw {len(self.opened)}"')
            self.opened[key] = read_plainly(self.con, source)
        return self.opened[key]

    def _paths(self, entry: Entry) -> Sequence[Path]:
        if self.only is not None:
            return self.only[entry.title]
        return find_files(self.folder, str(entry["file"]), entry.place)

    def queried(self, source: Source) -> Source:
        """Return what the entry's query makes of its source; the source itself without one."""
        if source.entry["query"] is None:
            return source
        self.queries += 1
        entry, relation = source.entry, f'"query {self.queries}"'
        query = str(entry["query"])

        with refusing(entry.place, "query"), self._locked(source) as box:
            check_query(box, query, entry.place)
            result = box.sql(query)
            check_case([plain_names(result.columns, entry.place)], [f"{entry.place}, query"])
            self._keep(
                relation,
                result,
                f"""*, row_number() OVER () AS "{ROW}", '{QUERY}' AS "{FILE}\"""",
            )

        return replace(
            source, relation=relation, types=self._types(relation), files=(QUERY,), patchy={}
        )

    def filtered(self, source: Source, relation: str) -> None:
        """Make the rows for which the entry's `where` holds a relation of the engine."""
        condition = source.entry["where"]
        if condition is None:
            self.con.execute(f"CREATE TEMP VIEW {relation} AS FROM {source.relation}")
            return
        with refusing(source.entry.place, "where"), self._locked(source) as box:
            check_condition(box, str(condition), source.entry.place)
            self._keep(relation, box.sql(condition_sql(source.relation, str(condition))), "*")

    @contextmanager
    def _locked(self, source: Source) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a locked engine that holds a source, and calls it `source` without its own columns.

        What a user wrote runs here, and never in the engine that writes.
        """
        opened = self.rows.get(source.relation)
        rows = opened or EngineRows(self.con.cursor(), source.relation)
        with locked_engine(rows.paths) as box:
            rows.show(box, source.relation)
            box.execute(
                f"""
                CREATE TEMP VIEW source AS
                SELECT * EXCLUDE ("{ROW}", "{FILE}"), "{FILE}" AS filename
                FROM {source.relation}
                """
            )
            yield box

    def _keep(self, relation: str, result: duckdb.DuckDBPyRelation, columns: str) -> None:
        """Keep what another engine yields as a table of this one."""
        self.con.register("result", stream(result))
        self.con.execute(f"CREATE TABLE {relation} AS SELECT {columns} FROM result")
        self.con.unregister("result")

    def _show(self, rows: OpenedRows, relation: str) -> None:
        rows.show(self.con, relation)
        self.rows[relation] = rows

    def _frame(self, entry: Entry, relation: str) -> Source:
        table = numbered(arrow(entry["frame"], entry.place), "frame")
        self._show(TableRows(table), relation)
        return Source(entry, entry.title, relation, self._types(relation), ("frame",))

    def _files(self, entry: Entry, paths: Sequence[Path], relation: str) -> Source:
        files = tuple(name_in(self.folder, path) for path in paths)
        ragged: tuple[RaggedRow, ...] = ()
        separators: frozenset[str] = frozenset()
        open_ends: tuple[str, ...] = ()
        partitions = _partitions(entry)
        cells = [folder_cells(self.folder, path, partitions, entry.place) for path in paths]
        if all(is_parquet(path) for path in paths):
            check_of_csv(entry, "Parquet")
            described = tuple(map(ParquetFile.read, paths, files, cells))
            columns = [file.columns for file in described]
            check_case(columns, files)
            self._show(ParquetRows(described), relation)
        else:
            read = read_all(paths, files, entry)
            separators, open_ends = read.separators, read.open_ends
            if self.only is None and read.is_empty:
                _refuse_empty(files[0])
            tables = list(map(with_cells, read.tables, cells))
            columns, ragged = [own_columns(table) for table in tables], read.ragged
            check_case(columns, files)
            table = pa.concat_tables(tables, promote_options="default")
            self._show(TableRows(table), relation)
        return Source(
            entry=entry,
            title=entry.title,
            relation=relation,
            types=self._types(relation),
            files=files,
            ragged=ragged,
            patchy=_patchy(columns, files),
            separators=separators,
            open_ends=open_ends,
        )

    def _types(self, relation: str) -> dict[str, str]:
        rows = self.con.execute(f"DESCRIBE {relation}").fetchall()
        return {str(name): str(kind) for name, kind, *_ in rows if name not in (ROW, FILE)}


def _partitions(entry: Entry) -> tuple[str, ...]:
    written = entry["partitions"]
    return (written,) if isinstance(written, str) else tuple(written or ())


def _refuse_empty(name: str) -> NoReturn:
    raise RecordsError(
        "there is a header and no row",
        place=name,
        code="records.empty",
        next_step="ask for the delivery again, or take the entry out of the manifest",
    )


def _patchy(columns: Sequence[Sequence[str]], names: Sequence[str]) -> dict[str, str]:
    """Return the columns that some file lacks, each with the first such file."""
    everywhere = set(chain.from_iterable(columns))
    lacking: dict[str, str] = {}
    for have, name in zip(columns, names, strict=True):
        for column in everywhere.difference(have):
            lacking.setdefault(column, name)
    return lacking
