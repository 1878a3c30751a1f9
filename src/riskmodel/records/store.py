"""Records kept in a folder: what every delivery staged, the tables settled from all of it, and one log.

Only the log says what is current. It is replaced in one step after everything that it names lies safely on disk, so a
killed run leaves the old state, and folders that no log names are swept away by the next run.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow.parquet as pq

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, as_days
from riskmodel.records.record import Records
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.accounts import Account
from riskmodel.records.tables import SCHEMAS, empty

if sys.platform == "win32":
    import msvcrt

    def _hold(handle: IO[bytes]) -> None:
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _hold(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOG, LOCK, FORMAT = "store.json", "store.lock", 2
_ACCOUNTS = ("quarantine", "counts", "links")


@dataclass(frozen=True)
class Delivery:
    """What one ingest brought: its folder of staged rows, their accounts, and the digest of each file.

    Attributes
    ----------
    folder : str
    accounts : tuple of Account
    files : mapping of str to mapping of str to str
        Of each source, digest to file name.
    named : tuple of str
        Codes that its sources name.
    """

    folder: str
    accounts: tuple[Account, ...]
    files: Mapping[str, Mapping[str, str]]
    named: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "accounts": [account.to_dict() for account in self.accounts]}


@dataclass(frozen=True)
class Log:
    """What a store holds.

    Attributes
    ----------
    manifest : mapping
        What records need of the manifest.
    deliveries : tuple of Delivery
    tables : str
        Folder of the settled tables; empty before the first ingest.
    before : str
        That of the state before, kept for those who are reading it.
    settled_by : str
        Digest of what the manifest says on settling.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    tables: str = ""
    before: str = ""
    settled_by: str = ""

    def holds(self, source: str, digest: str) -> bool:
        """Tell whether a file was ingested into a source."""
        return any(digest in delivery.files.get(source, {}) for delivery in self.deliveries)

    def knows(self, source: str) -> bool:
        """Tell whether anything was ever ingested into a source."""
        return any(source in delivery.files for delivery in self.deliveries)

    @property
    def folders(self) -> set[str]:
        """The folders that it names."""
        return {self.tables, self.before, *(delivery.folder for delivery in self.deliveries)}


def is_store(source: Any) -> bool:
    """Tell whether something is the path of a store."""
    return isinstance(source, (str, Path)) and (Path(source) / LOG).is_file()


