"""Reads the tables that features are made of: columns by name, from arrays, lists or CSV files."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Floats, Frame, Ints
from riskmodel.serving.refusal import ServingError

# columns by name, rows as mappings, or a frame of whichever library
Table = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Frame
Tables = Mapping[str, Table]

HOUSEHOLD = "household_id"
# a household that stands in none of these is unknown
HOUSEHOLD_TABLES = ("events", "attributes", "members", "contacts", "unmatched")
TABLES_OF_RECORDS = (*HOUSEHOLD_TABLES, "coverage", "deliveries")
FIRST_YEAR, LAST_YEAR = 1900, 2199

_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DAYS = (str, date, np.datetime64)
_TRUTHS = {"true": True, "false": False}
_ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()


class Cells(NamedTuple):
    """The cells of one column, and what a refusal calls it."""

    table: str
    name: str
    values: list[Any] | NDArray[Any]

    def texts(self) -> list[str]:
        """Return texts; a blank cell is refused."""
        found = [text for text in self.texts_or_none() if text is not None]
        self._refuse_blank(len(self.values) - len(found))
        return found

    def texts_or_none(self) -> list[str | None]:
        """Return texts; a blank cell is None.

        Raises
        ------
        ServingError
            For numbers: what they lost in front, such as zeros, cannot be told.
        """
        listed = _listed(self.values)
        if set(map(type, listed)) == {str} and "" not in listed:
            return listed
        found = [value if isinstance(value, str) and value else None for value in listed]
        others = sum(not isinstance(value, str) and not _is_blank(value) for value in listed)
        if others:
            self._refuse(
                f"what is no text in {_cells(others)}",
                "serving.not_a_text",
                "texts, as the records write them: '00123' is another id than 123",
                "read the column as texts, from where it still was one",
            )
        return found

    def days(self, blank: int | None = None) -> Ints:
        """Return days since 1970-01-01; a blank one is `blank`, or is refused."""
        is_array = isinstance(self.values, np.ndarray) and self.values.dtype.kind == "M"
        numbers, is_blank, is_wrong = (_days_of_array if is_array else _days_of_cells)(self.values)
        if is_wrong.any():
            self._refuse(
                f"what is no day in {_cells(int(is_wrong.sum()))}",
                "serving.date",
                f"days such as 2024-05-01, of the years {FIRST_YEAR} to {LAST_YEAR}",
                "write the days as YYYY-MM-DD",
            )
        if blank is None:
            self._refuse_blank(int(is_blank.sum()))
            return numbers
        return np.where(is_blank, blank, numbers)

    def numbers(self) -> Floats:
        """Return numbers; a blank cell is NaN."""
        if isinstance(self.values, np.ndarray) and self.values.dtype.kind in "fiu":
            numbers = self.values.astype(np.float64)
        else:
            numbers = np.array([_number_of(value) for value in _listed(self.values)], np.float64)
        wrong = int(np.isinf(numbers).sum())
        if wrong:
            self._refuse(
                f"what is no number in {_cells(wrong)}",
                "serving.not_a_number",
                "numbers such as 1.5, or nothing",
                "write them with a point, and without marks of thousands",
            )
        return numbers

    def truths(self) -> NDArray[np.bool_]:
        """Return truth values."""
        read = [_truth_of(value) for value in _listed(self.values)]
        wrong = read.count(None)
        if wrong:
            self._refuse(
                f"neither true nor false in {_cells(wrong)}",
                "serving.not_a_truth",
                "true or false",
                "write true for a delivery that came, and false for one that was due and did not",
            )
        return np.array(read, bool)

    def _refuse_blank(self, blanks: int) -> None:
        if blanks:
            self._refuse(
                f"nothing in {_cells(blanks)}",
                "serving.blank",
                "a value in every row",
                "leave these rows out, or write the table again from the records",
            )

    def _refuse(self, what: str, code: str, allowed: str, next_step: str) -> NoReturn:
        raise ServingError(f"{self.name} of {self.table} holds {what}", code, allowed, next_step)


def cells_of(tables: Tables, table: str, names: Sequence[str]) -> dict[str, Cells]:
    """Return columns of a table, without any cell where the table has no row.

    Raises
    ------
    ServingError
        For a table or a column that is missing, and columns that differ in length.
    """
    if table not in tables:
        raise ServingError(
            f"the table {table} is missing",
            "serving.missing_table",
            "every table that the columns are made of, also one without rows",
            f"give {table}; where the records have no row of it, give {{}} in its place",
        )
    given = _columns_in(tables[table], table)
    lengths = {len(values) for values in given.values()}
    if len(lengths) > 1:
        raise ServingError(
            f"the columns of {table} differ in length",
            "serving.length",
            next_step="give one cell of each column for each row",
        )
    if not any(lengths):
        return {name: Cells(table, name, []) for name in names}
    missing = [name for name in names if name not in given]
    if missing:
        raise ServingError(
            f"{table} has no column {', '.join(missing)}",
            "serving.missing_columns",
            f"{', '.join(names)}; others beside them are not looked at",
            "write the table again from the records, with all of its columns",
        )
    return {name: Cells(table, name, given[name]) for name in names}


def households_in(tables: Tables) -> set[str]:
    """Return the ids of the households that stand in some table."""
    held = [cells_of(tables, name, (HOUSEHOLD,)) for name in HOUSEHOLD_TABLES if name in tables]
    return {household for cells in held for household in cells[HOUSEHOLD].texts()}


def day_of(value: object, argument: str) -> int:
    """Return a day as days since 1970-01-01, or refuse what is none, without showing it."""
    day = _day_number(value) if isinstance(value, _DAYS) else None
    if day is None:
        raise ServingError(
            f"{argument} is no day",
            "serving.date",
            f"a day such as 2024-05-01, of the years {FIRST_YEAR} to {LAST_YEAR}",
            "write it as YYYY-MM-DD",
        )
    return day


def read_tables(folder: str | Path) -> dict[str, dict[str, list[str]]]:
    """Read the CSV files of a folder, such as ``events.csv``, as `features` takes them.

    Parameters
    ----------
    folder : str or Path
        Its files are in utf-8, with commas and a first line of names; days are written as
        2024-05-01, and a blank cell is no value. What is no table of records is not looked at.

    Returns
    -------
    dict of str to dict of str to list of str
        The columns of each table, but for tables without a file.

    Raises
    ------
    ServingError
        For a folder without any of them, or a file that cannot be read.
    """
    paths = {name: Path(folder) / f"{name}.csv" for name in TABLES_OF_RECORDS}
    found = {name: _columns_of_file(path) for name, path in paths.items() if path.is_file()}
    if not found:
        raise ServingError(
            "the folder holds no table of records",
            "serving.no_tables",
            ", ".join(path.name for path in paths.values()),
            "give the folder into which the tables were written",
        )
    return found


def _columns_of_file(path: Path) -> dict[str, list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, *rows = (line for line in csv.reader(file, strict=True) if line)
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        return {name: list(own) for name, own in zip(names, columns, strict=True)}
    except (OSError, ValueError, csv.Error):
        raise ServingError(
            f"{path.name} cannot be read",
            "serving.unreadable_table",
            "CSV in utf-8, with commas, a first line of names and as many cells in every line",
            "write it again",
        ) from None


def _columns_in(table: Any, name: str) -> dict[str, list[Any] | NDArray[Any]]:
    if hasattr(table, "columns"):
        return {str(column): _cells_of_series(table[column]) for column in table.columns}
    if isinstance(table, Mapping) and all(map(_is_column, table.values())):
        return {str(column): _cells_of_series(own) for column, own in table.items()}
    if isinstance(table, list | tuple) and all(isinstance(row, Mapping) for row in table):
        names = dict.fromkeys(column for row in table for column in row)
        return {str(column): [row.get(column) for row in table] for column in names}
    raise ServingError(
        f"{name} is no table",
        "serving.table",
        "a mapping of columns, a list of mappings, or a DataFrame",
        "give a list or an array for each column",
    )


def _is_column(values: object) -> bool:
    return isinstance(values, list | tuple) or np.ndim(values) == 1  # type: ignore[arg-type]


def _cells_of_series(series: Any) -> list[Any] | NDArray[Any]:
    if isinstance(series, list | tuple):
        return list(series)
    is_plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiubM"
    if not is_plain and hasattr(series, "notna"):
        series = series.astype(object).where(series.notna(), None)
    return np.asarray(series)


def _listed(values: list[Any] | NDArray[Any]) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number:,} cells"


def _is_blank(value: object) -> bool:
    return value is None or value == "" or value != value


_DayNumbers = tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]


def _days_of_array(values: Any) -> _DayNumbers:
    """Return numbers of days, which cells are blank, and which are of years nobody can mean."""
    days = values.astype("datetime64[D]")
    is_blank = np.isnat(days)
    numbers = np.where(is_blank, 0, days.astype(np.int64))
    years = numbers.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return numbers, is_blank, (years < FIRST_YEAR) | (years > LAST_YEAR)


def _days_of_cells(values: Any) -> _DayNumbers:
    """Return the same of texts and dates."""
    cells = _listed(values)
    is_blank = np.array([_is_blank(cell) for cell in cells], bool)
    number_of: dict[Any, int | None] = {}
    for cell in cells:
        if isinstance(cell, _DAYS) and cell not in number_of:
            number_of[cell] = _day_number(cell)
    read = [number_of[cell] if isinstance(cell, _DAYS) else None for cell in cells]
    is_unread = np.array([number is None for number in read], bool)
    numbers = np.array([0 if number is None else number for number in read], np.int64)
    return numbers, is_blank, is_unread & ~is_blank


def _day_number(value: Any) -> int | None:
    """Return days since 1970-01-01; None for what is no day that can be meant."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[D]").item()
    day = _day_in_text(value) if isinstance(value, str) else value
    if day is None or day != day or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    # a time is of the day of its own zone
    return (day.date() if isinstance(day, datetime) else day).toordinal() - _ORDINAL_OF_1970


def _day_in_text(text: str) -> date | None:
    found = _ISO_DAY.fullmatch(text)
    try:
        return None if found is None else date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _number_of(value: Any) -> float:
    """Return a number, NaN for a blank cell, and infinity for what is none."""
    if _is_blank(value):
        return np.nan
    try:
        number = np.inf if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return np.inf
    return number if np.isfinite(number) else np.inf


def _truth_of(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.lower()) if isinstance(value, str) else None
