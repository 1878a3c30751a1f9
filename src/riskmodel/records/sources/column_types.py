"""One type for a column that several files write in types of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from riskmodel.errors import RecordsError
from riskmodel.records.sources import cell_sql

_WHOLE_DIGITS = 15


class Part(NamedTuple):
    """A column in files of one type.

    Attributes
    ----------
    file : str
        The first of these files.
    source : str
        The SQL of their rows.
    cell : str
        The column, quoted.
    type : str
        The engine's type.
    """

    file: str
    source: str
    cell: str
    type: str

    @property
    def family(self) -> str:
        """What its cells are: numbers, days, texts, or what nothing else becomes."""
        if cell_sql.is_number(self.type):
            return "number"
        if self.type == "DATE" or (
            self.type.startswith("TIMESTAMP") and not cell_sql.is_moment(self.type)
        ):
            return "day"
        is_text = self.type == "VARCHAR" or self.type.startswith("ENUM")
        return "text" if is_text else self.type

    def text(self) -> str:
        """Return the SQL of its cells as texts, by this type alone."""
        if self.family == "text":
            return f"({self.cell})::VARCHAR"
        return cell_sql.text(self.cell, self.type)


def common_type(
    con: duckdb.DuckDBPyConnection, column: str, parts: Sequence[Part]
) -> tuple[str, ...]:
    """Return the SQL of each part's cells, all of one type that holds the cells of every file.

    Numbers stay numbers where no digit is lost, and become texts where one would be. A part without
    a cell has no say.

    Raises
    ------
    RecordsError
        For numbers beside days, and for types that nothing else becomes.
    """
    if len({part.type for part in parts}) == 1:
        return tuple(part.cell for part in parts)
    filled = [part for part in parts if _has_cells(con, part)]
    cells = _of_filled(con, column, filled)
    blank = f"NULL::{filled[0].type}" if len({part.type for part in filled}) == 1 else "NULL"
    by_part = dict(zip(filled, cells, strict=True))
    return tuple(by_part.get(part, blank) for part in parts)


def _of_filled(con: duckdb.DuckDBPyConnection, column: str, parts: Sequence[Part]) -> Sequence[str]:
    families = {part.family for part in parts}
    if len({part.type for part in parts}) < 2:
        return [part.cell for part in parts]
    if families == {"number"}:
        is_exact = all(_is_exact(con, part) for part in parts)
        return [f"({part.cell})::DOUBLE" if is_exact else part.text() for part in parts]
    if families == {"day"}:
        return [cell_sql.moment(part.cell, part.type) for part in parts]
    if "text" in families and families <= {"text", "number", "day"}:
        return [part.text() for part in parts]
    raise _mixed(column, parts)


def _has_cells(con: duckdb.DuckDBPyConnection, part: Part) -> bool:
    is_filled = f"{part.cell} IS NOT NULL"
    if part.type in ("FLOAT", "DOUBLE"):
        is_filled += f" AND NOT isnan({part.cell})"
    found = con.execute(f"SELECT 1 FROM {part.source} WHERE {is_filled} LIMIT 1").fetchall()
    return bool(found)


def _is_exact(con: duckdb.DuckDBPyConnection, part: Part) -> bool:
    """Tell whether every cell is the same number and the same text as a double."""
    if part.type in ("DOUBLE", "BOOLEAN"):
        return True
    limit = float(cell_sql.whole_below(part.type))
    if part.type.startswith("DECIMAL"):
        scale = int(part.type.rstrip(")").rpartition(",")[2])
        limit = 10.0 ** (_WHOLE_DIGITS - scale)
    sql = f"SELECT coalesce(max(abs(({part.cell})::DOUBLE)) < {limit}, TRUE) FROM {part.source}"
    (is_exact,) = con.execute(sql).fetchall()[0]
    return bool(is_exact)


def _mixed(column: str, parts: Sequence[Part]) -> RecordsError:
    first = parts[0]
    other = next(part for part in parts if part.family != first.family)
    return RecordsError(
        f"column {column!r} is {other.type} in this file and {first.type} in {first.file}",
        place=other.file,
        code="records.mixed_types",
        allowed="one type of cells in all files of a source",
        next_step="write the column in one type, or give the file an entry of its own",
    )
