"""The columns by which rows are grouped: those of the panel, and how much the records know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.panel import Panel
from riskmodel.panel.specs.aggregates import wording_of

ON_RECORD = "indicators on record"
"""Rows by how many indicators their columns show: of thin records the list can know little."""

NONE, FEW, MORE = "none", "1 or 2", "3 or more"


def group_columns(panel: Panel, groups: Sequence[str] | None) -> list[str]:
    """Return the columns that get a table by group; by default those of the panel but the area.

    Raises
    ------
    ConfigError
        For a column that the panel does not have.
    """
    known = [] if panel.groups is None else [str(name) for name in panel.groups]
    if groups is None:
        return [name for name in known if name != panel.area_name]
    if ON_RECORD not in known and any(column.indicator for column in panel.columns):
        known = [*known, ON_RECORD]
    for name in groups:
        if name not in known:
            raise ConfigError(
                f"unknown group {name!r}",
                code="evaluation.group",
                allowed=known,
                next_step=did_you_mean(name, known),
            )
    return list(groups)


def reported(panel: Panel, name: str) -> NDArray[np.str_]:
    """Return the group of each row by the name under which tables report it."""
    return panel.reported_group(name) if _is_of_panel(panel, name) else _on_record(panel)


def reported_groups(panel: Panel, columns: Iterable[str]) -> pd.DataFrame:
    """Return the groups of each row, the area too, by the names that tables report."""
    area = [panel.area_name] if panel.area is not None and panel.area_name else []
    names = dict.fromkeys([*columns, *area])
    return pd.DataFrame(
        {name: pd.Categorical(reported(panel, name)) for name in names},
        index=panel.X.index,
    )


def rare_groups(panel: Panel, columns: Sequence[str]) -> dict[str, int]:
    """Return how many names of a column fewer than ten households have; none where all have."""
    area = [panel.area_name] if panel.area is not None and panel.area_name else []
    names = [name for name in (*columns, *area) if _is_of_panel(panel, name)]
    counts = {name: panel.vocabulary_of(name).rare for name in names}
    return {name: count for name, count in counts.items() if count}


def _is_of_panel(panel: Panel, name: str) -> bool:
    return panel.groups is not None and name in panel.groups


def _on_record(panel: Panel) -> NDArray[np.str_]:
    """Return by how many indicators the columns of each row show: none, 1 or 2, 3 or more."""
    shown: dict[str, NDArray[np.bool_]] = {}
    for column in panel.columns:
        if not column.indicator:
            continue
        values = panel.X[column.name].to_numpy(dtype=np.float64)
        is_shown = _is_shown(panel, column.indicator, column.aggregate, values)
        shown[column.indicator] = shown.get(column.indicator, is_shown) | is_shown
    count = np.sum(list(shown.values()), axis=0)
    return np.select([count == 0, count <= 2], [NONE, FEW], MORE)


def _is_shown(
    panel: Panel, indicator: str, aggregate: str, values: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return in which rows a column shows that its indicator is in the record."""
    evidence = wording_of(aggregate, panel.catalogue[indicator].kind, 0).evidence
    if evidence == "positive":
        return values > 0
    return ~np.isnan(values) if evidence == "present" else np.zeros(len(values), dtype=bool)
