"""Every staged row accounted for: what is used, what tells nothing new, what is bad and why, source by source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.errors import RecordsError
from riskmodel.records.engine import identifier, literal, number_of
from riskmodel.records.sources import checks
from riskmodel.records.staging.accounts import Account
from riskmodel.records.tables import COUNTS, QUARANTINE, SCHEMAS

# In this order sources are read and counted: whose facts are whose must be known first.
ORDER = ("members", "events", "attributes", "contacts", "coverage", "deliveries")
_QUARANTINE = pa.schema(
    [("source", pa.string()), ("row", pa.int64()), ("column", pa.string()), ("reason", pa.string())]
)
ADVICE = {
    checks.NO_DATE: "give date_format as the file writes its dates, one column's as {column: NAME, date_format: ...}",
    checks.NO_ID: "check that the id column is the right one",
    checks.NO_HOUSEHOLD: "check that members holds these people, and over these dates",
    checks.NO_RESIDENT: "check that members holds these dwellings, and over these dates",
    checks.UNKNOWN_CODE: "add the codes to the catalogue",
    checks.UNKNOWN_RESULT: "map each of the column's codes: result: {column: NAME, map: {'01': word}}, in quotes",
    checks.NO_ROUND: "check rounds: a month names a round where exactly one lies in it",
    checks.UNKNOWN_WORD: "map the column's words: delivered: {column: NAME, map: {received: true, missed: false}}",
    checks.NO_PERIOD: "check from and to; 99991231 and a blank are no end",
    checks.NO_NUMBER: "check that the column holds numbers",
    checks.OUT_OF_RANGE: "check the unit, or the catalogue's minimum and maximum",
    checks.DUPLICATE: "check whether the same delivery stands twice in the file",
    checks.RAGGED: "check whether the file's separator also stands inside its cells",
}


class Ledger:
    """Keeps account of the rows staged in one engine.

    Parameters
    ----------
    con : DuckDBPyConnection
        With one table ``staged NAME`` for each of `staged`, whose column `source` is a place in `accounts`.
    accounts : sequence of Account
    staged : set of str
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, accounts: Sequence[Account], staged: set[str]
    ) -> None:
        self.con, self.accounts, self.staged = con, accounts, staged
        self.fates: list[tuple[int, str, int]] = []

    def settle(self, table: str, repeated: str | None = None) -> None:
        """Name the good rows of a table that tell nothing new (SQL); by default those delivered again."""
        if table in self.staged:
            good, names = identifier(f"good {table}"), ", ".join(SCHEMAS[table].names)
            repeated = (
                repeated
                or f"row_number() OVER (PARTITION BY {names} ORDER BY source, file, row) > 1"
            )
            self.con.execute(
                f"""CREATE TABLE {good} AS SELECT *, {repeated} AS is_repeated FROM {identifier(f"staged {table}")}
                    WHERE reason IS NULL"""
            )
            self.settled(
                f"""SELECT source, count(*) AS n, CASE WHEN is_repeated THEN 'repeated' ELSE 'used' END AS fate
                    FROM {good} GROUP BY ALL"""
            )

    def settled(self, sql: str) -> None:
        """Take down how many good rows of a source (columns source, n) met which fate."""
        self.fates += [
            (int(source), str(fate), int(n)) for source, n, fate in self.con.execute(sql).fetchall()
        ]

    def settle_zeros(self, since: np.datetime64 | None, today: np.datetime64) -> None:
        """Take down the cells that are not staged, by whether their day lies in bounds."""
        for number, account in enumerate(self.accounts):
            for day, n in account.none.items():
                inside = (since is None or np.datetime64(day) >= since) and np.datetime64(
                    day
                ) < today
                self.fates.append((number, "used" if inside else "out_of_bounds", n))

    def settled_rows(self, table: str) -> str:
        """Return the SQL of the good rows of a settled table, in a fixed order."""
        names = ", ".join(SCHEMAS[table].names)
        return (
            f"SELECT {names} FROM {identifier(f'good {table}')} WHERE NOT is_repeated ORDER BY ALL"
        )

    def quarantine(self) -> pd.DataFrame:
        """Return all bad rows: source, row, column and reason."""
        rows = [
            (n, file, row, None, checks.RAGGED)
            for n, a in enumerate(self.accounts)
            for file, row in a.ragged
        ]
        for table in sorted(self.staged):
            rows += self.con.execute(
                f"""SELECT source, file, row, blamed, reason FROM {identifier(f"staged {table}")}
                    WHERE reason IS NOT NULL ORDER BY source, file, row, blamed, reason"""
            ).fetchall()
        named = [
            (self._source(number, file), row, column, why)
            for number, file, row, column, why in rows
        ]
        table_of = pa.Table.from_pylist(
            [dict(zip(QUARANTINE, row, strict=True)) for row in named], _QUARANTINE
        )
        return table_of.to_pandas()

    def _source(self, number: int, file: str) -> str:
        account = self.accounts[number]
        return f"{account.table}: {file}" if len(account.files) > 1 else account.title

    def check_shares(self) -> None:
        """Stop where too large a share of a source is bad.

        Raises
        ------
        RecordsError
            With the counts by reason and column.
        """
        for number, account in enumerate(self.accounts):
            bad = self._reasons(number)
            staged = identifier(f"staged {account.table}")
            whole = number_of(self.con, f"SELECT count(*) FROM {staged} WHERE source = {number}")
            whole += len(account.ragged) + sum(account.none.values())
            if sum(bad.values()) > account.limit * whole:
                _refuse(account, bad, whole)

    def counts(self) -> pd.DataFrame:
        """Return what became of each source's rows."""
        rows = []
        for number, account in enumerate(self.accounts):
            fates = Counter[str]()
            for source, fate, n in self.fates:
                fates[fate] += n if source == number else 0
            fates["quarantined"] = sum(self._reasons(number).values())
            rows.append(
                {"read": account.read, "excluded": account.read - sum(fates.values()), **fates}
            )
        index = pd.Index(
            [account.title for account in self.accounts], name="source", dtype="object"
        )
        return pd.DataFrame(rows, index=index).reindex(columns=COUNTS).fillna(0).astype("int64")

    def _reasons(self, number: int) -> dict[tuple[str, str | None], int]:
        account = self.accounts[number]
        found = self.con.execute(
            f"""SELECT reason, blamed, count(*) FROM {identifier(f"staged {account.table}")}
                WHERE source = {number} AND reason IS NOT NULL GROUP BY ALL ORDER BY 3 DESC, 1, 2"""
        ).fetchall()
        ragged = {(checks.RAGGED, None): len(account.ragged)} if account.ragged else {}
        return {(reason, blamed): int(n) for reason, blamed, n in found} | ragged

    def named(self, names: Sequence[str | None], source: str) -> str:
        """Return the SQL of a text for each source, out of one for each account."""
        listed = ", ".join("NULL" if name is None else literal(name) for name in names)
        return f"list_extract([{listed}]::VARCHAR[], {source} + 1)"


def _refuse(account: Account, bad: dict[tuple[str, str | None], int], whole: int) -> None:
    listed = [
        f"{n:,} {reason}{'' if column is None else f' (column {column})'}"
        for (reason, column), n in bad.items()
    ]
    n = sum(bad.values())
    raise RecordsError(
        f"{n:,} of {whole:,} rows cannot be used ({n / whole:.1%}): {'; '.join(listed)}",
        place=f"{account.place}, {account.source}",
        code="records.quarantined",
        allowed=f"at most {account.limit:.1%} (max_quarantined)",
        next_step=ADVICE[next(iter(bad))[0]],
    )
