"""What runs that broke off left in a store, removed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from riskmodel.keys import Span
from riskmodel.records.opening import require_store
from riskmodel.records.store_folder import dead_copies, dead_folders, locked
from riskmodel.records.store_log import read_log

SECONDS = 86_400


def prune_store(store: str | Path, age: str, *, dry: bool = False) -> list[str]:
    """Remove what the log of a store does not name: folders and copies of runs that broke off.

    Parameters
    ----------
    store : path-like
        A folder that `ingest` filled.
    age : str
        Such as ``"7D"``: what changed since is left.
    dry : bool, default False
        Whether it is only told.

    Returns
    -------
    list of str
        What is removed, by its path inside the store.

    Raises
    ------
    ConfigError, RecordsError
        For a folder that is no store, or that another run writes to.
    """
    folder, span = Path(store), Span.parse(age)
    require_store(folder)
    with locked(folder):
        log = read_log(folder)
        dead = [*dead_folders(folder, log.folders), *dead_copies(folder, log.contents)]
        old = remove_older([*dead, *folder.glob("*.part")], span, dry=dry)
    return sorted(path.relative_to(folder).as_posix() for path in old)


def remove_older(paths: Iterable[Path], age: Span, *, dry: bool) -> list[Path]:
    """Remove the files and folders in which nothing changed for so long, and return them.

    A `dry` run leaves them.
    """
    old = [path for path in paths if _is_older(path, age)]
    if not dry:
        for path in old:
            _remove(path)
    return old


def _is_older(path: Path, age: Span) -> bool:
    """Tell whether nothing in a file or folder changed for so long; a month has 31 days."""
    inside = path.rglob("*") if path.is_dir() else ()
    newest = max(own.stat().st_mtime for own in (path, *inside))
    days = age.count * (31 if age.unit == "M" else 1)
    return time.time() - newest >= days * SECONDS


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
