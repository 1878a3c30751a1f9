"""CSV files as tables of texts, in any encoding, plain or gz; each refusal says what to do."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from pathlib import Path
from typing import IO, Any, NoReturn

import pyarrow as pa
import pyarrow.csv

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.records.sources.files import numbered, plain_names, refuse_file
from riskmodel.texts import plain_text

_GZIP, _LOOKED_AT = b"\x1f\x8b", 1 << 20
SEPARATORS = ",\t;|"
ENCODINGS = ("utf-8", "cp949", "latin-1")


def read_csv(path: Path, name: str, encoding: str = "utf-8") -> tuple[pa.Table, list[int]]:
    """Read one CSV file as texts, each row with its number.

    Also returns the numbers of the rows that have more or fewer cells than the header; these are
    left out.

    Raises
    ------
    RecordsError
        If the file is empty, cut off, or written in another encoding.
    """
    header, separator = _header(path, name, encoding)
    bad: dict[int, str] = {}
    try:
        try:
            table = _parse(path, header, separator, encoding)
        except pa.ArrowInvalid as error:
            if "columns, got" not in str(error):
                raise
            table = _parse(path, header, separator, encoding, bad)
    except UnicodeDecodeError:
        _refuse_encoding(name, encoding)
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            _refuse_encoding(name, encoding)
        refuse_file(name, "is no table of cells", "records.csv")
    except OSError:
        refuse_file(name, "breaks off in the middle", "records.truncated")
    last = [*bad.values(), *(str(column[-1]) for column in table.columns if len(table))]
    # A quote that is never closed swallows all rows after it.
    if any("\n" in cell for cell in last) and _quotes(path, encoding) % 2:
        refuse_file(name, "ends within a quoted cell", "records.csv")
    return numbered(table, name, list(bad)), list(bad)


def _parse(
    path: Path,
    header: list[str],
    separator: str,
    encoding: str,
    ragged: dict[int, str] | None = None,
) -> pa.Table:
    """Read all rows; with a dict for ragged rows, those are put there by number and left out.

    With such a dict, reading is slower.
    """

    def skip(row: Any) -> str:
        assert ragged is not None
        ragged[row.number - 1] = row.text
        return "skip"

    with pa.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None) as stream:
        table = pa.csv.read_csv(
            stream,
            read_options=pa.csv.ReadOptions(encoding=encoding, use_threads=ragged is None),
            parse_options=pa.csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                invalid_row_handler=None if ragged is None else skip,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={column: pa.string() for column in header},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    return table.rename_columns(_names(header))


def _names(header: list[str]) -> list[str]:
    plain = (plain_text(column).strip() for column in header)
    return [column or f"column {place}" for place, column in enumerate(plain, start=1)]


def _quotes(path: Path, encoding: str) -> int:
    with _open_text(path, encoding) as lines:
        return sum(line.count('"') for line in lines)


def _open_text(path: Path, encoding: str) -> IO[str]:
    """Open a file as text; a byte order mark is no letter."""
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def _header(path: Path, name: str, encoding: str) -> tuple[list[str], str]:
    try:
        _check_packing(path, name, encoding)
        with _open_text(path, encoding) as lines:
            line = next((line for line in lines if line.strip()), "")
    except UnicodeDecodeError:
        _refuse_encoding(name, encoding)
    except LookupError:
        raise ConfigError(
            f"there is no encoding {encoding!r}",
            code="manifest.encoding",
            allowed=ENCODINGS,
            next_step=did_you_mean(encoding, ENCODINGS),
        ) from None
    except (OSError, EOFError, zlib.error):
        refuse_file(name, "breaks off in the middle", "records.truncated")
    if not line:
        refuse_file(name, "is empty", "records.empty_file")
    separator = max(SEPARATORS, key=line.count)
    header = next(csv.reader([line.rstrip("\r\n")], delimiter=separator))
    plain_names(_names(header), name)
    return header, separator


def _check_packing(path: Path, name: str, encoding: str) -> None:
    """Refuse plain text that is called .gz, and utf-8 that is named as a one-byte encoding."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if path.suffix == ".gz":
        if start and not start.startswith(_GZIP[: len(start)]):
            refuse_file(
                name, "is called .gz and is not packed", "records.not_gz", "drop .gz from its name"
            )
        return
    if not start.isascii() and _one_byte(encoding) and _is_utf8(start):
        _refuse_encoding(name, encoding, "utf-8")


def _one_byte(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("iso8859-1", "iso8859-15", "cp1252")


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_encoding(name: str, encoding: str, seems: str | None = None) -> NoReturn:
    others = [other for other in ENCODINGS if other != encoding] if seems is None else [seems]
    raise RecordsError(
        f"the file is not written in {encoding}{'' if seems is None else f', but in {seems}'}",
        place=name,
        code="records.encoding",
        allowed=ENCODINGS,
        next_step=f"add encoding: {' or '.join(others)} to its entry (Korean offices write cp949)",
    ) from None
