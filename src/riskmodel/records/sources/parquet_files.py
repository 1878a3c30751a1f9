"""The rows of Parquet files: each file's cells by its own types, each column of one type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet

from riskmodel.records.engine import as_pattern, identifier, literal
from riskmodel.records.sources.column_types import Part, common_type
from riskmodel.records.sources.control_totals import check_totals
from riskmodel.records.sources.file_kinds import PARQUET, refuse_other_kind
from riskmodel.records.sources.files import FILE, ROW, TRUNCATED, plain_names, refuse_file
from riskmodel.records.sources.parquet_zones import known_zones, local, local_type, zones_of
from riskmodel.texts import plain_text


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file as it describes itself.

    Attributes
    ----------
    path : Path
        Absolute.
    name : str
        What counts and messages call it.
    schema : pyarrow.Schema
    folders : mapping of str to str, optional
        The columns that its folders write, such as `year` of ``year=2024``, and the cell of each.
    zones : mapping of str to str
        The zone of each column of instants.
    """

    path: Path
    name: str
    schema: pa.Schema
    folders: Mapping[str, str | None]
    zones: Mapping[str, str]

    @classmethod
    def read(cls, path: Path, name: str, folders: Mapping[str, str | None]) -> ParquetFile:
        """Read what a file says of its columns."""
        try:
            with pa.parquet.ParquetFile(path) as file:
                schema, zones = file.schema_arrow.remove_metadata(), zones_of(file)
                rows = file.metadata.num_rows
        except (pa.ArrowInvalid, OSError):
            refuse_other_kind(path, name, PARQUET)
            refuse_file(name, "is empty, truncated or no Parquet", TRUNCATED)
        check_totals(path, name, rows)
        own = plain_names(schema.names, name)
        others = {column: cell for column, cell in folders.items() if column not in own}
        return cls(path.resolve(), name, schema, others, zones)

    @property
    def columns(self) -> list[str]:
        """The plain names of its columns, and of those that its folders write."""
        return [*map(plain_text, self.schema.names), *self.folders]


class _Group(NamedTuple):
    """Files of the same columns, types and zones: the SQL and the type of each column's cells."""

    files: Sequence[ParquetFile]
    types: Mapping[str, str]
    cells: Mapping[str, str]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, files: Sequence[ParquetFile]) -> _Group:
        """Describe files; a time of a known zone is what a clock there shows."""
        rows = con.execute(f"DESCRIBE SELECT * FROM {_read(files)}").fetchall()
        own = set(files[0].schema.names)
        types = {str(name): str(kind) for name, kind, *_ in rows if name in own}
        cells = {name: identifier(name) for name in types}
        for name, zone in known_zones(con, files[0].zones).items():
            cells[name] = local(cells[name], types[name], zone)
            types[name] = local_type(zone)
        return cls(files, types, cells)

    @property
    def source(self) -> str:
        """The SQL of their rows."""
        return _read(self.files)

    def part(self, column: str) -> Part:
        """Return a column of these files as one part of the whole."""
        heading = next(name for name in self.types if plain_text(name) == column)
        name = self.files[0].name
        return Part(name, self.source, self.cells[heading], self.types[heading])

    def by_file(self, values: Sequence[str | None]) -> str:
        """Return the SQL of a value for each file."""
        paths = [literal(file.path.as_posix()) for file in self.files]
        cells = ["NULL" if value is None else literal(value) for value in values]
        pairs = ", ".join(f"{p}: {cell}" for p, cell in zip(paths, cells, strict=True))
        return f"MAP {{{pairs}}}[replace(\"path of row\", chr(92), '/')]::VARCHAR"

    def sql(self, converted: Mapping[str, str]) -> str:
        """Return the SELECT of all rows, columns converted where the whole needs another type."""
        columns = [
            f"{converted.get(plain_text(name), cell)} AS {identifier(plain_text(name))}"
            for name, cell in self.cells.items()
        ]
        for folder in self.files[0].folders:
            cell = self.by_file([file.folders[folder] for file in self.files])
            columns.append(f"{cell} AS {identifier(folder)}")
        columns.append(f'file_row_number + 1 AS "{ROW}"')
        columns.append(f'{self.by_file([file.name for file in self.files])} AS "{FILE}"')
        return f"SELECT {', '.join(columns)} FROM {self.source}"


def _read(files: Sequence[ParquetFile]) -> str:
    listed = ", ".join(literal(as_pattern(file.path)) for file in files)
    return f"""read_parquet(
        [{listed}],
        filename = 'path of row',
        file_row_number = TRUE,
        binary_as_string = TRUE,
        hive_partitioning = FALSE
    )"""


@dataclass(frozen=True)
class ParquetRows:
    """The rows of Parquet files."""

    files: tuple[ParquetFile, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that an engine must read."""
        return tuple(file.path for file in self.files)

    def show(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Make them a relation of an engine.

        Raises
        ------
        RecordsError
            For a column that files write in types of which none holds the cells of all.
        """
        groups = list(self._groups(con))
        converted: list[dict[str, str]] = [{} for _ in groups]
        for column in self._columns() if len(groups) > 1 else ():
            having = [k for k, group in enumerate(groups) if column in map(plain_text, group.types)]
            cells = common_type(con, column, [groups[k].part(column) for k in having])
            for number, cell in zip(having, cells, strict=True):
                converted[number][column] = cell
        parts = [group.sql(cells) for group, cells in zip(groups, converted, strict=True)]
        con.execute(f"CREATE TEMP VIEW {relation} AS {' UNION ALL BY NAME '.join(parts)}")

    def _columns(self) -> list[str]:
        names = (plain_text(name) for file in self.files for name in file.schema.names)
        return list(dict.fromkeys(names))

    def _groups(self, con: duckdb.DuckDBPyConnection) -> Iterator[_Group]:
        alike: dict[tuple[object, ...], list[ParquetFile]] = {}
        for file in self.files:
            types = zip(file.schema.names, map(str, file.schema.types), strict=True)
            alike.setdefault((*types, *file.folders, *file.zones.items()), []).append(file)
        for files in alike.values():
            yield _Group.of(con, files)
