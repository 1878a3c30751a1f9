"""The digest of the households and dates of rows, by which the same rows are known again."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from riskmodel.keys import AS_OF, HOUSEHOLD, as_days


def keys_digest(index: pd.Index) -> str:
    """Return a sha256 of an index of households and dates, whatever the order of its rows.

    Parameters
    ----------
    index : MultiIndex of (household_id, as_of_date), or any other Index

    Returns
    -------
    str
        Empty for an index that does not name both.

    Examples
    --------
    >>> days = ["2024-01-01", "2024-03-01"]
    >>> keys = pd.MultiIndex.from_product([["a", "b"], days], names=[HOUSEHOLD, AS_OF])
    >>> keys_digest(keys) == keys_digest(keys[::-1])
    True
    >>> keys_digest(keys) == keys_digest(keys[1:])
    False
    """
    if not {HOUSEHOLD, AS_OF} <= set(index.names):
        return ""
    ids = index.get_level_values(HOUSEHOLD).astype(str)
    days = as_days(index.get_level_values(AS_OF)).astype("int64")
    keys = pd.DataFrame({"household": ids, "day": days})
    hashes = pd.util.hash_pandas_object(keys, index=False).to_numpy()
    return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()
