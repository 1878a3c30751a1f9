"""The files of a registry in a file, which lie beside its database, also in a moved folder."""

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
    return {"artifact_location": own_folder(database).as_uri(), "tags": {BESIDE_TAG: "true"}}


def named_elsewhere(experiment: Experiment | None, database: Path | None) -> Path | None:
    """Return the folder of files that a moved or copied registry names; None for any other."""
    if experiment is None or database is None or BESIDE_TAG not in experiment.tags:
        return None
    named = local_path(experiment.artifact_location)
    return None if named is None or _are_same(named, own_folder(database)) else named


def own_folder(database: Path) -> Path:
    """Return the folder of files beside a database."""
    return (database.parent / _FOLDER).resolve()


def refuse_copy(experiment: Experiment | None, database: Path | None, address: str) -> None:
    """Refuse to write to a registry that was copied or moved, as MLflow writes where it was before.

    Raises
    ------
    RegistryError
    """
    named = named_elsewhere(experiment, database)
    if named is not None:
        raise RegistryError(
            f"the registry at {address} was made in another folder, and MLflow would write there",
            code="registry.files",
            allowed=f"a registry in the folder where it was made, {named.parent}",
            next_step="run riskmodel registry move, which makes this folder its place",
        )


def place_now(source: str, named: Path, database: Path) -> str:
    """Return where files lie now that lay in a folder which a moved registry still names.

    Raises
    ------
    RegistryError
        If they should lie there and do not.
    """
    path = local_path(source)
    if path is None or not path.is_relative_to(named):
        return source
    own = own_folder(database) / path.relative_to(named)
    if not own.exists():
        raise RegistryError(
            "the files of the version do not lie beside the registry's database",
            code="registry.files",
            allowed=f"the whole folder of a registry, with {_FOLDER}/",
            next_step=f"copy {_FOLDER}/ to here as well",
        )
    return own.as_uri()


def local_path(address: str) -> Path | None:
    """Return the path that an address of MLflow names on this disk; None for any other place."""
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None


def _are_same(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one folder, which may be mounted twice."""
    return one == other or (one.exists() and other.exists() and one.samefile(other))
