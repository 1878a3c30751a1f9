"""A panel in one Parquet file: keys, features, label and groups are columns, the rest is JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import PanelError
from riskmodel.keys import KEYS
from riskmodel.panel.labelling.outcomes import REASONS
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.specs.feature_columns import Column
from riskmodel.panel.specs.labels import Label

META = b"riskmodel"
VERSION = 1
_SERIES = {"y": "y", "weight": "weight", "round": "round", "_late": "late", "_why": "why"}
_FRAMES = ("groups", "truth")
_PLAIN = ("area_name", "outside_coverage", "partly_covered", "renamed", "note", "unplaced_contacts")


def write(panel: Any, path: str | PathLike[str]) -> None:
    """Write a panel in one step, so that a killed run leaves no half file.

    Columns beside the features are named ``panel__y``, ``panel__groups__NAME`` and so on.
    """
    series = [
        getattr(panel, n).rename(f"panel__{n}") for n in _SERIES if getattr(panel, n) is not None
    ]
    frames = [
        getattr(panel, n).add_prefix(f"panel__{n}__")
        for n in _FRAMES
        if getattr(panel, n) is not None
    ]
    joined = pd.concat([panel.X, *series, *frames], axis=1).reset_index()
    table = pa.Table.from_pandas(joined, preserve_index=False)
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), META: json.dumps(_meta(panel)).encode()}
    )
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    pq.write_table(table, part, compression="zstd")
    os.replace(part, target)


def read(path: str | PathLike[str]) -> dict[str, Any]:
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
    frame = table.to_pandas()
    # Parquet has no dates in seconds.
    days = {name: frame[name].dt.as_unit("s") for name in frame.select_dtypes("datetime")}
    frame = frame.assign(**days).set_index(KEYS)
    columns = tuple(_column(entry) for entry in meta["columns"])
    X = frame[[column.name for column in columns]].copy()
    for column in columns:
        if column.categories is not None:
            X[column.name] = X[column.name].cat.set_categories(list(column.categories))
    if "panel___why" in frame:
        frame["panel___why"] = frame["panel___why"].cat.set_categories(list(REASONS))
    series = {
        n: frame[f"panel__{n}"].rename(to) for n, to in _SERIES.items() if f"panel__{n}" in frame
    }
    frames = {name: _under(frame, f"panel__{name}__") for name in _FRAMES}
    plain = {name: meta[name] for name in _PLAIN}
    plain["partly_covered"] = {name: tuple(days) for name, days in plain["partly_covered"].items()}
    return {
        "X": X,
        "columns": columns,
        "label": None if meta["label"] is None else Label.from_dict(meta["label"]),
        "recipe": None if meta["recipe"] is None else Recipe.from_dict(meta["recipe"]),
        "today": None if meta["today"] is None else np.datetime64(meta["today"], "D"),
        **series,
        **frames,
        **plain,
    }


def _meta(panel: Any) -> dict[str, Any]:
    return {
        "version": VERSION,
        "columns": [asdict(column) for column in panel.columns],
        "label": None if panel.label is None else panel.label.to_dict(),
        "recipe": None if panel.recipe is None else panel.recipe.to_dict(),
        "today": None if panel.today is None else str(panel.today),
        **{name: getattr(panel, name) for name in _PLAIN},
    }


def _column(entry: dict[str, Any]) -> Column:
    words = entry.pop("categories")
    return Column(**entry, categories=None if words is None else tuple(words))


def _under(frame: pd.DataFrame, prefix: str) -> pd.DataFrame | None:
    found = [str(name) for name in frame if str(name).startswith(prefix)]
    return frame[found].rename(columns=lambda name: name.removeprefix(prefix)) if found else None
