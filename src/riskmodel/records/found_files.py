"""The files that a manifest names now, each known by its content, and which of them are new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.sources.control_totals import sha256_of
from riskmodel.records.sources.delivery_rules import MEANINGS, pattern_in
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import find_files, name_in
from riskmodel.records.sources.frames import arrow
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.sources.packed import is_header_only
from riskmodel.records.store_log import StoreLog


class File(NamedTuple):
    """One file of a source, known by the digest of its content; a frame has no path.

    Attributes
    ----------
    path : Path, optional
    name, digest : str
    identity : str
        What two files share of which one is enough: the digest, and the name where that counts.
    is_held : bool
        Whether the store holds it.
    fault : RecordsError, optional
        Why it is left out.
    """

    path: Path | None
    name: str
    digest: str
    identity: str = ""
    is_held: bool = False
    fault: RecordsError | None = None


FilesBySource = Mapping[str, Sequence[File]]


def new_files(files: FilesBySource) -> dict[str, list[File]]:
    """Return the files that are to be taken in, of the sources that have any."""
    new: dict[str, dict[str, File]] = {}
    for title, own in files.items():
        for file in own:
            if not file.is_held and file.fault is None:
                new.setdefault(title, {}).setdefault(file.identity, file)
    return {title: list(own.values()) for title, own in new.items()}


def known_files(manifest: Manifest, log: StoreLog) -> dict[str, list[File]]:
    """Return the files of each source, and whether the store holds them.

    Raises
    ------
    RecordsError
        For a file with other content than before, of which nothing tells what it means.
    """
    files: dict[str, list[File]] = {}
    for entry in manifest.entries:
        if entry.is_read:
            own = files.setdefault(entry.title, [])
            for file in _content_of(entry, manifest.folder, log):
                own.append(_compared(entry, file, log))
                _check_redelivered(log, entry, own[-1])
    return files


def _compared(entry: Entry, file: File, log: StoreLog) -> File:
    """Return a file, compared with what the store holds of its source."""
    if file.path is None:
        return file._replace(identity=file.digest, is_held=log.holds(entry.title, "", file.digest))
    before = log.newest(entry.title, file.name)
    tells_day = pattern_in(entry.keys) is not None
    if tells_day or before is not None:
        identity = f"{file.digest} {file.name}"
        return file._replace(identity=identity, is_held=before == file.digest)
    return file._replace(
        identity=file.digest, is_held=log.holds(entry.title, file.name, file.digest)
    )


def _check_redelivered(log: StoreLog, entry: Entry, file: File) -> None:
    """Refuse a file with other content than before, of which the entry does not say what it means.

    Only facts without a `fact_id` cannot tell themselves what they correct.
    """
    is_told = entry["fact_id"] is not None or entry["redelivered"] is not None
    if entry.table != "events" or is_told or file.is_held or file.path is None:
        return
    if log.newest(entry.title, file.name) is not None:
        raise RecordsError(
            f"{file.name!r} came before with other content, and the source has no fact_id",
            place=entry.place,
            code="records.redelivered",
            allowed=[f"redelivered: {word} ({meaning})" for word, meaning in MEANINGS.items()],
            next_step="write what it means, give the source a fact_id, or name the file otherwise",
        )


def check_order(manifest: Manifest, log: StoreLog) -> None:
    """Refuse sources of the same files in another order: the store knows them by it."""
    known = {source.name: source.identity for batch in log.batches for source in batch.sources}
    for entry in manifest.entries:
        before = known.get(entry.title)
        same_files = [
            other.identity for other in manifest.of(entry.table) if other["file"] == entry["file"]
        ]
        if before != entry.identity and before in same_files:
            raise ConfigError(
                "another source of the same files stood here when the store was filled",
                place=entry.place,
                code="records.store_order",
                allowed="the sources of one file in the order in which the store knows them, new "
                "ones after them",
                next_step="move the new source behind the others of its files",
            )


def _content_of(entry: Entry, folder: Path, log: StoreLog) -> list[File]:
    if entry["frame"] is not None:
        return [File(None, "frame", _frame_digest(arrow(entry["frame"], entry.place)))]
    try:
        paths = find_files(folder, str(entry["file"]), entry.place)
    except RecordsError:
        # Files may be moved away once they are ingested.
        if log.knows(entry.title):
            return []
        raise
    return [File(path, name_in(folder, path), content_digest(path)) for path in paths]


def content_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes, and of its name if it holds a header alone."""
    return sha256_of(path, path.name if is_header_only(path) else "")


def _frame_digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
