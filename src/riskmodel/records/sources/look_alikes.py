"""Sources by the rule of text: cells that look the same become the same, counted and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import duckdb

from riskmodel.records.engine import identifier
from riskmodel.records.sources import cell_sql
from riskmodel.records.sources.files import FILE, ROW
from riskmodel.records.sources.source import Source

# Without MATERIALIZED the engine would write out a long expression wherever its result is named.
_SPELLED = """
    WITH cells AS MATERIALIZED ({cells}),
        identified AS MATERIALIZED (
            SELECT file, row, cell, is_plain, {identity} AS id FROM cells
        )
    SELECT file, id, arg_min(written, row) AS written
    FROM (
        SELECT file, row, id, CASE WHEN is_plain THEN id ELSE {text} END AS written
        FROM identified
    )
    WHERE id IS NOT NULL
    GROUP BY file, id
    HAVING arg_min(written, row) <> id
"""


def read_plainly(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    """Return a source whose texts are plain, as `texts.plain_text` makes them.

    A source that holds plain texts already, as nearly all do, is returned as it is.
    """
    texts = [name for name, kind in source.types.items() if _is_text(kind)]
    counts = [f"count(*) FILTER (NOT {cell_sql.is_plain(_cell(name))})" for name in texts]
    sql = f"SELECT {', '.join(['count(*)', *counts])} FROM {source.relation}"
    _, *found = con.execute(sql).fetchall()[0]
    changed = {name: int(cells) for name, cells in zip(texts, found, strict=True) if cells}
    if not changed:
        return source

    name = source.relation.strip('"')
    plain, spelled = identifier(f"plain {name}"), identifier(f"spelled {name}")
    cells = [f"{cell_sql.plain(_cell(name))} AS {identifier(name)}" for name in changed]
    con.execute(
        f"CREATE TABLE {plain} AS SELECT * REPLACE ({', '.join(cells)}) FROM {source.relation}"
    )
    con.execute(f"CREATE TABLE {spelled} AS {_spellings(source.relation, changed)}")
    types = {name: "VARCHAR" if name in changed else kind for name, kind in source.types.items()}
    return replace(source, relation=plain, types=types, look_alikes=changed, spellings=spelled)


def _is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")


def _cell(name: str) -> str:
    return f"{identifier(name)}::VARCHAR"


def _spellings(relation: str, columns: Iterable[str]) -> str:
    """Return the SQL of the ids that a file first writes in another form than they are read in."""
    file, row = identifier(FILE), identifier(ROW)
    cells = " UNION ALL ".join(
        f"""
        SELECT {file} AS file, {row} AS row, {_cell(name)} AS cell,
            {cell_sql.is_plain(_cell(name))} AS is_plain, {cell_sql.plain(_cell(name))} AS plain
        FROM {relation}
        """
        for name in columns
    )
    return _SPELLED.format(
        cells=cells,
        identity=cell_sql.identity(cell_sql.text("plain", "VARCHAR")),
        text=cell_sql.text("cell", "VARCHAR"),
    )
