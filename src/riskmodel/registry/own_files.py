"""The files of a registry in a file, which lie beside its database, and the refusal of a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import unquote, urlsplit

from riskmodel.errors import RegistryError

if TYPE_CHECKING:
    from mlflow.entities import Experiment

# Its absence tells a registry whose files somebody keeps elsewhere by MLflow's own means.
BESIDE_TAG = "riskmodel.files_beside"
_FOLDER = "artefacts"


class Place(TypedDict, total=False):
    """What MLflow is told of the files when an experiment is made."""

    artifact_location: str
    tags: dict[str, str]


def place_beside(database: Path | None) -> Place:
    """Return where the files lie: beside an sqlite file, or where a server says."""
    if database is None:
        return {}
    own = (database.parent / _FOLDER).resolve()
    return {"artifact_location": own.as_uri(), "tags": {BESIDE_TAG: "true"}}


def refuse_copy(experiment: Experiment, database: Path, address: str) -> None:
    """Refuse a registry that was copied or moved: MLflow reads the files where they were before.

    Raises
    ------
    RegistryError
    """
    named = local_path(experiment.artifact_location)
    own = (database.parent / _FOLDER).resolve()
    if BESIDE_TAG not in experiment.tags or named is None or _are_same(named, own):
        return
    raise RegistryError(
        f"the registry at {address} was made in another folder, and names the files there",
        code="registry.files",
        allowed=f"a registry in the folder where it was made, {named.parent}",
        next_step="put the whole folder back there, or use the registry that is there",
    )


def local_path(address: str) -> Path | None:
    """Return the path that an address of MLflow names on this disk; None for any other place."""
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None


def _are_same(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one folder, which may be mounted twice."""
    return one == other or (one.exists() and other.exists() and one.samefile(other))
