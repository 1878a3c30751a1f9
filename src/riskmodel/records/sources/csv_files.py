"""CSV files as tables of texts, in any encoding, plain or packed; each refusal says what to do."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv

from riskmodel.records.sources.encodings import (
    encoding_of,
    is_written_in,
    open_text,
    refuse_letters,
)
from riskmodel.records.sources.files import TRUNCATED, numbered, plain_names, refuse_file
from riskmodel.records.sources.packed import UNREADABLE, WatchedFile, open_bytes
from riskmodel.texts import plain_text

SEPARATORS = ",\t;|"
# What spreadsheets write above the header, and take away when they read it.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class CsvFile(NamedTuple):
    """A CSV file as it was read.

    Attributes
    ----------
    table : pyarrow.Table
        Texts, each row with its number.
    ragged : list of int
        The numbers of the rows that have more or fewer cells than the header; these are left out.
    separator : str
    is_ended : bool
        Whether a line break stands at its end; without one, it may have broken off in its last
        cell.
    """

    table: pa.Table
    ragged: list[int]
    separator: str
    is_ended: bool


class _Layout(NamedTuple):
    """How a file writes its letters and separates its cells, and where its header stands."""

    encoding: str
    header: list[str]
    separator: str
    lines_before: int


def read_csv(path: Path, name: str, encoding: str | None = None) -> CsvFile:
    """Read one CSV file as texts, each row with its number.

    Parameters
    ----------
    path : Path
    name : str
        What messages call the file.
    encoding : str, optional
        Default: utf-8. UTF-16 is seen without being named.

    Raises
    ------
    RecordsError
        If the file is empty, cut off, or written in another encoding.
    """
    layout = _layout(path, name, encoding_of(path, name, encoding))
    bad: dict[int, str] = {}
    table, is_ended = _parse_whole(path, name, layout, bad)
    last = [*bad.values(), *(str(column[-1]) for column in table.columns if len(table))]
    # A quote that is never closed swallows all rows after it.
    if any("\n" in cell for cell in last) and _quotes(path, name, layout.encoding) % 2:
        refuse_file(name, "ends within a quoted cell", "records.csv" if is_ended else TRUNCATED)
    text = bad.get(len(table) + len(bad))
    is_short = text is not None and len(_cells(text, layout.separator)) < len(layout.header)
    if is_short and not is_ended:
        refuse_file(name, "breaks off in its last line", TRUNCATED)
    return CsvFile(numbered(table, name, list(bad)), list(bad), layout.separator, is_ended)


def _parse_whole(
    path: Path, name: str, layout: _Layout, bad: dict[int, str]
) -> tuple[pa.Table, bool]:
    """Read all rows, those that do not fit the header into `bad`; see `_parse`."""
    try:
        try:
            return _parse(path, name, layout)
        except pa.ArrowInvalid as error:
            if "columns, got" not in str(error):
                raise
            # Arrow prints a traceback for such a row, and reads on
            if not is_written_in(path, name, layout.encoding):
                refuse_letters(path, name, layout.encoding)
            return _parse(path, name, layout, bad)
    except UnicodeDecodeError:
        refuse_letters(path, name, layout.encoding)
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            refuse_letters(path, name, layout.encoding)
        if "Empty CSV" in str(error):
            refuse_file(name, "breaks off in its first line", TRUNCATED)
        refuse_file(name, "is no table of cells", "records.csv")
    except UNREADABLE:
        refuse_file(name, "breaks off in the middle", TRUNCATED)


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=separator))


def _parse(
    path: Path, name: str, layout: _Layout, ragged: dict[int, str] | None = None
) -> tuple[pa.Table, bool]:
    """Read all rows; with a dict for ragged rows, those are put there by number and left out.

    With such a dict, reading is slower.

    Returns
    -------
    tuple of pyarrow.Table and bool
        The rows, and whether a line break stands at the file's end.
    """

    def skip(row: Any) -> str:
        assert ragged is not None
        ragged[row.number - 1 - layout.lines_before] = row.text
        return "skip"

    # Arrow drops a byte order mark that our own reading of the header keeps
    names = {*layout.header, *(column.lstrip("\ufeff") for column in layout.header)}
    file = WatchedFile(open_bytes(path, name))
    with pa.input_stream(file) as stream:
        table = pa.csv.read_csv(
            stream,
            read_options=pa.csv.ReadOptions(
                encoding=layout.encoding,
                use_threads=ragged is None,
                skip_rows=layout.lines_before,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=layout.separator,
                newlines_in_values=True,
                invalid_row_handler=None if ragged is None else skip,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    return table.rename_columns(_names(layout.header)), file.ended_with_line(layout.encoding)


def _names(header: list[str]) -> list[str]:
    plain = (plain_text(column).strip() for column in header)
    return [column or f"column {place}" for place, column in enumerate(plain, start=1)]


def _quotes(path: Path, name: str, encoding: str) -> int:
    with open_text(path, name, encoding) as lines:
        return sum(line.count('"') for line in lines)


def _layout(path: Path, name: str, encoding: str) -> _Layout:
    try:
        with open_text(path, name, encoding) as lines:
            filled = ((number, line) for number, line in enumerate(lines) if line.strip())
            number, line = next(filled, (0, ""))
            declared = _SEPARATOR_LINE.fullmatch(line.strip("\r\n"))
            lines_before = number + 1 if declared else 0
            if declared:
                _, line = next(filled, (0, ""))
    except UnicodeDecodeError:
        refuse_letters(path, name, encoding)
    except UNREADABLE:
        refuse_file(name, "breaks off in the middle", TRUNCATED)
    if not line:
        refuse_file(name, "is empty", "records.empty_file")
    separator = declared[1] if declared else max(SEPARATORS, key=line.count)
    header = _cells(line, separator)
    plain_names(_names(header), name)
    return _Layout(encoding, header, separator, lines_before)
