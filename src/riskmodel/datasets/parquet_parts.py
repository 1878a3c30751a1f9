"""Simulated records too large for memory: Parquet, one file per block and table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.panel import Label
from riskmodel.records import Records
from riskmodel.records.table_schemas import SCHEMAS, conform, empty

TRUTH = "truth"


class Description(TypedDict):
    """What simulated records hold beside their tables: fields of `Records`."""

    name: str
    catalogue: Catalogue
    today: np.datetime64
    since: np.datetime64
    coverage: pd.DataFrame
    groups: tuple[str, ...]
    area: str
    rounds: pd.DatetimeIndex
    label: Label


def empty_folder(folder: str | Path) -> Path:
    """Return the folder, made if it does not exist; one that holds anything is refused."""
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(
            f"folder {path.name!r} is not empty",
            code="datasets.folder",
            allowed="a new or an empty folder",
            next_step="name another folder, or empty this one",
        )
    with on_disk(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def write_part(
    folder: Path, number: int, tables: Mapping[str, pa.Table | None], truth: pd.DataFrame
) -> None:
    """Write the tables of one block."""
    for name, table in tables.items():
        if table is not None:
            _write(conform(name, table), folder / name, number)
    _write(pa.Table.from_pandas(truth.reset_index(), preserve_index=False), folder / TRUTH, number)


def records_of(
    tables: Mapping[str, pa.Table | None],
    description: Description,
    truth: pd.DataFrame | None = None,
) -> Records:
    """Return records of this description that hold some tables, which keep the contract."""
    given = {"coverage": description["coverage"], **tables}
    held = {name: conform(name, table) for name, table in given.items() if table is not None}
    fields: dict[str, Any] = {k: value for k, value in description.items() if k != "coverage"}
    return Records(
        tables={name: held.get(name, empty(name)) for name in SCHEMAS}, truth=truth, **fields
    )


def records_in(folder: Path, description: Description) -> Records:
    """Return records of this description that point to the tables of a folder."""
    records = records_of({}, description)
    written = {name: folder / name for name in records.tables if (folder / name).is_dir()}
    return records.replace(tables={**records.tables, **written})


def _write(table: pa.Table, folder: Path, number: int) -> None:
    path = folder / f"part-{number:05d}.parquet"
    with on_disk(path):
        folder.mkdir(exist_ok=True)
        parquet.write_table(table, path, compression="zstd")
