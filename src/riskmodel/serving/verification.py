"""Verifies an artefact against its manifest; each file is opened once and read as it was hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from riskmodel.serving.refusal import ServingError

# what is written, and what is read: 3 may hold levels and slopes of regions, or a blend
SCHEMA_VERSION = 3
SCHEMAS = (2, 3)
MANIFEST = "manifest.json"


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
    """

    schema_version: Any
    files: Mapping[str, FileEntry]
    writer: str = ""


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Return the manifest of an artefact, whose sha256 must be `digest` where one is given."""
    content = _bytes_of_manifest(folder)
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise ServingError(
            f"{MANIFEST} is not the one that was published (its sha256 differs)",
            "serving.digest",
            next_step="download the version again; if it still differs, do not use it, "
            "and ask who published it",
        )
    manifest = _parsed(content)
    if manifest.schema_version not in SCHEMAS:
        _refuse_schema(manifest)
    return manifest


def _refuse_schema(manifest: Manifest) -> NoReturn:
    by = f", written by riskmodel {manifest.writer}" if manifest.writer else ""
    raise ServingError(
        f"the artefact has schema {manifest.schema_version}{by}",
        "serving.schema",
        f"schema {' or '.join(map(str, SCHEMAS))}",
        "use the serving.py that was published with the artefact",
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
        content = _content(folder, name)
        if content is None or _entry_of(content) != entry:
            raise ServingError(
                f"{name} is missing, cut short or changed",
                "serving.changed",
                "the manifest's files",
                "download the version again; if it still differs, do not use it",
            )
        if name in wanted:
            contents[name] = content
    return contents


def _bytes_of_manifest(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError:
        raise ServingError(
            f"the folder holds no {MANIFEST}", "serving.no_manifest", "a published model"
        ) from None


def _parsed(content: bytes) -> Manifest:
    try:
        parsed = json.loads(content)
        files = {
            str(name): FileEntry(entry["size"], entry["sha256"])
            for name, entry in parsed["files"].items()
        }
        writer = str(parsed.get("libraries", {}).get("riskmodel", ""))
        return Manifest(parsed["schema_version"], files, writer)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ServingError(
            f"{MANIFEST} cannot be read", "serving.manifest", next_step="download it again"
        ) from None


def _content(folder: Path, name: str) -> bytes | None:
    if Path(name).name != name:
        return None
    try:
        return (folder / name).read_bytes()
    except OSError:
        return None


def _entry_of(content: bytes) -> FileEntry:
    return FileEntry(len(content), hashlib.sha256(content).hexdigest())
