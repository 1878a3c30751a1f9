"""The bytes of a file, unpacked; what is no text of cells is refused with the advice that fits."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet

from riskmodel.errors import RecordsError
from riskmodel.records.sources.file_kinds import CSV, GZIP, ZIP, ZSTD, refuse_other_kind
from riskmodel.records.sources.files import ending, is_parquet, is_workbook, refuse_file

UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
"""What unpacking raises where a file breaks off."""
_PACKED = {".gz": GZIP, ".zst": ZSTD, ".zip": ZIP}


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
    kind = ending(path)
    packed = _PACKED.get(kind)
    if packed is not None:
        with path.open("rb") as file:
            start = file.read(len(packed))
        if start and not start.startswith(packed[: len(start)]):
            advice = f"drop {kind} from its name"
            refuse_file(name, f"is called {kind} and is not packed", "records.not_gz", advice)
        return
    refuse_other_kind(path, name, CSV)


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
