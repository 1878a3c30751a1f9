"""Files, globs, queries and frames, opened as relations in which every row keeps its number and its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.records.checks import literal
from riskmodel.records.files import FILE, ROW, find_files, is_parquet, numbered, parquet_columns, read_csv, shown
from riskmodel.records.manifest import Entry


@dataclass(frozen=True)
class Source:
    """One entry's rows, open in the engine.

    Attributes
    ----------
    entry : Entry
    title : str
        What counts call it.
    relation : str
        Its quoted name in the engine, with the columns of `types`, `ROW` and `FILE`.
    types : mapping of str to str
        The engine's type of each column of the file or query.
    files : tuple of str
        Files, relative to the folder.
    ragged : tuple of (file, row)
        Rows with another number of cells than the header.
    patchy : mapping of str to str
        Columns that some file of a glob lacks, and the first such file.
    """

    entry: Entry
    title: str
    relation: str
    types: Mapping[str, str]
    files: tuple[str, ...]
    ragged: tuple[tuple[str, int], ...] = ()
    patchy: Mapping[str, str] = field(default_factory=dict)

    def require(self, column: Any, *, patchy: bool = False) -> str:
        """Return a column's name, or refuse one that is not there."""
        name = str(column)
        if name in self.types and (patchy or name not in self.patchy):
            return name
        place = f"{self.entry.place}, {self.patchy.get(name, self.title)}"
        raise RecordsError(
            f"there is no column {name!r}", place=place, code="records.missing_column", allowed=shown(self.types),
            next_step=did_you_mean(name, shown(self.types)),
        )


@contextmanager
def refusing(place: str, what: str) -> Iterator[None]:
    """Turn the engine's complaint about a user's SQL into a refusal that shows no value."""
    try:
        yield
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise ConfigError(
            f"{what} cannot be run: {str(error).splitlines()[0]}", place=place, code=f"records.{what}",
            next_step="correct the SQL; columns of CSV files are texts, and names with other letters need \"quotes\"",
        ) from None
    except duckdb.Error as error:
        raise RecordsError(
            f"{what} stops at a value that it cannot use ({type(error).__name__})", place=place,
            code=f"records.{what}", next_step="columns of CSV files are texts: use try_cast(column AS DOUBLE)",
        ) from None


class Reader:
    """Opens the entries of one manifest in one engine, each file once."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con, self.folder = con, folder
        self.opened: dict[Any, tuple[str, tuple[str, ...], tuple[tuple[str, int], ...], dict[str, str]]] = {}
        self.titles: list[str] = []

    def open(self, entry: Entry) -> Source:
        """Open an entry: its file, glob or frame, and its query over that."""
        raw, files, ragged, patchy = self._raw(entry)
        source = Source(entry, self._title(entry), raw, self._types(raw), files, ragged, patchy)
        return source if entry["query"] is None else self._queried(source)

    def _title(self, entry: Entry) -> str:
        self.titles.append(entry.title)
        again = self.titles.count(entry.title)
        return entry.title if again == 1 else f"{entry.title} ({again})"

    def _raw(self, entry: Entry) -> tuple[str, tuple[str, ...], tuple[tuple[str, int], ...], dict[str, str]]:
        frame = entry["frame"]
        key = (entry["file"], entry["encoding"]) if frame is None else id(frame)
        if key not in self.opened:
            relation = f'"raw {len(self.opened)}"'
            if frame is None:
                self.opened[key] = (relation, *self._files(entry, relation))
            else:
                self.con.register(relation.strip('"'), numbered(_arrow(frame, entry.place), "frame"))
                self.opened[key] = (relation, ("frame",), (), {})
        return self.opened[key]

    def _files(
        self, entry: Entry, relation: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...], dict[str, str]]:
        paths = find_files(self.folder, str(entry["file"]), entry.place)
        names = tuple(path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name
                      for path in paths)
        parquet = [is_parquet(path) for path in paths]
        if all(parquet):
            columns = [parquet_columns(path, name) for path, name in zip(paths, names, strict=True)]
            self._view_parquet(paths, names, relation)
            return names, (), _patchy(columns, names)
        tables, ragged = [], []
        for path, name in zip(tqdm(paths, desc="reading", unit=" files", delay=2, disable=None), names, strict=True):
            table, bad = read_csv(path, name, str(entry["encoding"] or "utf-8"))
            tables.append(table)
            ragged += [(name, row) for row in bad]
        whole = pa.concat_tables(tables, promote_options="default")
        if not len(whole) and not ragged:
            raise RecordsError(
                "there is a header and no row", place=names[0], code="records.empty",
                next_step="ask for the delivery again, or take the entry out of the manifest",
            )
        self.con.register(relation.strip('"'), whole)
        return names, tuple(ragged), _patchy([table.column_names for table in tables], names)

    def _view_parquet(self, paths: Sequence[Path], names: Sequence[str], relation: str) -> None:
        listed = ", ".join(literal(path.as_posix()) for path in paths)
        known = ", ".join(f"{literal(path.as_posix())}: {literal(name)}" for path, name in zip(paths, names, strict=True))
        self.con.execute(
            f"""CREATE TEMP VIEW {relation} AS SELECT * EXCLUDE (file_row_number, filename),
                file_row_number + 1 AS "{ROW}", MAP {{{known}}}[filename] AS "{FILE}"
                FROM read_parquet([{listed}], union_by_name = TRUE, filename = TRUE, file_row_number = TRUE)"""
        )

    def _types(self, relation: str) -> dict[str, str]:
        rows = self.con.execute(f"DESCRIBE {relation}").fetchall()
        return {str(name): str(kind) for name, kind, *_ in rows if name not in (ROW, FILE)}

    def _queried(self, source: Source) -> Source:
        entry, relation = source.entry, f'"query {len(self.titles)}"'
        hidden = f'EXCLUDE ("{ROW}", "{FILE}")'
        self.con.execute(
            f'CREATE OR REPLACE TEMP VIEW source AS SELECT * {hidden}, "{FILE}" AS filename FROM {source.relation}'
        )
        with refusing(entry.place, "query"):
            self.con.execute(
                f"""CREATE TEMP TABLE {relation} AS SELECT *, row_number() OVER () AS "{ROW}", 'query' AS "{FILE}"
                    FROM ({str(entry['query']).strip().rstrip(';')})"""
            )
        return Source(entry, source.title, relation, self._types(relation), ("query",), source.ragged)


def _arrow(frame: Any, place: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(
            "frame is no DataFrame", place=place, code="manifest.frame", allowed="a pandas DataFrame or Arrow table",
            next_step="write file: for a path",
        )
    columns = {str(name): _plain(frame[name]) for name in frame.columns}
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def _plain(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype != object and not isinstance(values.dtype, pd.PeriodDtype):
        return values
    return values.astype(object).where(values.notna(), None).map(str, na_action="ignore")


def _patchy(columns: Sequence[Sequence[str]], names: Sequence[str]) -> dict[str, str]:
    return {
        column: name
        for have, name in zip(reversed(columns), reversed(names), strict=True)
        for column in {c for other in columns for c in other} - set(have)
    }
