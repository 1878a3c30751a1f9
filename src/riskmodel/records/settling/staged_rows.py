"""Every staged row counted, source by source: used, repeated, out of bounds, or bad and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.records.engine import identifier, literal, number_of
from riskmodel.records.settling.too_many_bad import BadRows, refuse
from riskmodel.records.sources import row_checks
from riskmodel.records.staging.staged_source import StagedSource, staged_table
from riskmodel.records.table_schemas import COUNTS, QUARANTINE, SCHEMAS, SERVICE_TABLES

# In this order sources are read and counted: people must be known before their facts are linked.
ORDER = (
    *("members", "events", "attributes", "contacts", "lists", *SERVICE_TABLES),
    *("coverage", "deliveries"),
)
_QUARANTINE = pa.schema(
    [("source", pa.string()), ("row", pa.int64()), ("column", pa.string()), ("reason", pa.string())]
)


class ReplacedFile(NamedTuple):
    """A file of a batch, which a later batch brought anew: the source's place, and when."""

    source: int
    file: str
    batch: int
    next_batch: int
    day: str
    number: int


class RowCount(NamedTuple):
    """How many good rows of a source and batch have a status.

    They are used, corrected (used, where an earlier delivery told otherwise), repeated or
    out_of_bounds. The batch of zeros is not told.
    """

    source: int
    status: str
    rows: int
    batch: int | None = None


