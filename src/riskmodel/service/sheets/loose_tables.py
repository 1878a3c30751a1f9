"""Tables as offices send them: workbooks and CSV in any usual encoding, with the rows' numbers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Container, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.disks import on_disk
from riskmodel.errors import RecordsError, RiskmodelError
from riskmodel.records.sources.csv_files import SEPARATORS
from riskmodel.records.sources.file_kinds import CSV, refuse_other_kind
from riskmodel.records.sources.files import is_workbook
from riskmodel.records.sources.workbooks import cell_text, opened_workbook
from riskmodel.service.sheets.book_words import COLUMNS, title
from riskmodel.service.sheets.passwords import opened_by
from riskmodel.serving import LANGUAGES
from riskmodel.texts import heading

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

Row = list[str | None]
Remarks = dict[int, list[str]]
_LARGEST = 64 << 20
"""How many bytes of a file are read, unpacked: some 50,000 rows of a book."""
_ENCODINGS = ("utf-8-sig", "cp949")
_BYTE_ORDERS = (b"\xff\xfe", b"\xfe\xff")


class LooseTable(NamedTuple):
    """A table as it was sent.

    Attributes
    ----------
    name : str
        What messages call the file.
    titles : dict of str to str
        Its columns that are known, each with its heading in the file.
    rows : dict of int to dict
        The filled rows of the heading: by the number that a spreadsheet shows, the texts of the
        known columns that are not blank.
    others : dict of int to list of (str, str)
        What stands in other columns, by row: heading and text.
    remarks : dict of int to list of str
        What is noted on cells as comments, by row, also beside and above the rows.
    unclear : dict of int to str
        What cannot be read for certain, by the row in which it begins.
    beside : tuple of LooseTable
        The workbook's other sheets, as far as they hold something.
    fault : RecordsError, optional
        Why its heading cannot be used; its cells can still be looked through.
    """

    name: str
    titles: dict[str, str]
    rows: dict[int, dict[str, str]]
    others: dict[int, list[tuple[str, str]]]
    remarks: Mapping[int, list[str]] = MappingProxyType({})
    unclear: Mapping[int, str] = MappingProxyType({})
    beside: tuple[LooseTable, ...] = ()
    fault: RecordsError | None = None

    def place(self, number: int | None = None, column: str | None = None) -> str:
        """Return the place of a row, or of a cell in it."""
        row = [] if number is None else [f"row {number}"]
        cell = [] if column is None else [f"column {self.titles[column]!r}"]
        return ", ".join([self.name, *row, *cell])

    def unclear_at(self, number: int) -> RecordsError:
        """Return the refusal of a row that cannot be read for certain."""
        return RecordsError(
            self.unclear[number],
            place=self.place(number),
            code="outreach.unclear",
            allowed="one cell for each row and column, with its value",
            next_step="write the value into the cell of each row that it is of",
        )


def read_table(
    path: Path,
    name: str,
    key: str,
    what: str,
    password: str | None = None,
    columns: Mapping[str, str] = COLUMNS,
    keys: Container[str] = (),
) -> LooseTable:
    """Read the table of a file whose heading holds a key column, wherever it stands.

    Parameters
    ----------
    path : Path
    name : str
        What messages call the file.
    key : str
        The column by which the heading is found.
    what : str
        What the file should be, such as ``book of a plan``.
    password : str, optional
        Of an encrypted workbook.
    columns : mapping of str to str
        The column that a heading means.
    keys : container of str
        The keys of rows that are read above the heading, too, where both were sorted together.

    Raises
    ------
    RecordsError
        For a file that is no table. One whose heading cannot be used has a `LooseTable.fault`.
    """
    with on_disk(path):
        found = _found(path, name, password)
    sheets = [sheet._replace(columns=columns) for sheet in found]
    place = next((place for place, sheet in enumerate(sheets) if sheet.head(key)), None)
    own = sheets.pop(place or 0) if sheets else _Sheet("", [], {}, {})
    fault = _no_heading(name, key, what) if place is None else _two_alike(name, own, key)
    tables = [_table(f"{name}, sheet {sheet.title!r}", sheet, key) for sheet in sheets]
    beside = tuple(table for table in tables if table.rows or table.remarks)
    return _table(name, own, key, keys)._replace(beside=beside, fault=fault)


def _found(path: Path, name: str, password: str | None) -> list[_Sheet]:
    """Return the sheets of a file; whatever a damaged one ends its reader in, refuses it."""
    _check_size(path.stat().st_size, name)
    try:
        return (
            list(_sheets(path, name, password)) if is_workbook(path) else [_csv_sheet(path, name)]
        )
    except (RiskmodelError, OSError):
        raise
    except Exception:
        raise RecordsError(
            "the file is damaged, or holds what no table does",
            place=name,
            code="outreach.file",
            allowed="a whole workbook (.xlsx) or CSV",
            next_step="open it in the program that wrote it and save it again as .xlsx or as CSV; "
            "where it does not open, ask for it anew",
        ) from None


def _no_heading(name: str, key: str, what: str) -> RecordsError:
    return RecordsError(
        f"the file is no {what}: none of its columns is {key}",
        place=name,
        code="outreach.heading",
        allowed=[title(key, language) for language in LANGUAGES.values()],
        next_step="restore the heading; columns may stand in any order",
    )


def _two_alike(name: str, sheet: _Sheet, key: str) -> RecordsError | None:
    """Return the refusal of a heading in which two columns mean the same."""
    head = sheet.head(key)
    names = sheet.names(head)
    repeated = next((column for column in names if column and names.count(column) > 1), None)
    if repeated is None:
        return None
    titles = zip(names, sheet.rows[head - 1], strict=True)
    alike = [repr(text) for column, text in titles if column == repeated]
    return RecordsError(
        f"two columns mean the same: {' and '.join(alike)}",
        place=name,
        code="outreach.heading",
        allowed="one column of each answer",
        next_step="leave one of them",
    )


class _Sheet(NamedTuple):
    """The cells of a sheet or of a CSV file; by row the comments on them, and what is unclear.

    `columns` has the column that a heading means.
    """

    title: str
    rows: list[Row]
    remarks: Remarks
    unclear: dict[int, str]
    columns: Mapping[str, str] = COLUMNS

    def head(self, key: str) -> int:
        """Return the number of the row that is the heading, 0 where there is none."""
        numbers = range(1, len(self.rows) + 1)
        return next((number for number in numbers if key in self.names(number)), 0)

    def names(self, number: int) -> list[str | None]:
        """Return the columns that the cells of a row are the titles of."""
        row = self.rows[number - 1] if number else []
        return [self.columns.get(heading(cell or "").lower()) for cell in row]


def _table(name: str, sheet: _Sheet, key: str, keys: Container[str] = ()) -> LooseTable:
    """Return the rows below a sheet's heading, and those of some keys above it.

    All rows where there is no heading; one that is repeated is none.
    """
    head = sheet.head(key)
    names, titles = sheet.names(head), sheet.rows[head - 1] if head else []
    place = names.index(key) if key in names else 0
    filled = {
        number: row
        for number, row in enumerate(sheet.rows, start=1)
        if any(row)
        and (number > head or (place < len(row) and row[place] in keys))
        and sheet.names(number) != names
    }
    rows = {
        number: {column: text for column, text in zip(names, row, strict=False) if column and text}
        for number, row in filled.items()
    }
    others = {
        number: [
            (called or "", text)
            for column, called, text in zip_longest(names, titles, row)
            if text and column is None
        ]
        for number, row in filled.items()
    }
    known = {column: str(titles[k]) for k, column in enumerate(names) if column is not None}
    unclear = {
        number: what for number, what in sheet.unclear.items() if number > head or number in filled
    }
    return LooseTable(name, known, rows, others, sheet.remarks, unclear)


def _sheets(path: Path, name: str, password: str | None) -> Iterator[_Sheet]:
    with opened_by(path, name, password) as plain:
        _check_unpacked(plain, name)
        book = opened_workbook(plain, name)
        written = opened_workbook(plain, name, formulas=True)
        for sheet in book.worksheets:
            rows: list[Row] = []
            remarks: Remarks = {}
            for cell in _cells(sheet):
                text = _trimmed(cell_text(cell.value))
                if text:
                    rows += [[] for _ in range(cell.row - len(rows))]
                    rows[-1] += [*[None] * (cell.column - len(rows[-1]) - 1), text]
                if cell.comment:
                    remarks.setdefault(cell.row, []).append(str(cell.comment.text))
            unclear = dict(_unclear(sheet, written[sheet.title]))
            yield _Sheet(str(sheet.title), rows, remarks, unclear)


def _cells(sheet: Worksheet) -> Iterator[Cell]:
    """Yield the cells that a file writes, row by row; `iter_rows` makes all others, too."""
    return (sheet._cells[place] for place in sorted(sheet._cells))


def _unclear(sheet: Worksheet, written: Worksheet) -> Iterator[tuple[int, str]]:
    """Yield the rows in which formulas without a value stand, or cells merged downwards begin."""
    for cell in _cells(written):
        if cell.data_type == "f" and sheet[cell.coordinate].value is None:
            yield cell.row, f"the formula in {cell.coordinate} has no value"
    for merged in sheet.merged_cells.ranges:
        if merged.max_row > merged.min_row:
            yield merged.min_row, f"the cells {merged.coord} are merged over several rows"


def _check_unpacked(book: Path | io.BytesIO, name: str) -> None:
    """Refuse a workbook that is too large unpacked; no more than it states is ever read."""
    try:
        with zipfile.ZipFile(book) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        return
    _check_size(size, name)


def _check_size(size: int, name: str) -> None:
    if size > _LARGEST:
        raise RecordsError(
            f"the file has more than {_LARGEST >> 20} MB, or does once it is unpacked",
            place=name,
            code="outreach.file",
            allowed=f"up to {_LARGEST >> 20} MB",
            next_step="copy its filled rows alone into a new file, and save that",
        )


def _csv_sheet(path: Path, name: str) -> _Sheet:
    refuse_other_kind(path, name, CSV)
    text = _decoded(path.read_bytes(), name)
    lines = text.splitlines()
    declared = bool(lines) and lines[0].strip('"').lower().startswith("sep=")
    first = next((line for line in lines[declared:] if line.strip()), "")
    separator = lines[0].strip('"')[4:5] if declared else max(SEPARATORS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (csv.Error, TypeError):
        raise RecordsError(
            "the file is no table of cells, or breaks off within a quoted one",
            place=name,
            code="outreach.file",
            next_step="open it in the program that wrote it and save it as .xlsx or as CSV",
        ) from None
    return _Sheet(
        "", [[_trimmed(cell) for cell in row] if any(row) else [] for row in rows], {}, {}
    )


def _trimmed(cell: str | None) -> str | None:
    return (cell or "").strip() or None


def _decoded(content: bytes, name: str) -> str:
    encodings = ("utf-16",) if content.startswith(_BYTE_ORDERS) else _ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RecordsError(
        "the file is written in no encoding that is read, or breaks off within a letter",
        place=name,
        code="outreach.file",
        allowed=["utf-8", "cp949", "utf-16"],
        next_step="save it again as .xlsx, or as CSV in one of these",
    )
