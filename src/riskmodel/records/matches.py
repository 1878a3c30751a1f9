"""How many households of each table stand in another one: ids that never meet are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa

from riskmodel.records.engine import Relation, identifier, literal, name_source, scan_engine
from riskmodel.texts import counted

HOUSEHOLD_TABLES = ("events", "attributes", "members", "contacts")
CAUSES = (
    "The usual causes: zeros in front were lost (00123 is another id than 123), the column holds "
    "ids of another kind (of people, or of another register), or the table is of another place "
    "or time"
)
_FEW = 0.5
_MATCHES = """
    SELECT "table", count(*) AS households, count(*) FILTER (tables > 1) AS matched
    FROM (SELECT "table", count(*) OVER (PARTITION BY household_id) AS tables FROM ({ids}))
    GROUP BY "table"
"""


def matches(tables: Mapping[str, Relation]) -> pd.DataFrame:
    """Return for each table how many households it has, and how many of them another one has.

    Parameters
    ----------
    tables : mapping of str to Relation
        Each with a column `household_id`.

    Returns
    -------
    DataFrame
        By table: households, matched, share, and how many households the others have. No row where
        fewer than two tables have households.
    """
    ids = " UNION ALL ".join(
        f'SELECT DISTINCT {literal(name)} AS "table", household_id FROM {identifier(name)} '
        "WHERE household_id IS NOT NULL"
        for name in tables
    )
    with scan_engine() as con:
        for name, relation in tables.items():
            rows = con.from_parquet(relation) if isinstance(relation, str) else relation
            con.register(name, rows) if rows is relation else rows.create_view(name)
        found = con.execute(_MATCHES.format(ids=ids)).df().set_index("table")
        (of_all,) = con.execute(f"SELECT count(DISTINCT household_id) FROM ({ids})").fetchall()[0]
    found = found.reindex([name for name in tables if name in found.index])
    found["share"] = (found["matched"] / found["households"]).round(3)
    found["elsewhere"] = of_all - (found["households"] - found["matched"])
    return found if len(found) > 1 else found.iloc[:0]


def holds_any(table: Relation, households: pd.Series) -> bool:
    """Tell whether any of some households has a row in a table, or the table has no row at all."""
    ids = pa.table({"household_id": pa.array(households, pa.string())})
    with scan_engine() as con:
        name_source(con, table)
        con.register("wanted", ids)
        (is_empty,) = con.execute("SELECT count(*) = 0 FROM (FROM source LIMIT 1)").fetchall()[0]
        found = con.execute(
            "SELECT 1 FROM source SEMI JOIN wanted USING (household_id) LIMIT 1"
        ).fetchall()
    return bool(is_empty or found)


def match_notes(found: pd.DataFrame, household: str) -> Iterator[str]:
    """Yield a note for each table whose ids meet under half of those that they could meet.

    A table that lists every household of the others is none, however many more it lists.
    """
    for name, households, matched, _, elsewhere in found.itertuples():
        if matched < _FEW * min(households, elsewhere):
            yield (
                f"{name}: {matched:,} of {counted(households, household)} "
                f"({matched / households:.0%}) stand in another table. {CAUSES}"
            )
