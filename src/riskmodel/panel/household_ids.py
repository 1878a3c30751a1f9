"""The ids of households as texts."""

from __future__ import annotations

import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.texts import are_marked, are_rounded, as_ids


def text_ids(ids: pd.Series) -> pd.Series:
    """Return ids as texts by the rule of records: 30790.0 is 30790, and 00123 stays 00123.

    Raises
    ------
    PanelError
        Where a row has no id, or one that a program rounded or marked.

    Examples
    --------
    >>> list(text_ids(pd.Series([30790.0, 7.0])))
    ['30790', '7']
    """
    texts = as_ids(ids)
    unnamed = sum(text is None for text in texts)
    if unnamed:
        raise PanelError(
            f"{unnamed} rows have no household_id",
            code="panel.no_id",
            next_step="drop them first",
        )
    rounded = int(are_rounded(texts).sum())
    if rounded:
        raise PanelError(
            f"{rounded} rows have a household_id that a program rounded",
            code="panel.rounded_id",
            allowed="ids with all their digits; 1.23457E+11 has lost some",
            next_step="save the column as text in the program that wrote the file, and read it "
            "again",
        )
    marked = int(are_marked(texts).sum())
    if marked:
        raise PanelError(
            f"{marked} rows have a household_id with marks of thousands",
            code="panel.marked_id",
            allowed="ids as they are written; 1,234 is how a spreadsheet shows 1234",
            next_step="save the column as plain numbers or texts, and read it again",
        )
    return pd.Series(texts, index=ids.index, dtype="str")
