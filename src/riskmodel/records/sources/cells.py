"""Wide tables as cells: each filled cell of the named columns becomes a row of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.checks import text
from riskmodel.records.sources.files import shown
from riskmodel.records.sources.readers import Source

CELL, COLUMN_OF, NAME_OF = '"filled cell"', '"column of cell"', '"name of cell"'


def unpivot(
    source: Source,
    relation: str,
    named: Sequence[tuple[str, str]],
    *,
    numbers: bool = False,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the SQL of all filled cells of some columns.

    Parameters
    ----------
    source : Source
    relation : str
    named : sequence of (column, name)
    numbers : bool
        Whether cells stay numbers; else they are texts.
    left_out : mapping of str to str
        For some columns, which of their cells to leave out (SQL).
    """

    def value(column: str) -> str:
        cell = cell_of(column, source.types[column], numbers=numbers)
        return f"CASE WHEN NOT ({left_out[column]}) THEN {cell} END" if column in left_out else cell

    cells = ", ".join(
        f"{{'filled cell': {value(column)}, 'column of cell': {literal(column)}, 'name of cell': {literal(name)}}}"
        for column, name in named
    )
    return f"""(SELECT * FROM (
        SELECT * EXCLUDE ("cells of row"), unnest("cells of row", recursive := TRUE)
        FROM (SELECT *, [{cells}] AS "cells of row" FROM {relation}))
        WHERE {CELL} IS NOT NULL{f" AND NOT isnan({CELL})" if numbers else ""})"""


def cell_of(column: str, kind: str, *, numbers: bool) -> str:
    """Return the SQL of one cell, as a number or as a trimmed text."""
    return f"{identifier(column)}::DOUBLE" if numbers else text(identifier(column), kind)


def columns_named(source: Source, written: Any, key: str) -> list[tuple[str, str]]:
    """Return (column, name) for ``{column: name}``, a list of columns, or ``{match: regex}``.

    Raises
    ------
    RecordsError
        For a column that is not there, or a pattern that none matches.
    """
    if isinstance(written, Mapping) and set(written) == {"match"}:
        return [(name, name) for name in _matching(source, str(written["match"]), key)]
    listed = [written] if isinstance(written, str) else written
    named = listed.items() if isinstance(listed, Mapping) else [(name, name) for name in listed]
    return [(source.require(column, patchy=True), str(name)) for column, name in named]


def _matching(source: Source, pattern: str, key: str) -> Sequence[str]:
    place = f"{source.entry.place}.{key}"
    try:
        found = [name for name in source.types if re.search(pattern, name)]
    except re.error:
        raise ConfigError(
            "match is no regular expression",
            place=place,
            code="manifest.match",
            next_step="write one such as '^ind_'",
        ) from None
    if not found:
        raise RecordsError(
            f"no column matches {pattern!r}",
            place=place,
            code="records.missing_column",
            allowed=shown(source.types),
            next_step="correct the pattern, or list the columns",
        )
    return found
