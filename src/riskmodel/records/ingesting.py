"""Deliveries appended to a store: each file once, all of it or nothing, and as if all had come in one load."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.engine import hiding_values, identifier, literal, staging_engine
from riskmodel.records.read import stage
from riskmodel.records.record import Records
from riskmodel.records.settling.ledger import ORDER, Ledger
from riskmodel.records.settling.settlement import Settlement, settle
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import find_files, is_header_only, name_in
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.sources.readers import arrow
from riskmodel.records.staging.accounts import Account, wide_table
from riskmodel.records.store import (
    Delivery,
    Log,
    locked,
    open_store,
    read_log,
    said_by,
    swept,
    sync,
    write_account,
    write_log,
)
from riskmodel.records.tables import SCHEMAS, empty

_CHUNK = 1 << 20


@dataclass(frozen=True, repr=False)
class Ingested:
    """What one ingest did; prints itself.

    Attributes
    ----------
    files : DataFrame
        One row a file: source, file, and whether it is `new`; files ingested before are not read again.
    records : Records
        All that the store holds now.
    """

    files: pd.DataFrame
    records: Records

    def frame(self) -> pd.DataFrame:
        """Return one row a file."""
        return self.files

    def __repr__(self) -> str:
        new = int(self.files["new"].sum())
        return f"{new:,} new and {len(self.files) - new:,} known files; now {self.records!r}"


def ingest(
    source: str | Path | Mapping[str, Any], store: str | Path, root: str | Path | None = None
) -> Ingested:
    """Append to a store what a manifest names and the store does not hold yet.

    The store then holds exactly what one `read_records` of all its deliveries would: facts delivered again are kept
    once, what became of every row is counted. A file is known by its content, so that the same delivery twice changes
    nothing. A run that is killed leaves the store as it was. Open it with ``read_records(store)``.

    Parameters
    ----------
    source : path-like or mapping
        A manifest, as for `read_records`; its `today` says until when the records are complete now. A `query` sees
        the new files alone.
    store : path-like
        A folder: new, empty, or ingested into before.
    root : path-like, optional
        Folder of the files, as for `read_records`.

    Returns
    -------
    Ingested

    Raises
    ------
    ConfigError, RecordsError
        As `read_records`, for the new files alone; the store then stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"id": ["a", "b"], "on": ["2024-01-05", "2024-02-20"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"name": "fires", "today": "2024-06-01", "events": [entry]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(ingest(manifest, folder))
    ...     print(ingest(manifest, folder))
    1 new and 0 known files; now fires: 2 events in Parquet, complete before 2024-06-01
    0 new and 1 known files; now fires: 2 events in Parquet, complete before 2024-06-01
    """
    manifest, folder = read_manifest(source, root), Path(store)
    with locked(folder):
        log = before = read_log(folder)
        swept(folder, log)
        _check_order(manifest, log)
        found = {
            entry.title: _delivered(entry, manifest, log)
            for entry in manifest.entries
            if entry.is_read
        }
        if any(file.is_new for files in found.values() for file in files):
            log = replace(
                log,
                deliveries=(*log.deliveries, _staged(folder, manifest, found, len(log.deliveries))),
            )
        if log.deliveries != before.deliveries or log.settled_by != _settling(manifest):
            write_log(folder, _settled(folder, manifest, log))
        rows = [(title, file.name, file.is_new) for title, files in found.items() for file in files]
        return Ingested(pd.DataFrame(rows, columns=["source", "file", "new"]), open_store(folder))


@dataclass(frozen=True)
class _File:
    """One file of a source, known by its content; a frame has no path."""

    path: Path | None
    name: str
    digest: str
    is_new: bool


def _delivered(entry: Entry, manifest: Manifest, log: Log) -> list[_File]:
    """Return the files of an entry; a second one of equal content is known already."""
    seen: set[str] = set()
    files = []
    for path, name, digest in _contents(entry, manifest, log):
        is_new = digest not in seen and not log.holds(entry.title, digest)
        files.append(_File(path, name, digest, is_new))
        seen.add(digest)
    return files


def _check_order(manifest: Manifest, log: Log) -> None:
    """Refuse sources of the same files whose order has changed: the store knows them by their places in it."""
    known = {
        account.source: account.tells
        for delivery in log.deliveries
        for account in delivery.accounts
    }
    for entry in manifest.entries:
        before = known.get(entry.title)
        others = [
            other.tells for other in manifest.of(entry.table) if other["file"] == entry["file"]
        ]
        if before != entry.tells and before in others:
            raise ConfigError(
                "another source of the same files stood here when the store was filled",
                place=entry.place,
                code="records.store_order",
                allowed="the sources of one file in the order in which the store knows them, new ones after them",
                next_step="move the new source behind the others of its files",
            )


def _contents(entry: Entry, manifest: Manifest, log: Log) -> list[tuple[Path | None, str, str]]:
    if entry["frame"] is not None:
        return [(None, "frame", _frame_digest(arrow(entry["frame"], entry.place)))]
    try:
        paths = find_files(manifest.folder, str(entry["file"]), entry.place)
    except RecordsError:
        # Deliveries may be moved away once they are ingested.
        if log.knows(entry.title):
            return []
        raise
    return [(path, name_in(manifest.folder, path), _digest(path)) for path in paths]


def _digest(path: Path) -> str:
    """Return the sha256 of a file's bytes; deliveries of nobody are all alike, so that their names tell them apart."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    if is_header_only(path):
        sha.update(path.name.encode())
    return sha.hexdigest()


def _frame_digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _settling(manifest: Manifest) -> str:
    """Return the digest of what the manifest says beside its sources on how staged rows are settled."""
    declared = [dict(entry.keys) for entry in manifest.entries if not entry.is_read]
    said = said_by(manifest, manifest.catalogue) | {"declared": declared}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _staged(
    store: Path, manifest: Manifest, found: Mapping[str, Sequence[_File]], number: int
) -> Delivery:
    """Read the new files, judge their rows, and write what is staged into a folder of its own."""
    new = {title: [file for file in files if file.is_new] for title, files in found.items()}
    only = {
        title: [file.path for file in files if file.path is not None]
        for title, files in new.items()
        if files
    }
    folder = _new_folder(store, f"delivery-{number + 1:05d}")
    with staging_engine() as con, hiding_values():
        sieve = stage(con, manifest, only)
        Ledger(con, sieve.accounts, sieve.staged).check_shares()
        for table in sorted(sieve.staged):
            _copy(
                con, f"SELECT * FROM {identifier(f'staged {table}')}", folder / f"{table}.parquet"
            )
        for name in [
            wide_table(number) for number, account in enumerate(sieve.accounts) if account.wide
        ]:
            _copy(con, f"SELECT * FROM {identifier(name)}", folder / f"{name}.parquet")
    sync(folder)
    files = {title: {file.digest: file.name for file in new[title]} for title in only}
    return Delivery(folder.name, tuple(sieve.accounts), files, tuple(sorted(sieve.named)))


def _settled(store: Path, manifest: Manifest, log: Log) -> Log:
    """Settle all that was ever staged, write the tables into a new folder, and return the log that names it."""
    folder = _new_folder(store, f"tables-{len(log.deliveries):05d}")
    named = {code for delivery in log.deliveries for code in delivery.named}
    with staging_engine() as con, hiding_values():
        settled = settle(_restaged(con, store, log.deliveries, manifest), manifest, named)
        for name in SCHEMAS:
            _write_table(con, name, settled, folder)
    for name in ("quarantine", "counts", "links"):
        write_account(folder, name, getattr(settled, name))
    for path in (*folder.iterdir(), folder):
        sync(path)
    said = said_by(manifest, settled.catalogue)
    return replace(
        log, manifest=said, tables=folder.name, before=log.tables, settled_by=_settling(manifest)
    )


def _restaged(
    con: duckdb.DuckDBPyConnection, store: Path, deliveries: Sequence[Delivery], manifest: Manifest
) -> Ledger:
    """Stage all deliveries again, as one load of all would have."""
    accounts = _merged(
        [account for delivery in deliveries for account in delivery.accounts], manifest
    )
    place_of = {account.source: place for place, account in enumerate(accounts)}
    staged: set[str] = set()
    for delivery in deliveries:
        places = [place_of[account.source] for account in delivery.accounts]
        for path in [store / delivery.folder / f"{table}.parquet" for table in ORDER]:
            if not path.is_file():
                continue
            table = identifier(f"staged {path.stem}")
            into = (
                f"INSERT INTO {table} BY NAME"
                if path.stem in staged
                else f"CREATE TABLE {table} AS"
            )
            con.execute(
                f"""{into} SELECT * REPLACE (list_extract({places}, source + 1)::SMALLINT AS source)
                    FROM read_parquet({literal(path.as_posix())})"""
            )
            staged.add(path.stem)
    for place in [place for place, account in enumerate(accounts) if account.wide]:
        _rewiden(con, store, deliveries, accounts[place].source, wide_table(place))
    return Ledger(con, accounts, staged)


def _rewiden(
    con: duckdb.DuckDBPyConnection,
    store: Path,
    deliveries: Sequence[Delivery],
    source: str,
    table: str,
) -> None:
    """Put the rows of a wide source together again; a feed that a delivery lacks is blank in it."""
    paths = [
        store / delivery.folder / f"{wide_table(number)}.parquet"
        for delivery in deliveries
        for number, account in enumerate(delivery.accounts)
        if account.source == source and account.wide
    ]
    listed = ", ".join(literal(path.as_posix()) for path in paths)
    con.execute(
        f"CREATE TABLE {identifier(table)} AS SELECT * FROM read_parquet([{listed}], union_by_name = TRUE)"
    )


def _merged(accounts: Sequence[Account], manifest: Manifest) -> list[Account]:
    """Return one account a source, in the order of the manifest."""
    merged: dict[str, Account] = {}
    for account in accounts:
        before = merged.get(
            account.source, replace(account, files=(), read=0, ragged=(), wide={}, none={})
        )
        merged[account.source] = replace(
            account,
            files=before.files + account.files,
            read=before.read + account.read,
            ragged=before.ragged + account.ragged,
            wide={**before.wide, **account.wide},
            none=dict(Counter(before.none) + Counter(account.none)),
        )
    titles = [entry.title for entry in manifest.entries]
    position = {title: place for place, title in enumerate(titles)}
    return sorted(
        merged.values(), key=lambda a: (ORDER.index(a.table), position.get(a.source, len(titles)))
    )


def _write_table(
    con: duckdb.DuckDBPyConnection, name: str, settled: Settlement, folder: Path
) -> None:
    path = folder / f"{name}.parquet"
    if name in settled.tables:
        _copy(con, settled.tables[name], path)
    else:
        pq.write_table(settled.plain.get(name, empty(name)), path)


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    con.execute(f"COPY ({sql}) TO {literal(path.as_posix())} (FORMAT parquet, COMPRESSION zstd)")
    sync(path)


def _new_folder(store: Path, name: str) -> Path:
    folder = store / f"{name}-{secrets.token_hex(4)}"
    folder.mkdir()
    return folder
