"""The names in a panel's rows that so few households have that no text may name them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.panel.panel_data import PanelData
from riskmodel.records.kept_texts import A_RARE_NAME
from riskmodel.schema.ids_in_texts import Ids
from riskmodel.serving import OTHER
from riskmodel.texts import as_texts


def rare_names(panel: PanelData) -> frozenset[str]:
    """Return the categories, areas and other groups that tables call "other", and rare codes."""
    # codes that no column uses are known to the records alone
    source = panel.catalogue if panel._records is None else panel._records.catalogue
    return (frozenset(_rare(panel)) - {OTHER, UNKNOWN}) | panel.catalogue.rare | source.rare


def named_in(text: str, panel: PanelData) -> str | None:
    """Return what of a panel's households a text names: an id, or a name that few have."""
    if Ids.of(panel.households.unique()).stand_in(text):
        return "a household_id"
    return A_RARE_NAME if Ids.of_names(rare_names(panel)).stand_in(text) else None


def _rare(panel: PanelData) -> Iterator[str]:
    dtypes = panel.X.dtypes
    for column in panel.columns:
        dtype = dtypes[column.name]
        if isinstance(dtype, pd.CategoricalDtype) and column.categories is not None:
            yield from set(as_texts(dtype.categories)).difference(column.categories)
    for name in [] if panel.groups is None else map(str, panel.groups):
        assert panel.groups is not None
        known = pd.Categorical(panel.groups[name]).categories
        yield from set(group_names(known).tolist()).difference(panel.vocabulary_of(name).names)
