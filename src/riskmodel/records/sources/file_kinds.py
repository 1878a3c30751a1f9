"""What a file is by how it begins, where it is not what its name says, and what to do."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from riskmodel.records.sources.files import refuse_file

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_BEGINNING = 256
_MARK = b"\xef\xbb\xbf"
_SAVE_AS = "open it in the program that wrote it and save it as .xlsx or as CSV"
_ASK = "ask for the table itself, as .xlsx or CSV"


class Kind(NamedTuple):
    """What a file is, in words, and what to do with it."""

    what: str
    advice: str


_OLD = "is a file of an old kind (.xls, .doc, .hwp) or a workbook with a password"
_BEGINNINGS = {
    b"\xd0\xcf\x11\xe0": Kind(_OLD, _SAVE_AS),
    b"%PDF": Kind("is a PDF", _ASK),
    b"PAR1": Kind("is Parquet", "let its name end in .parquet"),
    GZIP: Kind("is packed", "let its name end in .gz"),
    ZSTD: Kind("is packed", "let its name end in .zst"),
    b"Rar!": Kind("is an archive (.rar)", "unpack it"),
    b"7z\xbc\xaf": Kind("is an archive (.7z)", "unpack it"),
    b"SQLite format 3": Kind("is a database", "write the table out as CSV or Parquet"),
    b"MIME-Version": Kind("is a web page", _SAVE_AS),
}
_TEXTS = (
    (rb"\s*<(!doctype|html|table|\?xml|meta|head)", Kind("is HTML or XML", _SAVE_AS)),
    (rb"\s*(\{\s*[\"}]|\[\s*[\[{])", Kind("is JSON", "write the table out as CSV or Parquet")),
)
_IN_ARCHIVES = {
    "xl/workbook.xml": Kind("is a workbook", "let its name end in .xlsx"),
    "xl/workbook.bin": Kind("is a workbook of another kind (.xlsb)", _SAVE_AS),
    "word/document.xml": Kind("is a document (.docx)", _ASK),
    "content.xml": Kind("is an OpenDocument file (.ods, .odt)", _SAVE_AS),
}
_ARCHIVE = Kind("is an archive", "let its name end in .zip")
_PLAIN_TEXT = Kind("is plain text", "let its name end in .csv")
_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1f]")
CSV, WORKBOOK, PARQUET = "CSV", "workbook (.xlsx)", "Parquet"


def refuse_other_kind(path: Path, name: str, wanted: str) -> None:
    """Refuse a file that is of another kind than its name says.

    Parameters
    ----------
    path : Path
    name : str
        What messages call the file.
    wanted : str
        `CSV`, `WORKBOOK` or `PARQUET`.

    Raises
    ------
    RecordsError
        With what it is, and what to do; not where that cannot be told.
    """
    kind = _kind_of(path, wanted)
    if kind is not None:
        refuse_file(name, f"{kind.what}, and no {wanted}", "records.kind", kind.advice)


def _kind_of(path: Path, wanted: str) -> Kind | None:
    with path.open("rb") as file:
        start = file.read(_BEGINNING)
    if start.startswith(ZIP):
        return _kind_of_archive(path, wanted)
    for beginning, kind in _BEGINNINGS.items():
        if start.startswith(beginning):
            return None if wanted == PARQUET and kind.what == "is Parquet" else kind
    text = start.removeprefix(_MARK)
    for pattern, kind in _TEXTS:
        if re.match(pattern, text, re.IGNORECASE):
            return kind
    is_text = bool(text.strip()) and not _NO_TEXT.search(text)
    return _PLAIN_TEXT if wanted != CSV and is_text else None


def _kind_of_archive(path: Path, wanted: str) -> Kind | None:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        broken = Kind("is a workbook or an archive", "let its name end in .xlsx or .zip, as it is")
        return None if wanted == WORKBOOK else broken
    kind = next((kind for own, kind in _IN_ARCHIVES.items() if own in inside), _ARCHIVE)
    return None if wanted == WORKBOOK and "xl/workbook.xml" in inside else kind
