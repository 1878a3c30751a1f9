"""Sources opened one by one, their rows checked and staged in one engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
from tqdm import tqdm

from riskmodel.records.engine import identifier, literal, number_of
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.day_columns import check_date_format, read_delivery_day
from riskmodel.records.sources.decimal_marks import with_decimal_marks
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import COPY, FILE, ROW
from riskmodel.records.sources.personal import refuse_personal_numbers
from riskmodel.records.sources.readers import QUERY, Reader
from riskmodel.records.sources.row_checks import verdict
from riskmodel.records.sources.source import Source
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.sources.wide_cells import NamedColumn, unpivot
from riskmodel.records.staging.staged_source import (
    SPELLED,
    StagedSource,
    create_spelled,
    staged_table,
    wide_table,
)
from riskmodel.records.staging.unread_days import DaysUnread, unread_days


class Stager:
    """Reads sources and stages their rows: one table of the engine for each table of the records.

    Parameters
    ----------
    con : DuckDBPyConnection
    entries : sequence of Entry
        The manifest's sources.
    folder : Path
        Where their files lie.
    max_quarantined : float
        Share of bad rows above which reading stops, for entries without a share of their own.
    files : mapping of str to sequence of Path, optional
        The sources to read, by title, and the files of each; default: all that the entries name.

    Attributes
    ----------
    sources : list of StagedSource
        Those read so far; the column ``source`` of a staged row is a place in this list.
    tables : set of str
        The tables that have staged rows.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        entries: Sequence[Entry],
        folder: Path,
        max_quarantined: float,
        files: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self.con, self.entries, self.files = con, entries, files
        self.max_quarantined = max_quarantined
        self.reader = Reader(con, folder, files)
        self.sources: list[StagedSource] = []
        self.tables: set[str] = set()
        self._cleared: set[tuple[str, str]] = set()
        create_spelled(con)

    @property
    def codes(self) -> set[str]:
        """The codes that the sources name, with or without rows."""
        return {code for source in self.sources for code in source.codes}

    def open(self, table: str, *, marks_copies: bool = True) -> Iterator[Columns]:
        """Open the sources of a table one by one, `where` applied and copies marked."""
        entries = [entry for entry in self.entries if entry.table == table and self._reads(entry)]
        for entry in tqdm(entries, desc=f"reading {table}", unit=" sources", delay=2, disable=None):
            raw = self.reader.open(entry)
            refuse_personal_numbers(self.con, raw, self._cleared)
            source = with_decimal_marks(self.con, self.reader.queried(raw))
            self.sources.append(self._staged_source(source))
            self._keep_spellings(source)
            filtered = self._filter(source)
            is_copy = self._find_copies(source, filtered) if marks_copies else "FALSE"
            columns = Columns(source, self._mark_copies(filtered, is_copy))
            read_delivery_day(columns)
            yield columns

    def read_cells(
        self,
        columns: Columns,
        named: Sequence[NamedColumn],
        *,
        numbers: bool = False,
        left_out: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Go on cell by cell: from here on, filled cells are counted instead of rows."""
        source = columns.source
        cells = unpivot(source, source.relation, named, numbers=numbers)
        read = number_of(self.con, f"SELECT count(*) FROM {cells}") + len(source.ragged)
        self.amend(read=read, counts_cells=True)
        columns.used.update(column for column, _ in named)
        columns.relation = unpivot(
            source, columns.relation, named, numbers=numbers, left_out=left_out
        )

    def keep_wide(self, sql: str, lags: Mapping[str, str], counted: Sequence[str]) -> None:
        """Keep the rows of a wide source beside its cells, and count the zeros that are not staged.

        Parameters
        ----------
        sql : str
        lags : mapping of str to str
            Of each feed, the lag after which it is known.
        counted : sequence of str
            The columns of these rows whose zeros are counted by day, and not staged one by one.
        """
        table = identifier(wide_table(self._number))
        zeros = " + ".join(f"count(*) FILTER ({identifier(cell)} = 0)" for cell in counted) or "0"
        self.con.execute(f"CREATE TABLE {table} AS {sql}")
        by_day = self.con.execute(
            f"""
            SELECT event_date::VARCHAR, {zeros}
            FROM {table}
            GROUP BY 1
            ORDER BY 1
            """
        ).fetchall()
        self.amend(wide_lags=dict(lags), zeros={day: int(n) for day, n in by_day if n})

    def amend(self, **changes: Any) -> None:
        """Change what is known of the source that was opened last."""
        self.sources[-1] = replace(self.sources[-1], **changes)

    def stage(
        self, table: str, columns: Columns, names: str, *, rows: str = "", drop: str = "FALSE"
    ) -> None:
        """Check rows and stage them; good rows for which `drop` holds are left out."""
        target = identifier(staged_table(table))
        into = f"INSERT INTO {target}" if table in self.tables else f"CREATE TABLE {target} AS"
        self.con.execute(
            f"""
            {into}
            SELECT {self._number}::SMALLINT AS source, file, row, delivered_on, {names},
                reason, blamed
            FROM (
                SELECT *, {verdict(columns.checks)}
                FROM ({rows or columns.sql()})
            )
            WHERE reason IS NOT NULL OR NOT coalesce({drop}, FALSE)
            """
        )
        self.tables.add(table)
        check_date_format(columns)
        self.amend(look_alikes=columns.look_alikes(), unread_days=self._unread_days(table, columns))

    def _unread_days(self, table: str, columns: Columns) -> dict[str, DaysUnread]:
        """Return for each column with days that cannot be read how they are written."""
        rows = self.con.execute(
            f"""
            SELECT DISTINCT blamed
            FROM {identifier(staged_table(table))}
            WHERE source = {self._number} AND reason = {literal(row_checks.NO_DATE)}
            """
        ).fetchall()
        return unread_days(self.con, columns, {column for (column,) in rows})

    @property
    def _number(self) -> int:
        return len(self.sources) - 1

    def _reads(self, entry: Entry) -> bool:
        return entry.is_read and (self.files is None or entry.title in self.files)

    def _staged_source(self, source: Source) -> StagedSource:
        entry, share = source.entry, source.entry["max_quarantined"]
        rows = number_of(self.con, f"SELECT count(*) FROM {source.relation}")
        return StagedSource(
            table=entry.table,
            name=entry.title,
            place=entry.place,
            files=source.files,
            read=rows + len(source.ragged),
            limit=self.max_quarantined if share is None else float(share),
            ragged=source.ragged,
            identity=entry.identity,
            corrects=entry["fact_id"] is not None,
            open_ends=source.open_ends,
        )

    def _keep_spellings(self, source: Source) -> None:
        if source.spellings is None:
            return
        is_queried = source.entry["query"] is not None
        file = f"'{QUERY}'" if is_queried else "file"
        self.con.execute(
            f"""
            INSERT INTO {SPELLED}
            SELECT {self._number}, {file}, id, first(written ORDER BY file)
            FROM {source.spellings}
            GROUP BY ALL
            """
        )

    def _filter(self, source: Source) -> str:
        """Return the name of the rows for which the entry's `where` holds."""
        view = identifier(f"filtered {self._number}")
        self.reader.filtered(source, view)
        return view

    def _mark_copies(self, filtered: str, is_copy: str) -> str:
        view = identifier(f"kept {self._number}")
        self.con.execute(
            f"""
            CREATE TEMP VIEW {view} AS
            SELECT *, {is_copy} AS {identifier(COPY)}
            FROM {filtered}
            """
        )
        return view

    def _find_copies(self, source: Source, filtered: str) -> str:
        """Return the SQL of whether a row equals an earlier one of its file in all columns."""
        cells = ", ".join(map(identifier, (*source.types, FILE)))
        file, row = identifier(FILE), identifier(ROW)
        copies = identifier(f"copies {self._number}")
        # Hashes find the few candidates; only these are compared cell by cell.
        self.con.execute(
            f"""
            CREATE TEMP TABLE {copies} AS
            SELECT {file}, {row}
            FROM {filtered}
            WHERE hash({cells}) IN (
                SELECT hash({cells})
                FROM {filtered}
                GROUP BY 1
                HAVING count(*) > 1
            )
            QUALIFY row_number() OVER (PARTITION BY {cells} ORDER BY {row}) > 1
            """
        )
        if not number_of(self.con, f"SELECT count(*) FROM {copies}"):
            return "FALSE"
        return f"({file}, {row}) IN (FROM {copies})"
