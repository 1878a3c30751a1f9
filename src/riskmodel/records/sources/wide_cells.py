"""Wide tables as cells: each filled cell of the named columns becomes a row of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import duckdb

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.cell_sql import text
from riskmodel.records.sources.source import Source

CELL, COLUMN_OF, NAME_OF = '"filled cell"', '"column of cell"', '"name of cell"'


class NamedColumn(NamedTuple):
    """A column of a wide table, and what its cells are called: a code, or an attribute."""

    column: str
    name: str


def unpivot(
    source: Source,
    relation: str,
    named: Sequence[NamedColumn],
    *,
    numbers: bool = False,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the SQL of all filled cells of some columns.

    Parameters
    ----------
    source : Source
    relation : str
    named : sequence of NamedColumn
    numbers : bool
        Whether cells stay numbers; else they are texts.
    left_out : mapping of str to str
        For some columns, which of their cells to leave out (SQL).
    """
    cells = []
    for column, name in named:
        cell = cell_of(source, column, numbers=numbers)
        if column in left_out:
            cell = f"CASE WHEN NOT ({left_out[column]}) THEN {cell} END"
        cells.append(_cell_struct(cell, column, name))
    is_filled = f"{CELL} IS NOT NULL" + (f" AND NOT isnan({CELL})" if numbers else "")
    return f"""(
        SELECT *
        FROM (
            SELECT * EXCLUDE ("cells of row"), unnest("cells of row", recursive := TRUE)
            FROM (
                SELECT *, [{", ".join(cells)}] AS "cells of row"
                FROM {relation}
            )
        )
        WHERE {is_filled}
    )"""


def _cell_struct(cell: str, column: str, name: str) -> str:
    keys = [f"'filled cell': {cell}"]
    keys += [f"'column of cell': {literal(column)}", f"'name of cell': {literal(name)}"]
    return "{" + ", ".join(keys) + "}"


def cell_of(source: Source, column: str, *, numbers: bool) -> str:
    """Return the SQL of one cell, as a number or as a trimmed text."""
    cell = source.cell(column)
    return f"{cell}::DOUBLE" if numbers else text(cell, source.types[column])


def columns_of_few(
    con: duckdb.DuckDBPyConnection, source: Source, owner: str, columns: Sequence[str]
) -> set[str]:
    """Return the columns in which fewer than 10 households have anything but blanks and zeros.

    Parameters
    ----------
    con : DuckDBPyConnection
    source : Source
    owner : str
        Its column of households, or of people.
    columns : sequence of str
    """
    if not columns:
        return set()
    has_owner = owner in source.types
    unit = f"DISTINCT {identifier(owner)}" if has_owner else "*"
    counts = ", ".join(
        f"count({unit}) FILTER (coalesce(trim({identifier(column)}::VARCHAR), '') "
        "NOT IN ('', '0', '0.0', 'false'))"
        for column in columns
    )
    (found,) = con.execute(f"SELECT {counts} FROM {source.relation}").fetchall()
    return {name for name, number in zip(columns, found, strict=True) if number < MIN_HOUSEHOLDS}


def columns_named(
    source: Source, written: str | Sequence[str] | Mapping[str, str], key: str
) -> list[NamedColumn]:
    """Return the columns of ``{column: name}``, a list of columns, or ``{match: regex}``.

    Raises
    ------
    RecordsError
        For a column that is not there, or a pattern that matches none.
    """
    if isinstance(written, Mapping) and set(written) == {"match"}:
        return [NamedColumn(name, name) for name in _matching(source, str(written["match"]), key)]
    listed = [written] if isinstance(written, str) else written
    pairs = listed.items() if isinstance(listed, Mapping) else [(name, name) for name in listed]
    return [NamedColumn(source.require(column, patchy=True), str(name)) for column, name in pairs]


def _matching(source: Source, pattern: str, key: str) -> Sequence[str]:
    place = f"{source.entry.place}.{key}"
    try:
        matches = [name for name in source.types if re.search(pattern, name)]
    except re.error:
        raise ConfigError(
            "match is no regular expression",
            place=place,
            code="manifest.match",
            next_step="write one such as '^ind_'",
        ) from None
    if not matches:
        raise RecordsError(
            f"no column matches {pattern!r}",
            place=place,
            code="records.missing_column",
            allowed=source.shown_columns or None,
            next_step="correct the pattern, or list the columns; a file needs a header line",
        )
    return matches
