"""The deliveries of a store's batches: their days and numbers, and files that came again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import duckdb

from riskmodel.records.engine import literal
from riskmodel.records.settling.staged_rows import ReplacedFile
from riskmodel.records.sources.delivery_rules import REPLACES
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.store_log import Batch


def numbered(rows: str, batches: Sequence[Batch], batch: Batch) -> str:
    """Return the SELECT of the staged rows of a batch with day and number of their delivery.

    Where rows state no day, the batch is their delivery. Where they do, all that came on the day is
    one delivery, but for a file that came again under its name.

    Parameters
    ----------
    rows : str
    batches : sequence of Batch
    batch : Batch
    """
    if not batch.judged_by:  # of the format before, which knew no days
        rows = f"(SELECT *, NULL::DATE AS delivered_on FROM {rows})"
    earlier = [other for other in batches if other.number < batch.number]
    return f"""
        SELECT
            * REPLACE (coalesce(delivered_on, DATE '{batch.day}') AS delivered_on),
            CASE
                WHEN delivered_on IS NULL THEN {batch.number}
                ELSE {_times_delivered(earlier, batch)}
            END::INTEGER AS delivery,
            {batch.number} AS batch
        FROM {rows}
    """


def _times_delivered(before: Sequence[Batch], batch: Batch) -> str:
    """Return the SQL of how often a row's file came before under its name."""
    cases = [
        f"WHEN source = {place} AND file = {literal(file)} THEN {times}"
        for place, source in enumerate(batch.sources)
        for file in source.files
        if (times := sum(earlier.brought(source.name, file) for earlier in before))
    ]
    return f"CASE {' '.join(cases)} ELSE 0 END" if cases else "0"


def replaced_files(
    con: duckdb.DuckDBPyConnection,
    batches: Sequence[Batch],
    manifest: Manifest,
    place_of: Mapping[str, int],
) -> list[ReplacedFile]:
    """Return the files whose rows a later delivery under the same name replaces."""
    replacing = [entry.title for entry in manifest.entries if entry["redelivered"] == REPLACES]
    found = []
    for title in replacing:
        for file, numbers in _batches_of_files(batches, title):
            for batch, following in pairwise(numbers):
                day, delivery = _delivery_of(con, place_of[title], file, following, batches)
                found.append(ReplacedFile(place_of[title], file, batch, following, day, delivery))
    return found


def _batches_of_files(batches: Sequence[Batch], title: str) -> Iterator[tuple[str, list[int]]]:
    """Yield each file of a source with the numbers of the batches that brought it."""
    names = sorted({name for batch in batches for name in batch.files.get(title, {}).values()})
    for name in names:
        yield name, [batch.number for batch in batches if batch.brought(title, name)]


def _delivery_of(
    con: duckdb.DuckDBPyConnection, place: int, file: str, number: int, batches: Sequence[Batch]
) -> tuple[str, int]:
    """Return day and number of a file's delivery; of a file without rows, those of its batch."""
    newest = con.execute(
        """
        SELECT delivered_on::VARCHAR, delivery
        FROM "staged events"
        WHERE source = $place AND file = $file AND batch = $batch
        ORDER BY delivered_on DESC, delivery DESC
        LIMIT 1
        """,
        {"place": place, "file": file, "batch": number},
    ).fetchall()
    day = next(batch.day for batch in batches if batch.number == number)
    return newest[0] if newest else (day, number)
