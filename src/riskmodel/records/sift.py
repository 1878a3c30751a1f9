"""Every row accounted for: what is used, what is a copy, what is bad and why, source by source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from riskmodel.errors import RecordsError
from riskmodel.keys import Span
from riskmodel.records import checks
from riskmodel.records.cells import unpivot
from riskmodel.records.checks import quoted, verdict
from riskmodel.records.columns import Columns
from riskmodel.records.files import COPY, FILE, ROW
from riskmodel.records.manifest import Manifest
from riskmodel.records.personal import refuse_personal_numbers
from riskmodel.records.readers import Reader, Source, refusing
from riskmodel.records.tables import COUNTS, QUARANTINE, SCHEMAS

_ADVICE = {
    checks.NO_DATE: "give date_format as the file writes its dates",
    checks.NO_ID: "check that the id column is the right one",
    checks.UNKNOWN_CODE: "add the codes to the catalogue",
    checks.NO_NUMBER: "check that the column holds numbers",
    checks.OUT_OF_RANGE: "check the unit, or the catalogue's minimum and maximum",
    checks.DUPLICATE: "check whether the same delivery stands twice in the file",
    checks.RAGGED: "check whether the file's separator also stands inside its cells",
}


class Sieve:
    """Reads the sources of one manifest, and keeps account of their rows.

    Rows land in one staging table of the engine for each table of the records, bad ones with reason and column.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
        self.con, self.manifest = con, manifest
        self.reader = Reader(con, manifest.folder)
        self.sources: list[Source] = []
        self.titles: list[str] = []
        self.read: list[int] = []
        self.cleared: set[tuple[str, str]] = set()
        self.staged: set[str] = set()
        self.fates: list[tuple[int, str, int]] = []
        self.wide: dict[str, list[tuple[str, Span]]] = {}

    def open(self, table: str, *, copies: bool = True) -> Iterator[Columns]:
        """Open the sources of a table one by one, `where` applied and copies marked."""
        entries = list(self.manifest.of(table))
        for entry in tqdm(entries, desc=f"reading {table}", unit=" sources", delay=2, disable=None):
            raw = self.reader.open(entry)
            refuse_personal_numbers(self.con, raw, self.cleared)
            source = self.reader.queried(raw)
            self.sources.append(source)
            self.titles.append(source.title)
            self.read.append(self.one(f"SELECT count(*) FROM {source.relation}") + len(source.ragged))
            yield Columns(source, self._kept(source, copies=copies))

    def read_cells(self, columns: Columns, named: Sequence[tuple[str, str]], *, numbers: bool = False) -> None:
        """Go on cell by cell: from here on the source's counts are those of filled cells."""
        source = columns.source
        cells = unpivot(source, source.relation, named, numbers=numbers)
        self.read[-1] = self.one(f"SELECT count(*) FROM {cells}") + len(source.ragged)
        self.titles[-1] += " (cells)"
        columns.relation = unpivot(source, columns.relation, named, numbers=numbers)

    def table(self, sql: str, name: str) -> pa.Table:
        """Return the rows of a query in the schema of a table."""
        return self.con.sql(sql).to_arrow_table().select(SCHEMAS[name].names).cast(SCHEMAS[name])

    def one(self, sql: str) -> int:
        """Return the number that a query yields."""
        row = self.con.execute(sql).fetchone()
        return int(row[0] or 0) if row else 0

    def stage(self, table: str, columns: Columns, names: str, *, rows: str = "", drop: str = "FALSE") -> None:
        """Judge rows and stage them; good rows for which `drop` holds are left out."""
        number = len(self.sources) - 1
        select = f"""SELECT {number}::SMALLINT AS source, file, row, {names}, reason, blamed
            FROM (SELECT *, {verdict(columns.checks)} FROM ({rows or columns.sql()}))
            WHERE reason IS NOT NULL OR NOT coalesce({drop}, FALSE)"""
        target = quoted(f"staged {table}")
        into = f"INSERT INTO {target}" if table in self.staged else f"CREATE TABLE {target} AS"
        self.con.execute(f"{into} {select}")
        self.staged.add(table)

    def settle(self, table: str, repeated: str) -> None:
        """Name the good rows of a table that tell nothing new (SQL)."""
        if table in self.staged:
            good = quoted(f"good {table}")
            self.con.execute(
                f"""CREATE TABLE {good} AS SELECT *, {repeated} AS is_repeated FROM {quoted(f"staged {table}")}
                    WHERE reason IS NULL"""
            )
            self.settled(
                f"""SELECT source, count(*) AS n, CASE WHEN is_repeated THEN 'repeated' ELSE 'used' END AS fate
                    FROM {good} GROUP BY ALL"""
            )

    def settled(self, sql: str) -> None:
        """Take down how many good rows of a source (columns source, n) met which fate."""
        self.fates += [(int(source), str(fate), int(n)) for source, n, fate in self.con.execute(sql).fetchall()]

    def settled_table(self, table: str) -> pa.Table:
        """Return the good rows of a settled table, in a fixed order."""
        if table not in self.staged:
            return SCHEMAS[table].empty_table()
        names = ", ".join(SCHEMAS[table].names)
        return self.table(f"SELECT {names} FROM {quoted(f'good {table}')} WHERE NOT is_repeated ORDER BY ALL", table)

    def quarantine(self) -> pd.DataFrame:
        """Return all bad rows: source, row, column and reason."""
        found = [self._ragged()]
        for table in sorted(self.staged):
            bad = self.con.execute(
                f"""SELECT source, file, row, blamed AS "column", reason FROM {quoted(f"staged {table}")}
                    WHERE reason IS NOT NULL ORDER BY source, file, row, blamed"""
            ).df()
            found.append(bad)
        whole = pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)
        several = whole["source"].map(lambda number: len(self.sources[number].files) > 1).astype(bool)
        titles = whole["source"].map(lambda number: self.titles[number])
        tables = whole["source"].map(lambda number: f"{self.sources[number].entry.table}: ")
        whole["source"] = titles.where(~several, tables + whole["file"]).astype(str)
        return whole[QUARANTINE].astype({"row": "int64"})

    def check_shares(self) -> None:
        """Stop where too large a share of a source is bad.

        Raises
        ------
        RecordsError
            With the counts by reason and column.
        """
        for number, source in enumerate(self.sources):
            bad = self._reasons(number)
            share = source.entry["max_quarantined"]
            limit = self.manifest.max_quarantined if share is None else float(share)
            whole = self._staged_rows(number) + len(source.ragged)
            if sum(bad.values()) > limit * whole:
                _refuse(source, bad, whole, limit)

    def counts(self) -> pd.DataFrame:
        """Return what became of each source's rows."""
        rows = []
        for number, read in enumerate(self.read):
            fates = {fate: n for source, fate, n in self.fates if source == number}
            fates["quarantined"] = sum(self._reasons(number).values())
            rows.append({"read": read, "excluded": read - sum(fates.values()), **fates})
        index = pd.Index(self.titles, name="source", dtype="object")
        return pd.DataFrame(rows, index=index).reindex(columns=COUNTS).fillna(0).astype("int64")

    def _kept(self, source: Source, *, copies: bool) -> str:
        number = len(self.sources) - 1
        filtered, condition = f"SELECT * FROM {source.relation}", source.entry["where"]
        if condition is not None:
            filtered += f" WHERE ({condition}) IS TRUE"
            with refusing(source.entry.place, "where"):
                self.con.execute(f"SELECT count(*) FROM ({filtered})")
        mark = self._copies(number, source, filtered) if copies else "FALSE"
        kept = quoted(f"kept {number}")
        self.con.execute(f"CREATE TEMP VIEW {kept} AS SELECT *, {mark} AS {quoted(COPY)} FROM ({filtered})")
        return kept

    def _copies(self, number: int, source: Source, filtered: str) -> str:
        whole = ", ".join(quoted(name) for name in (*source.types, FILE))
        name = quoted(f"copies {number}")
        # Hashes find the few candidates; only these are compared cell by cell.
        self.con.execute(
            f"""CREATE TEMP TABLE {name} AS SELECT {quoted(FILE)}, {quoted(ROW)} FROM (
                    SELECT *, row_number() OVER (PARTITION BY {whole} ORDER BY {quoted(ROW)}) AS copy
                    FROM ({filtered}) WHERE hash({whole}) IN (
                        SELECT hash({whole}) FROM ({filtered}) GROUP BY 1 HAVING count(*) > 1))
                WHERE copy > 1"""
        )
        if not self.one(f"SELECT count(*) FROM {name}"):
            return "FALSE"
        return f"({quoted(FILE)}, {quoted(ROW)}) IN (FROM {name})"

    def _ragged(self) -> pd.DataFrame:
        rows = [(n, file, row, None, checks.RAGGED) for n, s in enumerate(self.sources) for file, row in s.ragged]
        return pd.DataFrame(rows, columns=["source", "file", "row", "column", "reason"])

    def _reasons(self, number: int) -> dict[tuple[str, str | None], int]:
        source = self.sources[number]
        staged = quoted(f"staged {source.entry.table}")
        found = self.con.execute(
            f"""SELECT reason, blamed, count(*) FROM {staged} WHERE source = {number} AND reason IS NOT NULL
                GROUP BY ALL ORDER BY 3 DESC, 1, 2"""
        ).fetchall()
        ragged = {(checks.RAGGED, None): len(source.ragged)} if source.ragged else {}
        return {(reason, blamed): int(n) for reason, blamed, n in found} | ragged

    def _staged_rows(self, number: int) -> int:
        table = self.sources[number].entry.table
        return self.one(f"SELECT count(*) FROM {quoted(f'staged {table}')} WHERE source = {number}")


def _refuse(source: Source, bad: dict[tuple[str, str | None], int], whole: int, limit: float) -> None:
    listed = [f"{n:,} {reason}{'' if column is None else f' (column {column})'}" for (reason, column), n in bad.items()]
    n = sum(bad.values())
    raise RecordsError(
        f"{n:,} of {whole:,} rows cannot be used ({n / whole:.1%}): {'; '.join(listed)}",
        place=f"{source.entry.place}, {source.title}",
        code="records.quarantined",
        allowed=f"at most {limit:.1%} (max_quarantined)",
        next_step=_ADVICE[next(iter(bad))[0]],
    )
