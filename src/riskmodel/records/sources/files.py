"""The files that a source names, and what can be said of them without reading their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from riskmodel.errors import RecordsError
from riskmodel.records.sources.missing_files import no_file
from riskmodel.texts import plain_text

NO_CELL = "__HIVE_DEFAULT_PARTITION__"
"""What a folder is called whose rows have no cell."""
TRUNCATED = "records.truncated"
"""The code of a file that broke off."""
SUM, ROWS = ".sha256", ".rows"
"""How files end that say which sha256 and how many rows the file beside them has."""
ROW, FILE, COPY = "row in file", "file of row", "copy of row"


def shown(columns: Iterable[str]) -> list[str]:
    """Return the names that a message may show: a file without a header has cells for names."""
    return [name for name in columns if not re.search(r"\d[\d ().-]{4,}", name)]


def find_files(folder: Path, pattern: str, place: str) -> list[Path]:
    """Return the files that a path, folder or glob names, sorted."""
    files = _named(folder, pattern)
    if not files or not all(path.is_file() for path in files):
        raise no_file(folder, pattern, place)
    return files


def _named(folder: Path, pattern: str) -> list[Path]:
    path = found(folder / pattern)
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(path.rglob("*.parquet"))
    start, parts = _relative(folder, Path(pattern))
    matches = [*start.glob(str(Path(*parts))), *_alike(start, parts)]
    return sorted({match for match in matches if match.is_file() and not is_control(match)})


def _relative(folder: Path, pattern: Path) -> tuple[Path, Sequence[str]]:
    """Return where a pattern starts, and its parts from there."""
    if pattern.is_absolute():
        return Path(pattern.anchor), pattern.parts[1:]
    return folder, pattern.parts


def found(path: Path) -> Path:
    """Return a path as the disk writes it: one that is there, or the only one that looks the same.

    Systems compose the letters of names, or do not.
    """
    if path.exists():
        return path
    alike = list(_alike(Path(path.anchor), path.parts[bool(path.anchor) :], literal=True))
    return alike[0] if len(alike) == 1 else path


def _alike(folder: Path, parts: Sequence[str], *, literal: bool = False) -> Iterator[Path]:
    """Yield the paths whose plain names are, or match, the parts of a pattern."""
    if not parts:
        yield folder
        return
    first, rest = parts[0], parts[1:]
    if literal and (folder / first).exists():
        yield from _alike(folder / first, rest, literal=True)
        return
    for child in folder.iterdir() if folder.is_dir() else ():
        name = plain_text(child.name)
        if name == plain_text(first) or (not literal and fnmatchcase(name, plain_text(first))):
            yield from _alike(child, rest, literal=literal)


def name_in(folder: Path, path: Path) -> str:
    """Return what counts and messages call a file: its path inside the folder."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def folder_cells(
    folder: Path, path: Path, wanted: Sequence[str], place: str
) -> dict[str, str | None]:
    """Return what the folders of a file write for some columns: `2024` of ``year=2024``.

    Raises
    ------
    RecordsError
        Where a file lies in no folder of that name.
    """
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    pairs = (part.partition("=") for part in inside.parts[:-1])
    written = {plain_text(unquote(name)): plain_text(unquote(cell)) for name, _, cell in pairs}
    for column in wanted:
        if column not in written:
            raise RecordsError(
                f"the file lies in no folder {column}=...",
                place=f"{place}, {name_in(folder, path)}",
                code="records.partition",
                allowed=f"a folder {column}=CELL above each file",
                next_step=f"take {column!r} out of partitions, or give the file an entry of its "
                "own",
            )
    return {name: None if written[name] == NO_CELL else written[name] for name in wanted}


def is_control(path: Path) -> bool:
    """Tell whether a file holds control totals of the file beside it, by its name."""
    return ending(path) in (SUM, ROWS)


def is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet, by its name."""
    return ending(path) in (".parquet", ".pq")


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a workbook, by its name."""
    return ending(path) in (".xlsx", ".xlsm")


def ending(path: Path) -> str:
    """Return how a file's name ends, in small letters."""
    return path.suffix.lower()


def plain_names(names: Iterable[str], place: str) -> list[str]:
    """Return names of columns by the rule of text; two that look the same are refused.

    The refusal counts columns: where a file has no header, its first row's cells stand here.
    """
    plain = [plain_text(name) for name in names]
    repeated = next((name for name in plain if plain.count(name) > 1), None)
    if repeated is not None:
        places = [str(number) for number, name in enumerate(plain, start=1) if name == repeated]
        raise RecordsError(
            f"columns no. {' and '.join(places)} have the same name",
            place=place,
            code="records.repeated_column",
            next_step="rename or drop one of them in the file; a file without a header needs one",
        )
    return plain


def check_case(columns: Sequence[Sequence[str]], names: Sequence[str]) -> None:
    """Refuse columns that differ only in upper and lower case, which the engine takes for one.

    Parameters
    ----------
    columns : sequence of sequence of str
        Of each file.
    names : sequence of str
        What messages call the files.
    """
    spelled: dict[bytes, str] = {}
    for have, name in zip(columns, names, strict=True):
        own: dict[bytes, int] = {}
        for number, column in enumerate(have, start=1):
            folded = column.encode().lower()  # of ASCII letters alone, as the engine does
            if folded in own:
                raise _same_but_for_case(f"{own[folded]} and {number}", name)
            own[folded] = number
            if spelled.setdefault(folded, column) != column:
                raise _spelled_otherwise(spelled[folded], column, name)


def _same_but_for_case(numbers: str, name: str) -> RecordsError:
    return RecordsError(
        f"the names of columns no. {numbers} differ only in upper and lower case",
        place=name,
        code="records.repeated_column",
        next_step="rename or drop one of them in the file",
    )


def _spelled_otherwise(column: str, here: str, name: str) -> RecordsError:
    return RecordsError(
        f"there is no column {column!r} in this file but {here!r}, though there is in others of "
        "the source",
        place=name,
        code="records.missing_column",
        allowed="the same names of columns in all files of a source",
        next_step="rename the column in this file, or give the file an entry of its own",
    )


def numbered(table: pa.Table, name: str, skipped: Sequence[int] = ()) -> pa.Table:
    """Return a table with each row's number in its file, counted from 1, and the file's name."""
    numbers = np.arange(1, len(table) + max(skipped, default=0) + 1)
    rows = np.delete(numbers, np.array(skipped, dtype=np.int64) - 1)[: len(table)]
    file = pa.repeat(pa.scalar(name, pa.string()), len(table))
    return table.append_column(ROW, pa.array(rows)).append_column(FILE, file)


def own_columns(table: pa.Table) -> list[str]:
    """Return the columns of a file's table, without those that number its rows."""
    return [name for name in table.column_names if name not in (ROW, FILE)]


def with_cells(table: pa.Table, cells: Mapping[str, str | None]) -> pa.Table:
    """Return a table with what its file's folders write, in columns that it does not have."""
    for name, cell in cells.items():
        if name not in table.column_names:
            column = pa.array([cell], pa.string()).take(pa.array(np.zeros(len(table), np.int64)))
            table = table.append_column(name, column)
    return table


def refuse_file(
    name: str,
    what: str,
    code: str,
    advice: str = "fetch it again and compare its size with the sender's",
) -> NoReturn:
    """Refuse a file that cannot be read."""
    raise RecordsError(f"the file {what}", place=name, code=code, next_step=advice) from None
