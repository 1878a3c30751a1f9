"""Which households a fit saw: known to this process, and in no model, file or pickle."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pandas as pd

from riskmodel.keys import HOUSEHOLD

_SEEN: WeakKeyDictionary[object, tuple[object, ...]] = WeakKeyDictionary()


def remember_households(model: object, rows: object) -> None:
    """Keep the ids of the rows of a fit for as long as this very model lives."""
    index = rows.index if isinstance(rows, pd.DataFrame) else pd.Index([])
    _SEEN[model] = tuple(index.unique(HOUSEHOLD)) if HOUSEHOLD in index.names else ()


def households_seen_by(model: object) -> tuple[object, ...]:
    """Return the ids that a fit in this process saw; none of a model that was unpickled."""
    return _SEEN.get(model, ())
