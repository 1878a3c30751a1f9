"""What changed between a store and the manifest of its next ingest, and must be meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.store_log import StoreLog

_OF_ALL = ("since", "name", "site")
_OF_INDICATORS = ("direction", "kind", "unit")
_OF_SOURCES = {
    "fact_id": ("fact_id",),
    "known_date": ("known_date",),
    "ids": ("household_id", "person_id", "dwelling_id"),
}
CHANGES = ("today", *_OF_ALL, *_OF_INDICATORS, *_OF_SOURCES, "sources")
_SHOWN = 5


class Change(NamedTuple):
    """One thing that is not as the store has it: its kind among `CHANGES`, and a text."""

    kind: str
    text: str


def check_changes(
    manifest: Manifest, log: StoreLog, store: str, accepted: Iterable[str] | None
) -> None:
    """Refuse what changed of a store's manifest, unless it is accepted by name.

    Parameters
    ----------
    manifest : Manifest
    log : StoreLog
        Of the store, with what it holds of the manifest before.
    store : str
        What refusals call the store.
    accepted : iterable of str or None
        Kinds of change, of `CHANGES`; None where no change can be accepted.

    Raises
    ------
    ConfigError
        For a kind that is none.
    RecordsError
        For changes that are not accepted.
    """
    kinds = list(accepted or ())
    for kind in kinds:
        _check_kind(kind)
    changes = [*_changes(manifest, log.manifest), *_sources_taken_out(manifest, log)]
    refused = [change for change in changes if change.kind not in kinds]
    if refused:
        raise _changed(refused, store, is_accepting=accepted is not None)


def source_keys(manifest: Manifest) -> dict[str, dict[str, object]]:
    """Return what the sources say of facts' identities, dates and ids, as plain values."""
    keys = [key for own in _OF_SOURCES.values() for key in own]
    return {
        entry.title: json.loads(json.dumps({key: entry[key] for key in keys}, default=str))
        for entry in manifest.entries
        if entry.is_read
    }


def _changes(manifest: Manifest, known: Mapping[str, Any]) -> Iterator[Change]:
    if not known:
        return
    if manifest.today < np.datetime64(known["today"]):
        yield Change("today", f"today goes back from {known['today']} to {manifest.today}")
    since = None if manifest.since is None else str(manifest.since)
    for kind, now in zip(_OF_ALL, (since, manifest.name, manifest.site), strict=True):
        if now != known.get(kind, now):
            yield Change(kind, f"{kind} was {known[kind]}, and is {now}")
    yield from _changes_of_indicators(manifest.catalogue, Catalogue.read(known["catalogue"]))
    yield from _changes_of_sources(source_keys(manifest), known.get("sources", {}))


def _changes_of_indicators(catalogue: Catalogue, before: Catalogue) -> Iterator[Change]:
    now = catalogue.with_codes(list(before))
    for code, indicator in before.items():
        for kind in _OF_INDICATORS:
            was, is_now = getattr(indicator, kind), getattr(now[code], kind)
            if was != is_now:
                yield Change(kind, f"{kind} of {code} was {was!r}, and is {is_now!r}")


def _changes_of_sources(
    now: Mapping[str, Mapping[str, object]], before: Mapping[str, Mapping[str, object]]
) -> Iterator[Change]:
    for title, keys in now.items():
        for kind, names in _OF_SOURCES.items():
            for name in names:
                if title in before and keys[name] != before[title].get(name):
                    yield Change(kind, f"{name} of {title} is another")


def _sources_taken_out(manifest: Manifest, log: StoreLog) -> Iterator[Change]:
    """Yield the sources of which the store holds rows, and which the manifest no longer names."""
    titles = {entry.title for entry in manifest.entries}
    for name in dict.fromkeys(source.name for batch in log.batches for source in batch.kept):
        if name not in titles:
            yield Change("sources", f"{name} is named no more, and its rows would leave")


def _check_kind(kind: str) -> None:
    if kind not in CHANGES:
        raise ConfigError(
            f"accept_changes names {kind!r}, which is no kind of change",
            code="records.accept_changes",
            allowed=CHANGES,
            next_step=did_you_mean(kind, CHANGES),
        )


def _changed(changes: list[Change], store: str, *, is_accepting: bool) -> RecordsError:
    kinds = list(dict.fromkeys(change.kind for change in changes))
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    told = "; ".join(change.text for change in changes[:_SHOWN])
    accepting = f"accept_changes={kinds} (in the shell accept_changes=[{','.join(kinds)}])"
    advice = f"correct it, or ingest into a new folder; if it is meant: {accepting}"
    if not is_accepting:
        named = ", ".join(f"{kind}:" for kind in kinds)
        advice = f"correct {named} in the manifest, or ingest first with {accepting}"
    return RecordsError(
        f"the manifest is not as the store knows it: {told}{more}",
        place=store,
        code="records.changes",
        allowed="a later today, new files, sources and codes",
        next_step=advice,
    )
