"""The files that a manifest names now, each known by its content, and which of them are new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.log_entries import Arrival, Batch, Holdings, digest_in
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
    is_set_aside : bool
        Whether it came with a delivery that was set aside.
    fault : RecordsError, optional
        Why it is left out.
    """

    path: Path | None
    name: str
    digest: str
    identity: str = ""
    is_held: bool = False
    is_set_aside: bool = False
    fault: RecordsError | None = None

    @property
    def key(self) -> str:
        """How a store's log names it."""
        return f"{self.digest} {self.name}"

    @property
    def may_be_new(self) -> bool:
        """Whether it is to be taken in, unless another of its identity is."""
        return not self.is_held and not self.is_set_aside and self.fault is None


FilesBySource = Mapping[str, Sequence[File]]


def new_files(files: FilesBySource) -> dict[str, list[File]]:
    """Return the files that are to be taken in, of the sources that have any."""
    new: dict[str, dict[str, File]] = {}
    for title, own in files.items():
        for file in own:
            if file.may_be_new:
                new.setdefault(title, {}).setdefault(file.identity, file)
    return {title: list(own.values()) for title, own in new.items()}


def new_copies(files: FilesBySource, log: StoreLog, day: str) -> tuple[Arrival, ...]:
    """Return the files that come for the first time, with content that is known already."""
    seen, new = log.seen, new_files(files)
    return tuple(
        Arrival(log.next_number, day, title, file.key, file.name)
        for title, own in files.items()
        for file in own
        if file.path is not None and not file.is_set_aside and file.fault is None
        if file not in new.get(title, ()) and (title, file.key) not in seen
    )


def copies_of(batches: Sequence[Batch], copies: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """Return the copies of what batches hold; others left with their source."""
    held = {
        (title, digest_in(key))
        for batch in batches
        for title, files in batch.files.items()
        for key in files
    }
    return tuple(copy for copy in copies if (copy.source, digest_in(copy.key)) in held)


def at_hand(files: FilesBySource) -> dict[str, dict[str, Path | None]]:
    """Return by source and digest where its files are; None for a frame."""
    return {title: {file.digest: file.path for file in own} for title, own in files.items()}


def found_files(manifest: Manifest, log: StoreLog) -> dict[str, list[File]]:
    """Return the files of each source that lie where the manifest names them."""
    files: dict[str, list[File]] = {}
    for entry in manifest.entries:
        if entry.is_read:
            files.setdefault(entry.title, []).extend(_content_of(entry, manifest.folder, log))
    return files


def known_files(manifest: Manifest, log: StoreLog, *, again: bool = False) -> dict[str, list[File]]:
    """Return the files of each source, and whether the store holds them.

    Parameters
    ----------
    manifest : Manifest
    log : StoreLog
    again : bool
        Whether what was set aside is new.

    Raises
    ------
    RecordsError
        For a file with other content than before, of which nothing tells what it means.
    """
    entries = {entry.title: entry for entry in manifest.entries}
    known = {}
    for title, own in found_files(manifest, log).items():
        held = log.holdings(title)
        known[title] = [_compared(entries[title], file, held, log, again=again) for file in own]
    return known


def _compared(entry: Entry, file: File, held: Holdings, log: StoreLog, *, again: bool) -> File:
    """Return a file, compared with what the store holds of its source, and what it set aside."""
    known = compare(entry, file.name, file.digest, held)
    name = file.name if pattern_in(entry.keys) is not None else None
    may_be_aside = not again and not known.is_held and file.digest not in held.contents
    is_set_aside = may_be_aside and log.sets_aside(entry.title, file.digest, name)
    compared = file._replace(
        identity=known.identity, is_held=known.is_held, is_set_aside=is_set_aside
    )
    if compared.may_be_new:
        _check_redelivered(held, entry, compared)
    return compared


class Known(NamedTuple):
    """What two files share of which one is enough; and whether one came before."""

    identity: str
    is_held: bool


def compare(entry: Entry, name: str, digest: str, held: Holdings) -> Known:
    """Compare a file, or a frame, which has no name, with what its source holds.

    A content is known, whatever its name. Of a known name, and where names tell of deliveries, only
    the newest content is: a file that changes and changes back is delivered three times.
    """
    newest = held.newest.get(name)
    if entry["frame"] is None and (newest is not None or pattern_in(entry.keys) is not None):
        return Known(f"{digest} {name}", newest == digest)
    return Known(digest, digest in held.contents)


def _check_redelivered(held: Holdings, entry: Entry, file: File) -> None:
    """Refuse a file with other content than before, of which the entry does not say what it means.

    Only facts without a `fact_id` cannot tell themselves what they correct.
    """
    is_told = entry["fact_id"] is not None or entry["redelivered"] is not None
    is_fact = entry.table == "events" and file.path is not None
    if is_fact and not is_told and file.name in held.newest:
        raise RecordsError(
            f"{file.name!r} came before with other content, and the source has no fact_id",
            place=entry.place,
            code="records.redelivered",
            allowed=[f"redelivered: {word} ({meaning})" for word, meaning in MEANINGS.items()],
            next_step="write what it means, or give the source a fact_id; under another name it is "
            "one more file, and what it corrects stands beside it",
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
