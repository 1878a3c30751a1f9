"""Sensitive parts of an explanation, folded into one, so that the parts still add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.explanation.parts import parts_of
from riskmodel.serving import ENGLISH

if TYPE_CHECKING:
    from riskmodel.explanation.explanation import Explanation

SENSITIVE = ENGLISH.words["sensitive"]


def hidden_columns(one: Explanation) -> NDArray[np.bool_]:
    """Return which columns of the model belong to sensitive indicators."""
    writer = one.reason_writer
    hidden = np.zeros(len(writer.columns), dtype=bool)
    for k, members in enumerate(writer.members):
        hidden[members] = writer.hides(k)
    return hidden


def hidden_parts(one: Explanation, by: str) -> NDArray[np.bool_]:
    """Return which features, indicators or families are sensitive.

    A family is where each column of the model that belongs to it is.
    """
    parts = parts_of(one.columns, one.catalogue, by)
    hidden = np.ones(len(parts.names), dtype=bool)
    np.logical_and.at(hidden, parts.part_of_column, hidden_columns(one))
    return hidden


def folded(table: pd.DataFrame, hidden: NDArray[np.bool_]) -> pd.DataFrame:
    """Return a table of contributions whose hidden columns are one, their sum, at the end.

    Examples
    --------
    >>> table = pd.DataFrame({"rent": [1.0], "harm": [0.5], "suicide": [0.25]})
    >>> folded(table, np.array([False, True, True])).to_dict("records")
    [{'rent': 1.0, 'sensitive information': 0.75}]
    """
    if not hidden.any():
        return table
    total = table.loc[:, hidden].sum(axis=1).rename(SENSITIVE)
    joined = pd.concat([table.loc[:, ~hidden], total], axis=1)
    joined.columns.name = table.columns.name
    return joined


def shown_parts(one: Explanation, table: pd.DataFrame, by: str, *, masked: bool) -> pd.DataFrame:
    """Return a table with one column per feature, indicator or family, folded if masked."""
    return folded(table, hidden_parts(one, by)) if masked else table