def read_log(store: Path) -> Log:
    """Return the log of a store; an empty one where nothing was ingested yet.

    Raises
    ------
    RecordsError
        If it is no log, or one of a later version.
    """
    path = store / LOG
    if not path.exists():
        return Log()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise _no_log(
                store, f"is of format {int(values['format'])}, and this version reads {FORMAT}"
            )
        deliveries = tuple(
            Delivery(
                d["folder"], tuple(map(Account.of, d["accounts"])), d["files"], tuple(d["named"])
            )
            for d in values["deliveries"]
        )
        return Log(
            values["manifest"], deliveries, values["tables"], values["before"], values["settled_by"]
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        if isinstance(error, RecordsError):
            raise
        raise _no_log(store, "cannot be read") from None


def write_log(store: Path, log: Log) -> None:
    """Make a log the current one, in one step."""
    values = {
        "format": FORMAT,
        **vars(log),
        "deliveries": [delivery.to_dict() for delivery in log.deliveries],
    }
    part = store / f"{LOG}.part"
    part.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
    sync(part)
    os.replace(part, store / LOG)
    sync(store)


def open_store(folder: str | Path) -> Records:
    """Return the records that a store holds, their tables in Parquet.

    Raises
    ------
    ConfigError
        If nothing was ever ingested into the folder.
    RecordsError
        If files that the log names are gone.
    """
    store = Path(folder)
    if not is_store(store):
        raise ConfigError(
            f"{store.name!r} holds no records",
            code="records.store",
            allowed="a folder that was ingested into",
            next_step="fill it first: riskmodel ingest data=... store=FOLDER",
        )
    log = read_log(store)
    tables = store / log.tables
    missing = [
        name for name in (*SCHEMAS, *_ACCOUNTS) if not (tables / f"{name}.parquet").is_file()
    ]
    if missing:
        raise RecordsError(
            f"the store lacks {', '.join(missing)}.parquet",
            place=store.name,
            code="records.store",
            next_step="restore the folder from a copy, or ingest the deliveries into a new one",
        )
    said = log.manifest
    grid = said["rounds"]
    return Records(
        name=said["name"],
        catalogue=Catalogue.read(said["catalogue"]),
        today=as_days(said["today"]),
        since=None if said["since"] is None else as_days(said["since"]),
        tables={name: _table(name, tables / f"{name}.parquet") for name in SCHEMAS},
        complete_before={feed: as_days(day) for feed, day in said["complete_before"].items()},
        household=said["household"],
        groups=tuple(said["groups"]),
        area=said["area"],
        rounds=None if grid is None else pd.DatetimeIndex(grid, name=AS_OF).as_unit("s"),
        **{name: _account(tables, name) for name in _ACCOUNTS},
    )


def _table(name: str, path: Path) -> Any:
    return path if pq.read_metadata(path).num_rows else empty(name)


def _account(folder: Path, name: str) -> pd.DataFrame:
    table = pq.read_table(folder / f"{name}.parquet").to_pandas()
    if name == "quarantine":
        return table
    titles = pd.Index(table["source"], name="source", dtype="object")
    return table.drop(columns="source").set_axis(titles, axis=0)


def write_account(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write the quarantine, the counts or the quality of links."""
    whole = table if name == "quarantine" else table.reset_index()
    whole.to_parquet(folder / f"{name}.parquet", index=False)


def said_by(manifest: Manifest, catalogue: Catalogue) -> dict[str, Any]:
    """Return what records need of a manifest, as plain values."""
    return {
        "name": manifest.name,
        "household": manifest.household,
        "today": str(manifest.today),
        "since": None if manifest.since is None else str(manifest.since),
        "complete_before": {feed: str(day) for feed, day in manifest.complete_before.items()},
        "groups": list(manifest.groups),
        "area": manifest.area,
        "rounds": None if manifest.rounds is None else [str(day.date()) for day in manifest.rounds],
        "catalogue": catalogue.to_dict(),
    }


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store for one run; the lock goes with the process, however that ends.

    Raises
    ------
    RecordsError
        If another process holds it, or the folder holds something else.
    """
    if store.exists() and not store.is_dir():
        raise _no_store(store)
    store.mkdir(parents=True, exist_ok=True)
    if any(store.iterdir()) and not (store / LOCK).exists():
        raise _no_store(store)
    with (store / LOCK).open("ab") as handle:
        try:
            _hold(handle)
        except OSError:
            raise RecordsError(
                "another run is writing to the store",
                place=store.name,
                code="records.store_locked",
                next_step="wait until it has ended, then run this again",
            ) from None
        yield


def swept(store: Path, log: Log) -> None:
    """Remove what a killed run, or a state that nobody reads any more, left behind."""
    for path in store.iterdir():
        if path.is_dir() and path.name not in log.folders:
            shutil.rmtree(path, ignore_errors=True)


def sync(path: Path) -> None:
    """See to it that a file or folder lies on disk; folders only where the system can."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_log(store: Path, what: str) -> RecordsError:
    return RecordsError(
        f"the store's {LOG} {what}",
        place=store.name,
        code="records.store",
        next_step="restore it from a copy, or ingest the deliveries into a new folder",
    )


def _no_store(store: Path) -> ConfigError:
    return ConfigError(
        f"{store.name!r} holds something else than records",
        code="records.store",
        allowed="a new or empty folder, or one that was ingested into before",
        next_step="name another folder",
    )
