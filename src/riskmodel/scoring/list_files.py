"""Writes the file of a list and its sidecar: whole, for its owner alone, over nothing else."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.records.store_folder import sync
from riskmodel.scoring.round_record import (
    RoundRecord,
    WrittenFile,
    read_record,
    sidecar_of,
    text_of,
)

if sys.platform != "win32":
    import fcntl

PRIVATE = 0o600


def write_list_file(
    path: Path,
    record: RoundRecord,
    write: Callable[[Path], object],
    *,
    rows: int,
    whole: bool,
    overwrite: bool,
    mode: int,
    proposal: bool = False,
) -> Path:
    """Write a list's file, and what it was made of beside it; both are there whole, or neither.

    The sidecar is replaced first. A run that is killed in between leaves a sidecar whose file is
    missing or another one, and never a list that nobody knows the source of.

    Parameters
    ----------
    path : Path
    record : RoundRecord
    write : callable
        Fills the file whose path it is given.
    rows : int
        How many it writes.
    whole : bool
        Whether these are all scored households.
    overwrite : bool
        Whether a file of something else may be replaced.
    mode : int
        Who may read and write the two files.
    proposal : bool, default False
        Whether it is a proposal, which replaces no list and which no list replaces.

    Raises
    ------
    ConfigError
        For a folder that does not exist, a mode that is none, or a file of something else.
    DiskError
        If the disk refuses to write.
    """
    _check_mode(mode)
    _check_folder(path.parent)
    with (
        on_disk(path),
        _part(path, mode) as part,
        _part(sidecar_of(path), mode) as sidecar_part,
    ):
        write(part)
        sync(part)
        facts = WrittenFile(sha256=sha256_of(part), rows=rows, whole=whole, proposal=proposal)
        own = replace(record, files={path.name: facts})
        sidecar_part.write_text(text_of(own), encoding="utf-8")
        sync(sidecar_part)
        with _alone_in(path.parent):
            if not overwrite:
                _check_replaceable(path, own)
            os.replace(sidecar_part, sidecar_of(path))
            os.replace(part, path)
            sync(path.parent)
    return path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def stands_as_written(path: Path, record: RoundRecord) -> bool:
    """Tell whether a file is still the one that a record tells of."""
    facts = record.files.get(path.name)
    return facts is not None and path.is_file() and sha256_of(path) == facts.sha256


def _check_replaceable(path: Path, record: RoundRecord) -> None:
    """Refuse to replace anything but the list of the same round and version as it was written."""
    sidecar = sidecar_of(path)
    if sidecar.exists():
        present = _record_or_none(sidecar)
        is_same = present is not None and present.round_and_version == record.round_and_version
        if is_same and not path.exists():
            return
        is_kind = present is not None and not _is_other_kind(path, present, record)
        if present is not None and is_same and is_kind and stands_as_written(path, present):
            return
        if is_same and present is not None and _is_other_kind(path, present, record):
            raise _exists(path, "holds the round's list or its proposal, and this is the other")
        what = "has changed since it was written" if is_same else "is of another round or version"
        raise _exists(path, what)
    if path.exists():
        raise _exists(path, f"exists without its sidecar {sidecar.name}")


def _is_other_kind(path: Path, present: RoundRecord, record: RoundRecord) -> bool:
    """Tell whether one is the list and the other its proposal."""
    files = (one.files.get(path.name) for one in (present, record))
    return len({file.proposal for file in files if file is not None}) > 1


def _record_or_none(sidecar: Path) -> RoundRecord | None:
    try:
        return read_record(sidecar)
    except ConfigError:
        return None


def _exists(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{path.name} {what}",
        code="scoring.exists",
        allowed="a new file, or the unchanged list of the same round and version",
        next_step="name another file, or write overwrite=True (in the shell overwrite=true)",
    )


@contextmanager
def _part(path: Path, mode: int) -> Iterator[Path]:
    """Make an empty file beside another that no run has used before; gone after the block."""
    token = secrets.token_hex(4)
    part = path.with_name(f".{path.stem}.{token}.part{path.suffix}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    try:
        part.chmod(mode)
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one run at a time replace files of a folder, where the system can lock a folder."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _check_mode(mode: int) -> None:
    if not 0o600 <= mode <= 0o777:
        raise ConfigError(
            "mode is no mode of a file that its owner reads and writes",
            code="scoring.mode",
            allowed="three octal digits, the first 6 or 7: 0o600, 0o640, 0o660",
            next_step="write mode=0o640 (in the shell mode=0640) to share with the group",
        )


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigError(
            f"the folder {folder.name!r} does not exist",
            code="scoring.folder",
            next_step="create it, or name another",
        )
