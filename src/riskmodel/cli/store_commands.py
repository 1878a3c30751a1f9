"""The commands by which an operator looks after a store of records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from riskmodel.cli.console import Console
from riskmodel.cli.studies import Config, manifest_of, own_capacity_of, read
from riskmodel.records import deliveries as store_deliveries
from riskmodel.records import open_store, prune_store, quarantined_cells
from riskmodel.records import undo as undo_delivery
from riskmodel.registry import MadeOf, prune_runs, versions_by_records
from riskmodel.registry import trace as registry_trace
from riskmodel.scoring import is_unmade_folder, lists_in, prune_parts
from riskmodel.service import review as household_review


def deliveries(config: Config, console: Console) -> None:
    """Say what was delivered to a store, and what became of it."""
    console.say(store_deliveries(config["store"]))


def quarantine(config: Config, console: Console) -> None:
    """Say which rows of which file were refused, and why; cells only where they are asked for."""
    if config["cells"]:
        table = quarantined_cells(manifest_of(config, "quarantine cells=true"), config["store"])
    elif config["store"] is not None:
        table = open_store(config["store"]).quarantine
    else:
        table = read(config).quarantine
    shown = table.rename(columns={"source": "file"})
    console.say(shown.to_string(index=False, na_rep="") if len(shown) else "no row was refused")


def trace(config: Config, console: Console) -> None:
    """Explain one household's score on one date, listed or not."""
    capacity = own_capacity_of(config)
    records = read(config)
    traced = registry_trace(
        config["model"],
        records,
        config["as_of"] or str(records.today),
        config["household"],
        capacity,
        lang=config["lang"],
        masked=config["masked"],
        explore=config["explore"],
        seed=config["seed"],
        digest=config["digest"],
    )
    console.say(traced)


def review(config: Config, console: Console) -> None:
    """Tell one household's rounds after the fact."""
    told = household_review(
        read(config),
        config["household"],
        config["as_of"],
        lang=config["lang"],
        masked=config["masked"],
    )
    console.say(told)


def undo(config: Config, console: Console) -> None:
    """Set a delivery aside, and name the versions and lists that rest on it."""
    manifest = manifest_of(config, "undo")
    made = versions_by_records()
    folder = config["lists"]
    is_unmade = folder is not None and is_unmade_folder(folder)
    lists = None if folder is None or is_unmade else lists_in(folder).frame()
    done = undo_delivery(
        manifest, config["store"], config["delivery"], config["why"], erase=config["erase"]
    )
    console.say(done, _versions([version for version in made if version.records in done.digests]))
    if lists is not None:
        console.say(_lists(lists, done.digests))
    elif is_unmade:
        console.say(_no_folder(folder))


def _versions(resting: Sequence[MadeOf]) -> str:
    if not resting:
        return (
            "no version in the registry was fitted from this store while it held the delivery; "
            "what was fitted from the files themselves is not known here"
        )
    named = ", ".join(map(repr, resting))
    return f"versions that rest on it: {named}; train again, or roll back, if they should not"


def _lists(lists: pd.DataFrame, digests: Sequence[str]) -> str:
    resting = lists.loc[lists["records"].isin(digests), "file"].tolist()
    if not resting:
        return "no list in the folder was made from this store while it held the delivery"
    return f"lists that rest on it: {', '.join(resting)}; score these rounds again, if it matters"


def prune(config: Config, console: Console) -> None:
    """Remove what runs that broke off left: in a store, in a folder of lists, in the registry."""
    age, dry, lists = config["age"], config["dry"], config["lists"]
    removed, told = [], []
    if lists is not None and is_unmade_folder(lists):
        told.append(_no_folder(lists))
        lists = None
    if lists is not None:
        prune_parts(lists, age, dry=True)  # a wrong folder stops before any is cleared
    if config["store"] is not None:
        removed += [f"store {path}" for path in prune_store(config["store"], age, dry=dry)]
    if lists is not None:
        removed += [f"list {name}" for name in prune_parts(lists, age, dry=dry)]
    removed += [f"upload {run}" for run in prune_runs(age, dry=dry)]
    what = "would be removed" if dry else "removed"
    lines = [f"{what}: {one}" for one in removed] or ["nothing to remove"]
    console.say("\n".join([*told, *lines]))


def _no_folder(lists: str) -> str:
    return f"the folder {Path(lists).name!r} does not exist yet: no list was looked at"
