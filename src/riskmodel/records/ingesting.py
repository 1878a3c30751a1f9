"""Files appended to a store: each once, a run wholly or not at all, the result as of one load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import nearest
from riskmodel.records.changes import check_changes
from riskmodel.records.contract import Records
from riskmodel.records.found_files import (
    FilesBySource,
    at_hand,
    check_order,
    content_digest,
    copies_of,
    known_files,
    new_copies,
    new_files,
)
from riskmodel.records.judged_again import judge_again
from riskmodel.records.log_entries import Batch, digest_in
from riskmodel.records.opening import is_store, open_store
from riskmodel.records.settled_store import is_settled, remove_others, settled
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.store_folder import keep_file, locked
from riskmodel.records.store_log import StoreLog, read_log, write_log
from riskmodel.records.taking_in import take_in
from riskmodel.texts import counted


@dataclass(frozen=True, repr=False)
class Ingested:
    """What one ingest did; prints itself.

    Attributes
    ----------
    files : DataFrame
        One row per file: source, file, whether it is `new`, why it is `left_out` (blank for those
        that are in), and whether its delivery was `set_aside`; files ingested before are not read
        again.
    records : Records
        All that the store holds now.
    left : tuple of str
        Files that a store of the format before took in, and that cannot be judged again since they
        are gone or changed. Their rows stay as they were judged.
    gone : tuple of str
        Files of deliveries that were set aside, which were wanted again and lie nowhere any more.
    notes : tuple of str
        That a new store was made beside one of nearly the same name.
    """

    files: pd.DataFrame
    records: Records
    left: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return one row per file."""
        return self.files

    @property
    def left_out(self) -> pd.DataFrame:
        """The files that are not whole; the next ingest takes them in once they are."""
        return self.files[self.files["left_out"] != ""]

    def __repr__(self) -> str:
        new, left_out = int(self.files["new"].sum()), self.left_out
        aside = int(self.files["set_aside"].sum())
        known = len(self.files) - new - len(left_out) - aside
        lines = [f"{new:,} new and {known:,} known files; now {self.records!r}", *self.notes]
        if self.left:
            lines.append(f"not judged again, since they are gone: {', '.join(self.left)}")
        if aside:
            files = counted(aside, "file")
            lines.append(f"left out, as their delivery was undone (again=true): {files}")
        if self.gone:
            lines.append(
                f"not taken in again, since they are gone: {', '.join(self.gone)}; put them where "
                "the manifest names them, and run this again"
            )
        lines += [f"left out, until it is whole: {reason}" for reason in left_out["left_out"]]
        return "\n".join(lines)


@door
def ingest(
    source: str | Path | Mapping[str, object],
    store: str | Path,
    root: str | Path | None = None,
    *,
    accept_changes: Iterable[str] = (),
    again: bool = False,
) -> Ingested:
    """Append to a store the files of a manifest that it does not hold yet.

    The store then holds exactly what one `read_records` of all its files would: facts delivered
    again are kept once, and every row is counted. A file is known by its content, so that the same
    file twice changes nothing. A file that is not whole, since it is still being copied, is left
    out and named; the others go in. A run that is killed leaves the store as it was. Open it with
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
        "ids" of sources; "sources" that are named no more, whose rows then leave.
    again : bool, default False
        Whether files of a delivery that `undo` set aside are taken in again, as a new delivery.

    Returns
    -------
    Ingested

    Raises
    ------
    ConfigError, RecordsError
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
    notes = () if is_store(folder) else _notes_on_new(folder)
    with locked(folder):
        log = read_log(folder)
        check_changes(manifest, log, folder.name, accept_changes)
        remove_others(folder, log)
        check_order(manifest, log)
        files, left = _append(folder, manifest, log, known_files(manifest, log, again=again))
        gone = _gone(log, files) if again else ()
        return Ingested(_frame_of(files), open_store(folder), left, gone, notes)


def _notes_on_new(store: Path) -> tuple[str, ...]:
    """Return what is said of a new store beside which one of nearly the same name lies."""
    own = store.resolve()
    others = [path.name for path in own.parent.glob("*") if is_store(path)]
    near = sorted(nearest(own.name, others, share=0.8))
    if not near:
        return ()
    lie, one = ("lies", "that") if len(near) == 1 else ("lie", "one of them")
    return (
        f"made a new store {own.name!r}; beside it {lie} {' and '.join(map(repr, near))}: if {one} "
        f"was meant, remove {own.name!r} and run this again with that name",
    )


def _gone(log: StoreLog, files: FilesBySource) -> tuple[str, ...]:
    """Return the files that were set aside and lie nowhere, nor another file of the same name."""
    there = {(title, file.digest) for title, own in files.items() for file in own}
    there |= {(title, file.name) for title, own in files.items() for file in own}
    aside = [
        (title, key, name)
        for delivery in log.set_aside
        for title, own in delivery.files.items()
        for key, name in own.items()
    ]
    return tuple(
        name
        for title, key, name in aside
        if (title, digest_in(key)) not in there
        and (title, name) not in there
        and digest_in(key) not in log.holdings(title).contents
    )


def _append(
    store: Path, manifest: Manifest, log: StoreLog, files: FilesBySource
) -> tuple[FilesBySource, tuple[str, ...]]:
    """Stage new files, judge others again, and settle the tables where any of it calls for it.

    Returns
    -------
    files : mapping of str to sequence of File
        Those that are left out with their faults.
    left : tuple of str
        Files of a store of the format before that cannot be judged again.
    """
    batches, left = judge_again(store, manifest, log.batches, at_hand(files))
    batch, files = take_in(store, log.next_number, manifest, files)
    if batch is not None:
        batches = (*batches, batch)
    _check_facts(batches, files)
    if manifest.keep_files:
        _keep(store, files)

    before = replace(log, copies=copies_of(log.batches, log.copies))
    came = (*before.copies, *new_copies(files, before, str(manifest.day_before)))
    now = replace(log, batches=batches, copies=copies_of(batches, came))
    if batches != log.batches or not is_settled(log, manifest):
        write_log(store, settled(store, manifest, now))
    elif now != log:
        write_log(store, now)
    return files, left


def _check_facts(batches: Sequence[Batch], files: FilesBySource) -> None:
    """Refuse a store without any file of events, where those that came are left out."""
    faults = [file.fault for own in files.values() for file in own if file.fault is not None]
    has_events = any(source.table == "events" for batch in batches for source in batch.kept)
    if faults and not has_events:
        raise faults[0]


def _keep(store: Path, files: FilesBySource) -> None:
    for own in files.values():
        for file in own:
            if file.path is not None and file.fault is None and not file.is_set_aside:
                keep_file(store, file.path, file.digest, content_digest)


def _frame_of(files: FilesBySource) -> pd.DataFrame:
    new = {(title, file.name) for title, own in new_files(files).items() for file in own}
    rows = [
        (title, file.name, (title, file.name) in new, str(file.fault or ""), file.is_set_aside)
        for title, own in files.items()
        for file in own
    ]
    return pd.DataFrame(rows, columns=["source", "file", "new", "left_out", "set_aside"])
