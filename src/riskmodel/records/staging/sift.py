"""Sources opened one by one, their rows judged and staged: good ones, and bad ones with reason and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import duckdb
from tqdm import tqdm

from riskmodel.records.engine import identifier, number_of
from riskmodel.records.sources.cells import unpivot
from riskmodel.records.sources.checks import verdict
from riskmodel.records.sources.columns import Columns
from riskmodel.records.sources.files import COPY, FILE, ROW
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.sources.personal import refuse_personal_numbers
from riskmodel.records.sources.readers import Reader, Source, refusing
from riskmodel.records.staging.accounts import Account, wide_table


class Sieve:
    """Reads the sources of one manifest.

    Rows land in one staging table of the engine for each table of the records, bad ones with reason and column.

    Parameters
    ----------
    con : DuckDBPyConnection
    manifest : Manifest
    only : mapping of str to sequence of Path, optional
        The sources to read, by name, and the files of each; default: all that the manifest names.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        manifest: Manifest,
        only: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self.con, self.manifest, self.only = con, manifest, only
        self.reader = Reader(con, manifest.folder, only)
        self.accounts: list[Account] = []
        self.cleared: set[tuple[str, str]] = set()
        self.staged: set[str] = set()
        self.named: set[str] = set()

    def open(self, table: str, *, copies: bool = True) -> Iterator[Columns]:
        """Open the sources of a table one by one, `where` applied and copies marked."""
        read = [entry for entry in self.manifest.of(table) if entry.is_read]
        entries = [entry for entry in read if self.only is None or entry.title in self.only]
        for entry in tqdm(entries, desc=f"reading {table}", unit=" sources", delay=2, disable=None):
            raw = self.reader.open(entry)
            refuse_personal_numbers(self.con, raw, self.cleared)
            source = self.reader.queried(raw)
            self.accounts.append(self._account(source))
            yield Columns(source, self._kept(source, copies=copies))

    def read_cells(
        self,
        columns: Columns,
        named: Sequence[tuple[str, str]],
        *,
        numbers: bool = False,
        left_out: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Go on cell by cell: from here on the source's counts are those of filled cells."""
        source = columns.source
        cells = unpivot(source, source.relation, named, numbers=numbers)
        read = number_of(self.con, f"SELECT count(*) FROM {cells}") + len(source.ragged)
        self.accounts[-1] = replace(self.accounts[-1], read=read, cells=True)
        columns.relation = unpivot(
            source, columns.relation, named, numbers=numbers, left_out=left_out
        )

    def keep_wide(self, sql: str, lags: Mapping[str, str], counted: Sequence[str]) -> None:
        """Keep the rows of a wide source beside its cells, and count the zeros that are not staged.

        Parameters
        ----------
        sql : str
        lags : mapping of str to str
            Of each feed, how long it waits until it is known.
        counted : sequence of str
            The columns of these rows whose zeros are counted by day, and not staged one by one.
        """
        table = identifier(wide_table(len(self.accounts) - 1))
        self.con.execute(f"CREATE TABLE {table} AS {sql}")
        zeros = " + ".join(f"count(*) FILTER ({identifier(cell)} = 0)" for cell in counted) or "0"
        by_day = self.con.execute(
            f"SELECT event_date::VARCHAR, {zeros} FROM {table} GROUP BY 1 ORDER BY 1"
        ).fetchall()
        none = {day: int(n) for day, n in by_day if n}
        self.accounts[-1] = replace(self.accounts[-1], wide=dict(lags), none=none)

    def to_be_linked(self, column: str) -> None:
        """Take down that the facts of the source are those of people or dwellings, named in a column."""
        self.accounts[-1] = replace(self.accounts[-1], linked_by=column)

    def stage(
        self, table: str, columns: Columns, names: str, *, rows: str = "", drop: str = "FALSE"
    ) -> None:
        """Judge rows and stage them; good rows for which `drop` holds are left out."""
        number = len(self.accounts) - 1
        select = f"""SELECT {number}::SMALLINT AS source, file, row, {names}, reason, blamed
            FROM (SELECT *, {verdict(columns.checks)} FROM ({rows or columns.sql()}))
            WHERE reason IS NOT NULL OR NOT coalesce({drop}, FALSE)"""
        target = identifier(f"staged {table}")
        into = f"INSERT INTO {target}" if table in self.staged else f"CREATE TABLE {target} AS"
        self.con.execute(f"{into} {select}")
        self.staged.add(table)

    def _account(self, source: Source) -> Account:
        entry, share = source.entry, source.entry["max_quarantined"]
        return Account(
            table=entry.table,
            source=entry.title,
            place=entry.place,
            files=source.files,
            read=number_of(self.con, f"SELECT count(*) FROM {source.relation}")
            + len(source.ragged),
            limit=self.manifest.max_quarantined if share is None else float(share),
            ragged=source.ragged,
            tells=entry.tells,
            corrects=entry["fact_id"] is not None,
        )

    def _kept(self, source: Source, *, copies: bool) -> str:
        number = len(self.accounts) - 1
        filtered, condition = f"SELECT * FROM {source.relation}", source.entry["where"]
        if condition is not None:
            filtered += f" WHERE ({condition}) IS TRUE"
            with refusing(source.entry.place, "where"):
                self.con.execute(f"SELECT count(*) FROM ({filtered})")
        mark = self._copies(number, source, filtered) if copies else "FALSE"
        kept = identifier(f"kept {number}")
        self.con.execute(
            f"CREATE TEMP VIEW {kept} AS SELECT *, {mark} AS {identifier(COPY)} FROM ({filtered})"
        )
        return kept

    def _copies(self, number: int, source: Source, filtered: str) -> str:
        whole = ", ".join(identifier(name) for name in (*source.types, FILE))
        name = identifier(f"copies {number}")
        # Hashes find the few candidates; only these are compared cell by cell.
        self.con.execute(
            f"""CREATE TEMP TABLE {name} AS SELECT {identifier(FILE)}, {identifier(ROW)} FROM (
                    SELECT *, row_number() OVER (PARTITION BY {whole} ORDER BY {identifier(ROW)}) AS copy
                    FROM ({filtered}) WHERE hash({whole}) IN (
                        SELECT hash({whole}) FROM ({filtered}) GROUP BY 1 HAVING count(*) > 1))
                WHERE copy > 1"""
        )
        if not number_of(self.con, f"SELECT count(*) FROM {name}"):
            return "FALSE"
        return f"({identifier(FILE)}, {identifier(ROW)}) IN (FROM {name})"
