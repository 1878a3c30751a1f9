"""The log of a store: the batches of files that it holds, and the folder of its tables.

Only the log says what is current. It is replaced in one step after everything that it names lies
safely on disk, so that a killed run leaves the state before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from riskmodel.errors import RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.staged_source import StagedSource
from riskmodel.records.store_folder import LOG, sync

FORMAT, BEFORE = 5, 4


@dataclass(frozen=True)
class Batch:
    """The files that one ingest took in, as they were staged.

    Attributes
    ----------
    folder : str
        Of its staged rows.
    sources : tuple of StagedSource
    files : mapping of str to mapping of str to str
        By source, the key of each file, its digest and name, and the name.
    day : str
        Of the delivery, for rows that state none.
    number : int
        Of the delivery, counted from 1; what was judged again keeps its number.
    judged_by : mapping of str to str
        By source, the digest of what judged its rows; empty in a batch of the format before.
    months : mapping of str to str
        The round that each month named.
    dropped : tuple of str
        Sources that were judged again since, and whose rows here count no more.
    """

    folder: str
    sources: tuple[StagedSource, ...]
    files: Mapping[str, Mapping[str, str]]
    day: str
    number: int
    judged_by: Mapping[str, str]
    months: Mapping[str, str]
    dropped: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[StagedSource, ...]:
        """The sources whose rows count."""
        return tuple(source for source in self.sources if source.name not in self.dropped)

    def without(self, titles: Collection[str]) -> Batch | None:
        """Return the batch without some of its sources, None where nothing else is left."""
        files = {title: own for title, own in self.files.items() if title not in titles}
        rest = replace(self, files=files, dropped=(*self.dropped, *titles))
        return rest if files else None

    def brought(self, source: str, file: str) -> bool:
        """Tell whether it holds a file of that name."""
        return file in self.files.get(source, {}).values()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "sources": [source.to_dict() for source in self.sources]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Batch:
        """Return the batch that `to_dict` described."""
        sources = tuple(map(StagedSource.from_dict, values["sources"]))
        return cls(
            folder=values["folder"],
            sources=sources,
            files=values["files"],
            day=values["day"],
            number=values["number"],
            judged_by=values["judged_by"],
            months=values["months"],
            dropped=tuple(values["dropped"]),
        )


@dataclass(frozen=True)
class StoreLog:
    """What a store holds.

    Attributes
    ----------
    manifest : mapping
        What records need of the manifest.
    batches : tuple of Batch
    tables : str
        Folder of the settled tables; empty before the first ingest.
    tables_before : str
        That of the state before, kept for those who are reading it.
    settled_by : str
        Digest of what the manifest says on settling.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    tables: str = ""
    tables_before: str = ""
    settled_by: str = ""

    def holds(self, source: str, file: str, digest: str) -> bool:
        """Tell whether a source holds a content: as the newest of that name, or under another."""
        newest = self.newest(source, file)
        if newest is not None:
            return newest == digest
        return any(
            digest == digest_in(key)
            for batch in self.batches
            for key in batch.files.get(source, {})
        )

    def newest(self, source: str, file: str) -> str | None:
        """Return the digest of what a file of that name held when it last came."""
        for batch in reversed(self.batches):
            for key, name in batch.files.get(source, {}).items():
                if name == file:
                    return digest_in(key)
        return None

    def knows(self, source: str) -> bool:
        """Tell whether any file was ingested into a source."""
        return any(source in batch.files for batch in self.batches)

    @property
    def folders(self) -> set[str]:
        """The folders that it names."""
        return {self.tables, self.tables_before, *(batch.folder for batch in self.batches)}


def digest_in(key: str) -> str:
    """Return the digest of a file under whose key, digest and name, a batch holds it."""
    return key.split(" ")[0]


def read_log(store: Path) -> StoreLog:
    """Return the log of a store; an empty one where nothing was ingested yet.

    Raises
    ------
    RecordsError
        If it is no log, or one of another format.
    """
    path = store / LOG
    if not path.exists():
        return StoreLog()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] == BEFORE:
            values = _migrated(values)
        if values["format"] != FORMAT:
            found = int(values["format"])
            raise _unreadable(store, f"is of format {found}, and this version reads {FORMAT}")
        return StoreLog(
            manifest=values["manifest"],
            batches=tuple(map(Batch.from_dict, values["batches"])),
            tables=values["tables"],
            tables_before=values["tables_before"],
            settled_by=values["settled_by"],
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        if isinstance(error, RecordsError):
            raise
        raise _unreadable(store, "cannot be read") from None


def _migrated(values: dict[str, Any]) -> dict[str, Any]:
    """Return a log of the format before in this one: its deliveries came before `today`."""
    today = date.fromisoformat(values["manifest"]["today"])
    batches = []
    for number, batch in enumerate(values["batches"], start=1):
        codes = batch.pop("codes")
        sources = [{**source, "codes": codes} for source in batch["sources"]]
        told = {"day": str(today - timedelta(days=1)), "number": number}
        unknown: dict[str, Any] = {"judged_by": {}, "months": {}, "dropped": []}
        batches.append({**batch, **told, **unknown, "sources": sources})
    return {**values, "format": FORMAT, "batches": batches, "settled_by": ""}


def write_log(store: Path, log: StoreLog) -> None:
    """Make a log the current one, in one step."""
    batches = [batch.to_dict() for batch in log.batches]
    values = {"format": FORMAT, **vars(log), "batches": batches}
    part = store / f"{LOG}.part"
    part.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
    sync(part)
    os.replace(part, store / LOG)
    sync(store)


def manifest_values(manifest: Manifest, catalogue: Catalogue) -> dict[str, object]:
    """Return what records need of a manifest, as plain values."""
    rounds = manifest.rounds
    return {
        "name": manifest.name,
        "site": manifest.site,
        "household": manifest.household,
        "today": str(manifest.today),
        "since": None if manifest.since is None else str(manifest.since),
        "complete_before": {feed: str(day) for feed, day in manifest.complete_before.items()},
        "accept_feeds": dict(manifest.accept_feeds),
        "groups": list(manifest.groups),
        "area": manifest.area,
        "rounds": None if rounds is None else [str(day.date()) for day in rounds],
        "catalogue": catalogue.to_dict(),
    }


def _unreadable(store: Path, what: str) -> RecordsError:
    return RecordsError(
        f"the store's {LOG} {what}",
        place=store.name,
        code="records.store",
        next_step="restore it from a copy, or ingest the files into a new folder",
    )
