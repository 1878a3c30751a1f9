"""MLflow's tables in a registry's own file: made once, by one run at a time, or not at all."""

from __future__ import annotations

import errno
import logging
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import IO

from riskmodel.errors import RegistryError
from riskmodel.records.store_folder import hold
from riskmodel.texts import counted

PATIENCE = 300.0
MAKING, PUBLISHING = "making the registry", "publishing into the registry"
DECIDING = "writing to the registry's history"
_LOCKS = {MAKING: "lock", PUBLISHING: "publishing.lock", DECIDING: "history.lock"}
_NO_LEAVE = (errno.EACCES, errno.EPERM, errno.EROFS)
_HALF_MADE = "_alembic_tmp_"


@contextmanager
def alone(database: Path, patience: float = PATIENCE, what: str = MAKING) -> Iterator[None]:
    """Wait until no other run does the same with a database; the lock ends with the process.

    Without leave to write beside the database nothing is locked, as nothing can be made.

    Parameters
    ----------
    database : Path
    patience : float
        Seconds.
    what : str
        ``MAKING`` its tables or ``PUBLISHING``, each with a lock of its own.

    Raises
    ------
    RegistryError
        If another run takes longer than `patience` seconds.
    """
    with _lock_of(database, _LOCKS[what]) as handle:
        if handle is not None:
            _wait_for(handle, database, patience, what)
        yield


def make_tables(database: Path) -> None:
    """Fill an empty database with MLflow's tables: all of them, or none.

    MLflow makes them in a database aside, where a run that is killed leaves nothing in use.
    """
    mlflow = imported_mlflow()
    with tempfile.TemporaryDirectory(prefix="riskmodel-", ignore_cleanup_errors=True) as folder:
        aside = Path(folder) / database.name
        uri = f"sqlite:///{aside.as_posix()}"
        mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri).search_registered_models()
        with closing(sqlite3.connect(aside)) as made, closing(sqlite3.connect(database)) as empty:
            made.backup(empty)


def imported_mlflow() -> ModuleType:
    """Return MLflow, without the messages that its import turns on."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    return mlflow


def has_tables(database: Path) -> bool:
    """Tell whether anything is in the database."""
    return bool(_tables_of(database))


def check_whole(database: Path, address: str) -> None:
    """Refuse a database in which a run that broke off left some of MLflow's tables.

    It is read without a change, which MLflow's own opening may make.

    Raises
    ------
    RegistryError
    sqlite3.Error
        For a file that is no database, or cannot be read.
    """
    tables = _tables_of(database)
    is_half_made = any(name.startswith(_HALF_MADE) for name in tables)
    if is_half_made or ("experiments" in tables and not _count(database, "alembic_version")):
        raise _not_usable(f"the registry at {address} was left half-made by a run", database)


def not_of_this_mlflow(database: Path, address: str) -> RegistryError:
    """Return the refusal of tables that another version of MLflow made."""
    return _not_usable(f"the registry at {address} is not one of this version of MLflow", database)


def _not_usable(what: str, database: Path) -> RegistryError:
    name, versions = database.name, _count(database, "model_versions")
    advice = f"it holds no version: remove {name}, then run this again"
    if versions:
        advice = (
            f"it holds {counted(versions, 'version')}: restore {name} from a backup, or copy it "
            f"and run `mlflow db upgrade sqlite:///PATH/{name}` with the newer MLflow"
        )
    return RegistryError(
        what, code="registry.tables", allowed="a database whose tables are whole", next_step=advice
    )


def _tables_of(database: Path) -> set[str]:
    with closing(_reading(database)) as opened:
        names = opened.execute("select name from sqlite_master where type = 'table'").fetchall()
    return {str(name) for (name,) in names}


def _count(database: Path, table: str) -> int:
    """Return how many rows a table has; none where it does not exist."""
    with closing(_reading(database)) as opened, suppress(sqlite3.OperationalError):
        return int(opened.execute(f"select count(*) from {table}").fetchone()[0])
    return 0


def _reading(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=20)


@contextmanager
def _lock_of(database: Path, ending: str) -> Iterator[IO[bytes] | None]:
    """Open the file that is locked; None where nothing can be written."""
    with ExitStack() as opened:
        handle = None
        try:
            path = database.with_name(f"{database.name}.{ending}")
            handle = opened.enter_context(path.open("ab"))
        except OSError as error:
            if error.errno not in _NO_LEAVE:
                raise
        yield handle


def _wait_for(handle: IO[bytes], database: Path, patience: float, what: str) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            return hold(handle)
        except OSError:
            if time.monotonic() > end:
                raise _busy(database, what) from None
        time.sleep(0.05)


def _busy(database: Path, what: str) -> RegistryError:
    return RegistryError(
        f"another run is {what} {database.name}",
        code="registry.busy",
        next_step="wait until it has ended, then run this again",
    )
