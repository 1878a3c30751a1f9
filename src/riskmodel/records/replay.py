"""Which files each delivery would have brought if one of them had never come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from riskmodel.records.found_files import compare
from riskmodel.records.judged_again import stage_again
from riskmodel.records.log_entries import Arrival, Batch, Holdings, digest_in
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.store_log import StoreLog

Files: TypeAlias = dict[str, str]
Wanted: TypeAlias = dict[tuple[int, str], Files]
"""By delivery and source, its files' keys and names."""


def changed_files(manifest: Manifest, log: StoreLog) -> Wanted:
    """Return the files of those deliveries and sources that would have others than they hold.

    A copy steps in where what it is a copy of is gone. A file that changes and changes back comes
    twice, and no longer if the change is gone.

    Parameters
    ----------
    manifest : Manifest
    log : StoreLog
        Without the delivery that never came.
    """
    arrivals, wanted = log.arrivals(), Wanted()
    for entry in {entry.title: entry for entry in manifest.entries}.values():
        own = [arrival for arrival in arrivals if arrival.source == entry.title]
        taken = _taken(entry, own)
        for number in {arrival.number for arrival in own}:
            now = taken[number]
            if now != _held(log, number, entry.title):
                wanted[number, entry.title] = now
    return wanted


def _taken(entry: Entry, arrivals: list[Arrival]) -> dict[int, Files]:
    """Return by delivery the files of a source that are taken in, and are no copies."""
    held, taken = Holdings(), dict[int, Files]()
    for number, came in groupby(arrivals, key=lambda arrival: arrival.number):
        new: dict[str, Arrival] = {}
        for arrival in came:
            known = compare(entry, arrival.name, digest_in(arrival.key), held)
            if not known.is_held:
                new.setdefault(known.identity, arrival)
        taken[number] = {arrival.key: arrival.name for arrival in new.values()}
        for arrival in new.values():
            held.add(arrival.name, digest_in(arrival.key))
    return taken


def _held(log: StoreLog, number: int, title: str) -> Files:
    own = [batch.files.get(title, {}) for batch in log.batches if batch.number == number]
    return {key: name for files in own for key, name in files.items()}


def with_files(
    store: Path,
    manifest: Manifest,
    log: StoreLog,
    wanted: Wanted,
    at_hand: Mapping[str, Mapping[str, Path | None]],
) -> StoreLog:
    """Stage what deliveries bring now instead of what they held, and return the log of that.

    Parameters
    ----------
    store : Path
    manifest : Manifest
    log : StoreLog
    wanted : mapping
        As `changed_files` returns it.
    at_hand : mapping of str to mapping of str to Path
        By source and digest, the files that the manifest names now; None for a frame.
    """
    days = {arrival.number: arrival.day for arrival in log.arrivals()}
    batches = [rest for batch in log.batches if (rest := _rest(batch, wanted)) is not None]
    for number in {number for number, _ in wanted}:
        files = {title: own for (of, title), own in wanted.items() if of == number and own}
        if files:
            batches.append(stage_again(store, manifest, number, days[number], files, at_hand))
    in_order = tuple(sorted(batches, key=lambda batch: batch.number))
    came = {arrival for batch in in_order for arrival in batch.arrivals()}
    copies = tuple(arrival for arrival in log.arrivals() if arrival not in came)
    return replace(log, batches=in_order, copies=copies)


def _rest(batch: Batch, wanted: Wanted) -> Batch | None:
    titles = [title for number, title in wanted if number == batch.number and title in batch.files]
    return batch.without(titles) if titles else batch
