"""CSV files and workbooks of one entry: whole, one table per file, by the entry's own keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from riskmodel.errors import ConfigError
from riskmodel.records.sources.control_totals import check_totals
from riskmodel.records.sources.csv_files import CsvFile, read_csv
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import TRUNCATED, is_parquet, is_workbook, refuse_file
from riskmodel.records.sources.parquet_files import ParquetFile
from riskmodel.records.sources.source import RaggedRow
from riskmodel.records.sources.workbooks import read_workbook

_OF_CSV = {
    "encoding": "says how a CSV file writes letters",
    "line_break_at_end": "says how a CSV file ends",
}


class TextRows(NamedTuple):
    """The rows of CSV files and workbooks.

    Attributes
    ----------
    tables : list of pyarrow.Table
        One per file.
    ragged : tuple of RaggedRow
        The rows that do not fit a header.
    separators : set of str
    open_ends : tuple of str
        The files without a line break at their end.
    """

    tables: list[pa.Table]
    ragged: tuple[RaggedRow, ...]
    separators: frozenset[str]
    open_ends: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the files hold headers alone."""
        return not self.ragged and not any(len(table) for table in self.tables)


def read_all(paths: Sequence[Path], files: Sequence[str], entry: Entry) -> TextRows:
    """Read the CSV files and workbooks of an entry.

    Parameters
    ----------
    paths : sequence of Path
    files : sequence of str
        What messages call them.
    entry : Entry
    """
    if entry["sheet"] is not None and not any(map(is_workbook, paths)):
        raise _no_meaning(entry, "sheet", "names a sheet of a workbook, and this source is none")
    if all(map(is_workbook, paths)):
        check_of_csv(entry, "a workbook")
    tables: list[pa.Table] = []
    read: list[tuple[str, CsvFile]] = []
    shown_paths = tqdm(paths, desc="reading", unit=" files", delay=2, disable=None)
    for path, name in zip(shown_paths, files, strict=True):
        if is_workbook(path):
            tables.append(_workbook(path, name, entry))
        else:
            read.append((name, _csv(path, name, entry)))
            tables.append(read[-1][1].table)
    return TextRows(
        tables,
        ragged=tuple(RaggedRow(name, row) for name, file in read for row in file.ragged),
        separators=frozenset(file.separator for _, file in read),
        open_ends=tuple(name for name, file in read if not file.is_ended),
    )


def check_whole(path: Path, name: str, entry: Entry) -> None:
    """Refuse a file that broke off or is not what its control totals say."""
    if is_parquet(path):
        ParquetFile.read(path, name, {})
    elif is_workbook(path):
        _workbook(path, name, entry)
    else:
        _csv(path, name, entry)


def _workbook(path: Path, name: str, entry: Entry) -> pa.Table:
    table = read_workbook(path, name, entry["sheet"], entry["decimal"] or ".")
    check_totals(path, name, len(table))
    return table


def _csv(path: Path, name: str, entry: Entry) -> CsvFile:
    file = read_csv(path, name, entry["encoding"])
    if entry["line_break_at_end"] and not file.is_ended:
        refuse_file(name, "has no line break at its end", TRUNCATED)
    check_totals(path, name, len(file.table) + len(file.ragged))
    return file


def check_of_csv(entry: Entry, what: str) -> None:
    """Refuse keys of CSV files for a source that is something else."""
    for key, says in _OF_CSV.items():
        if entry[key] is not None:
            raise _no_meaning(entry, key, f"{says}, and this source is {what}")


def check_of_files(entry: Entry) -> None:
    """Refuse keys of files for a frame."""
    for key in ("partitions", "sheet"):
        if entry[key] is not None:
            raise _no_meaning(entry, key, "goes with a file, and this source is a frame")


def _no_meaning(entry: Entry, key: str, why: str) -> ConfigError:
    return ConfigError(
        f"{key} {why}",
        place=f"{entry.place}, {entry.title}",
        code="manifest.no_meaning",
        next_step=f"leave {key} out",
    )
