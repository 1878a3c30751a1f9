"""How a CSV file writes letters: as its entry says, unless its bytes say otherwise."""

from __future__ import annotations

import codecs
import re
from io import TextIOWrapper
from pathlib import Path
from typing import IO, NoReturn

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.records.sources.files import TRUNCATED, refuse_file
from riskmodel.records.sources.packed import UNREADABLE, check_kind, open_bytes

ENCODINGS = ("utf-8", "cp949", "latin-1", "utf-16")
_USUAL = "utf-8"
_LOOKED_AT = 1 << 20
_BYTE_ORDERS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ONE_BYTE = ("iso8859-1", "iso8859-15", "cp1252")
# Two bytes of cp949 may be one letter of utf-8: only what no such pair makes tells the two apart.
_IN_UTF8_ONLY = re.compile("[\u0800-\U0010ffff]|[A-Za-z][\u00c0-\u00ff][a-z]")
# Two common syllables side by side: western words may make one of two letters, but not two.
_HANGUL = re.compile(rb"(?<![\x80-\xff])([\xb0-\xc8][\xa1-\xfe])(?!\1)[\xb0-\xc8][\xa1-\xfe]")


def encoding_of(path: Path, name: str, written: str | None) -> str:
    """Return the encoding of a file: UTF-16 is seen, any other is utf-8 or what is written.

    Raises
    ------
    ConfigError
        For an encoding that there is not.
    RecordsError
        For a file that is no text, not packed as its name says, or written in another encoding.
    """
    encoding = _USUAL if written is None else written
    kind = _kind_of(encoding)
    start = _start_of(path, name)
    wide = _utf16(start)
    if wide is not None:
        if kind.startswith("utf-16") or kind == _USUAL:
            return wide
        refuse_encoding(name, encoding, "utf-16")
    if not kind.startswith("utf") and _is_utf8(start, kind):
        refuse_encoding(name, encoding, _USUAL)
    if kind in _ONE_BYTE and _is_cp949(start):
        refuse_encoding(name, encoding, "cp949")
    return _USUAL if kind in (_USUAL, "utf-8-sig") else encoding


def _kind_of(encoding: str) -> str:
    try:
        "".encode(encoding)  # which codecs of bytes to bytes refuse
        return codecs.lookup(encoding).name
    except LookupError:
        raise ConfigError(
            f"there is no encoding {encoding!r}",
            code="manifest.encoding",
            allowed=ENCODINGS,
            next_step=did_you_mean(encoding, ENCODINGS),
        ) from None


def _start_of(path: Path, name: str) -> bytes:
    """Return the first bytes of a file, unpacked; a file of another kind is refused."""
    check_kind(path, name)
    try:
        with open_bytes(path, name) as file:
            return file.read(_LOOKED_AT)
    except UNREADABLE:
        refuse_file(name, "breaks off in the middle", TRUNCATED)


def _utf16(start: bytes) -> str | None:
    """Return which UTF-16 a file is in, by its byte order mark or by the zeros of its commas."""
    if start.startswith(_BYTE_ORDERS) and not start.startswith(codecs.BOM_UTF32_LE):
        return "utf-16"
    first, second = start[:1000:2].count(0), start[1:1000:2].count(0)
    if max(first, second) < 2 or max(first, second) <= 2 * min(first, second):
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _is_utf8(start: bytes, kind: str) -> bool:
    """Tell whether bytes that are said to be of another encoding are utf-8."""
    if start.isascii():
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return kind in _ONE_BYTE or _IN_UTF8_ONLY.search(text) is not None


def _is_cp949(start: bytes) -> bool:
    """Tell whether bytes that are said to be of one byte a letter are Korean text in cp949."""
    try:
        codecs.getincrementaldecoder("cp949")().decode(start)
    except UnicodeDecodeError:
        return False
    return _HANGUL.search(start) is not None


def open_text(path: Path, name: str, encoding: str) -> IO[str]:
    """Open a file as text; a byte order mark is no letter."""
    kind = "utf-8-sig" if encoding == _USUAL else encoding
    return TextIOWrapper(open_bytes(path, name), encoding=kind, newline="")


def refuse_letters(path: Path, name: str, encoding: str) -> NoReturn:
    """Refuse a file with bytes that are no letters: it breaks off within one, or is in another.

    Raises
    ------
    RecordsError
    """
    if _ends_within_letter(path, name, encoding):
        refuse_file(name, "breaks off within a letter", TRUNCATED)
    refuse_encoding(name, encoding)


def _ends_within_letter(path: Path, name: str, encoding: str) -> bool:
    """Tell whether all bytes of a file are letters but for its last ones, which are half of one."""
    is_all = _decodes(path, name, encoding, final=True)
    return not is_all and _decodes(path, name, encoding, final=False)


def is_written_in(path: Path, name: str, encoding: str) -> bool:
    """Tell whether all bytes of a file are letters of an encoding."""
    return _decodes(path, name, encoding, final=True)


def _decodes(path: Path, name: str, encoding: str, *, final: bool) -> bool:
    """Tell whether all bytes are letters; the last ones may be half of one where not final."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_bytes(path, name) as file:
            while chunk := file.read(_LOOKED_AT):
                decoder.decode(chunk)
        decoder.decode(b"", final=final)
    except UnicodeDecodeError:
        return False
    return True


def refuse_encoding(name: str, encoding: str, seems: str | None = None) -> NoReturn:
    """Refuse a file that is not written in an encoding."""
    others = [other for other in ENCODINGS if other != encoding] if seems is None else [seems]
    raise RecordsError(
        f"the file is not written in {encoding}{'' if seems is None else f', but in {seems}'}",
        place=name,
        code="records.encoding",
        allowed=ENCODINGS,
        next_step=f"add encoding: {' or '.join(others)} to its entry (Korean offices write cp949)",
    ) from None
