"""Tables as offices send them: workbooks and CSV in any usual encoding, with the rows' numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from riskmodel.disks import on_disk
from riskmodel.errors import RecordsError
from riskmodel.records.sources.csv_files import SEPARATORS
from riskmodel.records.sources.file_kinds import CSV, refuse_other_kind
from riskmodel.records.sources.files import is_workbook
from riskmodel.records.sources.workbooks import cell_text, opened_workbook
from riskmodel.service.sheets.book_words import COLUMNS, title
from riskmodel.service.sheets.passwords import opened_by
from riskmodel.serving import LANGUAGES
from riskmodel.texts import heading

Row = list[str | None]
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
        The filled rows below the heading: by the number that a spreadsheet shows, the texts of the
        known columns that are not blank.
    others : dict of int to list of str
        What stands in other columns, by row.
    """

    name: str
    titles: dict[str, str]
    rows: dict[int, dict[str, str]]
    others: dict[int, list[str]]

    def place(self, number: int | None = None, column: str | None = None) -> str:
        """Return the place of a row, or of a cell in it."""
        row = [] if number is None else [f"row {number}"]
        cell = [] if column is None else [f"column {self.titles[column]!r}"]
        return ", ".join([self.name, *row, *cell])


def read_table(
    path: Path, name: str, key: str, what: str, password: str | None = None
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

    Raises
    ------
    RecordsError
        For a file that is no table, or has no such column.
    """
    with on_disk(path):
        is_book = is_workbook(path)
        sheets = list(_sheets(path, name, password)) if is_book else [_csv_rows(path, name)]
    for sheet in sheets:
        for number, row in enumerate(sheet):
            names = [COLUMNS.get(heading(cell or "").lower()) for cell in row]
            if key in names:
                return _table(name, sheet, number, names)
    raise RecordsError(
        f"the file is no {what}: none of its columns is {key}",
        place=name,
        code="outreach.heading",
        allowed=[title(key, language) for language in LANGUAGES.values()],
        next_step="restore the heading; columns may stand in any order",
    )


def _table(name: str, sheet: list[Row], head: int, names: list[str | None]) -> LooseTable:
    known = [column for column in names if column is not None]
    repeated = next((column for column in known if known.count(column) > 1), None)
    if repeated is not None:
        raise RecordsError(
            f"two columns are {repeated}",
            place=name,
            code="outreach.heading",
            next_step="leave one of them",
        )
    titles = {column: str(sheet[head][k]) for k, column in enumerate(names) if column is not None}
    below = dict(enumerate(sheet[head + 1 :], start=head + 2))
    filled = {number: row for number, row in below.items() if any(row)}
    rows = {
        number: {column: text for column, text in zip(names, row, strict=False) if column and text}
        for number, row in filled.items()
    }
    others = {
        number: [text for column, text in zip_longest(names, row) if text and column is None]
        for number, row in filled.items()
    }
    return LooseTable(name, titles, rows, others)


def _sheets(path: Path, name: str, password: str | None) -> Iterator[list[Row]]:
    with opened_by(path, name, password) as plain:
        book = opened_workbook(plain, name)
        for sheet in book.worksheets:
            rows = sheet.iter_rows(min_row=1, min_col=1, values_only=True)
            yield [[_trimmed(cell_text(cell)) for cell in row] for row in rows]


def _csv_rows(path: Path, name: str) -> list[Row]:
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
    return [[_trimmed(cell) for cell in row] for row in rows]


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
