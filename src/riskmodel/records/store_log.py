"""The log of a store: the batches of files that it holds, and the folder of its tables.

Only the log says what is current. It is replaced in one step after everything that it names lies
safely on disk, so that a killed run leaves the state before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from riskmodel.errors import RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.records.log_entries import (
    Arrival,
    Batch,
    Holdings,
    SetAside,
    State,
    as_values,
    digest_in,
)
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.store_folder import LOG, sync
from riskmodel.records.store_formats import FORMAT, KEEPS_DIGESTS, OLDER, migrated


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
    copies : tuple of Arrival
        Files that were skipped since their content was known under another name.
    set_aside : tuple of SetAside
        Deliveries that count no more.
    rows : mapping of str to mapping of str to int
        By the number of a delivery, how many of its rows were read and have which status.
    states : tuple of State
        What it held once, the oldest first, and what it holds now.
    began_as : int
        The format that began it.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    tables: str = ""
    tables_before: str = ""
    settled_by: str = ""
    copies: tuple[Arrival, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    states: tuple[State, ...] = ()
    began_as: int = FORMAT

    @property
    def next_number(self) -> int:
        """The number of the next delivery; none is given twice."""
        given = [arrival.number for arrival in self.arrivals()]
        given += [delivery.number for delivery in self.set_aside]
        given += [state.last for state in self.states]  # also of sources that left with their rows
        return 1 + max(given, default=0)

    def holdings(self, source: str) -> Holdings:
        """Return the files that a source holds."""
        held = Holdings()
        for batch in self.batches:
            for key, name in batch.files.get(source, {}).items():
                held.add(name, digest_in(key))
        return held

    def arrivals(self) -> list[Arrival]:
        """Return the files of all deliveries that count, those skipped as copies, too."""
        taken = [arrival for batch in self.batches for arrival in batch.arrivals()]
        return sorted([*taken, *self.copies], key=_in_order)

    def versions(self, number: int) -> str:
        """Return by which version of riskmodel a delivery was staged, or by which several."""
        own = {batch.by for batch in self.batches if batch.number == number and batch.by}
        return ", ".join(sorted(own))

    @property
    def seen(self) -> set[tuple[str, str]]:
        """Source and key of every file that ever came."""
        came = {(arrival.source, arrival.key) for arrival in self.arrivals()}
        for delivery in self.set_aside:
            came |= {(source, key) for source, files in delivery.files.items() for key in files}
        return came

    def sets_aside(self, source: str, digest: str, name: str | None) -> bool:
        """Tell whether a delivery that was set aside brought a content, under a name if given."""
        return any(delivery.holds(source, digest, name) for delivery in self.set_aside)

    def knows(self, source: str) -> bool:
        """Tell whether any file was ever ingested into a source."""
        came = any(source in batch.files for batch in self.batches)
        return came or any(source in delivery.files for delivery in self.set_aside)

    @property
    def knows_all_states(self) -> bool:
        """Whether it kept the digests of all that it held; older formats kept none."""
        begins_with_first = bool(self.states) and self.states[0].last == 1
        is_older = self.began_as < KEEPS_DIGESTS or not all(batch.by for batch in self.batches)
        return begins_with_first and not is_older

    @property
    def folders(self) -> set[str]:
        """The folders that it names."""
        staged = {batch.folder for batch in self.batches}
        aside = {folder for delivery in self.set_aside for folder in delivery.folders}
        return {self.tables, self.tables_before, *staged, *aside}

    @property
    def contents(self) -> set[str]:
        """The digests of the files whose rows it holds."""
        keys = {arrival.key for arrival in self.arrivals()}
        for delivery in self.set_aside:
            if not delivery.is_erased:
                keys |= {key for files in delivery.files.values() for key in files}
        return {digest_in(key) for key in keys}


def _in_order(arrival: Arrival) -> tuple[int, str, PurePath]:
    return arrival.number, arrival.source, PurePath(arrival.name)


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
        if values["format"] in OLDER:
            values = migrated(values)
        if values["format"] != FORMAT:
            found = int(values["format"])
            raise _unreadable(store, f"is of format {found}, and this version reads {FORMAT}")
        return StoreLog(
            manifest=values["manifest"],
            batches=tuple(map(Batch.from_dict, values["batches"])),
            tables=values["tables"],
            tables_before=values["tables_before"],
            settled_by=values["settled_by"],
            copies=tuple(Arrival(**copy) for copy in values.get("copies", ())),
            set_aside=tuple(map(_set_aside, values.get("set_aside", ()))),
            rows=values.get("rows", {}),
            states=tuple(map(_state, values.get("states", ()))),
            began_as=values.get("began_as", FORMAT),
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        if isinstance(error, RecordsError):
            raise
        raise _unreadable(store, "cannot be read") from None


def _set_aside(values: dict[str, Any]) -> SetAside:
    return SetAside(**{**values, "folders": tuple(values["folders"])})


def _state(values: dict[str, Any]) -> State:
    return State(values["digest"], values["last"], tuple(values["without"]))


def write_log(store: Path, log: StoreLog) -> None:
    """Make a log the current one, in one step."""
    entries = {
        "batches": [batch.to_dict() for batch in log.batches],
        "copies": list(map(as_values, log.copies)),
        "set_aside": list(map(as_values, log.set_aside)),
        "states": list(map(as_values, log.states)),
    }
    values = {"format": FORMAT, **vars(log), **entries}
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
