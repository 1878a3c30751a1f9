"""Batches staged into a store, and the tables settled from all of them as from one load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodel.records.delivered_batches import in_order, numbered, replaced_files
from riskmodel.records.engine import (
    as_pattern,
    hiding_values,
    identifier,
    literal,
    staging_engine,
)
from riskmodel.records.judging import judged_by, months_of_rounds
from riskmodel.records.log_entries import Batch
from riskmodel.records.older_contacts import is_older, staged_now
from riskmodel.records.opening import REPORTS, write_report
from riskmodel.records.settling.settlement import Settlement, settle
from riskmodel.records.settling.staged_rows import ORDER, StagedRows
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.all_tables import stage
from riskmodel.records.staging.staged_source import (
    SPELLED,
    StagedSource,
    create_empty_events,
    create_spelled,
    staged_table,
    wide_table,
)
from riskmodel.records.store_folder import new_folder, sync
from riskmodel.records.table_schemas import SCHEMAS, empty
from riskmodel.texts import RULE
from riskmodel.versions import own_version

_SPELLED_FILE = "spelled.parquet"
_ROWS = "read_parquet($path)"


def stage_batch(
    store: Path,
    number: int,
    manifest: Manifest,
    paths: Mapping[str, Sequence[Path]],
    digests: Mapping[str, Mapping[str, str]],
) -> Batch:
    """Read files, check their rows, and write what is staged into a new folder.

    Parameters
    ----------
    store : Path
    number : int
        Of the batch, counted from 1.
    manifest : Manifest
    paths : mapping of str to sequence of Path
        By source, its new files; none for a frame.
    digests : mapping of str to mapping of str to str
        By source, the digest of each file and its name.
    """
    folder = new_folder(store, f"batch-{number:05d}")
    day = manifest.day_before
    with staging_engine() as con, hiding_values():
        staged = stage(con, manifest, paths)
        StagedRows(con, staged.sources, staged.tables, day).check_shares()
        for table in sorted(staged.tables):
            rows = identifier(staged_table(table))
            _copy(con, f"SELECT * FROM {rows}", folder / f"{table}.parquet")
        _copy(con, f"SELECT * FROM {SPELLED}", folder / _SPELLED_FILE)
        for place, source in enumerate(staged.sources):
            if source.wide_lags:
                name = wide_table(place)
                _copy(con, f"SELECT * FROM {identifier(name)}", folder / f"{name}.parquet")
    sync(folder)
    judged = {e.title: judged_by(e, manifest) for e in manifest.entries if e.title in paths}
    return Batch(
        folder=folder.name,
        sources=tuple(staged.sources),
        files=digests,
        day=str(day),
        number=number,
        judged_by=judged,
        months=months_of_rounds(manifest),
        by=own_version(),
        rule=RULE,
    )


def settle_batches(
    store: Path, batches: Sequence[Batch], manifest: Manifest
) -> tuple[str, Settlement]:
    """Settle all staged batches and write the tables into a new folder; return its name, too."""
    folder = new_folder(store, f"tables-{len(batches):05d}")
    codes = {code for batch in batches for source in batch.kept for code in source.codes}
    with staging_engine() as con, hiding_values():
        settled = settle(_restage(con, store, in_order(batches), manifest), manifest, codes)
        for name in SCHEMAS:
            _write_table(con, name, settled, folder)
    for name in REPORTS:
        write_report(folder, name, getattr(settled, name))
    for path in (*folder.iterdir(), folder):
        sync(path)
    return folder.name, settled


def _restage(
    con: duckdb.DuckDBPyConnection, store: Path, batches: Sequence[Batch], manifest: Manifest
) -> StagedRows:
    """Stage all batches again, as one load of all files would have."""
    titles = [entry.title for entry in manifest.entries]
    sources = _merge([source for batch in batches for source in batch.kept], titles)
    place_of = {source.name: place for place, source in enumerate(sources)}
    tables: set[str] = set()
    create_spelled(con)
    for batch in batches:
        places = [
            place_of[source.name] if source in batch.kept else None for source in batch.sources
        ]
        _append(con, SPELLED, store / batch.folder / _SPELLED_FILE, places, _ROWS, is_first=False)
        rows = numbered(_ROWS, batches, batch, manifest)
        for table in ORDER:
            path = store / batch.folder / f"{table}.parquet"
            if path.is_file():
                target = identifier(staged_table(table))
                own = staged_now(f"({rows})") if table == "contacts" and is_older(path) else rows
                _append(con, target, path, places, f"({own})", is_first=table not in tables)
                tables.add(table)
    if "events" not in tables:
        create_empty_events(con)
    for place, source in enumerate(sources):
        if source.wide_lags:
            _join_wide_rows(con, wide_table(place), _wide_files(store, batches, source.name))
    replaced = replaced_files(con, batches, manifest, place_of)
    return StagedRows(con, sources, tables, manifest.day_before, replaced)


def _append(
    con: duckdb.DuckDBPyConnection,
    target: str,
    path: Path,
    places: Sequence[int | None],
    rows: str,
    *,
    is_first: bool,
) -> None:
    """Append staged rows of a batch; `places` says where each of its sources stands now."""
    into = f"CREATE TABLE {target} AS" if is_first else f"INSERT INTO {target} BY NAME"
    con.execute(
        f"""
        {into}
        SELECT * REPLACE (list_extract($places::INTEGER[], source + 1)::SMALLINT AS source)
        FROM {rows}
        WHERE list_extract($places::INTEGER[], source + 1) IS NOT NULL
        """,
        {"places": list(places), "path": as_pattern(path)},
    )


def _wide_files(store: Path, batches: Sequence[Batch], name: str) -> list[tuple[int, Path]]:
    """Return the files of a wide source's rows, each with the number of its batch."""
    files = []
    for batch in batches:
        for place, source in enumerate(batch.sources):
            if source.name == name and source.wide_lags and source in batch.kept:
                path = store / batch.folder / f"{wide_table(place)}.parquet"
                files.append((batch.number, path))
    return files


