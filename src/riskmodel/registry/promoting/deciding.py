"""Writes down what a promotion was measured by, and moves the alias if all gates pass."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.responsible import account_of
from riskmodel.registry.backend.version import CHAMPION, Version
from riskmodel.registry.events.event import PROMOTED, REFUSED, Event
from riskmodel.registry.events.ledger import Ledger, champion_changed, deciding

if TYPE_CHECKING:
    from riskmodel.registry.promoting.promotion import Promotion


class Asked(NamedTuple):
    """Digests of what was to be decided, and of the outcomes on which."""

    what: str
    judged_on: str


def decided(
    registry: Registry,
    promotion: Promotion,
    refusal: RegistryError | None,
    asked: Asked,
    present: str | None,
) -> Promotion:
    """Record what was measured; then move the alias if nothing refuses it."""
    version = promotion.version
    lines = [line for result in promotion.gates for line in result.measured]
    own = Event(
        PROMOTED if refusal is None else REFUSED,
        version=version.version,
        alias=CHAMPION if refusal is None else "",
        instead_of=present or "",
        artefact=version.digest,
        by=promotion.by,
        why=promotion.why,
        measured="; ".join(lines),
        gates="; ".join(promotion.gates_stated),
        asked=asked.what,
        judged_on=asked.judged_on,
        account=account_of(registry),
    )
    with deciding(registry, version.name) as ledger:
        if refusal is not None:
            if not _is_last(ledger, own):
                _log(registry, promotion, own, ledger)
                ledger.append(own)
            raise refusal
        made = ledger.made_champion(version.version)
        if made is None:
            now = ledger.aliases.get(CHAMPION)
            if now != present:
                raise champion_changed(version.name, present or "", now or "")
            _log(registry, promotion, own, ledger)
            ledger.carry_out(own, lambda: _set_champion(registry, version))
            show_approval(registry, ledger)
        else:  # by another run meanwhile
            promotion = replace(promotion, by=made.by, why=made.why, is_repeated=True)
        notes = (*promotion.notes, *ledger.repairs)
        return replace(promotion, notes=notes, head=ledger.chain.head)


def _set_champion(registry: Registry, version: Version) -> None:
    registry.client.set_registered_model_alias(version.name, CHAMPION, version.version)


def show_approval(registry: Registry, ledger: Ledger) -> None:
    """Write on the champion's page in MLflow who made it that; a tag that is right stays.

    The history is what counts: whoever may write can change a tag.
    """
    last = [act.event for act in ledger.chain.acts if act.is_done and act.event.alias == CHAMPION]
    event = last[-1]
    (version,) = [one for one in ledger.versions if str(one.version) == event.version]
    wanted = {"approved_by": event.by, "approved_on": event.when[:10], "why": event.why}
    for key, text in wanted.items():
        if version.tags.get(key) != text:
            registry.client.set_model_version_tag(ledger.name, event.version, key, text)


def _is_last(ledger: Ledger, own: Event) -> bool:
    """Tell whether this very refusal was written last."""
    same = own.event, own.version, own.asked
    last = ledger.chain.acts[-1:]
    return any((act.event.event, act.event.version, act.event.asked) == same for act in last)


def _log(registry: Registry, promotion: Promotion, own: Event, ledger: Ledger) -> None:
    """Write the promotion beside the version's files."""
    version = registry.client.get_model_version(promotion.version.name, own.version)
    number = sum(act.event.version == own.version for act in ledger.chain.acts)
    content = json.dumps(promotion.to_dict(), ensure_ascii=False, indent=1)
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        path = Path(folder) / f"{own.event}_{number}.json"
        path.write_text(content, encoding="utf-8")
        registry.client.log_artifact(version.run_id, str(path), "promotion")
