"""The connection to MLflow, without its messages; an unreachable registry is refused at once."""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskmodel.disks import on_disk
from riskmodel.errors import RegistryError, RiskmodelError
from riskmodel.registry.backend.addresses import (
    FOLDER,
    URI_VARIABLE,
    kind_of,
    of_disk,
    of_server,
    refused,
    sqlite_path,
    unreachable,
    without_credentials,
)
from riskmodel.registry.backend.own_files import (
    named_elsewhere,
    place_beside,
    place_now,
    refuse_copy,
)
from riskmodel.registry.backend.tables import (
    alone,
    check_whole,
    has_tables,
    imported_mlflow,
    make_tables,
)

logger = logging.getLogger("riskmodel.registry")

EXPERIMENT = "riskmodel"
# No telemetry, no copies of the caller's lock files, no bars or addresses printed. A variable that
# the user has set stays as it is.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_LOG_UV_FILES": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
_LOGGED: set[str] = set()


@dataclass(frozen=True)
class Registry:
    """An open registry.

    Attributes
    ----------
    uri : str
        As MLflow takes it; it may hold a password.
    client : mlflow.MlflowClient
    """

    uri: str
    client: Any

    @property
    def address(self) -> str:
        """The URI without name and password."""
        return without_credentials(self.uri)

    def experiment(self) -> str:
        """Return the id of our experiment; its files are stored beside an sqlite file."""
        place = place_beside(sqlite_path(self.uri))
        with unless_made_meanwhile():
            if self.client.get_experiment_by_name(EXPERIMENT) is None:
                self.client.create_experiment(EXPERIMENT, **place)
        self.check_files()
        return str(self.client.get_experiment_by_name(EXPERIMENT).experiment_id)

    def check_files(self) -> None:
        """Refuse a copy, which would write to the files of the registry it was made of.

        Raises
        ------
        RegistryError
        """
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        refuse_copy(experiment, sqlite_path(self.uri), self.address)

    def place_of(self, source: str) -> str:
        """Return where files lie that MLflow names, also in a registry that was moved or copied.

        Raises
        ------
        RegistryError
        """
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        database = sqlite_path(self.uri)
        named = named_elsewhere(experiment, database)
        if named is None or database is None:
            return source
        return place_now(self.address_of(source), named, database)

    def address_of(self, source: str) -> str:
        """Return where files of a run lie; any other place is its own address."""
        if not source.startswith("runs:/"):
            return source
        run_id, _, path = source.removeprefix("runs:/").partition("/")
        return f"{self.client.get_run(run_id).info.artifact_uri}/{path}"


def registry_uri() -> str:
    """Return the URI: $MLFLOW_TRACKING_URI, else an sqlite file under ./riskmodel-registry."""
    default = Path.cwd() / FOLDER / "mlflow.db"
    return os.environ.get(URI_VARIABLE) or f"sqlite:///{default.as_posix()}"


@contextmanager
def registry_at(uri: str | None) -> Iterator[None]:
    """Use the registry at this URI within the block; None changes nothing."""
    before = os.environ.get(URI_VARIABLE)
    os.environ.update({URI_VARIABLE: uri} if uri else {})
    try:
        yield
    finally:
        os.environ.pop(URI_VARIABLE, None)
        os.environ.update({} if before is None else {URI_VARIABLE: before})


@contextmanager
def existing_registry() -> Iterator[Registry]:
    """Open the registry for what makes none, and refuse where there is none yet.

    Raises
    ------
    RegistryError
        As for `open_registry`, and where no file of a registry is there.
    """
    if not is_there():
        check_folder()
        raise RegistryError(
            f"there is no registry at {without_credentials(registry_uri())} yet",
            code="registry.none",
            allowed="the first publication makes it",
            next_step=f"publish a version first, or correct ${URI_VARIABLE} (in the shell "
            "registry.uri)",
        )
    with open_registry() as registry:
        yield registry


