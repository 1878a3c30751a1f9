"""The columns of a panel, made once more by the reader of published models, from plain tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel import serving
from riskmodel.models.column_entries import entries_of
from riskmodel.panel import Panel
from riskmodel.records import Records

TABLES = ("events", "attributes", "members", "coverage", "deliveries", "unmatched")


def scorer_of(panel: Panel) -> serving.Scorer:
    """Return a reader that knows of a model what `features` needs: its columns and its recipe."""
    assert panel.recipe is not None
    written = {
        "columns": entries_of(panel.columns, panel.catalogue),
        "recipe": panel.recipe.to_dict(),
    }
    rest: dict[str, Any] = {"calibration": {}, "reference": {}, "settings": {}, "tables": {}}
    return serving.Scorer(model={}, features=written, indicators=panel.catalogue.to_dict(), **rest)


def tables_of(records: Records) -> dict[str, dict[str, np.ndarray]]:
    """Return the tables of records as plain columns."""
    frames = {name: records.frame(name) for name in TABLES}
    return {
        name: {str(column): _plain(frame[column]) for column in frame}
        for name, frame in frames.items()
    }


def _plain(column: pd.Series) -> np.ndarray:
    if column.dtype.kind in "fibM":
        return column.to_numpy()
    return column.astype(object).where(column.notna(), None).to_numpy()


def assert_served(panel: Panel, records: Records, since: Any = None) -> None:
    """Compare every cell of every round with what the reader makes, to the last bit."""
    scorer, tables = scorer_of(panel), tables_of(records)
    for day, rows in panel.X.groupby(level=1, observed=True):
        wanted = rows.index.get_level_values(0).tolist()
        if not is_told(tables, day):
            # the panel makes rows of chosen households on any day
            with pytest.raises(serving.ServingError, match="no fact of events was known before"):
                serving.features(scorer, tables, str(day.date()), wanted, since=since)
            continue
        made = serving.features(scorer, tables, str(day.date()), wanted, since=since)
        assert made.household_id.tolist() == wanted
        assert made.as_of_date == np.datetime64(day, "D")
        assert list(made.columns) == list(panel.X)
        for name, cells in made.columns.items():
            assert_same(cells, rows[name], f"{name} on {day.date()}")


def is_told(tables: dict[str, dict[str, np.ndarray]], day: Any) -> bool:
    """Tell whether any fact can be seen on a day."""
    events, as_of = tables["events"], np.datetime64(day)
    event, known, retracted = (
        events[name].astype("datetime64[D]")
        for name in ("event_date", "known_date", "retracted_date")
    )
    return bool(((event < as_of) & (known < as_of) & ~(retracted < as_of)).any())


def assert_same(cells: np.ndarray, column: pd.Series, where: str) -> None:
    if isinstance(column.dtype, pd.CategoricalDtype):
        assert cells.tolist() == column.astype(object).where(column.notna(), None).tolist(), where
        return
    assert cells.dtype == column.dtype == np.float32, where
    np.testing.assert_array_equal(cells, column.to_numpy(), where)
