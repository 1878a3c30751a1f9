"""The deliveries of a store's batches: their days and numbers, and files that came again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import duckdb

from riskmodel.records.engine import literal
from riskmodel.records.log_entries import Batch
from riskmodel.records.settling.staged_rows import ReplacedFile
from riskmodel.records.sources.delivery_rules import REPLACES, pattern_in
from riskmodel.records.sources.manifest import Manifest


def in_order(batches: Sequence[Batch]) -> list[Batch]:
    """Return batches numbered without gaps, as if what was set aside had never come."""
    place = {number: n for n, number in enumerate(sorted({b.number for b in batches}), start=1)}
    return [replace(batch, number=place[batch.number]) for batch in batches]


def numbered(rows: str, batches: Sequence[Batch], batch: Batch, manifest: Manifest) -> str:
    """Return the SELECT of the staged rows of a batch with day and number of their delivery.

    Where rows state no day, the batch is their delivery. Where they do, all that came on the day is
    one delivery, but for a file that came again under its name. A name that states the day states
    that of the first time: a file that comes again by it is delivered with its batch.

    Parameters
    ----------
    rows : str
    batches : sequence of Batch
    batch : Batch
    manifest : Manifest
    """
    if not batch.judged_by:  # of the format before, which knew no days
        rows = f"(SELECT *, NULL::DATE AS delivered_on FROM {rows})"
    again = list(delivered_again(batches, batch))
    day = f"DATE '{batch.day}'"
    by_name = days_by_name(manifest)
    later = {
        file.condition: f"greatest(delivered_on, {day})" for file in again if file.source in by_name
    }
    times = {file.condition: str(file.times) for file in again}
    return f"""
        SELECT
            * REPLACE ({_case(later, f"coalesce(delivered_on, {day})")} AS delivered_on),
            CASE
                WHEN delivered_on IS NULL THEN {batch.number}
                ELSE {_case(times, "0")}
            END::INTEGER AS delivery,
            {batch.number} AS batch
        FROM {rows}
    """


def days_by_name(manifest: Manifest) -> list[str]:
    """Return the sources whose days of delivery stand in the names of their files."""
    return [entry.title for entry in manifest.entries if pattern_in(entry.keys) is not None]


class DeliveredAgain(NamedTuple):
    """A file of a batch that came before: its source, that one's place, and how often it came."""

    source: str
    place: int
    file: str
    times: int

    @property
    def condition(self) -> str:
        """The SQL by which its staged rows are found."""
        return f"source = {self.place} AND file = {literal(self.file)}"


def delivered_again(batches: Sequence[Batch], batch: Batch) -> Iterator[DeliveredAgain]:
    """Yield the files of a batch that came before under the same name."""
    earlier = [other for other in batches if other.number < batch.number]
    for place, source in enumerate(batch.sources):
        for file in source.files:
            times = sum(other.brought(source.name, file) for other in earlier)
            if times:
                yield DeliveredAgain(source.name, place, file, times)


def _case(by_condition: Mapping[str, str], otherwise: str) -> str:
    """Return the SQL of the value of the condition that holds, else of another."""
    cases = [f"WHEN {condition} THEN {value}" for condition, value in by_condition.items()]
    return f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise


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
