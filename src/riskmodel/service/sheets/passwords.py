"""Workbooks that open with a password: encrypted as Excel does it, and opened again."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NoReturn

from riskmodel.errors import ConfigError, RecordsError

SHORTEST, LONGEST = 8, 255
"""How many characters a password has; a workbook takes no more."""
_OLE = b"\xd0\xcf\x11\xe0"


def check_password(password: str | None) -> None:
    """Refuse a password that guards nothing, or that no library here can set.

    Raises
    ------
    ConfigError
    """
    check_is_text(password)
    if password is None:
        return
    faults = {
        f"the password has fewer than {SHORTEST} characters": len(password.strip()) < SHORTEST,
        f"the password has more than {LONGEST} characters": len(password) > LONGEST,
        "the password has blanks around it, or a line's end in it": not password.isprintable()
        or password != password.strip(),
    }
    for what, is_one in faults.items():
        if is_one:
            raise ConfigError(
                what,
                place="password",
                code="outreach.password",
                allowed=f"{SHORTEST} to {LONGEST} characters that somebody can type",
                next_step="choose another one, and tell it on another way than the books",
            )
    try:
        import msoffcrypto  # noqa: F401  # an extra
    except ImportError:
        _without_library()


def check_is_text(password: object) -> None:
    """Refuse a password that is a number or anything else but a text; it is never shown.

    Raises
    ------
    ConfigError
    """
    if password is not None and not isinstance(password, str):
        raise ConfigError(
            "the password is no text",
            place="password",
            code="outreach.password",
            allowed="a text, or None",
            next_step="put it in quotes",
        )


def encrypted(workbook: bytes, password: str) -> bytes:
    """Return a workbook that opens with a password alone, in Excel and LibreOffice.

    Parameters
    ----------
    workbook : bytes
    password : str

    Notes
    -----
    ECMA-376 agile encryption: AES-256, the key from SHA-512 in 100,000 rounds.
    """
    from msoffcrypto.format.ooxml import OOXMLFile

    content = BytesIO()
    OOXMLFile(BytesIO(workbook)).encrypt(_typed(password), content)
    return content.getvalue()


@contextmanager
def opened_by(path: Path, name: str, password: str | None) -> Iterator[Path | BytesIO]:
    """Yield what holds a workbook: its own file, or its decrypted content, which no disk sees.

    Raises
    ------
    ConfigError
        Without a password where one is needed, or without the library.
    RecordsError
        With another password than the book's.
    """
    with path.open("rb") as file:
        is_locked = file.read(len(_OLE)) == _OLE
    if not is_locked:
        yield path
        return
    yield BytesIO(_decrypted(path, name, password))


def _decrypted(path: Path, name: str, password: str | None) -> bytes:
    try:
        import msoffcrypto
    except ImportError:
        _without_library()
    if password is None:
        raise RecordsError(
            "the file is a workbook with a password, or one of an old kind (.xls)",
            place=name,
            code="outreach.password",
            next_step="give password=, or save it as .xlsx without one",
        )
    content = BytesIO()
    try:
        book = msoffcrypto.OfficeFile(BytesIO(path.read_bytes()))
        book.load_key(password=_typed(password), verify_password=True)
        book.decrypt(content)
    except Exception:  # a damaged one ends the library in whatever it runs into
        raise RecordsError(
            "the workbook does not open with this password, or is not whole",
            place=name,
            code="outreach.password",
            next_step="give the password with which it was handed out",
        ) from None
    return content.getvalue()


def _typed(password: str) -> str:
    """Return a password as a keyboard types it: systems decompose Hangul in files and variables."""
    return unicodedata.normalize("NFC", password)


def _without_library() -> NoReturn:
    raise ConfigError(
        "workbooks with a password need msoffcrypto-tool",
        place="password",
        code="outreach.encrypt",
        next_step="pip install 'riskmodel[excel,encrypt]', or leave password out",
    ) from None
