"""A published version, and the references to it: NAME@ALIAS, NAME/NUMBER or a `Version`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.pages import every

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

CHAMPION, CHALLENGER = "champion", "challenger"
DIGEST_TAG = "riskmodel.digest"
PACKAGE_TAG = "riskmodel.package_digest"
# On a version until its alias is set: where it stays, the run that published it broke off.
UNNAMED_TAG = "riskmodel.unnamed"
UNNAMED = {UNNAMED_TAG: "true"}
RECORDS_TAG = "riskmodel.records"
PUBLISHED_BY_TAG, UNKNOWN = "riskmodel.published_by", "unknown"
# The user whom a server with accounts named when it was published.
PUBLISHED_AS_TAG = "riskmodel.published_as"
# The head of the name's history before the version, by which a rewritten one is known.
HEAD_TAG = "riskmodel.head"
# The head after it last became champion, by which later rewriting and a deleted end are known.
CHAMPION_HEAD_TAG = "riskmodel.champion_head"

_NAME = re.compile(r"[^\W_][\w .-]{0,199}")
_REFERENCE = re.compile(r"(?:models:/)?(?P<name>[^/@]+)(?:@(?P<alias>[\w-]+)|/(?P<number>\d+))")
_NUMBERED = re.compile(r"v?(\d+)")


@dataclass(frozen=True)
class Version:
    """One version of a model in the registry; prints itself.

    Attributes
    ----------
    name, version : str
    alias : str or None
        The alias by which it was reached or that it was given.
    digest : str
        sha256 of its manifest, which holds the sha256 of every other file.
    registry : str
        Where the registry is, without credentials.
    package_digest : str
        sha256 over all files of the package that MLflow keeps, its code and metadata among them.
        Empty for a version that was published before packages had one.
    head : str
        Of the name's history, after what was done to the version; for a log of one's own.
    """

    name: str
    version: str
    alias: str | None
    digest: str
    registry: str = ""
    package_digest: str = ""
    head: str = field(default="", compare=False)

    @property
    def uri(self) -> str:
        """What MLflow calls it."""
        return f"models:/{self.name}/{self.version}"

    def frame(self) -> pd.DataFrame:
        """Return one row."""
        return pd.DataFrame([{**vars(self), "uri": self.uri}])

    def __repr__(self) -> str:
        alias = f" ({self.alias})" if self.alias else ""
        return (
            f"{self.name} version {self.version}{alias}, {self.uri} in {self.registry}, "
            f"sha256 {self.digest[:12]}"
        )


def check_name(name: str) -> str:
    """Return the name of a model, or refuse one that a registry address cannot hold.

    Examples
    --------
    >>> check_name("위기가구 2026")
    '위기가구 2026'
    """
    if isinstance(name, str) and _NAME.fullmatch(name) and name == name.strip():
        return name
    raise RegistryError(
        f"a model cannot be called {name!r}",
        code="registry.name",
        allowed="letters of any script, digits, blanks, _ . and -, a letter or digit first, "
        "at most 200",
        next_step="for example household-crisis",
    )


def resolve(registry: Registry, wanted: str | Version) -> Version:
    """Return the version that a reference names now; an alias is looked up once and then fixed.

    Raises
    ------
    RegistryError
        For a reference that cannot be read, an unknown name, number or alias, or a version that
        riskmodel did not publish.
    """
    if isinstance(wanted, Version):
        return _described(registry, wanted.name, wanted.version, wanted.alias)
    reference = _REFERENCE.fullmatch(wanted) if isinstance(wanted, str) else None
    if reference is None:
        raise RegistryError(
            f"{wanted!r} names no version",
            code="registry.reference",
            allowed="NAME@ALIAS or NAME/NUMBER",
            next_step=f"write for example {_example(registry, wanted)}",
        )
    name, alias = str(reference["name"]), reference["alias"]
    aliases = aliases_of(registry, name)
    if alias is None:
        return _described(registry, name, str(reference["number"]), None)
    if alias not in aliases:
        raise RegistryError(
            f"{name} has no alias {alias!r}",
            code="registry.alias",
            allowed=sorted(aliases) or "none yet",
            next_step=_next_step(name, alias, aliases),
        )
    return _described(registry, name, aliases[alias], alias)


def registered(registry: Registry, name: str) -> RegisteredModel:
    """Return a model with its aliases and tags, or refuse a name that the registry lacks."""
    models = registry.client.search_registered_models(filter_string=f"name = '{check_name(name)}'")
    if not models:
        known = [model.name for model in every(registry.client.search_registered_models)]
        raise RegistryError(
            f"the registry at {registry.address} holds no model {name!r}",
            code="registry.unknown",
            allowed=known or "none yet",
            next_step=did_you_mean(name, known) if known else "publish one first",
        )
    return models[0]


def aliases_of(registry: Registry, name: str) -> dict[str, str]:
    """Return {alias: version} of a model, or refuse a name that the registry does not hold."""
    aliases = dict(registered(registry, name).aliases)
    return {alias: str(version) for alias, version in aliases.items()}


def versions_of(registry: Registry, name: str) -> list[ModelVersion]:
    """Return MLflow's versions of a model, the oldest first."""
    named = partial(registry.client.search_model_versions, f"name = '{check_name(name)}'")
    versions = every(named)
    return sorted(versions, key=lambda version: int(version.version))


def _described(registry: Registry, name: str, number: str, alias: str | None) -> Version:
    known = {str(version.version): version for version in versions_of(registry, name)}
    if number not in known:
        raise RegistryError(
            f"{name} has no version {number}",
            code="registry.version",
            allowed=list(known) or "none yet",
            next_step="take one of them, or an alias",
        )
    tags = known[number].tags
    digest = tags.get(DIGEST_TAG)
    if digest is None:
        raise RegistryError(
            f"{name} version {number} has no tag {DIGEST_TAG}, so it cannot be checked",
            code="registry.foreign",
            allowed="versions that riskmodel published",
            next_step="publish it with riskmodel.publish",
        )
    return Version(name, number, alias, digest, registry.address, tags.get(PACKAGE_TAG, ""))


def _example(registry: Registry, wanted: object) -> str:
    """Return a reference that can be read, of the wanted model where its bare name was given."""
    if isinstance(wanted, str) and _NAME.fullmatch(wanted):
        for model in registry.client.search_registered_models(filter_string=f"name = '{wanted}'"):
            for alias in sorted(model.aliases):
                return f"{wanted}@{alias}"
    return "household-crisis@champion"


def _next_step(name: str, alias: str, aliases: dict[str, str]) -> str:
    if number := _NUMBERED.fullmatch(alias):
        return f"a version is written {name}/{number[1]}"
    if alias == CHAMPION and CHALLENGER in aliases:
        return "promote the challenger first: riskmodel.promote"
    return did_you_mean(alias, aliases) if aliases else "publish a version first"
