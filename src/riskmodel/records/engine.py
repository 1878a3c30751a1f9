"""How DuckDB is opened: memory and threads, quoted names and texts, one query over one table."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa
from joblib import cpu_count

from riskmodel.disks import disk_error_in, no_space
from riskmodel.errors import DiskError, RecordsError, RiskmodelError

_PREFIX = "riskmodel-"
# Which of them a disk gives depends on the moment: while writing, at a commit, and ever after.
_STOPPED = (
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.OutOfMemoryException,
)
STAGING_MEMORY, SCAN_MEMORY = "3GB", "600MB"
# Neither a variable of Python that is called like a table, nor an extension, is ever loaded.
_CLOSED = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

# An engine keeps what it read of a file, and a file may be replaced between two scans.
_SCANNING: dict[str, Any] = {"preserve_insertion_order": False, "enable_external_file_cache": False}
_SHOWS_PROGRESS: list[bool] = []
_SHARED: ContextVar[duckdb.DuckDBPyConnection | None] = ContextVar("shared engine", default=None)

Relation: TypeAlias = pa.Table | str
"""What DuckDB scans: an Arrow table, or the glob of Parquet files."""


@contextmanager
def staging_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine whose tables lie in a temporary folder and need not fit into memory."""
    with (
        telling_disks(),
        _temporary_folder() as folder,
        _connect(folder, STAGING_MEMORY, database=str(Path(folder) / "records.duckdb")) as con,
    ):
        yield con


@contextmanager
def scan_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that scans tables and keeps none; only a query's ORDER BY orders rows.

    Within `one_scan_engine` it is a cursor of the shared engine, with temporary views of its own.
    """
    shared = _SHARED.get()
    with telling_disks():
        if shared is None:
            with _temporary_folder() as folder, _connect(folder, SCAN_MEMORY, **_SCANNING) as con:
                yield con
        else:
            with shared.cursor() as con:
                _hide_progress(con)
                yield con


@contextmanager
def one_scan_engine() -> Iterator[None]:
    """Let the scans of a block share one engine; to open one takes longer than most scans.

    Not around the `yield` of a generator, whose caller would share it.
    """
    if _SHARED.get() is not None:
        yield
        return
    with scan_engine() as con:
        before = _SHARED.set(con)
        try:
            yield
        finally:
            _SHARED.reset(before)


@contextmanager
def locked_engine(paths: Iterable[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine for SQL that a user wrote: it writes no file, and reads none but `paths`.

    Parameters
    ----------
    paths : iterable of Path
        Absolute paths.
    """
    allowed = literals(text for path in paths for text in (path.as_posix(), as_pattern(path)))
    with telling_disks(), _temporary_folder() as folder, _connect(folder, STAGING_MEMORY) as con:
        con.execute(f"SET allowed_paths = {allowed}")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        yield con


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)


def _connect(
    folder: str, memory: str, *, database: str = ":memory:", **settings: Any
) -> duckdb.DuckDBPyConnection:
    policy = {"threads": cpu_count(), "memory_limit": memory, "temp_directory": folder}
    con = duckdb.connect(database, config=policy | _CLOSED | settings)
    _hide_progress(con)
    return con


def _hide_progress(con: duckdb.DuckDBPyConnection) -> None:
    """Show no progress bar: it would stand among the results on standard output."""
    # asked once: the answer is that of the process, and takes as long as a small query
    if not _SHOWS_PROGRESS:
        (is_shown,) = con.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0]
        _SHOWS_PROGRESS.append(is_shown)

    # where none can be shown, as in a notebook without ipywidgets, DuckDB refuses to change it
    if _SHOWS_PROGRESS[0]:
        con.execute("SET enable_progress_bar = false")


def query(relation: Relation, sql: str, **values: object) -> pd.DataFrame:
    """Run one SELECT over a table, which it calls `source`.

    Parameters
    ----------
    relation : pyarrow.Table or str
        A table, or the glob of Parquet files.
    sql : str
        May name parameters, such as ``$codes``.
    **values
        The parameters' values.

    Examples
    --------
    >>> table = pa.table({"code": ["rent", "fire", "rent"]})
    >>> query(table, "SELECT count(*) AS n FROM source WHERE code = $code", code="rent")["n"].item()
    2
    """
    with scan_engine() as con:
        name_source(con, relation)
        return con.execute(sql, values).df()


def name_source(con: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Let queries call a table `source`."""
    name_relation(con, "source", relation)


def name_relation(con: duckdb.DuckDBPyConnection, name: str, relation: Relation) -> None:
    """Let queries of this connection alone call a table by a name."""
    if isinstance(relation, str):
        files = f"read_parquet({literal(relation)}, hive_partitioning => false)"
        con.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS FROM {files}")
    else:
        con.register(name, relation)


def number_of(con: duckdb.DuckDBPyConnection, sql: str, **values: object) -> int:
    """Return the number that a query yields, 0 for none."""
    # all rows: a result half read would hold the engine
    rows = con.execute(sql, values).fetchall()
    return int(rows[0][0] or 0) if rows else 0


def as_pattern(path: Path) -> str:
    """Return a path as the engine reads it, which takes every path for a pattern of files.

    Examples
    --------
    >>> as_pattern(Path("data[1].parquet"))
    'data[[]1].parquet'
    """
    return re.sub(r"([*?[])", r"[\1]", path.as_posix())


def identifier(name: str) -> str:
    """Return the name of a table or column in SQL.

    Examples
    --------
    >>> print(identifier('net "monthly" income'))
    "net ""monthly"" income"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in SQL.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return texts as a list in SQL.

    Examples
    --------
    >>> literals(["rent", "fire"])
    "['rent', 'fire']::VARCHAR[]"
    """
    return f"[{', '.join(map(literal, texts))}]::VARCHAR[]"


@contextmanager
def telling_disks() -> Iterator[None]:
    """Tell of disks and memory that stop the engine, which are no fault of the rows.

    Raises
    ------
    DiskError
        If the engine cannot write, or cannot find its own files any more.
    RiskmodelError
        If it needs more memory than there is.
    """
    try:
        yield
    except _STOPPED as error:
        refusal = _refusal_of(error)
        if refusal is None:
            raise
        raise refusal from None


def _refusal_of(error: duckdb.Error) -> RiskmodelError | None:
    """Return what a disk or memory refused, None where the files that are read are at fault."""
    text, temporary = str(error), tempfile.gettempdir()
    told = disk_error_in(error, temporary)
    if told is not None:
        return told
    if "max_temp_directory_size" in text:
        return no_space(temporary)
    if isinstance(error, duckdb.OutOfMemoryException):
        return RiskmodelError(
            "the engine needs more memory than is free",
            code="engine.memory",
            next_step="end other programs, then run this again",
        )
    if "temporary file" in text or (Path(temporary) / _PREFIX).as_posix() in text:
        return DiskError(
            "a temporary file was changed or taken away while it was in use",
            place=temporary,
            code="disk.temporary",
            next_step="let nothing clear this folder while riskmodel runs, then run this again",
        )
    return None


@contextmanager
def hiding_values() -> Iterator[None]:
    """Replace the engine's messages, which may quote a cell."""
    try:
        with telling_disks():
            yield
    except duckdb.Error as error:
        raise RecordsError(
            f"reading stopped ({type(error).__name__})",
            code="records.engine",
            next_step="give each file an entry of its own, to see which one holds what cannot be "
            "read",
        ) from None
