"""Whether an experiment was published before: the same records, configuration and programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from riskmodel.panel import Recipe
from riskmodel.registry.backend.addresses import sqlite_path
from riskmodel.registry.backend.connection import is_there, open_registry, registry_uri
from riskmodel.registry.backend.tables import PUBLISHING, alone
from riskmodel.registry.backend.version import (
    CHALLENGER,
    UNNAMED_TAG,
    aliases_of,
    resolve,
    versions_of,
)
from riskmodel.registry.events.naming import name_challenger
from riskmodel.versions import library_versions, source_digest

EXPERIMENT_TAG = "riskmodel.experiment"
# The recipe tells what the records are; where they and the outcome lie makes no other experiment.
_NO_PART = frozenset(("data", "registry", "output", "again", "by"))


@dataclass(frozen=True)
class Repeat:
    """A version that the same experiment was published as; prints itself.

    Attributes
    ----------
    name, version : str
    challenger : str or None
        The version that has this alias now.
    was_unnamed : bool
        Whether the run that published it broke off before the alias was set, which is done now.
    """

    name: str
    version: str
    challenger: str | None
    was_unnamed: bool = False

    def __repr__(self) -> str:
        if self.was_unnamed:
            return (
                f"{self.name}: already published as version {self.version} by a run that broke off "
                f"before the alias was set; it is {CHALLENGER} now"
            )
        challenger = "no version" if self.challenger is None else f"version {self.challenger}"
        return (
            f"{self.name}: already published as version {self.version}, and no alias was moved; "
            f"{CHALLENGER} is {challenger}"
        )


def experiment_digest(recipe: Recipe, configuration: Mapping[str, object]) -> str:
    """Return what an experiment's outcome depends on, as a sha256.

    Parameters
    ----------
    recipe : Recipe
        Of the panel; it holds the digest of the records, and what they say of rounds and groups.
    configuration : mapping
        The whole configuration. Of what people write freely the digest alone is kept.
    """
    own = {key: value for key, value in configuration.items() if key not in _NO_PART}
    parts = {
        "recipe": recipe.to_dict(),
        "configuration": own,
        "source": source_digest(),
        "libraries": library_versions(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one run at a time look for a repeat and publish.

    Only a registry in a file of its own is locked; a server's is not.

    Raises
    ------
    RegistryError
        For a registry that cannot be reached, that was copied from another folder, or in which
        another run publishes for minutes.
    """
    database = sqlite_path(registry_uri())
    if database is None:
        yield
        return
    with open_registry() as registry:  # its folder is there now
        registry.check_files()
    with alone(database, what=PUBLISHING):
        yield


def published_before(name: str, experiment: str) -> Repeat | None:
    """Return the newest version that this experiment was published as under a name, if any.

    Where the run that published it broke off before its alias was set, and nothing was published
    since, the alias is set now. Ask within `one_at_a_time`, so that no run is about to set it.

    Raises
    ------
    RegistryError
        For a registry that cannot be reached.
    """
    if not is_there():
        return None
    with open_registry() as registry:
        versions = versions_of(registry, name)
        same = [own for own in versions if own.tags.get(EXPERIMENT_TAG) == experiment]
        if not same:
            return None
        number = str(same[-1].version)
        is_unnamed = same[-1] is versions[-1] and UNNAMED_TAG in same[-1].tags
        if is_unnamed:
            name_challenger(registry, resolve(registry, f"{name}/{number}"))
        challenger = aliases_of(registry, name).get(CHALLENGER)
        return Repeat(name, number, challenger, is_unnamed)
