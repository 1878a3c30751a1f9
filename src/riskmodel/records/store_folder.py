"""The folder of a store: locked during a run, cleared of interrupted runs, written to disk."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from riskmodel.disks import missing_folders, on_disk, remove_empty
from riskmodel.errors import ConfigError, RecordsError

if sys.platform == "win32":
    import msvcrt

    def hold(handle: IO[bytes]) -> None:
        """Lock a file for this process at once, or raise OSError."""
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def hold(handle: IO[bytes]) -> None:
        """Lock a file for this process at once, or raise OSError."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


OWNER_ALONE = 0o700
LOG, LOCK = "store.json", "store.lock"
KEPT = "files"


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store for one run; the lock ends with the process, however that ends.

    Of a first run that is refused nothing stays behind.

    Raises
    ------
    ConfigError
        If the folder holds something else than records.
    RecordsError
        If another process holds it.
    DiskError
        If the disk refuses to read or write during the run.
    """
    with on_disk(store):
        _check_content(store)
        missing = missing_folders(store)
        is_first = bool(missing) or not any(store.iterdir())
        store.mkdir(parents=True, exist_ok=True, mode=OWNER_ALONE)
        with (store / LOCK).open("ab") as handle:
            _hold_at_once(handle, store)
            try:
                yield
            except BaseException:
                if is_first and not (store / LOG).exists():
                    _empty(store)
                    remove_empty(missing)
                raise


def _empty(store: Path) -> None:
    """Remove what a first run wrote before it was refused; the lock is the last to go."""
    for path in sorted(store.iterdir(), key=lambda path: path.name == LOCK):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _check_content(store: Path) -> None:
    """Refuse a file, and a folder of something else than records."""
    is_other = store.exists() and not store.is_dir()
    if is_other or (store.is_dir() and any(store.iterdir()) and not (store / LOCK).exists()):
        raise ConfigError(
            f"{store.name!r} holds something else than records",
            code="records.store",
            allowed="a new or empty folder, or one that was ingested into before",
            next_step="name another folder",
        )


def _hold_at_once(handle: IO[bytes], store: Path) -> None:
    try:
        hold(handle)
        # a first run that was refused has removed the file meanwhile
        if not os.path.samestat(os.fstat(handle.fileno()), (store / LOCK).stat()):
            raise FileNotFoundError
    except OSError:
        raise RecordsError(
            "another run is writing to the store",
            place=store.name,
            code="records.store_locked",
            next_step="wait until it has ended, then run this again",
        ) from None


def dead_folders(store: Path, kept: Collection[str]) -> list[Path]:
    """Return the folders that the log does not name, of an interrupted run or an older state."""
    return [path for path in store.iterdir() if path.is_dir() and path.name not in {KEPT, *kept}]


def dead_copies(store: Path, kept: Collection[str]) -> list[Path]:
    """Return the copies of files that the log does not name, by their digests."""
    copies = (store / KEPT).iterdir() if (store / KEPT).is_dir() else ()
    return [path for path in copies if path.name not in kept]


def new_folder(store: Path, name: str) -> Path:
    """Make a folder that no run has used before, for those alone who may enter the store."""
    folder = store / f"{name}-{secrets.token_hex(4)}"
    folder.mkdir(mode=stat.S_IMODE(store.stat().st_mode))
    return folder


def keep_file(store: Path, path: Path, digest: str, digest_of: Callable[[Path], str]) -> None:
    """Keep a copy of a file under its digest, which its owner alone can read.

    Raises
    ------
    RecordsError
        If the file is no longer what has that digest.
    """
    copy = store / KEPT / digest
    if copy.exists():
        return
    copy.parent.mkdir(mode=0o700, exist_ok=True)
    part = store / "part" / path.name
    part.parent.mkdir(mode=0o700, exist_ok=True)
    part.unlink(missing_ok=True)
    with path.open("rb") as content, os.fdopen(_private(part), "wb") as target:
        shutil.copyfileobj(content, target)
    if digest_of(part) != digest:
        raise changed_file(path.name)
    sync(part)
    os.replace(part, copy)
    part.parent.rmdir()
    sync(copy.parent)


def changed_file(name: str) -> RecordsError:
    """Return the refusal of a file that is another than when its digest was made."""
    return RecordsError(
        "the file was changed or taken away while it was read",
        place=name,
        code="records.changed_file",
        next_step="run this again once nothing writes to it",
    )


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def sync(path: Path) -> None:
    """Write a file or folder to disk; folders only where the system can."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
