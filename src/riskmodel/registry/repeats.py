"""Whether an experiment was published before: the same records, configuration and programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from riskmodel.panel import Recipe
from riskmodel.registry.connection import open_registry, registry_uri, sqlite_path
from riskmodel.registry.tables import PUBLISHING, alone
from riskmodel.registry.version import CHALLENGER, aliases_of, versions_of
from riskmodel.versions import library_versions, source_digest

EXPERIMENT_TAG = "riskmodel.experiment"
# The recipe tells what the records are; where they and the outcome lie makes no other experiment.
_NO_PART = frozenset(("data", "registry", "output", "again"))


@dataclass(frozen=True)
class Repeat:
    """A version that the same experiment was published as; prints itself.

    Attributes
    ----------
    name, version : str
    challenger : str or None
        The version that has this alias now.
    """

    name: str
    version: str
    challenger: str | None

    def __repr__(self) -> str:
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
        For a registry that cannot be reached, or in which another run publishes for minutes.
    """
    database = sqlite_path(registry_uri())
    if database is None:
        yield
        return
    with open_registry():
        pass  # its folder is there now
    with alone(database, what=PUBLISHING):
        yield


def published_before(name: str, experiment: str) -> Repeat | None:
    """Return the newest version that this experiment was published as under a name, if any.

    Raises
    ------
    RegistryError
        For a registry that cannot be reached.
    """
    with open_registry() as registry:
        numbers = [
            str(version.version)
            for version in versions_of(registry, name)
            if version.tags.get(EXPERIMENT_TAG) == experiment
        ]
        if not numbers:
            return None
        return Repeat(name, numbers[-1], aliases_of(registry, name).get(CHALLENGER))
