"""Files judged again, whole, where the entry or the catalogue that judged them has changed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodel.errors import RecordsError
from riskmodel.records.batches import stage_batch
from riskmodel.records.found_files import content_digest
from riskmodel.records.judging import judged_by, months_of_rounds
from riskmodel.records.log_entries import Batch, digest_in
from riskmodel.records.older_ids import ids_read_otherwise
from riskmodel.records.sources.files import name_in
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.sources.row_checks import NO_ROUND
from riskmodel.records.store_folder import KEPT, changed_file
from riskmodel.texts import RULE

_OF_ROUNDS = ("contacts", "lists")


class Judged(NamedTuple):
    """Batches as the manifest judges them now, and files of an older format that it cannot."""

    batches: tuple[Batch, ...]
    left: tuple[str, ...]


class _Found(NamedTuple):
    """Where the files of a source of a batch are, by name, and which are not to be found."""

    paths: dict[str, Path]
    missing: list[str]


def judge_again(
    store: Path,
    manifest: Manifest,
    batches: Sequence[Batch],
    at_hand: Mapping[str, Mapping[str, Path | None]],
) -> Judged:
    """Judge again the files of every source that the manifest judges otherwise now.

    Parameters
    ----------
    store : Path
    manifest : Manifest
    batches : sequence of Batch
    at_hand : mapping of str to mapping of str to Path
        By source and digest, the files that the manifest names now; None for a frame.

    Raises
    ------
    RecordsError
        Which names the files that are neither where they were nor kept in the store.
    """
    batches = _of_named_sources(batches, manifest)
    missing: list[str] = []
    left: list[str] = []
    found: list[dict[str, _Found]] = []
    for batch in batches:
        found.append({})
        others = ids_read_otherwise(store, batch)
        for title in _changed(store, manifest, batch, others):
            own = _find(store, batch.files[title], at_hand.get(title, {}))
            if not own.missing:
                found[-1][title] = own
            elif title in batch.judged_by or title in others:
                missing += own.missing
            else:
                left += own.missing
    if missing:
        many = f"{len(missing):,} files are judged otherwise than before"
        raise _gone(many, missing)
    judged = [
        part
        for batch, own in zip(batches, found, strict=True)
        for part in _judged(store, manifest, batch, own)
    ]
    return Judged(tuple(judged), tuple(left))


def _of_named_sources(batches: Sequence[Batch], manifest: Manifest) -> list[Batch]:
    """Return batches without the sources that the manifest no longer names."""
    titles = {entry.title for entry in manifest.entries}
    rests = (
        batch.without([source.name for source in batch.kept if source.name not in titles])
        for batch in batches
    )
    return [rest for rest in rests if rest is not None]


def _changed(store: Path, manifest: Manifest, batch: Batch, others: Collection[str]) -> list[str]:
    """Return the sources of a batch that are judged otherwise now, as those of other ids are."""
    titles = {source.name for source in batch.kept}
    return [
        entry.title
        for entry in manifest.entries
        if entry.title in titles
        and (
            batch.judged_by.get(entry.title) != judged_by(entry, manifest)
            or entry.title in others
            or (
                entry.table in _OF_ROUNDS and _has_other_rounds(store, manifest, batch, entry.table)
            )
        )
    ]


def _has_other_rounds(store: Path, manifest: Manifest, batch: Batch, table: str) -> bool:
    """Tell whether months name other rounds than before, or one where they named none."""
    before, now = batch.months, months_of_rounds(manifest)
    if before == now:
        return False
    if any(now.get(month) != day for month, day in before.items()):
        return True
    reasons = pq.read_table(store / batch.folder / f"{table}.parquet", columns=["reason"])
    return bool(pc.any(pc.equal(reasons["reason"], NO_ROUND)).as_py())


def _find(
    store: Path,
    files: Mapping[str, str],
    at_hand: Mapping[str, Path | None],
) -> _Found:
    found = _Found({}, [])
    for key, name in files.items():
        digest = digest_in(key)
        copy = store / KEPT / digest
        if at_hand.get(digest) is not None:
            found.paths[name] = Path(str(at_hand[digest]))
        elif copy.is_file():
            found.paths[name] = copy
        elif digest not in at_hand:
            found.missing.append(name)
    return found


def _judged(
    store: Path, manifest: Manifest, batch: Batch, found: Mapping[str, _Found]
) -> list[Batch]:
    """Return a batch without what was judged again, and the batch of that.

    What of it is left was read as it would be now.
    """
    batch = replace(batch, rule=RULE)
    if not found:
        return [batch]
    files = {title: batch.files[title] for title in found}
    again = _staged(store, manifest, batch.number, batch.day, files, found)
    rest = batch.without(found)
    return [again] if rest is None else [rest, again]


def stage_again(
    store: Path,
    manifest: Manifest,
    number: int,
    day: str,
    files: Mapping[str, Mapping[str, str]],
    at_hand: Mapping[str, Mapping[str, Path | None]],
) -> Batch:
    """Stage files of a delivery that had others than these until now.

    Parameters
    ----------
    store : Path
    manifest : Manifest
    number, day : int, str
        Of the delivery.
    files : mapping of str to mapping of str to str
        By source, the key of each file and its name.
    at_hand : mapping of str to mapping of str to Path
        As for `judge_again`.

    Raises
    ------
    RecordsError
        Which names the files that are neither where they were nor kept in the store.
    """
    found = {title: _find(store, own, at_hand.get(title, {})) for title, own in files.items()}
    missing = [name for own in found.values() for name in own.missing]
    if missing:
        raise _gone(f"{len(missing):,} files of delivery {number} must be read again", missing)
    return _staged(store, manifest, number, day, files, found)


def _staged(
    store: Path,
    manifest: Manifest,
    number: int,
    day: str,
    files: Mapping[str, Mapping[str, str]],
    found: Mapping[str, _Found],
) -> Batch:
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        whole, paths = _under_their_names(manifest, found, Path(folder))
        batch = stage_batch(store, number, whole, paths, files)
        _check_unchanged(files, found, paths)
    return replace(batch, day=day)


def _under_their_names(
    manifest: Manifest, found: Mapping[str, _Found], folder: Path
) -> tuple[Manifest, dict[str, list[Path]]]:
    """Return the manifest and paths under which files have the names that they came by."""
    if all(
        name_in(manifest.folder, path) == name
        for own in found.values()
        for name, path in own.paths.items()
    ):
        return manifest, {title: list(own.paths.values()) for title, own in found.items()}
    paths: dict[str, list[Path]] = {}
    for title, own in found.items():
        paths[title] = [folder / name for name in own.paths]
        for name, path in own.paths.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
            if path.parent.name == KEPT and content_digest(folder / name) != path.name:
                raise _damaged(name)
    return replace(manifest, folder=folder), paths


def _check_unchanged(
    files: Mapping[str, Mapping[str, str]],
    found: Mapping[str, _Found],
    paths: Mapping[str, Sequence[Path]],
) -> None:
    """Refuse files that are others than those that came in, now that they are read."""
    for title, own in files.items():
        digest_of = {name: digest_in(key) for key, name in own.items()}
        for name, path in zip(found[title].paths, paths[title], strict=True):
            if content_digest(path) != digest_of[name]:
                raise changed_file(name)


def _damaged(name: str) -> RecordsError:
    return RecordsError(
        "the store's copy of the file is damaged",
        place=name,
        code="records.kept_copy",
        next_step="put the file back where the manifest names it, with the content that it had, "
        "or take the change of the entry or catalogue back",
    )


def _gone(what: str, names: Sequence[str]) -> RecordsError:
    shown = ", ".join(repr(name) for name in dict.fromkeys(names[:5]))
    return RecordsError(
        f"{what}, and they are gone or changed: {shown}",
        code="records.judged_again",
        allowed="files where they were, with their content, or copies kept by keep_files: true",
        next_step="put the files back, take the change of the entry or catalogue back, or ingest "
        "all files into a new folder",
    )
