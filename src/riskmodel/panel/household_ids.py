"""The ids of households as texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError
from riskmodel.texts import are_marked, are_rounded, are_styled, as_ids


class _Fault(NamedTuple):
    """What an id cannot be: how it is found, and what its refusal says."""

    found_in: Callable[[NDArray[np.object_]], NDArray[np.bool_]]
    code: str
    what: str
    allowed: str
    next_step: str


_FAULTS = (
    _Fault(
        are_rounded,
        code="panel.rounded_id",
        what="that a program rounded",
        allowed="ids with all their digits; 1.23457E+11 has lost some",
        next_step="save the column as text in the program that wrote the file, and read it again",
    ),
    _Fault(
        are_marked,
        code="panel.marked_id",
        what="with marks of thousands",
        allowed="ids as they are written; 1,234 is how a spreadsheet shows 1234",
        next_step="save the column as plain numbers or texts, and read it again",
    ),
    _Fault(
        are_styled,
        code="panel.styled_id",
        what="with raised, circled or otherwise styled characters",
        allowed="ids in plain letters and digits: 1 for ①, III for Ⅲ",
        next_step="write the column in plain letters and digits, and read it again",
    ),
)


def text_ids(ids: pd.Series) -> pd.Series:
    """Return ids as texts by the rule of records: 30790.0 is 30790, and 00123 stays 00123.

    Raises
    ------
    PanelError
        Where a row has no id, or one that a program rounded, marked or styled.

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
    for fault in _FAULTS:
        faulty = int(fault.found_in(texts).sum())
        if faulty:
            raise PanelError(
                f"{faulty} rows have a household_id {fault.what}",
                code=fault.code,
                allowed=fault.allowed,
                next_step=fault.next_step,
            )
    return pd.Series(texts, index=ids.index, dtype="str")
