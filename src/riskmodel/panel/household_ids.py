"""The ids of households as texts."""

from __future__ import annotations

import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.keys import as_texts


def text_ids(ids: pd.Series) -> pd.Series:
    """Return ids as text: 30790.0 is 30790, and 00123 stays 00123.

    Examples
    --------
    >>> list(text_ids(pd.Series([30790.0, 7.0])))
    ['30790', '7']
    """
    if ids.isna().any():
        raise PanelError(
            f"{int(ids.isna().sum())} rows have no household_id",
            code="panel.no_id",
            next_step="drop them first",
        )
    return pd.Series(as_texts(ids), index=ids.index, dtype="str")
