"""The manifest: where the records lie and what their columns mean, checked before anything is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, as_days, rounds
from riskmodel.records.sources.entries import (
    ENTRY_KEYS,
    MAX_QUARANTINED,
    Entry,
    check_keys,
    check_shapes,
    need,
    read_entries,
    share_of,
)

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


def read_manifest(
    source: str | Path | Mapping[str, Any], root: str | Path | None = None
) -> Manifest:
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
    check_keys(values, KEYS, "manifest")
    check_shapes(values, "manifest")
    need(values, ("today", "events"), "manifest")
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
        entries=tuple(
            entry for table in ENTRY_KEYS for entry in read_entries(table, values.get(table))
        ),
        groups=tuple(_listed(values.get("groups", ()))),
        area=values.get("area"),
        rounds=_rounds(values.get("rounds")),
        max_quarantined=share_of(values.get("max_quarantined", MAX_QUARANTINED), "manifest"),
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
        raise refusal(
            "does not exist or cannot be opened", "give the path of a YAML file"
        ) from None
    except UnicodeDecodeError:
        raise refusal("is not written in utf-8", "save it as utf-8") from None
    except yaml.YAMLError:
        raise refusal("is not YAML", "check indentation and colons") from None
    if not isinstance(content, Mapping):
        raise refusal("holds no keys", "write at least today: and events:")
    return content


def _day(value: Any) -> np.datetime64:
    day = as_days(value if isinstance(value, (str, date, np.datetime64)) else str(value))
    assert isinstance(day, np.datetime64)
    return day


def _catalogue(written: Any, here: Path, folder: Path) -> Catalogue:
    if not isinstance(written, (str, Path)):
        return Catalogue.read(written)
    beside = [base / written for base in (here, folder) if (base / written).is_file()]
    return Catalogue.read(beside[0] if beside else here / written)


def _listed(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else [str(name) for name in written]


def _rounds(written: Any) -> pd.DatetimeIndex | None:
    if isinstance(written, Mapping):
        check_keys(written, ("start", "end", "every"), "rounds")
        need(written, ("start", "end"), "rounds")
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


def _check_groups(manifest: Manifest) -> None:
    named = [
        str(name)
        for entry in manifest.of("attributes")
        for key in ("columns", "numbers")
        for name in entry[key] or ()
    ]
    for name in (*manifest.groups, *([manifest.area] if manifest.area else [])):
        if name not in named:
            raise ConfigError(
                f"{name!r} is no attribute",
                place="groups and area",
                code="manifest.groups",
                allowed=named,
                next_step=did_you_mean(name, named)
                if named
                else "name it under attributes: columns",
            )
