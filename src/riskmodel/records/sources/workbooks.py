"""Workbooks (.xlsx) as tables of texts, as CSV files are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from riskmodel.errors import ConfigError
from riskmodel.records.sources.file_kinds import WORKBOOK, refuse_other_kind
from riskmodel.records.sources.files import TRUNCATED, numbered, plain_names, refuse_file
from riskmodel.texts import counted, plain_text

if TYPE_CHECKING:
    from openpyxl import Workbook

# What a workbook keeps of a number: 15 digits.
_WHOLE_BELOW = 10**15
Row = Sequence[Any]
_SAVE_AGAIN = (
    "open it in the program that wrote it and save it again as .xlsx; where it does not open, "
    "fetch it again"
)


def read_workbook(path: Path, name: str, sheet: str | None, decimal: str = ".") -> pa.Table:
    """Read one sheet as texts, each row with its number below the heading.

    Parameters
    ----------
    path : Path
    name : str
        What messages call the file.
    sheet : str, optional
        Default: the only one.
    decimal : str
        The mark with which numbers are written as texts.

    Raises
    ------
    ConfigError
        For a sheet that is not there, or without openpyxl.
    RecordsError
        For a file that is no workbook, or an empty sheet.
    """
    cells = _sheet(opened_workbook(path, name), name, sheet)
    merged = list(cells.merged_cells.ranges)
    rows = [list(row) for row in cells.iter_rows(min_row=1, min_col=1, values_only=True)]
    first = _first_of_heading(rows, merged)
    if first is None:
        refuse_file(name, "is empty", "records.empty_file")
    own_ranges = [one for one in merged if one.min_row == first + 1]
    height = _height(own_ranges)
    for one in own_ranges:
        _fill(rows, one)
    filled = [*rows[first : first + height], *filter(_is_filled, rows[first + height :])]
    heading = list(_headings(filled[:height], decimal))
    own = [place for place, title in enumerate(heading) if title or _any(filled, height, place)]
    names = plain_names([heading[k] or f"column {k + 1}" for k in own], name)
    columns = [[cell_text(row[k], decimal) for row in filled[height:]] for k in own]
    arrays = [pa.array(column, pa.string()) for column in columns]
    return numbered(pa.Table.from_arrays(arrays, names), name)


def opened_workbook(path: Path | BytesIO, name: str, *, formulas: bool = False) -> Workbook:
    """Open a workbook; of its formulas the values that were last computed, or the formulas.

    Raises
    ------
    ConfigError
        Without openpyxl.
    RecordsError
        For a file that is no workbook.
    """
    try:
        import openpyxl  # an extra
    except ImportError:
        raise ConfigError(
            "workbooks need openpyxl",
            place=name,
            code="records.excel",
            next_step="pip install 'riskmodel[excel]', or save the file as CSV",
        ) from None
    try:
        # openpyxl leaves a file open in which it fails
        with (
            path.open("rb") if isinstance(path, Path) else nullcontext(path) as content,
            warnings.catch_warnings(),
        ):
            # openpyxl tells of what it does not keep, such as Excel's own kinds of drop-downs
            warnings.simplefilter("ignore", UserWarning)
            return openpyxl.load_workbook(content, data_only=not formulas)
    except Exception:  # a damaged part ends the library in whatever it runs into
        if isinstance(path, Path):
            refuse_other_kind(path, name, WORKBOOK)
        refuse_file(name, "is no whole workbook", TRUNCATED, _SAVE_AGAIN)


def _sheet(book: Any, name: str, wanted: str | None) -> Any:
    sheets = {plain_text(sheet.title): sheet for sheet in book.worksheets}
    if wanted is None and len(sheets) == 1:
        return next(iter(sheets.values()))
    if wanted in sheets:
        return sheets[wanted]
    what = "and the entry names none" if wanted is None else "and none as the entry names"
    # a sheet may be called by a person's name
    raise ConfigError(
        f"the workbook has {counted(len(sheets), 'sheet')}, {what}",
        place=name,
        code="records.sheet",
        allowed="sheet: the name of one of them",
        next_step="see their names in the program that wrote the file, or list them: "
        "openpyxl.load_workbook(FILE).sheetnames",
    )


def _fill(rows: list[list[Any]], merged: Any) -> None:
    """Write the cell of a merged range into each of its cells."""
    cell = rows[merged.min_row - 1][merged.min_col - 1]
    for row in rows[merged.min_row - 1 : merged.max_row]:
        row[merged.min_col - 1 : merged.max_col] = [cell] * (merged.max_col - merged.min_col + 1)


def _first_of_heading(rows: list[list[Any]], merged: Sequence[Any]) -> int | None:
    """Return the place of the heading's first row: above it are blank rows and merged titles."""
    wide = {one.min_row - 1 for one in merged if one.max_col > one.min_col}
    for place, row in enumerate(rows):
        texts = sum(cell is not None for cell in row)
        if texts > 1 or (texts == 1 and place not in wide):
            return place
    return None


def _is_filled(row: Row) -> bool:
    return any(cell not in (None, "") for cell in row)


def _height(merged: Sequence[Any]) -> int:
    """Return how many rows a heading has, by the cells that are merged in its first."""
    is_wide = any(one.max_col > one.min_col for one in merged)
    return max([1 + is_wide, *(one.max_row - one.min_row + 1 for one in merged)])


def _headings(rows: Sequence[Row], decimal: str) -> Iterator[str]:
    """Yield for each column its texts from top to bottom, each once."""
    for cells in zip(*rows, strict=True):
        texts = dict.fromkeys(
            " ".join(plain_text(cell_text(cell, decimal) or "").split()) for cell in cells
        )
        yield " ".join(filter(None, texts))


def _any(rows: Sequence[Row], height: int, place: int) -> bool:
    return any(row[place] is not None for row in rows[height:])


def cell_text(cell: object, decimal: str = ".") -> str | None:
    """Return a cell as a text: a day without its time, a whole number without decimals."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        is_day = cell.time() == datetime.min.time()
        return str(cell.date()) if is_day else cell.isoformat(" ")
    if isinstance(cell, date):
        return str(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _number(cell, decimal)
    return str(cell)


def _number(number: float, decimal: str) -> str:
    if abs(number) >= _WHOLE_BELOW:
        return f"{number:.16e}"
    whole = int(number)
    return str(whole) if whole == number else repr(number).replace(".", decimal)
