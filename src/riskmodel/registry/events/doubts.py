"""What of a history does not fit: links, forks, and aliases that no event set."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.version import (
    CHALLENGER,
    CHAMPION,
    DIGEST_TAG,
    HEAD_TAG,
    UNNAMED_TAG,
    Version,
)
from riskmodel.registry.events.chain import Chain
from riskmodel.registry.events.event import PUBLISHED, RETIRED
from riskmodel.registry.events.ledger import Ledger

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger("riskmodel.registry")

_SHOWN = 12


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
        *_aliases(chain, ledger.aliases),
        *_forks(chain),
        *_versions(chain, ledger.versions),
        *_outside(ledger.outside),
        *_kept_head(chain, head),
    ]


def tell_doubts(registry: Registry, version: Version) -> None:
    """Say to whoever loads a version what in its history does not fit, without a repair."""
    ledger = Ledger(registry, version.name)
    own = {version.alias: version.version} if version.alias in (CHAMPION, CHALLENGER) else {}
    resolved = [one for one in ledger.versions if str(one.version) == version.version]
    under_way = {act.event.alias for act in ledger.chain.open_acts}
    asked = {alias: number for alias, number in own.items() if alias not in under_way}
    doubts = [
        *_links(ledger.chain),
        *_aliases(ledger.chain, own, asked),
        *_artefacts(ledger.chain, resolved),
    ]
    for doubt in doubts:
        logger.warning("%s: %s; see riskmodel.history(%r)", version.name, doubt, version.name)


def _links(chain: Chain) -> Iterator[str]:
    for key in chain.broken:
        yield f"an event was changed or cannot be read: tag {key[: key.rfind('.') + 1 + _SHOWN]}"
    for digest, event in chain.missing:
        yield f"an event is missing: {digest[:_SHOWN]}, which the event {event.told} names"


def _aliases(
    chain: Chain, aliases: Mapping[str, str], asked: Iterable[str] = (CHAMPION, CHALLENGER)
) -> Iterator[str]:
    for alias in asked:
        now, known = aliases.get(alias), chain.versions_with(alias)
        if now is not None and now not in known:
            by_events = f"by the events it is on version {' or '.join(known)}" if known else ""
            yield (
                f"alias {alias} is on version {now}, and no event set it there"
                f"{'; ' if by_events else ''}{by_events}"
            )
        elif now is None and known and not _is_gone(chain, known):
            yield f"alias {alias} is on no version; by the events it is on version {known[0]}"


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
        kept = version.tags.get(HEAD_TAG, "")
        if kept and not chain.holds(kept):
            yield (
                f"the events before version {number} are not those of today: its head "
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
