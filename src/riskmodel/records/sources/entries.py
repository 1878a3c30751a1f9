"""The sources that a manifest names, one entry each, and the checks of their keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.keys import Span

MAX_QUARANTINED = 0.05
_ROWS = (
    "file",
    "frame",
    "query",
    "encoding",
    "where",
    "date_format",
    "max_quarantined",
    "allow_personal_numbers",
)
ENTRY_KEYS = {
    "events": (
        *_ROWS,
        "household_id",
        "person_id",
        "dwelling_id",
        "code",
        "values",
        "fact_id",
        "event_date",
        "known_date",
        "value",
        "detail",
        "retracted_date",
    ),
    "attributes": (*_ROWS, "household_id", "known_date", "columns", "numbers"),
    "members": (*_ROWS, "person_id", "household_id", "dwelling_id", "from", "to", "known_date"),
    "contacts": (
        *_ROWS,
        "household_id",
        "as_of_date",
        "channel",
        "attempt",
        "contact_date",
        "probability",
        "stratum",
        "reader",
        "result",
        "known_date",
    ),
    "coverage": (*_ROWS, "feed", "area", "from", "to"),
    "deliveries": (*_ROWS, "feed", "area", "event_date", "known_date", "delivered", "every"),
}
# Whose a fact is: a household's own, or that of the household in which a person or who in a dwelling lived.
WHOSE = ("household_id", "person_id", "dwelling_id")
# These tell of feeds: written out in the manifest, or in tables of their own.
OF_FEEDS = ("coverage", "deliveries")
NEEDED = {
    "events": ("event_date",),
    "attributes": ("household_id", "known_date"),
    "members": ("person_id", "household_id"),
    "contacts": ("household_id", "as_of_date", "result"),
    "coverage": ("feed",),
    "deliveries": ("feed",),
}
ONE_OF = {
    "events": (("file", "frame"), WHOSE, ("code", "values")),
    "attributes": (("file", "frame"),),
    "members": (("file", "frame"),),
    "contacts": (("file", "frame"),),
    "coverage": (),
    "deliveries": (("event_date", "every"),),
}
_SHAPES: Mapping[str, tuple[Any, ...]] = {
    "values": (str, list, tuple, Mapping),
    "columns": (list, tuple, Mapping),
    "numbers": (list, tuple, Mapping),
    "map": (Mapping,),
    "fact_id": (str, list, tuple),
    "allow_personal_numbers": (str, list, tuple),
    "groups": (str, list, tuple),
    "rounds": (list, tuple, Mapping, pd.DatetimeIndex),
} | dict.fromkeys(ENTRY_KEYS, (list, tuple, Mapping))
# A frame that is none is refused where it is opened.
_LISTS = ("values", "columns", "numbers", "fact_id", "allow_personal_numbers", "frame")
_SHAPE_NAMES: Mapping[Any, str] = {str: "a name", list: "a list", Mapping: "a mapping"}
_COLUMN = {
    "column": ("column", "date_format"),
    "known_date": ("column", "date_format", "lag"),
    "delivered": ("column", "map"),
    "result": ("column", "map"),
}


@dataclass(frozen=True)
class Entry:
    """One source of one table: its keys, none unknown, none empty.

    Attributes
    ----------
    table : str
        ``events``, ``attributes``, ``members``, ``contacts``, ``coverage`` or ``deliveries``.
    place : str
        Where it stands in the manifest, such as ``events[0]``.
    keys : mapping
    title : str
        What counts and messages call it; no two entries share one.
    """

    table: str
    place: str
    keys: Mapping[str, Any]
    title: str

    def __getitem__(self, key: str) -> Any:
        return self.keys.get(key)

    @property
    def is_read(self) -> bool:
        """Whether it is a file or frame to read, and not itself what it tells."""
        return _is_read(self.keys)

    @property
    def whose(self) -> str:
        """The key that tells whose the facts of a source of events are."""
        return next(key for key in WHOSE if self[key] is not None)

    @property
    def tells(self) -> str:
        """What it is read for, as a text: this tells sources of the same files apart."""
        keys: tuple[str, ...] = (*WHOSE, "code", "values", "columns", "numbers", "channel", "feed")
        keys += ("area", "where", "event_date", "value", "delivered", "from")
        return json.dumps([self[key] for key in keys], ensure_ascii=False, default=str)

    def names(self, feed: str) -> bool:
        """Tell whether a source of events names a feed: by its code, or as a column of its wide table."""
        code, values = self["code"], self["values"]
        if values is None:
            return bool(code == feed)
        if isinstance(values, Mapping) and set(values) == {"match"}:
            return _matches(str(values["match"]), feed)
        return feed in ([values] if isinstance(values, str) else map(str, _names(values)))


def _matches(pattern: str, text: str) -> bool:
    with suppress(re.error):  # which is refused where the columns are read
        return re.search(pattern, text) is not None
    return False


def _names(values: Any) -> Iterable[Any]:
    return values.values() if isinstance(values, Mapping) else values


def read_entries(table: str, listed: Any) -> Iterator[Entry]:
    """Yield the checked entries of a table."""
    entries = [listed] if isinstance(listed, Mapping) else listed or []
    titles: list[str] = []
    for number, written in enumerate(entries):
        place = f"{table}[{number}]"
        if not isinstance(written, Mapping):
            raise ConfigError(
                "an entry is a mapping of keys",
                place=place,
                code="manifest.entry",
                allowed=ENTRY_KEYS[table],
                next_step="write it as - {key: value, ...}",
            )
        values = {str(key): value for key, value in written.items() if value is not None}
        _check_entry(table, values, place)
        titles.append(f"{table}: {values.get('file', 'frame')}" if _is_read(values) else place)
        again = titles.count(titles[-1])
        yield Entry(table, place, values, titles[-1] if again == 1 else f"{titles[-1]} ({again})")


def _is_read(values: Mapping[str, Any]) -> bool:
    return "file" in values or "frame" in values


def _check_entry(table: str, values: Mapping[str, Any], place: str) -> None:
    check_keys(values, ENTRY_KEYS[table], place)
    check_shapes(values, place)
    need(values, NEEDED[table], place)
    if table in OF_FEEDS:
        _check_of_feeds(table, values, place)
    _check_no_lists(table, values, place)
    for choice in ONE_OF[table]:
        if sum(key in values for key in choice) != 1:
            raise ConfigError(
                f"exactly one of {' and '.join(choice)} must be given",
                place=place,
                code="manifest.choice",
                allowed=choice,
                next_step=f"keep {' or '.join(choice)}",
            )
    if table == "attributes" and not (values.get("columns") or values.get("numbers")):
        raise ConfigError(
            "no attribute is named",
            place=place,
            code="manifest.missing",
            next_step="add columns: {name: column} for texts, numbers: {name: column} for numbers",
        )
    for key, value in values.items():
        if isinstance(value, Mapping) and key not in ("values", "columns", "numbers"):
            _check_column(key, value, f"{place}.{key}")
    share_of(values.get("max_quarantined", MAX_QUARANTINED), place)


def _check_no_lists(table: str, values: Mapping[str, Any], place: str) -> None:
    """Refuse a list where one name or day is meant."""
    may_be = {*_LISTS, *(("event_date",) if table == "deliveries" and not _is_read(values) else ())}
    for key, value in values.items():
        if isinstance(value, (list, tuple)) and key not in may_be:
            raise ConfigError(
                f"{key} is a list",
                place=place,
                code="manifest.shape",
                allowed="one name or day, or {column: NAME}",
                next_step="write an entry for each of them",
            )


def _check_of_feeds(table: str, values: Mapping[str, Any], place: str) -> None:
    """Refuse what cannot be meant of feeds: a table named twice, keys of a table without one, a doubtful rhythm."""
    if {"file", "frame"} <= set(values):
        raise ConfigError(
            "both file and frame are given",
            place=place,
            code="manifest.choice",
            allowed="file, or frame, or neither",
            next_step="keep one of them",
        )
    if "every" in values:
        _check_rhythm(values["every"], place)
    if _is_read(values):
        need(values, ("event_date",) if table == "deliveries" else (), place)
        return
    if not isinstance(values.get("delivered", True), (bool, Mapping)):
        raise ConfigError(
            "delivered is neither true nor false",
            place=place,
            code="manifest.delivered",
            allowed="true or false",
            next_step="write delivered: false, without quotes, for a delivery that did not come",
        )
    for key, value in values.items():
        if key in _ROWS or (isinstance(value, Mapping) and "column" in value):
            raise ConfigError(
                f"{key} goes with a table, and none is named",
                place=place,
                code="manifest.choice",
                allowed=[name for name in ENTRY_KEYS[table] if name not in _ROWS],
                next_step="add file: or frame:, or write the feed and its days out",
            )


def _check_rhythm(written: Any, place: str) -> None:
    _span("every", written, place)
    if Span.parse(written).count == 0:
        raise ConfigError(
            f"every {written!r} is no rhythm",
            place=place,
            code="keys.span",
            allowed="at least one day or month",
            next_step="write every: 1M for monthly deliveries",
        )


def _check_column(key: str, written: Mapping[str, Any], place: str) -> None:
    check_keys(written, _COLUMN.get(key, _COLUMN["column"]), place)
    check_shapes(written, place)
    if "lag" in written:
        _span("lag", written["lag"], place)
    elif "column" not in written:
        raise ConfigError(
            f"{key} names no column",
            place=place,
            code="manifest.missing",
            allowed=f"{key}: {{column: NAME}}",
            next_step="add column: NAME",
        )


def _span(key: str, written: Any, place: str) -> None:
    try:
        Span.parse(written)
    except ConfigError as error:
        raise ConfigError(
            f"{key} {written!r} is not a length of time",
            place=place,
            code=error.code,
            allowed=error.allowed,
            next_step=error.next_step,
        ) from None


def check_keys(values: Iterable[Any], allowed: Iterable[str], place: str) -> None:
    """Refuse a key that is not known, with the nearest that is."""
    known = list(allowed)
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown key {key!r}",
                place=place,
                code="manifest.key",
                allowed=known,
                next_step=did_you_mean(str(key), known),
            )


def check_shapes(values: Mapping[str, Any], place: str) -> None:
    """Refuse a value that is no name, list or mapping where one is meant."""
    for key, value in values.items():
        shapes = _SHAPES.get(key)
        if shapes is not None and value is not None and not isinstance(value, shapes):
            allowed = [name for shape, name in _SHAPE_NAMES.items() if shape in shapes]
            raise ConfigError(
                f"{key} is neither {' nor '.join(allowed)}"
                if len(allowed) > 1
                else f"{key} is not {allowed[0]}",
                place=place,
                code="manifest.shape",
                allowed=allowed,
                next_step=f"see {key} in the guide's chapter on manifests",
            )


def need(values: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
    """Refuse values without one of these keys."""
    for key in keys:
        if values.get(key) is None:
            raise ConfigError(
                f"{key} is missing",
                place=place,
                code="manifest.missing",
                next_step=f"add {key}: ...",
            )


def share_of(value: Any, place: str) -> float:
    """Return a share of bad rows, or refuse what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(
            "max_quarantined is no share",
            place=place,
            code="manifest.max_quarantined",
            allowed="a number from 0 to 1",
            next_step="write 0.05 for 5 %",
        )
    return float(value)
