"""The commands that look after a store of records."""

from __future__ import annotations

from riskmodel.cli.console import Console
from riskmodel.cli.studies import Config, manifest_of
from riskmodel.records import undo as undo_delivery
from riskmodel.registry import MadeOf, versions_by_records


def undo(config: Config, console: Console) -> None:
    """Set a delivery aside, and name the versions that rest on it."""
    manifest = manifest_of(config)
    made = versions_by_records()
    done = undo_delivery(
        manifest, config["store"], config["delivery"], config["why"], erase=config["erase"]
    )
    console.say(done, _resting([version for version in made if version.records in done.digests]))


def _resting(versions: list[MadeOf]) -> str:
    if not versions:
        return "no version in the registry rests on it"
    named = ", ".join(map(repr, versions))
    return f"versions that rest on it: {named}; train again, or roll back, if they should not"
