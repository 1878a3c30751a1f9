"""A panel in one Parquet file: keys, features, label and groups are columns, the rest is JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.disks import on_disk
from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import KEYS
from riskmodel.panel.labelling.draws import TEXTS
from riskmodel.panel.labelling.missing_reasons import REASONS
from riskmodel.panel.panel_data import PanelData
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.specs.feature_columns import Column
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import Vocabulary

META = b"riskmodel"
VERSION = 2
_SERIES = {
    "y": "y",
    "weight": "weight",
    "cluster": "cluster",
    "round": "round",
    "_late": "late",
    "_why": "why",
    "_tied": "tied",
    "_beyond": "beyond",
    "_day": "day",
}
_FRAMES = ("groups", "truth", "draws")
_PLAIN = (
    "area_name",
    "outside_coverage",
    "partly_covered",
    "renamed",
    "spellings",
    "note",
    "apart_from",
    "unplaced_contacts",
    "doubtful",
    "under_support",
    "record_notes",
)


def write(panel: PanelData, path: str | PathLike[str]) -> None:
    """Write a panel in one step, so that a killed run leaves no half file.

    Columns beside the features are named ``panel__y``, ``panel__groups__NAME`` and so on.
    """
    frame = pd.concat([panel.X, *_beside(panel)], axis=1).reset_index()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), META: json.dumps(_meta(panel)).encode()}

    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    with on_disk(target):
        pq.write_table(table.replace_schema_metadata(metadata), part, compression="zstd")
        os.replace(part, target)


def read(path: str | PathLike[str]) -> PanelData:
    """Return the fields of the panel that `write` wrote.

    Raises
    ------
    PanelError
        If the file is not a panel.
    """
    table = pq.read_table(path)
    if META not in (table.schema.metadata or {}):
        raise PanelError(
            "the file is not a panel",
            code="panel.file",
            place=Path(path).name,
            allowed="a file written by to_parquet",
            next_step="read it with pandas, and make a panel with Panel.from_frame",
        )
    meta = json.loads(table.schema.metadata[META])
    frame = _with_keys(table.to_pandas())
    columns = tuple(_column(entry) for entry in meta["columns"])
    recipe = None if meta["recipe"] is None else Recipe.from_dict(meta["recipe"])
    rare = () if recipe is None else recipe.catalogue.rare
    return PanelData(
        X=_features(frame, columns, meta["categories"]),
        columns=columns,
        label=None if meta["label"] is None else Label.from_dict(meta["label"]),
        recipe=recipe,
        catalogue=Catalogue.read(meta["catalogue"]).calling_rare(rare),
        today=None if meta["today"] is None else np.datetime64(meta["today"], "D"),
        groups=_under(frame, "panel__groups__"),
        truth=_under(frame, "panel__truth__"),
        draws=_draws(frame),
        group_vocabulary={
            name: Vocabulary(tuple(names), rare)
            for name, (names, rare) in meta["group_vocabulary"].items()
        },
        **_series(frame),
        **_plain(meta),
    )


def _beside(panel: PanelData) -> Iterator[pd.Series | pd.DataFrame]:
    """Yield what stands beside the features, under the names that it has in the file."""
    for name in _SERIES:
        series = getattr(panel, name)
        if series is not None:
            yield series.rename(f"panel__{name}")
    for name in _FRAMES:
        frame = getattr(panel, name)
        if frame is not None:
            yield frame.add_prefix(f"panel__{name}__")


def _meta(panel: PanelData) -> dict[str, Any]:
    return {
        "version": VERSION,
        "columns": [asdict(column) for column in panel.columns],
        "categories": {
            name: panel.X[name].cat.categories.tolist()
            for name in panel.X.select_dtypes("category").columns
        },
        "group_vocabulary": panel.group_vocabulary,
        "label": None if panel.label is None else panel.label.to_dict(),
        "recipe": None if panel.recipe is None else panel.recipe.to_dict(),
        "catalogue": panel.catalogue.to_dict(),
        "today": None if panel.today is None else str(panel.today),
        **{name: getattr(panel, name) for name in _PLAIN},
    }


def _with_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame by household and date; its days are in seconds, which Parquet lacks."""
    days = {str(name): frame[name].dt.as_unit("s") for name in frame.select_dtypes("datetime")}
    return frame.assign(**days).set_index(KEYS)


def _features(
    frame: pd.DataFrame, columns: Sequence[Column], categories: dict[str, list[str]]
) -> pd.DataFrame:
    X = frame[[column.name for column in columns]].copy()
    for name, written in categories.items():
        X[name] = X[name].cat.set_categories(written)
    return X


def _series(frame: pd.DataFrame) -> dict[str, Any]:
    stored = {name: f"panel__{name}" for name in _SERIES if f"panel__{name}" in frame}
    series = {name: frame[column].rename(_SERIES[name]) for name, column in stored.items()}
    if "_why" in series:
        series["_why"] = series["_why"].cat.set_categories(list(REASONS))
    return series


def _plain(meta: dict[str, Any]) -> dict[str, Any]:
    plain = {name: meta[name] for name in _PLAIN}
    dates_of = plain["partly_covered"]
    covered = {name: tuple(dates) for name, dates in dates_of.items()}
    return {**plain, "partly_covered": covered, "record_notes": tuple(plain["record_notes"])}


def _column(entry: dict[str, Any]) -> Column:
    categories, codes = entry.pop("categories"), tuple(entry.pop("codes", ()))
    kept = None if categories is None else tuple(categories)
    return Column(**entry, categories=kept, codes=codes)


def _draws(frame: pd.DataFrame) -> pd.DataFrame | None:
    draws = _under(frame, "panel__draws__")
    # Parquet knows no category without names
    return None if draws is None else draws.astype(dict.fromkeys(TEXTS, "category"))


def _under(frame: pd.DataFrame, prefix: str) -> pd.DataFrame | None:
    names = [str(name) for name in frame if str(name).startswith(prefix)]
    if not names:
        return None
    return frame[names].rename(columns=lambda name: name.removeprefix(prefix))
