"""The manifest: where the records lie and what their columns mean, checked before anything is read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, Span, as_days, rounds

MAX_QUARANTINED = 0.05
_ROWS = ("file", "frame", "query", "encoding", "where", "date_format", "max_quarantined", "allow_personal_numbers")
ENTRY_KEYS = {
    "events": (
        *_ROWS,
        "household_id",
        "person_id",
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
    "coverage": ("feed", "area", "from", "to"),
    "deliveries": ("feed", "area", "event_date", "known_date", "delivered", "every"),
}
# These tell of feeds, and are not read from files.
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
    "events": (("file", "frame"), ("household_id", "person_id"), ("code", "values")),
    "attributes": (("file", "frame"),),
    "members": (("file", "frame"),),
    "contacts": (("file", "frame"),),
    "coverage": (),
    "deliveries": (("event_date", "every"),),
}
KEYS = (
    "name",
    "root",
    "since",
    "today",
    "household",
    "complete_before",
    "rounds",
    *ENTRY_KEYS,
    "catalogue",
    "groups",
    "area",
    "max_quarantined",
)
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
_SHAPE_NAMES: Mapping[Any, str] = {str: "a name", list: "a list", Mapping: "a mapping"}
_COLUMN = {
    "column": ("column", "date_format"),
    "known_date": ("column", "date_format", "lag"),
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


@dataclass(frozen=True)
class Manifest:
    """What stands in a manifest, checked.

    Attributes
    ----------
    name, household : str
    complete_before : mapping of feed to numpy.datetime64
    folder : Path
        Where its files lie.
    today, since : numpy.datetime64
    catalogue : Catalogue
    closed : bool
        Whether a catalogue was given, so that a code outside it is a bad row.
    entries : tuple of Entry
    groups : tuple of str
    area : str, optional
    rounds : DatetimeIndex, optional
    max_quarantined : float
    """

    name: str
    household: str
    folder: Path
    today: np.datetime64
    since: np.datetime64 | None
    complete_before: Mapping[str, np.datetime64]
    catalogue: Catalogue
    closed: bool
    entries: tuple[Entry, ...]
    groups: tuple[str, ...]
    area: str | None
    rounds: pd.DatetimeIndex | None
    max_quarantined: float

    def of(self, table: str) -> Iterator[Entry]:
        """Yield the sources of a table, in order."""
        return (entry for entry in self.entries if entry.table == table)


def read_manifest(source: str | Path | Mapping[str, Any], root: str | Path | None = None) -> Manifest:
    """Read and check a manifest.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or its keys.
    root : path-like, optional
        Folder of the files; default: $RISKMODEL_DATA, the manifest's `root`, its own folder.

    Raises
    ------
    ConfigError
        For an unknown or missing key, with the nearest known ones.
    """
    if isinstance(source, Mapping):
        here, default_name, given = Path.cwd(), "records", source
    else:
        here, default_name, given = Path(source).parent, Path(source).stem, _yaml(Path(source))
    values = {str(key): value for key, value in given.items() if value is not None}
    _check_keys(values, KEYS, "manifest")
    _check_shapes(values, "manifest")
    _need(values, ("today", "events"), "manifest")
    folder = find_root(values.get("root"), root, here)
    manifest = Manifest(
        name=str(values.get("name", default_name)),
        household=str(values.get("household", "household")),
        folder=folder,
        today=_day(values["today"]),
        since=None if "since" not in values else _day(values["since"]),
        complete_before=_days_of_feeds(values.get("complete_before")),
        catalogue=_catalogue(values.get("catalogue"), here, folder),
        closed="catalogue" in values,
        entries=tuple(entry for table in ENTRY_KEYS for entry in _entries(table, values.get(table))),
        groups=tuple(_listed(values.get("groups", ()))),
        area=values.get("area"),
        rounds=_rounds(values.get("rounds")),
        max_quarantined=_share(values.get("max_quarantined", MAX_QUARANTINED), "manifest"),
    )
    _check_groups(manifest)
    return manifest


def find_root(written: Any, override: str | Path | None, here: Path) -> Path:
    """Return the folder of the files: `override`, $RISKMODEL_DATA, what is written, or `here`.

    The environment variable names the folder itself, or that in which the written one stands.
    """
    if override is not None:
        return Path(override)
    outside = os.environ.get("RISKMODEL_DATA")
    if outside:
        inside = Path(outside) / (Path(str(written)).name if written else "")
        return inside if inside.is_dir() else Path(outside)
    return here if written is None else Path(str(written))


def _yaml(path: Path) -> Mapping[str, Any]:
    def refusal(what: str, advice: str) -> ConfigError:
        return ConfigError(f"manifest {path.name} {what}", code="manifest.file", next_step=advice)

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise refusal("does not exist or cannot be opened", "give the path of a YAML file") from None
    except UnicodeDecodeError:
        raise refusal("is not written in utf-8", "save it as utf-8") from None
    except yaml.YAMLError:
        raise refusal("is not YAML", "check indentation and colons") from None
    if not isinstance(content, Mapping):
        raise refusal("holds no keys", "write at least today: and events:")
    return content


def _check_keys(values: Iterable[Any], allowed: Iterable[str], place: str) -> None:
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


def _check_shapes(values: Mapping[str, Any], place: str) -> None:
    for key, value in values.items():
        shapes = _SHAPES.get(key)
        if shapes is not None and value is not None and not isinstance(value, shapes):
            allowed = [name for shape, name in _SHAPE_NAMES.items() if shape in shapes]
            raise ConfigError(
                f"{key} is neither {' nor '.join(allowed)}",
                place=place,
                code="manifest.shape",
                allowed=allowed,
                next_step=f"see {key} in the guide's chapter on manifests",
            )


def _day(value: Any) -> np.datetime64:
    day = as_days(value if isinstance(value, (str, date, np.datetime64)) else str(value))
    assert isinstance(day, np.datetime64)
    return day


def _need(values: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
    for key in keys:
        if values.get(key) is None:
            raise ConfigError(f"{key} is missing", place=place, code="manifest.missing", next_step=f"add {key}: ...")


def _entries(table: str, listed: Any) -> Iterator[Entry]:
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
        titles.append(f"{table}: {values.get('file', 'frame')}")
        again = titles.count(titles[-1])
        yield Entry(table, place, values, titles[-1] if again == 1 else f"{titles[-1]} ({again})")


def _check_entry(table: str, values: Mapping[str, Any], place: str) -> None:
    _check_keys(values, ENTRY_KEYS[table], place)
    _check_shapes(values, place)
    _need(values, NEEDED[table], place)
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
    _share(values.get("max_quarantined", MAX_QUARANTINED), place)


def _check_column(key: str, written: Mapping[str, Any], place: str) -> None:
    _check_keys(written, _COLUMN.get(key, _COLUMN["column"]), place)
    _check_shapes(written, place)
    if "lag" in written:
        Span.parse(written["lag"])
    elif "column" not in written:
        raise ConfigError(
            f"{key} names no column",
            place=place,
            code="manifest.missing",
            allowed=f"{key}: {{column: NAME}}",
            next_step="add column: NAME",
        )


def _catalogue(written: Any, here: Path, folder: Path) -> Catalogue:
    if not isinstance(written, (str, Path)):
        return Catalogue.read(written)
    beside = [base / written for base in (here, folder) if (base / written).is_file()]
    return Catalogue.read(beside[0] if beside else here / written)


def _listed(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else [str(name) for name in written]


def _rounds(written: Any) -> pd.DatetimeIndex | None:
    if isinstance(written, Mapping):
        _check_keys(written, ("start", "end", "every"), "rounds")
        _need(written, ("start", "end"), "rounds")
        return rounds(**written)
    if written is None:
        return None
    days = np.unique(np.array([as_days(day) for day in written], dtype="datetime64[s]"))
    return pd.DatetimeIndex(days, name=AS_OF)


def _days_of_feeds(written: Any) -> dict[str, np.datetime64]:
    if written is not None and not isinstance(written, Mapping):
        raise ConfigError(
            "complete_before names no feed",
            place="manifest",
            code="manifest.complete_before",
            allowed="complete_before: {feed: day}",
            next_step="write today: for the day before which all feeds are complete",
        )
    return {str(feed): _day(day) for feed, day in (written or {}).items()}


def _share(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(
            "max_quarantined is no share",
            place=place,
            code="manifest.max_quarantined",
            allowed="a number from 0 to 1",
            next_step="write 0.05 for 5 %",
        )
    return float(value)


def _check_groups(manifest: Manifest) -> None:
    named = [
        str(name) for entry in manifest.of("attributes") for key in ("columns", "numbers") for name in entry[key] or ()
    ]
    for name in (*manifest.groups, *([manifest.area] if manifest.area else [])):
        if name not in named:
            raise ConfigError(
                f"{name!r} is no attribute",
                place="groups and area",
                code="manifest.groups",
                allowed=named,
                next_step=did_you_mean(name, named) if named else "name it under attributes: columns",
            )
