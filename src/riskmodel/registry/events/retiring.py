"""Takes a version out of the registry, with its files; its events stay."""

from __future__ import annotations

import shutil
from dataclasses import replace

from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import Registry, existing_registry
from riskmodel.registry.backend.own_files import local_path
from riskmodel.registry.backend.responsible import account_of, require_reason
from riskmodel.registry.backend.version import CHALLENGER, CHAMPION, Version, resolve
from riskmodel.registry.events.event import RETIRED, Event
from riskmodel.registry.events.ledger import Ledger, deciding


@door
def retire(version: str | Version, by: str, why: str) -> Version:
    """Take a version out of the registry; nobody can load it afterwards.

    Its files are removed where the registry keeps them on this disk; a server removes them when
    its own clean-up runs. What was decided about it stays in the history.

    Parameters
    ----------
    version : str or Version
        ``"NAME/NUMBER"``: an alias names a version that is in use.
    by, why : str
        Who is responsible, and for what reason.

    Returns
    -------
    Version
        What was taken out, with the head of the history.

    Raises
    ------
    ConfigError
        If ``by`` or ``why`` is empty.
    RegistryError
        For a version that an alias names, or one that is not there.
    """
    require_reason(by, why)
    with existing_registry() as registry:
        wanted = resolve(registry, version)
        registry.check_files()
        with deciding(registry, wanted.name) as ledger:
            own = resolve(registry, f"{wanted.name}/{wanted.version}")
            _refuse_used(ledger, own)
            event = Event(
                RETIRED,
                version=own.version,
                artefact=own.digest,
                by=by,
                why=why,
                account=account_of(registry),
            )
            ledger.carry_out(event, lambda: _remove(registry, own))
            return replace(own, head=ledger.chain.head)


def _refuse_used(ledger: Ledger, version: Version) -> None:
    used = sorted(alias for alias, own in ledger.aliases.items() if own == version.version)
    if not used and ledger.chain.champions()[-1:] == [version.version]:
        raise RegistryError(
            f"version {version.version} of {version.name} is {CHAMPION} by the events, and the "
            "alias was moved by no event",
            code="registry.in_use",
            allowed="a version that is not champion, by alias or by the events",
            next_step="read riskmodel history; promote or roll back, so that an event says who is",
        )
    if used:
        raise RegistryError(
            f"version {version.version} of {version.name} is {', '.join(used)}, and is in use",
            code="registry.in_use",
            allowed="a version that no alias names",
            next_step="; ".join(_way_out(alias) for alias in used),
        )


def _way_out(alias: str) -> str:
    """Return how an alias comes to name another version."""
    ways = {
        CHAMPION: "promote or roll back to another version first",
        CHALLENGER: "publish another version, which becomes challenger",
    }
    return ways.get(alias, f"remove the alias {alias} in MLflow first")


def _remove(registry: Registry, version: Version) -> None:
    """Remove a version, then its run and, where they lie on this disk, its files."""
    client = registry.client
    run_id = client.get_model_version(version.name, version.version).run_id
    client.delete_model_version(version.name, version.version)
    if run_id:
        remove_run(registry, run_id)


def remove_run(registry: Registry, run_id: str) -> None:
    """Remove a run, with its files where they lie on this disk in the run's own folder."""
    files = local_path(registry.client.get_run(run_id).info.artifact_uri)
    registry.client.delete_run(run_id)
    if files is not None and files.parent.name == run_id:
        shutil.rmtree(files.parent, ignore_errors=True)
