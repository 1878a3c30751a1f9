"""How many households of each table and source stand in another: ids that never meet are told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import duckdb
import pandas as pd
import pyarrow as pa

from riskmodel.few import FEW
from riskmodel.records.engine import (
    Relation,
    identifier,
    literal,
    name_relation,
    name_source,
    scan_engine,
)
from riskmodel.records.table_schemas import SERVICE_TABLES
from riskmodel.texts import counted

HOUSEHOLD_TABLES = ("events", "attributes", "members", "contacts", "lists", *SERVICE_TABLES)
CAUSES = (
    "The usual causes: zeros in front were lost (00123 is another id than 123), the column holds "
    "ids of another kind (of people, or of another register), or the table is of another place "
    "or time"
)
_SAVE = (
    "Each is another household there: save the column as text in the program that wrote the file, "
    "so that it keeps its zeros"
)
_FOUND = ["households", "matched", "elsewhere", "short"]
_FEW = 0.5
_MATCHES = """
    SELECT name, count(*) AS households, count(*) FILTER (places > 1) AS matched
    FROM (SELECT name, count(*) OVER (PARTITION BY household_id) AS places FROM ({ids}))
    GROUP BY name
    ORDER BY name
"""
# An id of digits is short where another source, or the same one, has it with zeros in front.
_SHORT = """
    WITH ids AS (
        SELECT name, household_id, ltrim(household_id, '0') AS number
        FROM ({ids})
        WHERE regexp_full_match(household_id, '[0-9]+')
    ),
    padded AS (
        SELECT number, max(length(household_id)) AS digits
        FROM ids
        WHERE prefix(household_id, '0')
        GROUP BY number
    )
    SELECT name, count(*) AS short
    FROM ids JOIN padded USING (number)
    WHERE length(household_id) < digits
    GROUP BY name
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
        By table: households, matched, share, how many households the others have, and how many of
        its own stand somewhere with zeros in front that it lacks. No row where fewer than two
        tables have households.
    """
    names = {name: literal(name) for name in tables}
    found = _matches_of_tables(tables, names).rename_axis("table")
    return found.reindex([name for name in tables if name in found.index])


def matches_by_code(tables: Mapping[str, Relation], rare: Collection[str]) -> pd.DataFrame:
    """Return the same where the events of each code are a source, named ``events: CODE``.

    Codes of fewer than 10 households that no catalogue names are one source.
    """
    hidden = ", ".join(map(literal, sorted(rare))) or "NULL"
    few = literal(f"events: codes of {FEW} households")
    code = f"CASE WHEN code IN ({hidden}) THEN {few} ELSE 'events: ' || code END"
    names = {name: literal(name) for name in tables} | {"events": code}
    return _matches_of_tables(tables, names).rename_axis("source")


def matches_of_sources(con: duckdb.DuckDBPyConnection, ids: str) -> pd.DataFrame:
    """Return the same of sources.

    Parameters
    ----------
    con : DuckDBPyConnection
    ids : str
        The SQL of ``name`` and ``household_id``, which may repeat.
    """
    distinct = f"SELECT DISTINCT name, household_id FROM ({ids}) WHERE household_id IS NOT NULL"
    found = con.execute(_MATCHES.format(ids=distinct)).df().set_index("name")
    (of_all,) = con.execute(f"SELECT count(DISTINCT household_id) FROM ({ids})").fetchall()[0]
    found["share"] = (found["matched"] / found["households"]).round(3)
    found["elsewhere"] = of_all - (found["households"] - found["matched"])
    short = con.execute(_SHORT.format(ids=distinct)).df().set_index("name")["short"]
    found["short"] = short.reindex(found.index, fill_value=0)
    return found if len(found) > 1 else found.iloc[:0]


def _matches_of_tables(tables: Mapping[str, Relation], names: Mapping[str, str]) -> pd.DataFrame:
    ids = " UNION ALL ".join(
        f"SELECT {names[table]} AS name, household_id FROM {identifier(table)}" for table in tables
    )
    with scan_engine() as con:
        for name, relation in tables.items():
            name_relation(con, name, relation)
        return matches_of_sources(con, ids)


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
    """Yield a note for each source whose ids meet under half of those that they could meet.

    A source that lists every household of the others is none, however many more it lists. A source
    is told too if ids of it stand somewhere with zeros in front, however many of its others match.
    Of referrals those that stand nowhere else are counted, as they are what referrals are for. The
    only source of a table goes by the table's name.

    Parameters
    ----------
    found : DataFrame
        What `matches_of_sources` returns, of names such as ``events`` and ``events: FILE``.
    household : str
    """
    tables = [str(name).partition(":")[0] for name in found.index]
    # a store of an earlier version does not know of short ids
    known = found.reindex(columns=_FOUND, fill_value=0)
    for table, (name, *numbers) in zip(tables, known.itertuples(), strict=True):
        is_alone = tables.count(table) == 1
        own = dict(zip(_FOUND, map(int, numbers), strict=True))
        of_all = counted(own["households"], household)
        others = "table" if is_alone else "source"
        told = _note(own, of_all, others, are_referrals=table == "referrals")
        if told:
            yield f"{table if is_alone else name}: {told}"


def _note(found: Mapping[str, int], of_all: str, others: str, *, are_referrals: bool) -> str:
    """Return what must be known of the ids of a source, nothing where they meet."""
    households, matched = found["households"], found["matched"]
    told = []
    if are_referrals and matched < households:
        new = households - matched
        told.append(
            f"{new:,} of {of_all} ({new / households:.0%}) stand in no other {others}. They are "
            "kept: most who come by themselves are in no register, and contact_history lists them "
            "as not in_system"
        )
    elif not are_referrals and matched < _FEW * min(households, found["elsewhere"]):
        share = f"{matched:,} of {of_all} ({matched / households:.0%})"
        told.append(f"{share} stand in another {others}. {CAUSES}")
    if found["short"]:
        stand = f"{found['short']:,} of {of_all} stand elsewhere with zeros in front"
        told.append(f"{stand}, as 00123 for 123. {_SAVE}")
    return ". ".join(told)
