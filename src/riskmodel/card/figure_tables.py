"""Tables of figures as the card holds them: plain rows under plain headings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.card.model_card import Facts, Table
from riskmodel.metrics import METRICS
from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases


def table_of(frame: pd.DataFrame | None, columns: Sequence[str] | None = None) -> Table:
    """Return some columns of a frame as rows of the card; a note where there is no row."""
    if frame is None or frame.empty:
        return ({"note": PHRASES["empty_table"]},)
    chosen = frame if columns is None else frame[[c for c in columns if c in frame]]
    return tuple(_plain_row(row) for row in chosen.to_dict("records"))


def with_headings(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the headings of its metrics in place of their names."""
    headings = table["metric"].map(lambda name: METRICS[name].heading)
    return table.assign(metric=headings)


def _plain_row(row: Mapping[Hashable, Any]) -> Facts:
    return {str(key): _value(value) for key, value in row.items()}


def _value(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
