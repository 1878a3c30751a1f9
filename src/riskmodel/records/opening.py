"""Records out of a store: its tables stay in Parquet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, as_days
from riskmodel.records.contract import Records
from riskmodel.records.older_contacts import is_older, settled_now
from riskmodel.records.older_ids import refuse_older_ids
from riskmodel.records.rare_codes import rare_codes
from riskmodel.records.settling.staged_rows import source_index
from riskmodel.records.store_folder import LOG
from riskmodel.records.store_log import StoreLog, read_log
from riskmodel.records.table_schemas import ADDED, SCHEMAS, empty

REPORTS = (
    *("quarantine", "counts", "links", "look_alikes", "spellings", "bounds", "matches"),
    *("open_ends", "blank_results"),
)
# stores that were written before there was such a report
_ADDED = ("blank_results",)
_BY_SOURCE = ("counts", "links", "bounds", "matches")


def is_store(source: object) -> bool:
    """Tell whether something is the path of a store."""
    return isinstance(source, (str, Path)) and (Path(source) / LOG).is_file()


def require_store(store: Path) -> None:
    """Refuse a folder into which nothing was ingested."""
    if not is_store(store):
        raise ConfigError(
            f"{store.name!r} holds no records",
            code="records.store",
            allowed="a folder that was ingested into",
            next_step="fill it first: riskmodel ingest data=... store=FOLDER",
        )


def open_store(folder: str | Path) -> Records:
    """Return the records that a store holds, their tables in Parquet.

    Parameters
    ----------
    folder : path-like
        A folder that `ingest` filled.

    Raises
    ------
    ConfigError
        If nothing was ever ingested into the folder.
    RecordsError
        If files that the log names are missing, or ids were read by an older rule and would now be
        others.
    """
    store = Path(folder)
    require_store(store)
    log = read_log(store)
    knows_none = any(not any(batch.judged_by.values()) for batch in log.batches)
    reports = () if knows_none else (name for name in REPORTS if name not in _ADDED)
    needed = (*(name for name in SCHEMAS if name not in ADDED), *reports)
    _check_complete(store, store / log.tables, needed)
    refuse_older_ids(store, log.batches)
    return records_of(store, log)


def records_of(store: Path, log: StoreLog) -> Records:
    """Return the records of the tables that a log names."""
    tables, values = store / log.tables, log.manifest
    since, rounds = values["since"], values["rounds"]
    catalogue, rare = Catalogue.read(values["catalogue"]), values.get("rare_codes")
    if rare is None:  # a store of an earlier version
        events = _table("events", _file(tables, "events"))
        rare = rare_codes(events, catalogue.undeclared)
    reports = {
        name: _read_report(tables, name) for name in REPORTS if _file(tables, name).is_file()
    }
    return Records(
        name=values["name"],
        catalogue=catalogue.calling_rare(rare),
        today=as_days(values["today"]),
        since=None if since is None else as_days(since),
        tables={name: _table(name, _file(tables, name)) for name in SCHEMAS},
        complete_before={feed: as_days(day) for feed, day in values["complete_before"].items()},
        accept_feeds=values.get("accept_feeds", {}),
        household=values["household"],
        site=values.get("site", values["name"]),
        groups=tuple(values["groups"]),
        area=values["area"],
        rounds=None if rounds is None else pd.DatetimeIndex(rounds, name=AS_OF).as_unit("s"),
        **reports,
    )


def write_report(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write one of the reports."""
    whole = table.reset_index() if name in _BY_SOURCE else table
    whole.to_parquet(_file(folder, name), index=False)


def _read_report(folder: Path, name: str) -> pd.DataFrame:
    table = pq.read_table(_file(folder, name)).to_pandas()
    days = table.select_dtypes("datetime").columns
    if len(days):
        table = table.astype(dict.fromkeys(days, "datetime64[s]"))  # Parquet knows no seconds
    if name not in _BY_SOURCE:
        return table
    return table.drop(columns="source").set_axis(source_index(table["source"]), axis=0)


def _table(name: str, path: Path) -> pa.Table | Path:
    is_there = path.is_file() or name not in ADDED
    if not is_there or not pq.read_metadata(path).num_rows:
        return empty(name)
    return settled_now(path) if name == "contacts" and is_older(path) else path


def _check_complete(store: Path, tables: Path, needed: Iterable[str]) -> None:
    """Refuse a store without some of its files; reports are fewer in older formats."""
    missing = [name for name in needed if not _file(tables, name).is_file()]
    if missing:
        raise RecordsError(
            f"the store lacks {', '.join(missing)}.parquet",
            place=store.name,
            code="records.store",
            next_step="restore the folder from a copy, or ingest the files into a new one",
        )


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
