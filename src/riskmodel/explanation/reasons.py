"""The table of reasons: the indicators in a household's record that raised its risk most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.forests.forest import Floats
from riskmodel.models import check_top
from riskmodel.serving import ReasonWriter


def reasons_table(
    writer: ReasonWriter,
    matrix: Floats,
    contributions: pd.DataFrame,
    *,
    unseen: NDArray[np.bool_],
    top: int,
    lang: str,
    masked: bool,
) -> pd.DataFrame:
    """Return one row per household: its reasons, how many weaker ones, and what is missing.

    Parameters
    ----------
    writer : ReasonWriter
    matrix : ndarray, shape (n_rows, n_features)
        The rows as the model sees them.
    contributions : DataFrame, shape (n_rows, n_features)
        Log-odds, by feature.
    unseen : ndarray of bool, shape (n_rows, n_keys)
        Of which indicators a row holds a category that the model does not know.
    top : int
        Reasons per household. Where a household has fewer, the rest is empty.
    lang : str
        A key of `riskmodel.serving.LANGUAGES`, such as ``"en"`` or ``"ko"``.
    masked : bool
        Whether sensitive indicators are named as "sensitive information" only.
    """
    check_top(top)
    told = writer.reasons(matrix, contributions.to_numpy(), lang, top, masked=masked)
    table = pd.DataFrame(index=contributions.index)
    for i in range(top):
        ith = [row[i] if i < len(row) else None for row in told.reasons]
        texts = ["" if reason is None else reason["text"] for reason in ith]
        values = [None if reason is None else reason["contribution"] for reason in ith]
        table[f"reason_{i + 1}"] = pd.Series(texts, index=table.index, dtype="str")
        table[f"contribution_{i + 1}"] = pd.Series(values, index=table.index, dtype="float64")
    table["weaker"] = told.weaker
    gaps = writer.gaps(matrix, unseen, lang, masked=masked)
    listed_by = {"missing": gaps.missing, "no_value": gaps.no_value, "unseen": gaps.unseen}
    for name, listed in listed_by.items():
        joined = [", ".join(names) for names in listed]
        table[name] = pd.Series(joined, index=table.index, dtype="str")
    return table
