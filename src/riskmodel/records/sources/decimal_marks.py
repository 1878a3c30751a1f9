"""Whether texts write numbers with a decimal point or a comma: as declared, or the only way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import duckdb

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.sources import cell_sql
from riskmodel.records.sources.entries import FRAMES_DOOR
from riskmodel.records.sources.source import Source
from riskmodel.records.sources.wide_cells import columns_named

POINT, COMMA = ".", ","
_DECLARED = "add decimal: ',' to the entry if 1,234 means 1.234, or decimal: '.' if it means 1234"
_NUMBER_KEYS = ("value", "attempt", "probability")


class Evidence(NamedTuple):
    """How many cells of a column can be read with a point only, a comma only, or with both.

    Attributes
    ----------
    point, comma : int
        Such as 1.5 and 1,234.5; such as 1,5 and 1.234,5.
    either_comma, either_point : int
        Such as 1,234; such as 1.234.
    """

    point: int
    comma: int
    either_comma: int
    either_point: int

    def mark(self, separators: frozenset[str]) -> str | None:
        """Return the decimal mark, or None where both are possible.

        A file whose cells are separated by commas has none within numbers, unless these are
        thousands; only files with semicolons have points for thousands.

        Examples
        --------
        >>> Evidence(point=0, comma=2, either_comma=5, either_point=0).mark(frozenset(";"))
        ','
        >>> Evidence(point=0, comma=0, either_comma=5, either_point=0).mark(frozenset(";"))
        """
        if self.point and self.comma:
            is_open = self.either_comma or self.either_point
            return None if is_open else COMMA if self.comma > self.point else POINT
        if self.point or self.comma:
            return COMMA if self.comma else POINT
        if self.either_comma and (self.either_point or separators != {COMMA}):
            return None
        return None if self.either_point and ";" in separators else POINT


def with_decimal_marks(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    """Return a source that knows which of its columns have a decimal comma.

    Raises
    ------
    RecordsError
        For a column whose numbers can be read in both ways.
    ConfigError
        Where `decimal` is declared and no text holds a number.
    """
    named = [name for name in _number_columns(source) if name in source.types]
    texts = [name for name in dict.fromkeys(named) if not cell_sql.is_number(source.types[name])]
    declared = source.entry["decimal"]
    if declared is not None and not texts:
        raise _no_texts(source)
    if declared is not None:
        return replace(source, comma_columns=frozenset(texts if declared == COMMA else ()))
    marks = {
        name: found.mark(source.separators)
        for name, found in zip(texts, _evidence(con, source, texts), strict=True)
    }
    for name, mark in marks.items():
        if mark is None:
            raise _both_possible(source, name)
    commas = (name for name, mark in marks.items() if mark == COMMA)
    return replace(source, comma_columns=frozenset(commas))


def _number_columns(source: Source) -> Iterator[str]:
    entry = source.entry
    for key in _NUMBER_KEYS:
        written = entry[key]
        if written is not None:
            yield str(written["column"] if isinstance(written, Mapping) else written)
    if entry["values"] is not None:
        yield from (own.column for own in columns_named(source, entry["values"], "values"))
    numbers = entry["numbers"] or ()
    yield from map(str, numbers.values() if isinstance(numbers, Mapping) else numbers)


def _evidence(
    con: duckdb.DuckDBPyConnection, source: Source, columns: Iterable[str]
) -> Iterator[Evidence]:
    counts = [count for name in columns for count in _counts(source, name)]
    sql = f"SELECT {', '.join(['count(*)', *counts])} FROM {source.relation}"
    _, *found = con.execute(sql).fetchall()[0]
    size = len(Evidence._fields)
    for place in range(0, len(found), size):
        yield Evidence(*map(int, found[place : place + size]))


def _counts(source: Source, name: str) -> list[str]:
    cell = cell_sql.text(source.cell(name), source.types[name])
    has_mark = f"contains({cell}, '.') OR contains({cell}, ',')"
    point, comma = (
        cell_sql.is_written_number(cell),
        cell_sql.is_written_number(cell_sql.with_point(cell)),
    )
    conditions = [
        f"{point} AND NOT {comma}",
        f"{comma} AND NOT {point}",
        f"{point} AND {comma} AND contains({cell}, ',')",
        f"{point} AND {comma} AND contains({cell}, '.')",
    ]
    return [
        f"count(*) FILTER (CASE WHEN {has_mark} THEN {condition} ELSE FALSE END)"
        for condition in conditions
    ]


def _both_possible(source: Source, name: str) -> RecordsError:
    is_given = source.entry.place == FRAMES_DOOR
    declared = "" if is_given else ", or decimal:"
    return RecordsError(
        f"the numbers of column {name!r} can be read with a decimal point and with a decimal comma",
        place=f"{source.entry.place}, {source.title}",
        code="records.decimal",
        allowed=f"numbers of which at least one can be read in one way only{declared}",
        next_step=_numbers_of_frame(name) if is_given else _DECLARED,
    )


def _numbers_of_frame(name: str) -> str:
    texts = f"df[{name!r}].astype('string').str"
    with_comma = f"{texts}.replace('.', '').str.replace(',', '.')"
    return (
        f"convert the column: pd.to_numeric({with_comma}) if 1,234 means 1.234, or "
        f"pd.to_numeric({texts}.replace(',', '')) if it means 1234"
    )


def _no_texts(source: Source) -> ConfigError:
    return ConfigError(
        "decimal says how texts write numbers, and no number of this source is a text",
        place=f"{source.entry.place}, {source.title}",
        code="manifest.no_meaning",
        next_step="leave decimal out",
    )
