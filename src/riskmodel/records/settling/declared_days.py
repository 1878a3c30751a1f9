"""Days written out in the manifest, and rows of tables that describe feeds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import as_days
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.manifest_refusals import no_day
from riskmodel.records.table_schemas import SCHEMAS


def read_day(entry: Entry, written: object) -> np.datetime64:
    """Return a day that an entry writes out."""
    plain = written if isinstance(written, (date, np.datetime64)) else str(written)
    try:
        return np.datetime64(as_days(plain))
    except ConfigError:
        raise no_day(repr(written), str(written), entry.place) from None


def settled_frame(rows: StagedRows, table: str) -> pd.DataFrame:
    """Return the settled rows of a table, without any where no table was read."""
    if table not in rows.tables:
        return pd.DataFrame(columns=SCHEMAS[table].names)
    frame = rows.con.execute(rows.settled_rows(table)).df()
    return frame.assign(area=frame["area"].astype(object).where(frame["area"].notna(), None))
