"""The engine in which one load is read: its memory and threads, and no word of it that could quote a cell."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from riskmodel.errors import RecordsError

MEMORY = "3GB"


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine whose tables lie in a temporary folder, so that what is large need not fit into memory."""
    with tempfile.TemporaryDirectory(prefix="riskmodel-", ignore_cleanup_errors=True) as folder:
        database = Path(folder) / "records.duckdb"
        threads = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
        settings = {"memory_limit": MEMORY, "temp_directory": folder, "threads": threads}
        with duckdb.connect(str(database), config=settings) as con:
            yield con


@contextmanager
def guarding() -> Iterator[None]:
    """Let no message of the engine through: it may quote a cell."""
    try:
        yield
    except duckdb.Error as error:
        raise RecordsError(
            f"reading stopped ({type(error).__name__})",
            code="records.engine",
            next_step="check the space left on disk and in memory, then the files themselves",
        ) from None


def number_of(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Return the number that a query yields, 0 for none."""
    # all rows: a result half read would hold the engine
    rows = con.execute(sql).fetchall()
    return int(rows[0][0] or 0) if rows else 0