def _join_wide_rows(
    con: duckdb.DuckDBPyConnection, table: str, files: Sequence[tuple[int, Path]]
) -> None:
    """Join the rows of a wide source; a feed that a batch lacks is blank in its rows."""
    parts = [
        f"SELECT *, {batch} AS batch FROM read_parquet({literal(as_pattern(path))})"
        for batch, path in files
    ]
    con.execute(f"CREATE TABLE {identifier(table)} AS {' UNION ALL BY NAME '.join(parts)}")


def _merge(sources: Sequence[StagedSource], titles: Sequence[str]) -> list[StagedSource]:
    """Return each source once, in the order of the manifest."""
    merged: dict[str, StagedSource] = {}
    for source in sources:
        before = merged.get(source.name)
        merged[source.name] = source if before is None else _sum(before, source)
    position = {title: place for place, title in enumerate(titles)}

    def order(source: StagedSource) -> tuple[int, int]:
        return ORDER.index(source.table), position.get(source.name, len(titles))

    return sorted(merged.values(), key=order)


def _sum(before: StagedSource, source: StagedSource) -> StagedSource:
    """Return a source with the files and counts of an earlier batch added."""
    return replace(
        source,
        files=before.files + source.files,
        read=before.read + source.read,
        ragged=before.ragged + source.ragged,
        wide_lags={**before.wide_lags, **source.wide_lags},
        zeros=dict(Counter(before.zeros) + Counter(source.zeros)),
        codes=tuple(sorted({*before.codes, *source.codes})),
        look_alikes=dict(Counter(before.look_alikes) + Counter(source.look_alikes)),
        open_ends=before.open_ends + source.open_ends,
        blank_results=before.blank_results + source.blank_results,
    )


def _write_table(
    con: duckdb.DuckDBPyConnection, name: str, settled: Settlement, folder: Path
) -> None:
    path = folder / f"{name}.parquet"
    if name in settled.queries:
        _copy(con, settled.queries[name], path)
    else:
        pq.write_table(settled.tables.get(name, empty(name)), path)


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    con.execute(
        f"COPY ({sql}) TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": path.as_posix()}
    )
    sync(path)
