"""Verifies an artefact against its manifest; each file is opened once and read as it was hashed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from riskmodel.serving.refusal import ServingError

# what is written, and what is read: 3 may hold levels and slopes of regions, or a blend; 4 tells
# from where each feed comes: who does not know it makes lists of feeds that are late somewhere
SCHEMA_VERSION = 4
SCHEMAS = (2, 3, 4)
MANIFEST = "manifest.json"
LARGEST_MANIFEST, LARGEST_FILE = 2**20, 2**30

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_FILE_NAME = re.compile(r"[\w-][\w.-]{0,99}", re.ASCII)
_WRITER = re.compile(r"[\w.+-]{1,40}", re.ASCII)


class FileEntry(NamedTuple):
    """The size and sha256 of one file, by the manifest."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The content of manifest.json: its schema, an entry for each file, and who wrote it.

    Attributes
    ----------
    schema_version : int
    files : mapping of str to FileEntry
    writer : str
        The version of riskmodel that wrote the artefact; empty where it does not say.
    digest : str
        Its own sha256.
    """

    schema_version: int
    files: Mapping[str, FileEntry]
    writer: str = ""
    digest: str = ""


def checked_digest(digest: str) -> str:
    """Return a pinned sha256 in small letters, or refuse what is none: it would protect nothing.

    Raises
    ------
    ServingError

    Examples
    --------
    >>> checked_digest(64 * "A") == 64 * "a"
    True
    """
    if isinstance(digest, str) and _DIGEST.fullmatch(digest):
        return digest.lower()
    raise ServingError(
        "the digest that is asked for is no sha256",
        "serving.pin",
        "64 digits and letters a to f",
        "copy it from your configuration, or leave it out",
    )


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Return the manifest of an artefact, whose sha256 must be `digest` where one is given.

    Raises
    ------
    ServingError
        For a digest that is no sha256, a manifest with another one, one that cannot be read or
        has another schema, and a folder with links or files that the manifest does not name.
    """
    pinned = None if digest is None else checked_digest(digest)
    content = bytes_of(folder, MANIFEST, LARGEST_MANIFEST)
    if content is None:
        said = f"the folder holds no {MANIFEST}" if folder.is_dir() else "there is no such folder"
        raise ServingError(
            said,
            "serving.no_manifest",
            "the artefact folder of a published model",
            "give the folder artifacts/artefact of the package",
        )
    found = hashlib.sha256(content).hexdigest()
    if pinned not in (None, found):
        raise ServingError(
            f"{MANIFEST} is not the one that was published (its sha256 differs)",
            "serving.digest",
            next_step="download the version again; if it still differs, do not use it, "
            "and ask who published it",
        )
    manifest = _parsed(content, found)
    if manifest.schema_version not in SCHEMAS:
        _refuse_schema(manifest)
    _refuse_other_files(folder, manifest)
    return manifest


def _refuse_schema(manifest: Manifest) -> NoReturn:
    by = f", written by riskmodel {manifest.writer}" if manifest.writer else ""
    reader = f"riskmodel {manifest.writer}" if manifest.writer else "the riskmodel that wrote it"
    later = " or later" if manifest.schema_version > SCHEMA_VERSION else ""
    raise ServingError(
        f"the artefact has schema {manifest.schema_version}{by}",
        "serving.schema",
        f"schema {' or '.join(map(str, SCHEMAS))}",
        f"read it with {reader}{later}, or with the serving.py that was published with it",
    )


def _refuse_other_files(folder: Path, manifest: Manifest) -> None:
    """Refuse links, and files that the manifest does not name."""
    unnamed = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name == MANIFEST or name in manifest.files:
            if path.is_symlink():
                _refuse_changed(name)
        elif path.is_symlink() or not path.is_dir():
            unnamed.append(name if _FILE_NAME.fullmatch(name) else "one of another name")
    if unnamed:
        raise ServingError(
            f"holds files that the manifest does not name: {', '.join(sorted(unnamed)[:5])}",
            "serving.foreign_files",
            "the files named there",
            "remove what is not of the version, or download it again",
        )


def read_files(folder: Path, manifest: Manifest, wanted: Container[str]) -> dict[str, bytes]:
    """Verify every file of the manifest, and return the content of those wanted.

    Raises
    ------
    ServingError
        Where a file is missing, or differs in size or sha256.
    """
    contents = {}
    for name, entry in manifest.files.items():
        content = bytes_of(folder, name, min(entry.size, LARGEST_FILE))
        if content is None or _entry_of(content) != entry:
            _refuse_changed(name)
        if name in wanted:
            contents[name] = content
    return contents


def _refuse_changed(name: str) -> NoReturn:
    raise ServingError(
        f"{name} is missing, cut short or changed",
        "serving.changed",
        "the manifest's files",
        "download the version again; if it still differs, do not use it",
    )


def _parsed(content: bytes, digest: str) -> Manifest:
    try:
        parsed = json.loads(content.decode("utf-8"))
        files = {name: _file_entry(name, entry) for name, entry in parsed["files"].items()}
        version = parsed["schema_version"]
        if type(version) is not int:
            raise TypeError
        writer = str(parsed.get("libraries", {}).get("riskmodel", ""))
        return Manifest(version, files, writer if _WRITER.fullmatch(writer) else "", digest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ServingError(
            f"{MANIFEST} cannot be read", "serving.manifest", next_step="download it again"
        ) from None


def _file_entry(name: str, entry: Mapping[str, Any]) -> FileEntry:
    size, sha256 = entry["size"], entry["sha256"]
    if not _FILE_NAME.fullmatch(name) or type(size) is not int or not isinstance(sha256, str):
        raise ValueError
    return FileEntry(size, sha256)


def bytes_of(folder: Path, name: str, largest: int) -> bytes | None:
    """Return the content of a file; None where it is no file of at most this size.

    Its size is looked at before it is read.
    """
    path = folder / name
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= largest else None
    except OSError:
        return None


def _entry_of(content: bytes) -> FileEntry:
    return FileEntry(len(content), hashlib.sha256(content).hexdigest())
