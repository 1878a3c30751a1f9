"""Frames that keep the contract, as the sources of a manifest: they are read by the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from riskmodel.errors import RecordsError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import as_days
from riskmodel.records.bounds import check_bounds
from riskmodel.records.sources.entries import FRAMES_DOOR, Entry
from riskmodel.records.sources.frames import arrow
from riskmodel.records.sources.manifest import MAX_QUARANTINED, Manifest, names_in, rounds_of
from riskmodel.records.sources.manifest_refusals import refusal_in
from riskmodel.records.table_schemas import REQUIRED, SCHEMAS
from riskmodel.schema.mappings import Declared
from riskmodel.schema.refusals import validated
from riskmodel.schema.values import Day, DayList, DayMap, Names, Share, Text
from riskmodel.texts import named_alike

# A text under these keys of a manifest is a word for all rows; a column is named by a mapping.
_WORDS = (
    *("code", "feed", "area", "name", "channel", "stratum", "reader"),
    *("list", "model", "band", "plan_id", "rule"),
    *("kind", "service", "referred_by", "seen_by"),
)
_LISTS = ("groups", "rounds", "allow_personal_numbers")
_KEYS = {"from_date": "from", "to_date": "to"}
_KNOWN_AT_ONCE = ("events", "deliveries", "unmatched")


class FramesKeys(Declared):
    """What is said of frames that are given without a manifest."""

    name: Text | None = None
    site: Text | None = None
    household: Text | None = None
    today: Day
    since: Day | None = None
    complete_before: DayMap | None = None
    rounds: DayList | None = None
    groups: Names | None = None
    area: Text | None = None
    max_quarantined: Share | None = None
    allow_personal_numbers: Names | None = None


def manifest_of(
    frames: Mapping[str, object],
    catalogue: Catalogue | Mapping[str, object] | str | Path | None,
    **said: object,
) -> Manifest:
    """Return the manifest that reads some frames, one for each table.

    Parameters
    ----------
    frames : mapping of str to object
        By table.
    catalogue : Catalogue, mapping or path, optional
    **said
        The keys of `FramesKeys`: each is what a manifest may say under its name.

    Raises
    ------
    ConfigError
        For what is no frame, a value of another type, and bounds between which nothing lies.
    RecordsError
        For a column that a table does not have, or one that it lacks.
    """
    written = {key: _listed(value) if key in _LISTS else value for key, value in said.items()}
    keys = validated(FramesKeys, written, refusal_in(written, FRAMES_DOOR))
    first, day = None if keys.since is None else as_days(keys.since), as_days(keys.today)
    check_bounds(first, day)
    name = keys.name or "frames"
    return Manifest(
        name=name,
        site=keys.site or name,
        household=keys.household or "household",
        folder=Path(),
        today=day,
        since=first,
        complete_before={feed: as_days(day) for feed, day in (keys.complete_before or {}).items()},
        accept_feeds={},
        catalogue=Catalogue.read(catalogue),
        closed=catalogue is not None,
        entries=tuple(_entries(frames, names_in(keys.allow_personal_numbers))),
        groups=names_in(keys.groups),
        area=keys.area,
        rounds=rounds_of(keys.rounds),
        max_quarantined=MAX_QUARANTINED if keys.max_quarantined is None else keys.max_quarantined,
        keep_files=False,
    )


def _listed(value: object) -> object:
    """Return what iterates, such as an array or a set, as a list."""
    is_several = isinstance(value, Iterable) and not isinstance(value, (str, Mapping))
    return list(cast("Iterable[object]", value)) if is_several else value


def _entries(frames: Mapping[str, object], allowed: Sequence[str]) -> Iterator[Entry]:
    for name, frame in frames.items():
        if frame is not None:
            table = arrow(frame, f"{FRAMES_DOOR}, {name}")
            names = named_alike(table.column_names, SCHEMAS[name].names)
            table = table.rename_columns([names.get(own, own) for own in table.column_names])
            _check_columns(name, table.column_names)
            keys = {"frame": table, "allow_personal_numbers": list(allowed), **_keys(name, table)}
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
