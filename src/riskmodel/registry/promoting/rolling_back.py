"""Goes back to a version that was champion before, once its files are found whole."""

from __future__ import annotations

from dataclasses import replace

from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import Registry, existing_registry
from riskmodel.registry.backend.responsible import account_of, require_reason
from riskmodel.registry.backend.version import CHAMPION, Version, resolve
from riskmodel.registry.events.chain import Act, champions_before
from riskmodel.registry.events.event import ROLLED_BACK, Event
from riskmodel.registry.events.ledger import Ledger, champion_changed, deciding
from riskmodel.registry.promoting.deciding import show_approval
from riskmodel.registry.reading.verifying import verify


@door
def rollback(name: str, by: str, why: str, to: str | None = None) -> Version:
    """Make a former champion the champion again, and record the event.

    The same call again, with nothing of that name decided in between, changes nothing.

    Parameters
    ----------
    name : str
    by, why : str
        Who is responsible, and for what reason. They are searched for registration and phone
        numbers, e-mail addresses and absolute paths, but not for ids of households: a registry
        keeps no ids, and no records are read.
    to : str, optional
        The number of a version that was champion. By default the one before the present champion.

    Returns
    -------
    Version
        The champion now, with the head of the history.

    Raises
    ------
    ConfigError
        If ``by`` or ``why`` is empty.
    RegistryError
        If one of them holds a number, an address or a path, the name has no such former champion,
        its files are not those that became champion, or another champion was made meanwhile.
    """
    require_reason(by, why)
    with existing_registry() as registry:
        with deciding(registry, name) as ledger:
            now = ledger.aliases.get(CHAMPION)
            if _is_repeat(ledger, by, why, to):
                return replace(resolve(registry, f"{name}@{CHAMPION}"), head=ledger.chain.head)
            former = _former(ledger, to)
        # the files are read without the lock, which others wait for
        version = resolve(registry, f"{name}/{former}")
        _check_whole(ledger, version)
        event = Event(
            ROLLED_BACK,
            version=former,
            alias=CHAMPION,
            instead_of=now or "",
            artefact=version.digest,
            by=by,
            why=why,
            measured=f"version {now} steps back" if now else "",
            account=account_of(registry),
        )
        with deciding(registry, name) as ledger:
            if ledger.aliases.get(CHAMPION) != now:
                raise champion_changed(name, now or "", ledger.aliases.get(CHAMPION, ""))
            ledger.carry_out(event, lambda: _set_champion(registry, version))
            show_approval(registry, ledger)
            return replace(version, alias=CHAMPION, head=ledger.chain.head)


def _set_champion(registry: Registry, version: Version) -> None:
    registry.client.set_registered_model_alias(version.name, CHAMPION, version.version)


def _is_repeat(ledger: Ledger, by: str, why: str, to: str | None) -> bool:
    """Tell whether the champion was made by this very rollback."""
    last = [act for act in ledger.chain.acts if act.event.alias == CHAMPION][-1:]
    return any(
        act.is_done
        and (act.event.event, act.event.by, act.event.why) == (ROLLED_BACK, by, why)
        and to in (None, act.event.version)
        and ledger.aliases.get(CHAMPION) == act.event.version
        for act in last
    )


def _former(ledger: Ledger, to: str | None) -> str:
    """Return the number of a version that truly was champion."""
    there = {str(version.version) for version in ledger.versions}
    now = ledger.aliases.get(CHAMPION)
    former = champions_before(ledger.chain.champions(), now)
    there_still = [number for number in former if number in there]
    if to is None and now is not None and there_still:
        return there_still[0]
    every = {act.event.version for act in ledger.chain.acts if _made_champion(act)} & there - {now}
    if to is not None and to in every:
        return to
    if to is None:
        raise RegistryError(
            f"{ledger.name} has no champion before the present one",
            code="registry.no_former_champion",
            allowed="a name with two promotions",
            next_step="promote another version instead",
        )
    raise RegistryError(
        f"version {to} of {ledger.name} was not champion before, or is champion now",
        code="registry.no_former_champion",
        allowed=sorted(every, key=int) or "none yet",
        next_step="take one of them, or promote another version",
    )


def _made_champion(act: Act) -> bool:
    return act.is_done and act.event.alias == CHAMPION


def _check_whole(ledger: Ledger, version: Version) -> None:
    """Refuse a former champion whose files are not those that became champion."""
    known = [
        act.event.artefact
        for act in ledger.chain.acts
        if _made_champion(act) and act.event.version == version.version and act.event.artefact
    ]
    if known and version.digest not in known:
        raise RegistryError(
            f"version {version.version} of {version.name} has another digest than when it was "
            "champion",
            code="registry.changed",
            next_step="roll back to another former champion: to=NUMBER",
        )
    verify(version)
