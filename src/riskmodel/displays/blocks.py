"""Rows joined into blocks of at least ten households, whose means may be published."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.keys import HOUSEHOLD

MOST_BLOCKS = 100


def rows_of_a_block(index: pd.Index) -> int:
    """Return how many rows a block has, so that it is of ten households whichever rows are in it.

    Parameters
    ----------
    index : pandas.Index
        Of the rows. Without a level of households each row is one of its own.

    Examples
    --------
    >>> rows_of_a_block(pd.RangeIndex(400)), rows_of_a_block(pd.RangeIndex(4_000))
    (10, 40)
    """
    most = 1
    if HOUSEHOLD in index.names and len(index):
        most = int(index.get_level_values(HOUSEHOLD).value_counts().iloc[0])
    return max(most * MIN_HOUSEHOLDS, -(-len(index) // MOST_BLOCKS))


def means_of_blocks(
    contribution: NDArray[np.float64], level: NDArray[np.float64], rows: int
) -> pd.DataFrame:
    """Return the mean contribution and level of blocks of rows that contribute alike.

    Rows without a level are in blocks of their own. Where too few for a block have one, or have
    none, they are in no block.

    Parameters
    ----------
    contribution, level : ndarray, shape (n_rows,)
        The level is NaN where there is none.
    rows : int
        Of a block, at least.

    Returns
    -------
    DataFrame
        ``contribution`` and ``level``, one row per block.

    Examples
    --------
    >>> x = np.array([0.3, 0.1, 0.2, 0.4, 0.5])
    >>> means_of_blocks(x, np.array([1.0, 0.0, np.nan, 1.0, np.nan]), rows=2)
       contribution     level
    0      0.266667  0.666667
    1      0.350000       NaN
    """
    parts = []
    for some in (~np.isnan(level), np.isnan(level)):
        order = np.argsort(contribution[some], kind="stable")
        blocks = np.array_split(order, len(order) // rows) if len(order) >= rows else []
        x, height = contribution[some], level[some]
        parts += [(float(x[block].mean()), float(height[block].mean())) for block in blocks]
    return pd.DataFrame(parts, columns=["contribution", "level"])