@contextmanager
def open_registry() -> Iterator[Registry]:
    """Open the registry, or make it; MLflow's messages and errors within are translated.

    Raises
    ------
    RegistryError
        If it is out of reach, or refuses a request.
    """
    uri = registry_uri()
    address = without_credentials(uri)
    _check_sqlite(uri)
    with silence():
        try:
            registry = _connect(uri)
        except RiskmodelError:
            raise
        except Exception as error:
            raise refused(uri, error) from None
        _log_once(address)
        try:
            yield registry
        except RiskmodelError:
            raise
        except Exception as error:
            refusal = of_disk(uri, error) or of_server(uri, error)
            if refusal is not None:
                raise refusal from None
            if type(error).__module__.split(".")[0] not in ("mlflow", "sqlalchemy", "requests"):
                raise
            raise RegistryError(
                f"the registry at {address} broke off: {kind_of(error)}",
                code="registry.refused",
                next_step="read the registry's own log, then run it again; no alias points at "
                "half a version",
            ) from None


@contextmanager
def unless_made_meanwhile() -> Iterator[None]:
    """Take it as done if another run has made the same thing in between."""
    try:
        yield
    except Exception as error:
        if getattr(error, "error_code", None) != "RESOURCE_ALREADY_EXISTS":
            raise


@contextmanager
def silence() -> Iterator[None]:
    """Silence MLflow: no telemetry, no logs, since its errors are told as ours, and no warnings."""
    log = logging.getLogger("mlflow")
    level = log.level
    with _environment(QUIET), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            log.setLevel(level)


def check_folder() -> None:
    """Refuse a registry in a file whose folder does not exist, before any work is done."""
    path = sqlite_path(registry_uri())
    if path is not None and path.parent.name != FOLDER and not path.parent.is_dir():
        raise RegistryError(
            f"the registry is out of reach: its folder {path.parent.name!r} does not exist",
            code="registry.unreachable",
            next_step=f"create it, or correct ${URI_VARIABLE} (in the shell registry.uri)",
        )


def is_there() -> bool:
    """Tell whether there is a registry; one in a file is made by the first publication."""
    database = sqlite_path(registry_uri())
    return database is None or database.exists()


def check_registry() -> str:
    """Return where the registry is, if it answers; nothing is written.

    Raises
    ------
    RegistryError
    """
    uri = registry_uri()
    database = sqlite_path(uri)
    if database is None:
        with open_registry() as registry:
            return f"answers at {registry.address}"
    check_folder()
    address = without_credentials(uri)
    if not database.exists():
        return f"none yet; the first publication makes it at {address}"
    try:
        check_whole(database, address)
    except sqlite3.Error as error:
        raise unreachable(uri, error) from None
    return f"answers at {address}"


def _connect(uri: str) -> Registry:
    database = sqlite_path(uri)
    with _environment(IMPATIENT):
        if database is None:
            return Registry(uri, _client(uri))
        with alone(database):
            check_whole(database, without_credentials(uri))
            if not has_tables(database):
                make_tables(database)
            return Registry(uri, _client(uri))


def _client(uri: str) -> Any:
    """Let MLflow open both of its stores, which adds to a file what is missing in it."""
    mlflow = imported_mlflow()
    client = mlflow.MlflowClient(
        tracking_uri=uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI", uri)
    )
    client.search_registered_models(max_results=1)
    client.get_experiment_by_name(EXPERIMENT)
    return client


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    mine = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


def _check_sqlite(uri: str) -> None:
    """Make the default folder; refuse at once a file that MLflow would try to open for a minute."""
    path = sqlite_path(uri)
    if path is None:
        return
    if path.parent.name == FOLDER:
        with on_disk(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
    check_folder()
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database:
            database.execute("pragma schema_version").fetchone()
    except sqlite3.Error as error:
        raise unreachable(uri, error) from None


def _log_once(address: str) -> None:
    if address not in _LOGGED:
        _LOGGED.add(address)
        logger.info("the registry is at %s", address)
