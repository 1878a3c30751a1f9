"""Makes the folder in which a registry lies now its place, after it was moved or copied."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from riskmodel.errors import RegistryError
from riskmodel.registry.backend.addresses import sqlite_path
from riskmodel.registry.backend.connection import EXPERIMENT, existing_registry
from riskmodel.registry.backend.own_files import named_elsewhere, own_folder
from riskmodel.registry.backend.tables import DECIDING, PUBLISHING, alone
from riskmodel.texts import counted

# Where MLflow writes down absolute places.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)


@dataclass(frozen=True)
class Moved:
    """How many places of a registry were rewritten; prints itself.

    Attributes
    ----------
    address : str
    places : int
        0 where it lies in the folder in which it was made.
    before : str
        The folder that it named before.
    """

    address: str
    places: int
    before: str = ""

    def __repr__(self) -> str:
        if not self.places:
            return f"the registry at {self.address} is where it was made; nothing was changed"
        return (
            f"the registry at {self.address}: {counted(self.places, 'place')} rewritten, which "
            f"named {self.before}"
        )


def move_registry() -> Moved:
    """Make the folder in which a registry lies its place: all of it, or nothing.

    MLflow keeps the absolute place of every version. They are rewritten to the folder beside the
    registry's file, in which the versions' files must lie.

    Returns
    -------
    Moved

    Raises
    ------
    RegistryError
        For a server's registry, and one whose files do not lie beside it.
    """
    with existing_registry() as registry:
        database = sqlite_path(registry.uri)
        if database is None:
            raise RegistryError(
                f"the registry at {registry.address} is a server's, which knows its own places",
                code="registry.server",
                allowed="a registry in a file",
                next_step="name it: registry.uri=sqlite:///FOLDER/mlflow.db",
            )
        with alone(database, what=PUBLISHING), alone(database, what=DECIDING):
            experiment = registry.client.get_experiment_by_name(EXPERIMENT)
            named = named_elsewhere(experiment, database)
            if named is None or experiment is None:
                return Moved(registry.address, 0)
            own = own_folder(database)
            if not own.is_dir():
                raise RegistryError(
                    f"{own.name}/ does not lie beside the registry's database",
                    code="registry.files",
                    allowed="the whole folder of a registry",
                    next_step=f"copy {own.name}/ to here as well",
                )
            before = experiment.artifact_location
            places = _rewritten(database, {before: own.as_uri(), str(named): str(own)})
            return Moved(registry.address, places, str(named.parent))


def _rewritten(database: Path, places: dict[str, str]) -> int:
    """Replace the beginnings of all places in one transaction; return how many changed."""
    changed = 0
    with closing(sqlite3.connect(database, timeout=60)) as opened, opened:
        for table, column in _PLACES:
            if column not in {row[1] for row in opened.execute(f"pragma table_info({table})")}:
                continue
            for before, now in places.items():
                done = opened.execute(
                    f"update {table} set {column} = ? || substr({column}, ?) "
                    f"where {column} = ? or substr({column}, 1, ?) = ?",
                    (now, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )
                changed += done.rowcount
    return changed
