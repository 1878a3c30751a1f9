"""The forms in which a column writes its dates, told without a cell, and the pattern of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from riskmodel.records.engine import literal, scan_engine
from riskmodel.records.sources import dates

OTHER_TEXT = "another text"
_SHOWN = 4
_SHAPE = r"[0-9 ./:,년월일年月日시분초오전후-]*[0-9][0-9 ./:,년월일年月日시분초오전후-]*"
_FEW_DIGITS = re.compile(r"(?<!0)0(?!0)")
_YEAR_FIRST = re.compile("[년年]")
# The orders of year, month and day in which people write, by the digits of each run.
_ORDERS: dict[tuple[int, ...], tuple[tuple[str, ...], ...]] = {
    (4, 2, 2): (("%Y", "%m", "%d"),),
    (2, 2, 4): (("%m", "%d", "%Y"), ("%d", "%m", "%Y")),
    (2, 2, 2): (("%y", "%m", "%d"), ("%d", "%m", "%y"), ("%m", "%d", "%y")),
    (4, 2): (("%Y", "%m"),),
    (2, 4): (("%m", "%Y"),),
    (2, 2): (("%y", "%m"), ("%m", "%y")),
    (8,): (("%Y%m%d",), ("%m%d%Y",), ("%d%m%Y",)),
    (6,): (("%Y%m",), ("%y%m%d",)),
    (4,): (("%Y",),),
}
_WORDS = (("%Y", "YYYY"), ("%y", "YY"), ("%m", "MM"), ("%d", "DD"))


@dataclass(frozen=True)
class DateForm:
    """One form in which cells write dates.

    Attributes
    ----------
    shape : str
        The cells with 0 for each digit, such as ``0000년 00월 00일``, or `OTHER_TEXT`.
    rows, read : int
        How many cells have it, and how many of them were read as days.
    patterns : tuple of str
        The patterns that read all of them.
    """

    shape: str
    rows: int
    read: int
    patterns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The form as words such as YYYY-MM-DD, or by its zeros where several orders fit."""
        return words(self.patterns[0]) if len(self.patterns) == 1 else self.shape

    def __str__(self) -> str:
        verdict = ", which is read" if self.read == self.rows else ""
        return f"{self.rows:,} written as {self.name}{verdict}"


def told(forms: Sequence[DateForm]) -> str:
    """Return the forms of a column as one text: how many cells have each."""
    rest = f"; and {len(forms) - _SHOWN} further forms" if len(forms) > _SHOWN else ""
    number = f"{len(forms)} forms: " if len(forms) > 1 else ""
    return number + "; ".join(map(str, forms[:_SHOWN])) + rest


def words(pattern: str) -> str:
    """Return a pattern in the words of a manifest.

    Examples
    --------
    >>> words("%Y년 %m월 %d일")
    'YYYY년 MM월 DD일'
    """
    for code, word in _WORDS:
        pattern = pattern.replace(code, word)
    return pattern


def date_forms(
    con: duckdb.DuckDBPyConnection, cells: str, column: str, is_read: str
) -> list[DateForm]:
    """Return the forms of a column's cells, the most frequent first; blanks are of none.

    Parameters
    ----------
    con : DuckDBPyConnection
    cells : str
        The SQL of the rows.
    column, is_read : str
        The SQL of a trimmed text, and of whether it was read as a day.
    """
    shape = f"""
        CASE WHEN regexp_full_match({column}, '{_SHAPE}')
        THEN regexp_replace({column}, '[0-9]', '0', 'g') END
    """
    found = con.execute(
        f"""
        SELECT {shape}, count(*), count(*) FILTER ({is_read})
        FROM ({cells})
        WHERE NOT {dates.says_none(column)}
        GROUP BY 1
        """
    ).fetchall()
    rows, read = Counter[str](), Counter[str]()
    for digits, n, n_read in found:
        name = OTHER_TEXT if digits is None else _FEW_DIGITS.sub("00", digits)
        rows[name] += int(n)
        read[name] += int(n_read)
    return [
        DateForm(name, n, read[name], _fitting(con, cells, column, name, n))
        for name, n in sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    ]


def forms_of(texts: Iterable[object]) -> list[DateForm]:
    """Return the forms of texts of which those written as YYYY-MM-DD are read.

    Examples
    --------
    >>> print(*forms_of(["2024년 1월 5일", "2024년 12월 31일", "2024-02-01"]), sep="; ")
    2 written as YYYY년 MM월 DD일; 1 written as YYYY-MM-DD, which is read
    """
    table = pa.table({"text": pa.array(map(str, texts), pa.string())})
    is_read = f"({dates.Format('%Y-%m-%d').day('text')}) IS NOT NULL"
    with scan_engine() as con:
        con.register("cells", table)
        return date_forms(con, "SELECT trim(text) AS text FROM cells", "text", is_read)


def _fitting(
    con: duckdb.DuckDBPyConnection, cells: str, column: str, shape: str, rows: int
) -> tuple[str, ...]:
    """Return the patterns that read every cell of a shape."""
    patterns = _patterns(shape)
    if not patterns:
        return ()
    tests = [f"count({dates.Format(pattern).day(column)})" for pattern in patterns]
    is_of_shape = f"regexp_full_match({column}, {literal(_form_of(shape))})"
    sql = f"SELECT {', '.join(tests)} FROM ({cells}) WHERE {is_of_shape}"
    counts = con.execute(sql).fetchall()[0]
    return tuple(pattern for pattern, n in zip(patterns, counts, strict=True) if n == rows)


def _form_of(shape: str) -> str:
    """Return the regular expression of the cells of a shape."""
    return re.sub("0+", lambda run: _digits(len(run[0])), re.escape(shape))


def _digits(length: int) -> str:
    return "[0-9]{1,2}" if length == 2 else f"[0-9]{{{length}}}"


def _patterns(shape: str) -> list[str]:
    runs = tuple(len(run) for run in re.findall("0+", shape))
    orders = _ORDERS.get(runs, ())
    if _YEAR_FIRST.search(shape):
        orders = tuple(order for order in orders if order[0] in ("%Y", "%y"))
    return [_in_shape(shape, order) for order in orders]


def _in_shape(shape: str, order: Sequence[str]) -> str:
    codes = iter(order)
    return re.sub("0+", lambda _: next(codes), shape)
