"""A disk that is full, read-only, closed to the account or failing, told as what it is."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from riskmodel.errors import DiskError


class _Fault(NamedTuple):
    """What is wrong with a disk: its code, in words, and what to do."""

    code: str
    what: str
    next_step: str


_FULL = _Fault(
    "disk.full",
    "the disk is full, or what this account may use of it",
    "free some space, then run this again; nothing half-written is in use",
)
_READ_ONLY = _Fault(
    "disk.read_only",
    "the disk is read-only",
    "make it writable, or name a place on another disk, then run this again",
)
_DENIED = _Fault(
    "disk.denied",
    "this account has no right to read or write here",
    "give it the right, or name another place, then run this again",
)
_FAILING = _Fault(
    "disk.failed",
    "the disk cannot be read or written",
    "check the disk, then run this again; nothing half-written is in use",
)
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EIO: _FAILING,
}
# How libraries tell of the same without a number; SQLite's words, then those of the system.
_BY_WORDS = {
    "disk is full": _FULL,
    "No space left on device": _FULL,
    "Disk quota exceeded": _FULL,
    "File too large": _FULL,
    "readonly database": _READ_ONLY,
    "Read-only file system": _READ_ONLY,
    "Permission denied": _DENIED,
    "disk I/O error": _FAILING,
    "Input/output error": _FAILING,
    "Could not write": _FAILING,
}
_DATABASES = ("sqlite3", "_duckdb")
_FILE = re.compile(r'file \\?"([^"\\]+)\\?"')


@contextmanager
def on_disk(path: str | PathLike[str]) -> Iterator[None]:
    """Tell what the system refuses as a `DiskError` with a path.

    Parameters
    ----------
    path : path-like
        Where the system does not say which file it refuses.

    Examples
    --------
    >>> with on_disk("lists"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    riskmodel.errors.DiskError: lists: the disk is full, or what this account may use of it. ...
    """
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from None


def missing_folders(path: str | PathLike[str]) -> list[Path]:
    """Return the folders that must be made for a path, the outermost last."""
    folder = Path(path)
    return [own for own in (folder, *folder.parents) if not own.exists()]


def check_makeable(path: str | PathLike[str]) -> None:
    """Refuse a folder that cannot be made; it is made on trial, and nothing stays behind.

    Raises
    ------
    DiskError
    """
    missing = missing_folders(path)
    with on_disk(path):
        Path(path).mkdir(parents=True, exist_ok=True)
    remove_empty(missing)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of some folders, the outermost last, in which nothing lies."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def disk_error(error: OSError, path: str | PathLike[str] | None = None) -> DiskError:
    """Return what the system refuses, with the file that it names, or else with `path`."""
    place = next((name for name in (error.filename2, error.filename) if _is_path(name)), path)
    fault = _BY_NUMBER.get(error.errno or 0)
    if fault is None:
        words = error.strerror or type(error).__name__
        fault = _Fault(
            "disk.failed", f"the system refuses ({words})", "check the path and the disk"
        )
    return _refusal(fault, place)


def disk_error_in(error: BaseException, path: str | PathLike[str]) -> DiskError | None:
    """Return the fault of a disk of which a library's error tells, if it tells of one.

    Parameters
    ----------
    error : BaseException
        With those that it was raised from.
    path : path-like
        Where the error names no file.

    Examples
    --------
    >>> import sqlite3
    >>> print(disk_error_in(sqlite3.OperationalError("database or disk is full"), "a.db").code)
    disk.full
    >>> disk_error_in(sqlite3.OperationalError("no such table"), "a.db")
    """
    cause: BaseException | None = error
    while cause is not None:
        fault = _fault_of(cause)
        if fault is not None:
            named = _FILE.search(str(cause))
            return _refusal(fault, named.group(1) if named else path)
        cause = cause.__cause__ or cause.__context__
    return None


def no_space(path: str | PathLike[str]) -> DiskError:
    """Return the refusal of a disk that is full."""
    return _refusal(_FULL, path)


def _fault_of(error: BaseException) -> _Fault | None:
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        return _BY_NUMBER[error.errno]
    if type(error).__module__ not in _DATABASES:
        return None
    text = str(error)
    return next((fault for words, fault in _BY_WORDS.items() if words in text), None)


def _is_path(name: object) -> bool:
    return isinstance(name, (str, bytes, PathLike)) and bool(name)


def _refusal(fault: _Fault, place: object) -> DiskError:
    return DiskError(
        fault.what,
        code=fault.code,
        place=None if place is None else str(place),
        next_step=fault.next_step,
    )
