"""Files appended to a store: each once, a run wholly or not at all, the result as of one load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.records.batches import settle_batches, stage_batch
from riskmodel.records.changes import check_changes, source_keys
from riskmodel.records.contract import Records
from riskmodel.records.found_files import FilesBySource, known_files, new_files
from riskmodel.records.judged_again import judge_again
from riskmodel.records.opening import open_store
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.store_folder import keep_file, locked, remove_other_folders
from riskmodel.records.store_log import Batch, StoreLog, manifest_values, read_log, write_log


@dataclass(frozen=True, repr=False)
class Ingested:
    """What one ingest did; prints itself.

    Attributes
    ----------
    files : DataFrame
        One row per file: source, file, and whether it is `new`; files ingested before are not read
        again.
    records : Records
        All that the store holds now.
    left : tuple of str
        Files that a store of the format before took in, and that cannot be judged again since they
        are gone or changed. Their rows stay as they were judged.
    """

    files: pd.DataFrame
    records: Records
    left: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return one row per file."""
        return self.files

    def __repr__(self) -> str:
        new = int(self.files["new"].sum())
        known = f"{new:,} new and {len(self.files) - new:,} known files; now {self.records!r}"
        left = f"\nnot judged again, since they are gone: {', '.join(self.left)}"
        return known + left if self.left else known


@door
def ingest(
    source: str | Path | Mapping[str, object],
    store: str | Path,
    root: str | Path | None = None,
    *,
    accept_changes: Iterable[str] = (),
) -> Ingested:
    """Append to a store the files of a manifest that it does not hold yet.

    The store then holds exactly what one `read_records` of all its files would: facts delivered
    again are kept once, and every row is counted. A file is known by its content, so that the same
    file twice changes nothing. A run that is killed leaves the store as it was. Open it with
    ``read_records(store)``.

    Parameters
    ----------
    source : path-like or mapping
        A manifest, as for `read_records`; its `today` says until when the records are complete now.
        A `query` sees the new files alone.
    store : path-like
        A folder: new, empty, or ingested into before.
    root : path-like, optional
        Folder of the files, as for `read_records`.
    accept_changes : list of str
        Changes of the manifest since the ingest before that are meant: "today" (backward), "since",
        "name", "site"; "direction", "kind" or "unit" of indicators; "fact_id", "known_date" or
        "ids" of sources.

    Returns
    -------
    Ingested

    Raises
    ------
    ConfigError
        As `read_records`, for the new files alone, and for changes that are not accepted; the store
        then stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"id": ["a", "b"], "on": ["2024-01-05", "2024-02-20"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"name": "fires", "today": "2024-06-01", "events": [entry]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(ingest(manifest, folder))
    ...     print(ingest(manifest, folder))
    1 new and 0 known files; now fires: 2 events in Parquet, complete before 2024-06-01
    0 new and 1 known files; now fires: 2 events in Parquet, complete before 2024-06-01
    """
    manifest = read_manifest(source, root)
    folder = Path(store)
    with locked(folder):
        log = read_log(folder)
        check_changes(manifest, log, folder.name, accept_changes)
        remove_other_folders(folder, log.folders)
        _check_order(manifest, log)
        files = known_files(manifest, log)
        left = _append(folder, manifest, log, files)
        return Ingested(_frame_of(files), open_store(folder), left)


def _append(
    store: Path, manifest: Manifest, log: StoreLog, files: FilesBySource
) -> tuple[str, ...]:
    """Stage new files, judge others again, and settle the tables where any of it calls for it.

    Returns
    -------
    tuple of str
        Files of a store of the format before that cannot be judged again.
    """
    new = new_files(files)
    at_hand = {title: {f.digest: f.path for f in own} for title, own in files.items()}
    batches, left = judge_again(store, manifest, log.batches, at_hand)
    if new:
        number = 1 + max((batch.number for batch in batches), default=0)
        batches = (*batches, _stage(store, number, manifest, new))
    if manifest.keep_files:
        _keep(store, files)

    settled_by = _settling_digest(manifest)
    if batches == log.batches and log.settled_by == settled_by:
        return left

    tables, settled = settle_batches(store, batches, manifest)
    settled_log = StoreLog(
        manifest=manifest_values(manifest, settled.catalogue) | {"sources": source_keys(manifest)},
        batches=batches,
        tables=tables,
        tables_before=log.tables,
        settled_by=settled_by,
    )
    write_log(store, settled_log)
    return left


def _keep(store: Path, files: FilesBySource) -> None:
    for own in files.values():
        for file in own:
            if file.path is not None:
                keep_file(store, file.path, file.digest)


def _stage(store: Path, number: int, manifest: Manifest, new: FilesBySource) -> Batch:
    paths: dict[str, list[Path]] = {}
    names_by_digest: dict[str, dict[str, str]] = {}
    for title, own in new.items():
        paths[title] = [file.path for file in own if file.path is not None]
        names_by_digest[title] = {f"{file.digest} {file.name}": file.name for file in own}
    return stage_batch(store, number, manifest, paths, names_by_digest)


def _frame_of(files: FilesBySource) -> pd.DataFrame:
    rows = [(title, file.name, file.is_new) for title, own in files.items() for file in own]
    return pd.DataFrame(rows, columns=["source", "file", "new"])


def _check_order(manifest: Manifest, log: StoreLog) -> None:
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


def _settling_digest(manifest: Manifest) -> str:
    """Return the digest of what the manifest says beside its sources on how rows are settled."""
    declared = [dict(entry.keys) for entry in manifest.entries if not entry.is_read]
    redelivered = {entry.title: entry["redelivered"] for entry in manifest.entries}
    told = {"declared": declared, "redelivered": redelivered}
    values = manifest_values(manifest, manifest.catalogue) | told
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
