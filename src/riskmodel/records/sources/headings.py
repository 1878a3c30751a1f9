"""Columns under the names that an entry writes, where a file's headings only look like them."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from riskmodel.records.engine import identifier
from riskmodel.records.sources.source import Source
from riskmodel.texts import named_alike


def named_as_written(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    """Return a source whose columns are called as its entry writes them.

    A heading with blanks around it, or with ``Ⅲ`` for ``III``, becomes the name that looks the
    same. A source that has all names as they are written is returned as it is.

    Parameters
    ----------
    con : DuckDBPyConnection
    source : Source
        As its file or frame is.
    """
    names = named_alike(source.types, sorted(source.entry.columns))
    if not names:
        return source
    relation = identifier(f"named {source.title}")
    renamed = ", ".join(f"{identifier(old)} AS {identifier(new)}" for old, new in names.items())
    con.execute(
        f"""
        CREATE OR REPLACE TABLE {relation} AS
        SELECT * RENAME ({renamed}) FROM {source.relation}
        """
    )
    return replace(
        source,
        relation=relation,
        types={names.get(name, name): kind for name, kind in source.types.items()},
        patchy={names.get(name, name): file for name, file in source.patchy.items()},
        look_alikes={names.get(name, name): n for name, n in source.look_alikes.items()},
    )
