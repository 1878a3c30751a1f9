"""Names a published version the challenger, and writes who published it."""

from __future__ import annotations

from dataclasses import replace

from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.version import (
    CHALLENGER,
    PUBLISHED_AS_TAG,
    PUBLISHED_BY_TAG,
    UNNAMED_TAG,
    Version,
)
from riskmodel.registry.events.event import PUBLISHED, Event
from riskmodel.registry.events.ledger import deciding


def name_challenger(registry: Registry, version: Version) -> Version:
    """Give a version the alias challenger, and mark it as named; return it with its head.

    Where a run was killed after its event was written, no second one is.
    """
    name, number = version.name, version.version

    def move() -> None:
        registry.client.set_registered_model_alias(name, CHALLENGER, number)
        registry.client.delete_model_version_tag(name, number, UNNAMED_TAG)

    with deciding(registry, name) as ledger:
        if ledger.chain.publication_of(number).version:
            move()
        else:
            tags = {str(own.version): own.tags for own in ledger.versions}[number]
            event = Event(
                PUBLISHED,
                version=number,
                alias=CHALLENGER,
                instead_of=ledger.aliases.get(CHALLENGER, ""),
                artefact=version.digest,
                by=tags.get(PUBLISHED_BY_TAG, ""),
                account=tags.get(PUBLISHED_AS_TAG, ""),
            )
            ledger.carry_out(event, move)
        return replace(version, alias=CHALLENGER, head=ledger.chain.head)
