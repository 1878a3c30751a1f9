"""What one round's list is made of, read from the model, the records and the scored rows."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import pyarrow as pa

from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.metrics import Capacity
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import RiskModel
from riskmodel.records import Records
from riskmodel.records.digest import fingerprint
from riskmodel.scoring.ranking import Round
from riskmodel.scoring.round_capacity import recorded_capacity
from riskmodel.scoring.round_record import (
    DRAWN,
    RULES,
    DrawOfRound,
    ModelOfRound,
    Reasons,
    RecordsOfRound,
    RoundRecord,
)

SENSITIVE = "sensitive"


def made_of(
    model: RiskModel,
    records: Records,
    scored: Round,
    capacity: Capacity,
    reasons: Reasons,
    accepted: tuple[str, ...],
    hidden: Collection[str],
    explore: Explore | None = None,
) -> RoundRecord:
    """Return what a list is made of.

    Parameters
    ----------
    model : RiskModel
    records : Records
    scored : Round
    capacity : Capacity
    reasons : Reasons
    accepted : tuple of str
        The feeds that the call accepts; those of the records' manifest are added.
    hidden : collection of str
        Codes of indicators that a masked list does not name.
    explore : Explore, optional
        Which part of the list was drawn.
    """
    table = scored.table
    feeds = sorted({*accepted, *records.accept_feeds})
    return RoundRecord(
        as_of=scored.day,
        capacity=recorded_capacity(capacity, records, table[AS_OF], table.get("area")).value,
        model=ModelOfRound(model.kind, *model.identity),
        records=RecordsOfRound(records.name, records.site, str(records.today), records.digest),
        as_of_digest=digest_of_rows(scored.panel.X),
        rules=RULES if explore is None else (*RULES, DRAWN),
        accepted_feeds=tuple(SENSITIVE if code in hidden else code for code in feeds),
        reasons=reasons,
        draw=None if explore is None else DrawOfRound(explore.share, explore.seed, scored.drawn),
    )


def digest_of_rows(X: pd.DataFrame) -> str:
    """Return the sha256 of rows of one round: their households and features.

    Examples
    --------
    >>> names = ["household_id", "as_of_date"]
    >>> keys = pd.MultiIndex.from_tuples([("a", "2024-01-01")], names=names)
    >>> one = pd.DataFrame({"rent": [1.0], "kind": ["flat"]}, index=keys)
    >>> digest_of_rows(one) == digest_of_rows(one.assign(rent=2.0))
    False
    """
    rows = X.reset_index(drop=True)
    columns = {HOUSEHOLD: X.index.get_level_values(HOUSEHOLD), **rows}
    arrays = {str(name): _array(pd.Series(values)) for name, values in columns.items()}
    table = pa.table(arrays)
    return fingerprint(table.to_batches(), table.schema)


def _array(values: pd.Series) -> pa.Array:
    if pd.api.types.is_numeric_dtype(values):
        return pa.array(values.to_numpy(dtype="float64"), from_pandas=True)
    return pa.array(values.astype(object), type=pa.string(), from_pandas=True)
