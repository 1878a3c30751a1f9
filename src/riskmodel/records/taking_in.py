"""New files taken into a store as one batch; files that are not whole yet are left out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from riskmodel.errors import RecordsError
from riskmodel.records.batches import stage_batch
from riskmodel.records.found_files import (
    FilesBySource,
    content_digest,
    new_files,
)
from riskmodel.records.log_entries import Batch
from riskmodel.records.sources.control_totals import CONTROL
from riskmodel.records.sources.files import TRUNCATED
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.sources.text_files import check_whole
from riskmodel.records.store_folder import changed_file

NOT_WHOLE = (TRUNCATED, CONTROL, "records.empty_file")
"""The codes of files that may be whole the next time."""
Faults = Mapping[tuple[str, str], RecordsError]


class TakenIn(NamedTuple):
    """The batch of new files, None where there are none; and all files, with those left out."""

    batch: Batch | None
    files: FilesBySource


def take_in(store: Path, number: int, manifest: Manifest, files: FilesBySource) -> TakenIn:
    """Stage the new files that are whole, and say of the others why they are left out.

    A file is left out that broke off, is not what its control totals say, or is another than it was
    when its digest was made.

    Raises
    ------
    RecordsError
        For files that are whole and cannot be read.
    """
    while new := new_files(files):
        try:
            batch = _stage(store, number, manifest, new)
        except (RecordsError, OSError):
            faults = dict(_changed(new)) or dict(_broken(manifest, new))
            if not faults:
                raise
        else:
            faults = dict(_changed(new))
            if not faults:
                return TakenIn(batch, files)
            shutil.rmtree(store / batch.folder)
        files = _without(files, faults)
    return TakenIn(None, files)


def _stage(store: Path, number: int, manifest: Manifest, new: FilesBySource) -> Batch:
    paths: dict[str, list[Path]] = {}
    names_by_digest: dict[str, dict[str, str]] = {}
    for title, own in new.items():
        paths[title] = [file.path for file in own if file.path is not None]
        names_by_digest[title] = {file.key: file.name for file in own}
    return stage_batch(store, number, manifest, paths, names_by_digest)


def _broken(
    manifest: Manifest, new: FilesBySource
) -> Iterator[tuple[tuple[str, str], RecordsError]]:
    """Yield the files that are not whole, by source and name, each with its refusal."""
    for entry in manifest.entries:
        for file in new.get(entry.title, ()):
            if file.path is not None:
                try:
                    check_whole(file.path, file.name, entry)
                except RecordsError as error:
                    if error.code in NOT_WHOLE:
                        yield (entry.title, file.name), error


def _changed(new: FilesBySource) -> Iterator[tuple[tuple[str, str], RecordsError]]:
    """Yield the files that are others now than when their digest was made."""
    for title, own in new.items():
        for file in own:
            if file.path is not None and not _is_same(file.path, file.digest):
                yield (title, file.name), changed_file(file.name)


def _is_same(path: Path, digest: str) -> bool:
    try:
        return content_digest(path) == digest
    except OSError:
        return False


def _without(files: FilesBySource, faults: Faults) -> FilesBySource:
    """Return all files, each with its fault."""
    return {
        title: [file._replace(fault=faults.get((title, file.name), file.fault)) for file in own]
        for title, own in files.items()
    }