class StagedRows:
    """The rows staged in one engine, and the status of each.

    Parameters
    ----------
    con : DuckDBPyConnection
        With one table ``staged NAME`` for each of `tables`, whose column `source` is a place in
        `sources`.
    sources : sequence of StagedSource
    tables : set of str
    day : numpy.datetime64
        Of the delivery of rows that state no day.
    replaced : sequence of ReplacedFile
        The files that came again and replaced what they held.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        sources: Sequence[StagedSource],
        tables: set[str],
        day: np.datetime64,
        replaced: Sequence[ReplacedFile] = (),
    ) -> None:
        self.con, self.sources, self.tables = con, sources, tables
        self.day, self.replaced = day, replaced
        self.row_counts: list[RowCount] = []

    def count_good(self, table: str) -> None:
        """Count the good rows of a settled table: used, corrected or repeated."""
        good = identifier(good_table(table))
        self.count(
            f"""
            SELECT
                source,
                CASE
                    WHEN is_repeated THEN 'repeated'
                    WHEN is_corrected THEN 'corrected'
                    ELSE 'used'
                END AS status,
                count(*),
                batch
            FROM {good}
            GROUP BY ALL
            """
        )

    @property
    def delivered_on(self) -> str:
        """The SQL of the day of a staged row's delivery."""
        return f"coalesce(delivered_on, DATE '{self.day}')"

    @property
    def delivery(self) -> str:
        """The SQL of the number of a staged row's delivery among those of its day."""
        return "coalesce(delivery, CASE WHEN delivered_on IS NULL THEN 1 ELSE 0 END)"

    def count(self, sql: str) -> None:
        """Count good rows by the query's columns: source, status, number of rows, batch."""
        for source, status, rows, batch in self.con.execute(sql).fetchall():
            self.row_counts.append(RowCount(int(source), str(status), int(rows), int(batch)))

    def count_zeros(self, since: np.datetime64 | None, today: np.datetime64) -> None:
        """Count the cells that are not staged, by whether their day lies in bounds."""
        for number, source in enumerate(self.sources):
            for day, rows in source.zeros.items():
                status = "used" if is_in_bounds(day, since, today) else "out_of_bounds"
                self.row_counts.append(RowCount(number, status, rows))

    def settled_rows(self, table: str) -> str:
        """Return the SQL of the good rows of a settled table, in a fixed order."""
        return f"""
            SELECT {", ".join(map(identifier, SCHEMAS[table].names))}
            FROM {identifier(good_table(table))}
            WHERE NOT is_repeated
            ORDER BY ALL
        """

    def quarantine(self) -> pd.DataFrame:
        """Return all bad rows: source, row, column and reason."""
        rows = []
        for source in self.sources:
            for file, row in source.ragged:
                rows.append((_name_of_file(source, file), row, None, row_checks.RAGGED))
        for table in sorted(self.tables):
            bad = self.con.execute(
                f"""
                SELECT source, file, row, blamed, reason
                FROM {identifier(staged_table(table))}
                WHERE reason IS NOT NULL
                ORDER BY source, file, row, blamed, reason
                """
            )
            for number, file, row, column, reason in bad.fetchall():
                rows.append((_name_of_file(self.sources[number], file), row, column, reason))
        named = [dict(zip(QUARANTINE, row, strict=True)) for row in rows]
        return pa.Table.from_pylist(named, _QUARANTINE).to_pandas()

    def check_shares(self) -> None:
        """Stop where too large a share of a source is bad.

        Raises
        ------
        RecordsError
            With the counts by reason and column.
        """
        for number, source in enumerate(self.sources):
            bad = self._bad_rows(number)
            staged = identifier(staged_table(source.table))
            rows = number_of(self.con, f"SELECT count(*) FROM {staged} WHERE source = {number}")
            rows += len(source.ragged) + sum(source.zeros.values())
            if sum(part.rows for part in bad) > source.limit * rows:
                refuse(source, bad, rows)

    def counts(self) -> pd.DataFrame:
        """Return how many rows of each source have which status."""
        rows = []
        for number, source in enumerate(self.sources):
            by_status = Counter[str]()
            for count in self.row_counts:
                status = "used" if count.status == "corrected" else count.status
                by_status[status] += count.rows if count.source == number else 0
            by_status["quarantined"] = sum(part.rows for part in self._bad_rows(number))
            excluded = source.read - sum(by_status.values())
            rows.append({"read": source.read, "excluded": excluded, **by_status})
        index = source_index([source.title for source in self.sources])
        return pd.DataFrame(rows, index=index).reindex(columns=COUNTS).fillna(0).astype("int64")

    def by_batch(self) -> dict[int, Counter[str]]:
        """Return how many staged rows of each batch have which status."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for count in self.row_counts:
            if count.batch is not None:
                found[count.batch][count.status] += count.rows
        for table in sorted(self.tables):
            staged = identifier(staged_table(table))
            bad = f"SELECT batch, count(*) FROM {staged} WHERE reason IS NOT NULL GROUP BY batch"
            for batch, rows in self.con.execute(bad).fetchall():
                found[batch]["quarantined"] += rows
        return dict(found)

    def _bad_rows(self, number: int) -> list[BadRows]:
        source = self.sources[number]
        rows = self.con.execute(
            f"""
            SELECT reason, blamed, count(*) AS n
            FROM {identifier(staged_table(source.table))}
            WHERE source = {number} AND reason IS NOT NULL
            GROUP BY reason, blamed
            ORDER BY n DESC, reason, blamed
            """
        ).fetchall()
        ragged = BadRows(row_checks.RAGGED, None, len(source.ragged))
        return [BadRows(*row) for row in rows] + ([ragged] if ragged.rows else [])

    def text_of_source(self, texts: Sequence[str | None], number: str) -> str:
        """Return the SQL of one text for each source, whose number is the SQL `number`."""
        listed = ", ".join("NULL" if text is None else literal(text) for text in texts)
        return f"list_extract([{listed}]::VARCHAR[], {number} + 1)"


def is_in_bounds(day: str, since: np.datetime64 | None, today: np.datetime64) -> bool:
    """Tell whether a day lies in the bounds of the records."""
    has_begun = since is None or np.datetime64(day) >= since
    return bool(has_begun and np.datetime64(day) < today)


def good_table(table: str) -> str:
    """Return the engine's name of the good rows of a table."""
    return f"good {table}"


def source_index(titles: Sequence[str]) -> pd.Index:
    """Return the index of a frame with one row per source."""
    return pd.Index(list(titles), name="source", dtype="object")


def _name_of_file(source: StagedSource, file: str) -> str:
    return f"{source.table}: {file}" if len(source.files) > 1 else source.title
