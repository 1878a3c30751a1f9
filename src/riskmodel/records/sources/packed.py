"""The bytes of a file, unpacked; what is no text of cells is refused with the advice that fits."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet

from riskmodel.errors import RecordsError
from riskmodel.records.sources.files import ending, is_parquet, is_workbook, refuse_file

UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
"""What unpacking raises where a file breaks off."""
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_PACKED = {".gz": _GZIP, ".zst": _ZSTD, ".zip": _ZIP}
_MARKUP = re.compile(rb"\s*<(!doctype|html|table|\?xml|meta|head)", re.IGNORECASE)
_SAVE_AS = "open it in the program that wrote it and save it as .xlsx or as CSV"
# How files of other kinds begin, what each is, and what to do.
_OTHER_KINDS = (
    (b"\xd0\xcf\x11\xe0", "is a workbook of an old kind (.xls)", _SAVE_AS),
    (b"%PDF", "is a PDF", "ask for the table itself, as .xlsx or CSV"),
    (b"PAR1", "is Parquet", "let its name end in .parquet"),
    (_ZIP, "is a workbook or an archive", "let its name end in .xlsx or .zip, as what it is"),
    (_GZIP, "is packed", "let its name end in .gz"),
    (_ZSTD, "is packed", "let its name end in .zst"),
    (b"SQLite format 3", "is a database", "write the table out as CSV or Parquet"),
)


def open_bytes(path: Path, name: str) -> IO[bytes]:
    """Open a file, unpacked if its name ends in .gz, .zst or .zip, in any letter case.

    Raises
    ------
    RecordsError
        For an archive of several files, or one that needs a password.
    """
    kind = ending(path)
    if kind == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    if kind == ".zst":
        return cast("IO[bytes]", pa.input_stream(str(path), compression="zstd"))
    return _only_file(path, name) if kind == ".zip" else path.open("rb")


def _only_file(path: Path, name: str) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    inside = [one for one in archive.infolist() if not one.is_dir()]
    if len(inside) != 1:
        advice = "unpack it, and name the files with a pattern"
        refuse_file(name, f"is an archive of {len(inside)} files", "records.archive", advice)
    if inside[0].flag_bits & 1:
        refuse_file(name, "needs a password", "records.archive", "unpack it before")
    return archive.open(inside[0])


def check_kind(path: Path, name: str) -> None:
    """Refuse a file that is not packed as its name says, or that is no text of cells.

    Raises
    ------
    RecordsError
        With what it is, and what to do.
    """
    with path.open("rb") as file:
        start = file.read(256)
    kind = ending(path)
    packed = _PACKED.get(kind)
    if packed is not None:
        if start and not start.startswith(packed[: len(start)]):
            advice = f"drop {kind} from its name"
            refuse_file(name, f"is called {kind} and is not packed", "records.not_gz", advice)
        return
    for beginning, what, advice in _OTHER_KINDS:
        if start.startswith(beginning):
            refuse_file(name, f"{what}, and no CSV", "records.kind", advice)
    if _MARKUP.match(start.removeprefix(b"\xef\xbb\xbf")):
        refuse_file(name, "is HTML or XML, and no table of cells", "records.kind", _SAVE_AS)


class WatchedFile:
    """A file of bytes that remembers how it ended, as Arrow reads it.

    Parameters
    ----------
    file : binary file
        Closed with this one.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._last = file, b""

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        chunk = self._file.read(size)
        self._last = (self._last + chunk[-2:])[-2:]
        return chunk

    def close(self) -> None:
        """Close the file behind it."""
        self._file.close()

    def ended_with_line(self, encoding: str) -> bool:
        """Tell whether the last line that was read ended with a line break."""
        if encoding.startswith("utf-16"):
            return self._last in (b"\n\0", b"\0\n", b"\r\0", b"\0\r")
        return self._last.endswith((b"\n", b"\r"))


def is_header_only(path: Path) -> bool:
    """Tell whether a file holds a header and no row: a delivery that names no household."""
    try:
        if is_parquet(path):
            return bool(pa.parquet.read_metadata(path).num_rows == 0)
        if is_workbook(path):
            return False
        with open_bytes(path, path.name) as lines:
            return sum(1 for _ in islice(filter(_is_of_table, lines), 2)) < 2
    except (pa.ArrowInvalid, RecordsError, *UNREADABLE):
        return False


def _is_of_table(line: bytes) -> bool:
    """Tell whether a line, in whatever encoding, holds cells and not only a separator's name."""
    plain = line.translate(None, b"\0\xef\xbb\xbf\xff\xfe").strip()
    return bool(plain) and not plain.lstrip(b'"').lower().startswith(b"sep=")
