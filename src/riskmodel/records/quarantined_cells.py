"""The cells of refused rows, read again from their files for whoever has to mend them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from riskmodel.doors import door
from riskmodel.records.engine import hiding_values, identifier, staging_engine
from riskmodel.records.found_files import found_files
from riskmodel.records.opening import open_store
from riskmodel.records.read import read_records
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import FILE, ROW
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.sources.readers import Reader
from riskmodel.records.sources.source import Source
from riskmodel.records.store_log import StoreLog, read_log


@door
def quarantined_cells(
    source: str | Path | Mapping[str, object],
    store: str | Path | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Return the refused rows with the cells to blame, which may be personal data.

    Parameters
    ----------
    source : path-like or mapping
        A manifest, as for `read_records`.
    store : path-like, optional
        The store whose refused rows are wanted; default: those of the manifest's files as they are.
    root : path-like, optional
        Folder of the files, as for `read_records`.

    Returns
    -------
    DataFrame
        ``source, row, column, reason, cell``. A cell is missing where no column is to blame, and
        where the file is gone, has changed or came several times under its name.

    Raises
    ------
    ConfigError, RecordsError
        As `read_records`.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["a", "b"], "on": ["2024-01-05", "soon"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"today": "2024-06-01", "events": [entry], "max_quarantined": 0.5}
    >>> quarantined_cells(manifest)[["row", "column", "cell"]]
       row column  cell
    0    2     on  soon
    """
    manifest = read_manifest(source, root)
    log = None if store is None else read_log(Path(store))
    records = read_records(source, root) if store is None else open_store(store)
    table = records.quarantine.reset_index(drop=True)
    cells = pd.Series(None, index=table.index, dtype=object, name="cell")
    with staging_engine() as con, hiding_values():
        reader = Reader(con, manifest.folder, None if log is None else _unchanged(manifest, log))
        for entry in manifest.entries:
            if entry.is_read and (reader.only is None or reader.only[entry.title]):
                opened = reader.queried(reader.open(entry))
                cells = cells.where(cells.notna(), _cells_of(con, opened, table))
    return table.assign(cell=cells)


def _unchanged(manifest: Manifest, log: StoreLog) -> dict[str, Sequence[Path]]:
    """Return the files of each source that are as they were delivered, and were once."""
    arrivals = log.arrivals()
    times = Counter((arrival.source, arrival.name) for arrival in arrivals)
    came = {(own.source, own.key) for own in arrivals if times[own.source, own.name] == 1}
    return {
        title: [file.path for file in own if file.path and (title, file.key) in came]
        for title, own in found_files(manifest, log).items()
    }


def _cells_of(con: duckdb.DuckDBPyConnection, source: Source, table: pd.DataFrame) -> pd.Series:
    """Return the cells of a source by the place of their row in the table."""
    found = pd.Series(None, index=table.index, dtype=object)
    own = table.assign(file=table["source"].map(_names(source.entry, source.files)))
    wanted = own[own["file"].notna() & own["column"].isin(source.types)]
    for column, rows in wanted.groupby("column"):
        places = rows.reset_index(names="place")[["place", "file", "row"]]
        con.register("refused rows", places)
        cells = con.execute(
            f"""
            SELECT place, {identifier(str(column))}::VARCHAR
            FROM {source.relation} AS s
            JOIN "refused rows" AS r ON s."{FILE}" = r.file AND s."{ROW}" = r.row
            """
        ).fetchall()
        found.update(pd.Series(dict(cells), dtype=object))
    return found


def _names(entry: Entry, files: Sequence[str]) -> dict[str, str]:
    """Return the files of an entry by what the quarantine calls them."""
    names = {f"{entry.table}: {file}": file for file in files}
    if len(files) == 1:
        names |= {entry.title: files[0], f"{entry.title} (cells)": files[0]}
    return names
