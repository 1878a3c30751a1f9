"""An explanation in other shapes: by family, one row per contribution, for shap's own plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.explanation.masking import SENSITIVE, hidden_parts, shown_parts
from riskmodel.explanation.parts import FEATURE, families_by_key
from riskmodel.forests.forest import Floats
from riskmodel.indicators import Catalogue
from riskmodel.serving import ColumnEntry, entry_key

if TYPE_CHECKING:
    import shap

    from riskmodel.explanation.explanation import Explanation


def family_totals(
    by_indicator: pd.DataFrame, columns: Sequence[ColumnEntry], catalogue: Catalogue
) -> pd.DataFrame:
    """Return contributions by indicator, summed by family of life."""
    family = families_by_key(columns, catalogue)
    families = np.array([family[key] for key in by_indicator.columns], dtype=object)
    totals = {
        family: by_indicator.loc[:, families == family].sum(axis=1)
        for family in dict.fromkeys(families)
    }
    return pd.DataFrame(totals, index=by_indicator.index).rename_axis(columns="family")


def tidy_frame(one: Explanation, *, masked: bool) -> pd.DataFrame:
    """Return one row per household and part; for features with indicator and value."""
    contributions = shown_parts(one, one.unmasked, one.by, masked=masked)
    index, n = contributions.index, contributions.shape[1]
    tidy = index.repeat(n).to_frame(index=False)
    tidy[one.by] = list(map(str, contributions.columns)) * len(index)
    if one.by == FEATURE:
        tidy["indicator"] = _indicators(one, masked=masked) * len(index)
        tidy["value"] = _values(one, masked=masked).ravel()
    return tidy.assign(contribution=contributions.to_numpy().ravel())


def as_shap(one: Explanation, *, masked: bool) -> shap.Explanation:
    """Return a ``shap.Explanation``."""
    import shap

    contributions = shown_parts(one, one.unmasked, one.by, masked=masked)
    return shap.Explanation(
        values=contributions.to_numpy(),
        base_values=np.full(len(one), one.base),
        data=_values(one, masked=masked) if one.by == FEATURE else None,
        feature_names=list(map(str, contributions.columns)),
    )


def _indicators(one: Explanation, *, masked: bool) -> list[str | None]:
    hidden = hidden_parts(one, FEATURE) & masked
    shown: list[str | None] = [
        _indicator(c) for c, hides in zip(one.columns, hidden, strict=True) if not hides
    ]
    return shown + [SENSITIVE] * bool(hidden.any())


def _indicator(column: ColumnEntry) -> str:
    """Return a column's indicator, or its family's kinds; nothing for a column of neither."""
    return entry_key(column) if column.get("family") else column["indicator"]


def _values(one: Explanation, *, masked: bool) -> Floats:
    """Return what rows hold in each part; of the sum of sensitive ones no value is told."""
    hidden = hidden_parts(one, FEATURE) & masked
    if not hidden.any():
        return one.matrix
    return np.column_stack([one.matrix[:, ~hidden], np.full(len(one), np.nan)])
