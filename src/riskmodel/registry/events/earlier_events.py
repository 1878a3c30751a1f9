"""Events that an older riskmodel kept as tags of versions, told as events of today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from riskmodel.registry.backend.version import CHALLENGER, CHAMPION, DIGEST_TAG
from riskmodel.registry.events.event import (
    BROKE_OFF,
    DONE,
    EVENT_TAG,
    INTENDED,
    MIGRATED,
    PROMOTED,
    PUBLISHED,
    REFUSED,
    ROLLED_BACK,
    Event,
)

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_ALIAS = {PUBLISHED: CHALLENGER, PROMOTED: CHAMPION, ROLLED_BACK: CHAMPION}
_KINDS = (PUBLISHED, PROMOTED, REFUSED, ROLLED_BACK)
_FACTS = ("by", "why", "measured", "asked")


def earlier_tags(versions: Iterable[ModelVersion]) -> dict[str, tuple[ModelVersion, str]]:
    """Return the tags of versions that are events, as version and value by their names."""
    return {
        f"{version.version}/{key}": (version, value)
        for version in versions
        for key, value in version.tags.items()
        if key.startswith(EVENT_TAG)
    }


def migrated(versions: Iterable[ModelVersion], aliases: Mapping[str, str]) -> list[Event]:
    """Return the events of versions' tags as a chain, and an event that closes it.

    The same tags give the same chain, so that a migration that broke off goes on. Until now an
    event was written before its alias moved: of the last that sets the champion it is known
    whether the alias did. A tag that cannot be read is left where it is.

    Parameters
    ----------
    versions : iterable of MLflow's versions
    aliases : mapping
        Of the name, by which the last promotion is known to be done.
    """
    chain: list[Event] = []
    last: tuple[str, ...] = ()
    for event in _ends_told(_read(versions), aliases.get(CHAMPION)):
        own = event.written(last)
        chain.append(own)
        last = (own.digest,)
        if event.state != DONE:
            end = Event(BROKE_OFF, when=event.when, of=own.digest, repaired=MIGRATED).written(last)
            chain.append(end)
            last = (end.digest,)
    if chain:
        chain.append(Event(MIGRATED, when=chain[-1].when).written(last))
    return chain


def _read(versions: Iterable[ModelVersion]) -> Iterator[Event]:
    """Yield the events that can be read, by time."""
    tags = earlier_tags(versions)
    for name in sorted(tags, key=lambda name: (name.partition("/")[2], int(name.split("/")[0]))):
        version, value = tags[name]
        try:
            content = json.loads(value)
            kind, when = content["event"], content["when"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if kind in _KINDS and isinstance(when, str):
            by, why, measured, asked = (str(content.get(key, "")) for key in _FACTS)
            yield Event(
                kind,
                when=when,
                version=str(version.version),
                alias=_ALIAS.get(kind, ""),
                artefact=version.tags.get(DIGEST_TAG, ""),
                by=by,
                why=why,
                measured=measured,
                asked=asked,
                earlier=name,
            )


def _ends_told(events: Iterable[Event], champion: str | None) -> list[Event]:
    """Return the events, the last promotion as broken off where the alias is on another version."""
    every = list(events)
    setting = [number for number, event in enumerate(every) if event.alias == CHAMPION]
    if setting and every[setting[-1]].version != champion:
        every[setting[-1]] = replace(every[setting[-1]], state=INTENDED)
    return every
