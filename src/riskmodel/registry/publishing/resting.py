"""Which versions were made of which records."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.registry.backend.connection import is_there, open_registry
from riskmodel.registry.backend.pages import every
from riskmodel.registry.backend.version import RECORDS_TAG


@dataclass(frozen=True)
class MadeOf:
    """A version, and the records that it was fitted on; prints itself.

    Attributes
    ----------
    name, version : str
    aliases : tuple of str
    records : str
        Digest of the records.
    """

    name: str
    version: str
    aliases: tuple[str, ...]
    records: str

    def __repr__(self) -> str:
        aliases = f" ({', '.join(self.aliases)})" if self.aliases else ""
        return f"{self.name} version {self.version}{aliases}"


def versions_by_records() -> list[MadeOf]:
    """Return all versions of the registry whose records are known; none where there is no registry.

    Raises
    ------
    RegistryError
        For a registry that cannot be reached.
    """
    if not is_there():
        return []
    with open_registry() as registry:
        models = every(registry.client.search_registered_models)
        aliases = {model.name: dict(model.aliases) for model in models}
        versions = list(every(registry.client.search_model_versions))
    made = [
        MadeOf(
            version.name,
            str(version.version),
            _aliases(aliases.get(version.name, {}), str(version.version)),
            version.tags[RECORDS_TAG],
        )
        for version in versions
        if RECORDS_TAG in version.tags
    ]
    return sorted(made, key=lambda own: (own.name, int(own.version)))


def _aliases(of_name: dict[str, str], version: str) -> tuple[str, ...]:
    return tuple(sorted(alias for alias, number in of_name.items() if str(number) == version))
