"""By what a fit is known again: which rows it had, and by which settings it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from riskmodel.models.inputs import OF_THE_PANEL
from riskmodel.panel.keys_digest import keys_digest

# These differ between a model and its refits in a backtest.
_NO_SETTING = frozenset((*OF_THE_PANEL, "accept_rounds", "n_jobs", "random_state"))
# Parameters that earlier fits did not have, at the value that changes nothing.
_SINCE = (("level_for", "labelled"),)


class FitDigests(NamedTuple):
    """What a fit is known by, as sha256.

    Attributes
    ----------
    keys : str
        Of the households and dates of its rows; empty where the rows name none.
    settings : str
        Of its parameters and columns, whatever the seed: those of a refit are the same.
    """

    keys: str
    settings: str

    @classmethod
    def of(cls, rows: object, params: Mapping[str, object], names: Sequence[str]) -> FitDigests:
        """Return the digests of a fit on a frame, by a classifier's parameters."""
        keys = keys_digest(rows.index) if isinstance(rows, pd.DataFrame) else ""
        own = {
            name: value
            for name, value in params.items()
            if name not in _NO_SETTING and (name, value) not in _SINCE
        }
        return cls(keys, _digest({"params": own, "columns": list(names)}))


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
