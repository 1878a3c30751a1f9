"""The address of a registry, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from riskmodel.disks import disk_error_in
from riskmodel.errors import DiskError, RegistryError, RiskmodelError
from riskmodel.registry.backend.tables import not_of_this_mlflow

URI_VARIABLE = "MLFLOW_TRACKING_URI"
FOLDER = "riskmodel-registry"


def without_credentials(uri: str) -> str:
    """Return a URI without name and password; a file below the working directory is relative.

    Examples
    --------
    >>> without_credentials("https://kim:secret@registry.example:5000/path?token=1")
    'https://registry.example:5000/path'
    """
    parts = urlsplit(uri)
    database = sqlite_path(uri)
    if database is not None and database.is_relative_to(Path.cwd()):
        return f"sqlite:///{database.relative_to(Path.cwd()).as_posix()}"
    if parts.scheme.startswith("sqlite") or not parts.netloc:
        return uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def sqlite_path(uri: str) -> Path | None:
    """Return the file of a registry, None for a server's."""
    if not uri.startswith("sqlite:///"):
        return None
    path, _, _ = uri.removeprefix("sqlite:///").partition("?")
    return Path(path)


def of_disk(uri: str, error: Exception) -> DiskError | None:
    """Return the fault of the disk of a registry in a file, if it is the cause."""
    database = sqlite_path(uri)
    return None if database is None else disk_error_in(error, database)


def of_server(uri: str, error: Exception) -> RegistryError | None:
    """Return what a server refuses to the one who asks, if that is the cause."""
    kind = kind_of(error)
    if kind in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"):
        return RegistryError(
            f"the registry at {without_credentials(uri)} knows no such user or password",
            code="registry.no_user",
            next_step="set $MLFLOW_TRACKING_USERNAME and $MLFLOW_TRACKING_PASSWORD",
        )
    if kind == "PERMISSION_DENIED":
        return RegistryError(
            f"this user has no right to do this in the registry at {without_credentials(uri)}",
            code="registry.no_right",
            allowed="a right to read for load and score, to edit for all that writes",
            next_step="ask whoever keeps the registry for the right, then run it again",
        )
    return None


def refused(uri: str, error: Exception) -> RiskmodelError:
    """Return why a registry cannot be opened: its disk, its tables, or that it is out of reach."""
    refusal: RiskmodelError | None = of_disk(uri, error) or of_server(uri, error)
    if refusal is not None:
        return refusal
    database = sqlite_path(uri)
    is_schema = type(error).__module__.startswith("alembic") or "database schema" in str(error)
    if database is not None and is_schema:
        return not_of_this_mlflow(database, without_credentials(uri))
    return unreachable(uri, error)


def unreachable(uri: str, error: Exception) -> RegistryError:
    """Return the refusal of a registry that does not answer."""
    return RegistryError(
        f"the registry at {without_credentials(uri)} is out of reach: {kind_of(error)}",
        code="registry.unreachable",
        allowed="an http(s) address, a database or sqlite:///path/mlflow.db",
        next_step=f"start it, or correct ${URI_VARIABLE}; unset, it is in ./{FOLDER}",
    )


def kind_of(error: Exception) -> str:
    """Return the kind of error without its message, which may hold addresses, passwords or rows."""
    return str(getattr(error, "error_code", "")) or type(error).__name__
