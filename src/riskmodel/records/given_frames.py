"""Frames that keep the contract, as the sources of a manifest: they are read by the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmodel.errors import RecordsError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import DateLike, as_days
from riskmodel.records.bounds import check_bounds
from riskmodel.records.sources.entries import FRAMES_DOOR, Entry
from riskmodel.records.sources.frames import arrow
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.table_schemas import REQUIRED, SCHEMAS
from riskmodel.texts import plain_text

# A text under these keys of a manifest is a word for all rows; a column is named by a mapping.
_WORDS = ("code", "feed", "area", "name", "channel", "stratum", "reader")
_KEYS = {"from_date": "from", "to_date": "to"}
_KNOWN_AT_ONCE = ("events", "deliveries", "unmatched")


def manifest_of(
    frames: Mapping[str, object],
    *,
    today: DateLike,
    since: DateLike | None,
    complete_before: Mapping[str, DateLike] | None,
    catalogue: Catalogue | Mapping[str, object] | str | Path | None,
    name: str,
    site: str,
    household: str,
    groups: Iterable[str],
    area: str | None,
    rounds: pd.DatetimeIndex | None,
    max_quarantined: float,
    allow_personal_numbers: Iterable[str],
) -> Manifest:
    """Return the manifest that reads some frames, one for each table.

    Raises
    ------
    ConfigError
        For what is no frame, and bounds between which nothing lies.
    RecordsError
        For a column that a table does not have, or one that it lacks.
    """
    first, day = None if since is None else as_days(since), as_days(today)
    check_bounds(first, day)
    return Manifest(
        name=name,
        site=site or name,
        household=household,
        folder=Path(),
        today=day,
        since=first,
        complete_before={plain_text(f): as_days(d) for f, d in (complete_before or {}).items()},
        accept_feeds={},
        catalogue=Catalogue.read(catalogue),
        closed=catalogue is not None,
        entries=tuple(_entries(frames, allow_personal_numbers)),
        groups=tuple(map(plain_text, groups)),
        area=None if area is None else plain_text(area),
        rounds=rounds,
        max_quarantined=max_quarantined,
        keep_files=False,
    )


def _entries(frames: Mapping[str, object], allowed: Iterable[str]) -> Iterator[Entry]:
    told = [allowed] if isinstance(allowed, str) else list(allowed)
    for name, frame in frames.items():
        if frame is not None:
            table = arrow(frame, f"{FRAMES_DOOR}, {name}")
            _check_columns(name, table.column_names)
            keys = {"frame": table, "allow_personal_numbers": told, **_keys(name, table)}
            yield Entry(name, FRAMES_DOOR, keys, name)


def _keys(name: str, table: pa.Table) -> dict[str, Any]:
    """Return the keys by which a manifest reads a table of the contract."""
    keys: dict[str, Any] = {}
    for column in table.column_names:
        keys[_KEYS.get(column, column)] = {"column": column} if column in _WORDS else column
    if "area" in keys and table["area"].null_count == len(table):
        del keys["area"]
    if name in _KNOWN_AT_ONCE:
        is_told = "known_date" in keys
        keys["known_date"] = (
            {"column": "known_date", "blank": "event_date"} if is_told else {"lag": "0D"}
        )
    return keys


def _check_columns(name: str, columns: Iterable[str]) -> None:
    schema, given = SCHEMAS[name].names, list(columns)
    for column in given:
        if column not in schema:
            raise RecordsError(
                f"table {name} has no column {column!r}",
                code="records.column",
                allowed=schema,
                next_step=did_you_mean(column, schema),
            )
    for column in REQUIRED[name]:
        if column not in given:
            raise RecordsError(
                f"table {name} lacks the column {column!r}",
                code="records.missing_column",
                allowed=schema,
                next_step=f"add the column {column}",
            )
