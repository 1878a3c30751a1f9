"""Folders for the time of one run; what a killed run left of them is swept by the next."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from riskmodel.disks import disk_error_in
from riskmodel.errors import DiskError
from riskmodel.records.store_folder import hold

_PREFIX = "riskmodel-registry-"
_LOCK = "lock"


@contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Give a new folder for the time of the block, locked so that no other run sweeps it.

    Parameters
    ----------
    what : str
        One word that stands in its name.

    Raises
    ------
    DiskError
        Where the system refuses to make the folder, or to write in the block.
    """
    place = _temporary()
    _sweep(place)
    with _told_of_disks(place):
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{what}-", dir=place))
        try:
            with (folder / _LOCK).open("ab") as handle:
                hold(handle)
                inside = folder / what
                inside.mkdir()
                yield inside
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _temporary() -> Path:
    """Return the system's folder for temporary files, which Python tries to write to."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        raise DiskError(
            "no folder for temporary files can be written",
            code="disk.temporary",
            next_step="free some space, or name a folder in $TMPDIR, then run this again",
        ) from None


@contextmanager
def _told_of_disks(place: Path) -> Iterator[None]:
    """Tell of a disk alone: what fails on its way to a server is an OSError of Python, too."""
    try:
        yield
    except OSError as error:
        refusal = disk_error_in(error, place)
        if refusal is None:
            raise
        raise refusal from None


def _sweep(place: Path) -> None:
    """Remove this account's folders whose run is over, as its lock ended with it."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_own(folder):
                with (folder / _LOCK).open("rb+") as handle:
                    _remove(folder, handle)


def _remove(folder: Path, handle: IO[bytes]) -> None:
    hold(handle)
    shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    is_ours = sys.platform == "win32" or folder.stat().st_uid == os.getuid()
    return is_ours and folder.is_dir() and not folder.is_symlink()
