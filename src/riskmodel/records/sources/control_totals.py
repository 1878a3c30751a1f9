"""Control totals: what a sender writes of a file into files beside it, and what came."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from riskmodel.records.sources.files import ROWS, SUM, refuse_file

_CHUNK = 1 << 20
_WRITE_SUM = "write it with sha256sum FILE > FILE.sha256"
CONTROL = "records.control_total"
"""The code of a file that is not what its control totals say."""


def check_totals(path: Path, name: str, rows: int) -> None:
    """Refuse a file that has other bytes or rows than the files beside it say.

    Parameters
    ----------
    path : Path
        ``rent.csv.sha256``, as sha256sum writes it, and ``rent.csv.rows``, a number, may lie beside
        ``rent.csv``.
    name : str
        What messages call the file.
    rows : int
        How many rows it has, without its heading.

    Raises
    ------
    RecordsError
    """
    stated = _stated(path, SUM)
    if stated is not None and sha256_of(path) != _sum_in(stated, path.name, f"{name}{SUM}"):
        refuse_file(name, f"is not the one of which {path.name}{SUM} gives the sha256", CONTROL)
    stated = _stated(path, ROWS)
    if stated is not None and rows != (wanted := _number_in(stated, f"{name}{ROWS}")):
        what = f"has {rows:,} rows, and {path.name}{ROWS} says {wanted:,}"
        refuse_file(name, what, CONTROL)


def sha256_of(path: Path, name: str = "") -> str:
    """Return the sha256 of a file's bytes, and of a name behind them."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    sha.update(name.encode())
    return sha.hexdigest()


def _stated(path: Path, ending: str) -> str | None:
    beside = path.with_name(path.name + ending)
    if not beside.is_file():
        return None
    # shells of some systems write UTF-16: of figures and names, its zeros are all that differs
    return beside.read_bytes().replace(b"\0", b"").decode("utf-8", "replace")


def _sum_in(text: str, file: str, name: str) -> str:
    """Return the only sha256 in a text, or that in the line that names the file."""
    lines = [line for line in text.splitlines() if re.search(r"\b[0-9a-fA-F]{64}\b", line)]
    names = re.compile(rf"(^|[\s*/\\]){re.escape(file)}$")
    own = lines if len(lines) == 1 else [line for line in lines if names.search(line)]
    if len(own) != 1:
        refuse_file(name, "holds no sha256 of the file beside it", CONTROL, _WRITE_SUM)
    return re.findall(r"\b[0-9a-fA-F]{64}\b", own[0])[0].lower()


def _number_in(text: str, name: str) -> int:
    numbers = re.findall(r"\d+", text)
    if len(numbers) != 1:
        refuse_file(name, "holds no number of rows", CONTROL, "write the number of rows alone")
    return int(numbers[0])
