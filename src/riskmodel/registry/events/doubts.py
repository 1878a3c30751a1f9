"""What of a history does not fit: links, forks, and aliases that no event set."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.version import (
    CHALLENGER,
    CHAMPION,
    CHAMPION_HEAD_TAG,
    DIGEST_TAG,
    HEAD_TAG,
    UNNAMED_TAG,
    Version,
)
from riskmodel.registry.events.chain import Chain
from riskmodel.registry.events.event import EVENT_TAG, PUBLISHED, RETIRED
from riskmodel.registry.events.ledger import Ledger

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger("riskmodel.registry")

_SHOWN = 12
_HEADS = {HEAD_TAG: "before", CHAMPION_HEAD_TAG: "up to the last promotion of"}


def short_tag(digest: str) -> str:
    """Return the key of an event's tag, as much as it takes to find it."""
    return f"{EVENT_TAG}{digest[:_SHOWN]}"


def doubts_of(ledger: Ledger, head: str | None = None) -> list[str]:
    """Return what does not fit in the history of a name, each as a line.

    Parameters
    ----------
    ledger : Ledger
    head : str, optional
        A head that the caller kept.
    """
    chain = ledger.chain
    return [
        *_links(chain),
        *_alias(chain, CHAMPION, ledger.aliases.get(CHAMPION)),
        *_alias(chain, CHALLENGER, ledger.aliases.get(CHALLENGER)),
        *_forks(chain),
        *_versions(chain, ledger.versions),
        *_outside(ledger.outside),
        *_kept_head(chain, head),
    ]


def tell_doubts(registry: Registry, version: Version) -> None:
    """Say to whoever loads a version what in its history does not fit, without a repair."""
    ledger = Ledger(registry, version.name)
    resolved = [one for one in ledger.versions if str(one.version) == version.version]
    doubts = [*_links(ledger.chain), *_artefacts(ledger.chain, resolved)]
    if version.alias in (CHAMPION, CHALLENGER):
        doubts += _alias(ledger.chain, version.alias, version.version)
        doubts += _set_at_once(ledger.chain, version.alias)
    for doubt in doubts:
        logger.warning("%s: %s; see riskmodel.history(%r)", version.name, doubt, version.name)


def _links(chain: Chain) -> Iterator[str]:
    for key in chain.broken:
        digest = key.removeprefix(EVENT_TAG)
        yield f"an event was changed or cannot be read: tag {short_tag(digest)}"
    for digest, event in chain.missing:
        yield f"an event is missing: {digest[:_SHOWN]}, which the event {event.told} names"


def _alias(chain: Chain, alias: str, now: str | None) -> Iterator[str]:
    """Yield where an alias is not on the version on which the events have set it."""
    known = chain.versions_with(alias)
    if now is not None and now not in known:
        last = ", ".join(act.event.told for act in chain.last_of(alias))
        by_events = f"; by the events it is on version {' or '.join(known)}" if known else ""
        by_events += f" ({last})" if last else ""
        under_way = [
            act.event.told
            for act in chain.open_acts
            if (act.event.alias, act.event.version) == (alias, now)
        ]
        if under_way:
            yield (
                f"alias {alias} is on version {now} by an event that has no end: "
                f"{', '.join(under_way)}, which is under way, broke off, or lost its end{by_events}"
            )
        else:
            was_there = any(
                act.is_done and (act.event.alias, act.event.version) == (alias, now)
                for act in chain.acts
            )
            who = "the last event did not set" if was_there else "no event set"
            yield f"alias {alias} is on version {now}, and {who} it there{by_events}"
    elif now is None and known and not _is_gone(chain, known):
        yield f"alias {alias} is on no version; by the events it is on version {known[0]}"


def _set_at_once(chain: Chain, alias: str) -> Iterator[str]:
    """Yield the events that set an alias beside each other: a later one ends the doubt."""
    last = chain.last_of(alias)
    if len(last) > 1:
        yield f"alias {alias} was set at once: {', '.join(act.event.told for act in last)}"


def _is_gone(chain: Chain, versions: Sequence[str]) -> bool:
    retired = {act.event.version for act in chain.acts if act.event.event == RETIRED}
    return set(versions) <= retired


def _forks(chain: Chain) -> Iterator[str]:
    for events in chain.forks:
        acts = [event for event in events if not event.of]
        told = ", ".join(event.told for event in (acts if len(acts) > 1 else events))
        yield f"written at once, told in their order: {told}"


def _versions(chain: Chain, versions: Sequence[ModelVersion]) -> Iterator[str]:
    there = {str(version.version) for version in versions}
    done = [act.event for act in chain.acts if act.is_done]
    published = {event.version for event in done if event.event == PUBLISHED}
    retired = {event.version for event in done if event.event == RETIRED}
    for number in sorted({event.version for event in done if event.version} - there - retired):
        yield f"version {number} is gone, and no event retired it"
    for version in versions:
        number = str(version.version)
        if UNNAMED_TAG in version.tags and number not in published:
            yield f"version {number} has no alias: the run that published it broke off"
        elif DIGEST_TAG in version.tags and number not in published:
            yield f"version {number} is there, and no event published it"
        for tag, place in _HEADS.items():
            kept = version.tags.get(tag, "")
            if kept and not chain.holds(kept):
                yield (
                    f"the events {place} version {number} are not those of today: its head "
                    f"{kept[:_SHOWN]} is not in the chain"
                )
    yield from _artefacts(chain, versions)


def _artefacts(chain: Chain, versions: Sequence[ModelVersion]) -> Iterator[str]:
    for version in versions:
        own = version.tags.get(DIGEST_TAG, "")
        known = {
            act.event.artefact
            for act in chain.acts
            if act.event.version == str(version.version) and act.event.artefact
        }
        if known - {own}:
            yield f"version {version.version} has another digest than when events named it"


def _outside(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"events outside the chain, as tags of versions: {', '.join(names)}"


def _kept_head(chain: Chain, head: str | None) -> Iterator[str]:
    if head is None:
        return
    if not chain.holds(head):
        yield (
            f"the events up to the head {head[:_SHOWN]} are not those of today: some were "
            "rewritten or deleted"
        )
        return
    beside = chain.beside(head)
    if beside:
        yield f"written beside the events up to the head: {', '.join(e.told for e in beside)}"
