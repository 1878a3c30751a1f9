"""All known deliveries of feeds: seen in wide tables, declared, proved by facts, or overdue."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riskmodel.records.settling.declared_deliveries import (
    DELIVERIES,
    days_of_facts,
    declared_deliveries,
)
from riskmodel.records.settling.lags import Lags
from riskmodel.records.settling.rhythms import overdue
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.settling.wide_deliveries import Bounds, WideDeliveries, wide_deliveries
from riskmodel.records.sources.entries import Entry


def all_deliveries(
    rows: StagedRows, entries: Sequence[Entry], lags: Lags, bounds: Bounds, area: str | None
) -> WideDeliveries:
    """Return every known delivery, and the households that deliveries in wide tables did not match.

    Parameters
    ----------
    rows : StagedRows
        With events and attributes settled.
    entries : sequence of Entry
    lags : Lags
    bounds : Bounds
    area : str, optional
        The attribute that is the area.
    """
    seen = wide_deliveries(rows, bounds, area)
    listed = _joined(seen.deliveries, declared_deliveries(rows, entries, lags))
    came = _joined(listed, days_of_facts(rows, entries, listed))
    whole = _joined(came, overdue(entries, came, lags, bounds.today)).drop_duplicates()
    ordered = whole.sort_values(DELIVERIES, na_position="first", ignore_index=True)
    return seen._replace(deliveries=ordered)


def _joined(*deliveries: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(deliveries, ignore_index=True)
