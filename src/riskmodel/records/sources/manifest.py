"""The manifest: where the records lie and what their columns mean."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, as_days, rounds
from riskmodel.records.bounds import check_bounds
from riskmodel.records.sources.entries import Entry, entries_of
from riskmodel.records.sources.files import ending, found, is_parquet, is_workbook
from riskmodel.records.sources.manifest_refusals import refusal_in
from riskmodel.records.sources.manifest_schema import TABLES, ManifestKeys, RoundKeys
from riskmodel.schema.refusals import validated
from riskmodel.schema.yaml_files import YamlKind, read_yaml

MAX_QUARANTINED = 0.05
_TABLES_OF_TEXT = (".csv", ".tsv", ".gz", ".zip", ".zst")
MANIFEST_FILE = YamlKind(
    "manifest", "manifest.file", "manifest.file", "give the path of a YAML file"
)


@dataclass(frozen=True)
class Manifest:
    """What stands in a manifest, checked.

    Attributes
    ----------
    name, household : str
    site : str
        The service or region whose households these are.
    complete_before : mapping of feed to numpy.datetime64
    accept_feeds : mapping of feed to reason
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
    keep_files : bool
        Whether a store keeps copies of the files that it takes in.
    """

    name: str
    site: str
    household: str
    folder: Path
    today: np.datetime64
    since: np.datetime64 | None
    complete_before: Mapping[str, np.datetime64]
    accept_feeds: Mapping[str, str]
    catalogue: Catalogue
    closed: bool
    entries: tuple[Entry, ...]
    groups: tuple[str, ...]
    area: str | None
    rounds: pd.DatetimeIndex | None
    max_quarantined: float
    keep_files: bool

    @property
    def day_before(self) -> np.datetime64:
        """The day before `today`: that of deliveries of which nothing else is said."""
        return self.today - np.timedelta64(1, "D")

    def of(self, table: str) -> Iterator[Entry]:
        """Yield the sources of a table, in order."""
        return (entry for entry in self.entries if entry.table == table)


def read_manifest(
    source: str | Path | Mapping[str, object], root: str | Path | None = None
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
        here, default_name, written = Path.cwd(), "records", source
    else:
        path = Path(source)
        here, default_name, written = path.parent, path.stem, _keys_in(path)
    keys = validated(ManifestKeys, written, refusal_in(written))
    folder = found(find_root(keys.root, root, here))
    name = keys.name or default_name
    manifest = Manifest(
        name=name,
        site=keys.site or name,
        household=keys.household or "household",
        folder=folder,
        today=as_days(keys.today),
        since=None if keys.since is None else as_days(keys.since),
        complete_before={feed: as_days(day) for feed, day in (keys.complete_before or {}).items()},
        accept_feeds=keys.accept_feeds or {},
        catalogue=_catalogue(keys.catalogue, here, folder),
        closed=keys.catalogue is not None,
        entries=tuple(
            entry for table in TABLES for entry in entries_of(table, getattr(keys, table) or ())
        ),
        groups=names_in(keys.groups),
        area=keys.area,
        rounds=rounds_of(keys.rounds),
        max_quarantined=MAX_QUARANTINED if keys.max_quarantined is None else keys.max_quarantined,
        keep_files=bool(keys.keep_files),
    )
    check_bounds(manifest.since, manifest.today)
    _check_groups(manifest)
    return manifest


def find_root(written: str | Path | None, override: str | Path | None, here: Path) -> Path:
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


def _keys_in(path: Path) -> Mapping[str, object]:
    if path.is_file() and (
        is_parquet(path) or is_workbook(path) or ending(path) in _TABLES_OF_TEXT
    ):
        raise MANIFEST_FILE.refusal(
            path,
            "is a table, and no manifest",
            f"write a manifest in YAML that names it under events: - file: {path.name}",
        )
    content = read_yaml(path, MANIFEST_FILE)
    if not isinstance(content, Mapping):
        raise MANIFEST_FILE.refusal(path, "holds no keys", "write at least today: and events:")
    return content


def _catalogue(written: Any, here: Path, folder: Path) -> Catalogue:
    if not isinstance(written, (str, Path)):
        return Catalogue.read(written)
    places = [found(base / written) for base in (here, folder)]
    return Catalogue.read(next((place for place in places if place.is_file()), here / written))


def names_in(written: str | list[str] | None) -> tuple[str, ...]:
    """Return names that are written alone or as a list."""
    return (written,) if isinstance(written, str) else tuple(written or ())


def rounds_of(written: RoundKeys | list[str] | None) -> pd.DatetimeIndex | None:
    """Return the rounds that a manifest lists, or those of its grid."""
    if isinstance(written, RoundKeys):
        return rounds(**written.given())
    if written is None:
        return None
    days = np.unique(np.array([as_days(day) for day in written], dtype="datetime64[s]"))
    return pd.DatetimeIndex(days, name=AS_OF)


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
