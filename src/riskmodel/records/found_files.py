"""The files that a manifest names now, each known by its content, and which of them are new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from riskmodel.errors import RecordsError
from riskmodel.records.sources.delivery_rules import MEANINGS, pattern_in
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import find_files, name_in
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.sources.packed import is_header_only
from riskmodel.records.sources.readers import arrow
from riskmodel.records.store_log import StoreLog

_CHUNK = 1 << 20


class File(NamedTuple):
    """One file of a source, known by the digest of its content; a frame has no path."""

    path: Path | None
    name: str
    digest: str
    is_new: bool = True


FilesBySource = Mapping[str, Sequence[File]]


def new_files(files: FilesBySource) -> dict[str, list[File]]:
    """Return the new files of the sources that have any."""
    new = {title: [file for file in own if file.is_new] for title, own in files.items()}
    return {title: own for title, own in new.items() if own}


def known_files(manifest: Manifest, log: StoreLog) -> dict[str, list[File]]:
    """Return the files of each source; a second file of equal content is known already."""
    files: dict[str, list[File]] = {}
    for entry in manifest.entries:
        if entry.is_read:
            own = files.setdefault(entry.title, [])
            for file in _content_of(entry, manifest.folder, log):
                is_repeated = any(file.digest == other.digest for other in own)
                if pattern_in(entry.keys) is not None:  # a name tells of a delivery
                    is_known = log.newest(entry.title, file.name) == file.digest
                else:
                    is_known = is_repeated or _is_known(log, entry, file)
                _check_redelivered(log, entry, file, is_new=not is_known)
                own.append(file._replace(is_new=not is_known))
    return files


def _is_known(log: StoreLog, entry: Entry, file: File) -> bool:
    """Tell whether the store holds a file, or a frame, which has no name."""
    name = file.name if file.path else ""
    return log.holds(entry.title, name, file.digest)


def _check_redelivered(log: StoreLog, entry: Entry, file: File, *, is_new: bool) -> None:
    """Refuse a file with other content than before, of which the entry does not say what it means.

    Only facts without a `fact_id` cannot tell themselves what they correct.
    """
    is_told = entry["fact_id"] is not None or entry["redelivered"] is not None
    if entry.table != "events" or is_told or not is_new or file.path is None:
        return
    if log.newest(entry.title, file.name) is not None:
        raise RecordsError(
            f"{file.name!r} came before with other content, and the source has no fact_id",
            place=entry.place,
            code="records.redelivered",
            allowed=[f"redelivered: {word} ({meaning})" for word, meaning in MEANINGS.items()],
            next_step="write what it means, give the source a fact_id, or name the file otherwise",
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
    return [File(path, name_in(folder, path), _digest(path)) for path in paths]


def _digest(path: Path) -> str:
    """Return the sha256 of a file's bytes, and of its name if it holds a header alone."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    if is_header_only(path):
        sha.update(path.name.encode())
    return sha.hexdigest()


def _frame_digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
