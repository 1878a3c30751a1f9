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
        is_repeated = _is_repeat(ledger, own)
        if not is_repeated:
            now = ledger.aliases.get(CHAMPION)
            if refusal is None and now != present:
                raise champion_changed(version.name, present or "", now or "")
            _log(registry, promotion, own, ledger)
            if refusal is None:
                ledger.carry_out(own, lambda: _set_champion(registry, version))
            else:
                ledger.append(own)
        if refusal is not None:
            raise refusal
        notes = (*promotion.notes, *ledger.repairs)
        return replace(promotion, is_repeated=is_repeated, notes=notes, head=ledger.chain.head)


def _set_champion(registry: Registry, version: Version) -> None:
    registry.client.set_registered_model_alias(version.name, CHAMPION, version.version)


def _is_repeat(ledger: Ledger, own: Event) -> bool:
    """Tell whether this very promotion was decided last, and its alias has stayed."""
    last = ledger.chain.acts[-1:]
    is_same = any(
        act.is_done
        and (act.event.event, act.event.version, act.event.asked)
        == (own.event, own.version, own.asked)
        for act in last
    )
    return is_same and (not own.alias or ledger.aliases.get(own.alias) == own.version)


def _log(registry: Registry, promotion: Promotion, own: Event, ledger: Ledger) -> None:
    """Write the promotion beside the version's files."""
    version = registry.client.get_model_version(promotion.version.name, own.version)
    number = sum(act.event.version == own.version for act in ledger.chain.acts)
    content = json.dumps(promotion.to_dict(), ensure_ascii=False, indent=1)
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        path = Path(folder) / f"{own.event}_{number}.json"
        path.write_text(content, encoding="utf-8")
        registry.client.log_artifact(version.run_id, str(path), "promotion")
