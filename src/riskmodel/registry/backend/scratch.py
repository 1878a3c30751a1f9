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
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{what}-"))
    try:
        with (folder / _LOCK).open("ab") as handle:
            hold(handle)
            inside = folder / what
            inside.mkdir()
            yield inside
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove this account's folders whose run is over, as its lock ended with it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
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
